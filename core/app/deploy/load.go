package deploy

import (
	"context"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/deploy"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/ports"
)

// leaf is what is needed of a generation's certificate.
type leaf struct {
	fingerprint string // SHA-256, lower-case hex; "" when the generation is gone
	names       []string
}

// load reads what the step needs, in the transaction that writes it down.
func (s *Service) load(ctx context.Context, tx ports.Tx, w *work) (err error) {
	if w.secrets, err = tx.Deployments().Secrets(ctx, w.t.ID); err != nil {
		return err
	}
	if w.prints, err = prints(ctx, tx, w.t.Group); err != nil {
		return err
	}
	w.gen, err = tx.Generations().Get(ctx, w.d.Group, w.d.Generation)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	if err == nil {
		art, err := tx.Artifacts().Get(ctx, w.gen.Leaf)
		if err != nil {
			return err
		}
		w.leaf = leaf{art.Fingerprint, art.SANs}
	}
	w.plugin, w.schema, _ = s.Plugins.Find(string(w.t.Type)) // that it is not there is found by the step that needs it
	w.can = s.can(w)
	return nil
}

// can says what of the optional steps the target has. What has everything and cannot be reached is reloaded again by a person alone: a
// firewall does not open for it.
func (s *Service) can(w *work) deploy.Can {
	verify := w.d.Line(deploy.StepVerify)
	dark := verify != nil && verify.State == deploy.StepFailed && verify.Code == deploy.CodeUnreachable
	return deploy.Can{
		Check: w.has("check", "check_command"), Reload: w.has("reload", "reload_command"), Clean: w.has("clean", ""),
		Endpoints: len(w.t.Deploy.Endpoints) > 0, NoNewReload: w.d.Trigger == deploy.TriggerLook || dark && w.d.Trigger != deploy.TriggerHand,
		Leave: w.t.Wanted != w.d.Generation || w.t.Group != w.d.Group,
	}
}

// known says whether it is known what the plugin can do: not when it did not run since the server was started.
func (w *work) known() bool { return len(w.plugin.Capabilities) > 0 }

// has says whether the target has an optional step: a plugin that lets people set the command for it does it only with one. As long as
// nothing is known it has them all, since none that is needed may be left out; when its turn comes it fails, or is found not to be needed.
func (w *work) has(step, setting string) bool {
	if !w.known() {
		return true
	}
	if _, ok := w.schema.Find(setting); ok {
		command, _ := w.t.Deploy.Settings[setting].(string)
		return w.plugin.Can(step) && command != ""
	}
	return w.plugin.Can(step)
}

// prints answers the kept generations of a group by the fingerprint of their leaf.
func prints(ctx context.Context, tx ports.Tx, groupID string) (map[string]int, error) {
	gens, err := tx.Generations().List(ctx, groupID)
	if err != nil {
		return nil, err
	}
	out, seen := map[string]int{}, map[artifact.ID]string{}
	for i := len(gens) - 1; i >= 0; i-- { // of several with one leaf, the newest: a longer chain, not another certificate
		g := &gens[i]
		if seen[g.Leaf] == "" {
			art, err := tx.Artifacts().Get(ctx, g.Leaf)
			if err != nil {
				return nil, err
			}
			seen[g.Leaf] = art.Fingerprint
		}
		out[seen[g.Leaf]] = g.Number
	}
	return out, nil
}
