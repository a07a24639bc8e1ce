package vault

import (
	"context"
	"time"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// Generation is a numbered set with its rows.
type Generation struct {
	Number      int
	State       group.State
	Leaf        artifact.Artifact
	Key         *artifact.Artifact // nil while it waits or when it is certificate-only
	Chain       []artifact.Artifact
	Missing     string // issuer that the chain lacks
	Blocked     []group.Reason
	Changes     *Changes // against the current generation; nil for that one itself and when there is none
	CreatedAt   time.Time
	ActivatedAt time.Time
	Source      artifact.Source
}

// Generations answers the kept generations of a group, greatest number first.
func (s *Service) Generations(ctx context.Context, actor tenant.Actor, groupID string) ([]Generation, error) {
	if err := actor.Allow(tenant.GroupRead); err != nil {
		return nil, err
	}
	var out []Generation
	err := s.Store.Tenant(actor.Tenant).View(ctx, func(tx ports.Tx) (err error) {
		out, err = s.generations(ctx, tx, groupID)
		return err
	})
	return out, err
}

func (s *Service) generations(ctx context.Context, tx ports.Tx, groupID string) ([]Generation, error) {
	if _, err := tx.Groups().Get(ctx, groupID); err != nil {
		return nil, err
	}
	list, err := tx.Generations().List(ctx, groupID)
	if err != nil {
		return nil, err
	}
	out := make([]Generation, len(list))
	current := -1
	for i := range list {
		if out[i], err = view(ctx, tx, &list[i]); err != nil {
			return nil, err
		}
		if list[i].Current {
			current = i
		}
	}
	if current < 0 {
		return out, nil
	}
	c := comparer{s: s, tx: tx, opened: map[artifact.ID]*cert.Certificate{}}
	for i := range out {
		if i == current {
			continue
		}
		if out[i].Changes, err = c.compare(ctx, &out[current], &out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func view(ctx context.Context, tx ports.Tx, g *group.Generation) (Generation, error) {
	v := Generation{
		Number: g.Number, State: g.State(), Missing: g.Missing, Blocked: g.Blocked, CreatedAt: g.CreatedAt,
		ActivatedAt: g.ActivatedAt, Source: g.Source,
	}
	var err error
	if v.Leaf, err = tx.Artifacts().Get(ctx, g.Leaf); err != nil {
		return v, err
	}
	if g.Key != "" {
		k, err := tx.Artifacts().Get(ctx, g.Key)
		if err != nil {
			return v, err
		}
		v.Key = &k
	}
	for _, id := range g.Chain {
		c, err := tx.Artifacts().Get(ctx, id)
		if err != nil {
			return v, err
		}
		v.Chain = append(v.Chain, c)
	}
	return v, nil
}

// Activate makes a generation current: a staged one, or an earlier one to roll back to.
func (s *Service) Activate(ctx context.Context, actor tenant.Actor, groupID string, number int) (Generation, error) {
	return s.activate(ctx, actor, groupID, number, func(group.Group) error { return nil })
}

// ActivateOver makes a generation current when it is instead of that one (0: of none), whose difference to it somebody has
// looked at. Otherwise fault Conflict, code other_current.
func (s *Service) ActivateOver(ctx context.Context, actor tenant.Actor, groupID string, number, current int) (Generation, error) {
	return s.activate(ctx, actor, groupID, number, func(g group.Group) error {
		if g.Current != current {
			return fault.New(fault.Conflict, "other_current", "Meanwhile another generation of the group became current, so nothing was changed. Look at the difference again.")
		}
		return nil
	})
}

func (s *Service) activate(ctx context.Context, actor tenant.Actor, groupID string, number int, agreed func(group.Group) error) (Generation, error) {
	var out Generation
	if err := actor.Allow(tenant.GroupActivate); err != nil {
		return out, err
	}
	err := s.update(ctx, actor, func(tx ports.Tx) error {
		grp, err := tx.Groups().Lock(ctx, groupID)
		if err != nil {
			return err
		}
		if err := agreed(grp); err != nil {
			return err
		}
		if err := s.Intake.Activate(ctx, tx, actor, groupID, number); err != nil {
			return err
		}
		g, err := tx.Generations().Get(ctx, groupID, number)
		if err != nil {
			return err
		}
		out, err = view(ctx, tx, &g)
		return err
	})
	return out, err
}

// BuildPFX answers the group's current generation as PKCS#12, under the password given or the group's own. The same
// generation, password and preset answer the same bytes.
func (s *Service) BuildPFX(ctx context.Context, actor tenant.Actor, groupID string, password secret.String, preset string) (Download, error) {
	return s.buildPFX(ctx, actor, groupID, password, preset, false)
}

// BuildAndKeepPFX is BuildPFX under a password that becomes the group's own; when nothing can be built it does not. It needs
// the right to change the group besides.
func (s *Service) BuildAndKeepPFX(ctx context.Context, actor tenant.Actor, groupID string, password secret.String, preset string) (Download, error) {
	if err := allowAll(actor, tenant.GroupUpdate); err != nil {
		return Download{}, err
	}
	return s.buildPFX(ctx, actor, groupID, password, preset, !password.Empty())
}

func (s *Service) buildPFX(ctx context.Context, actor tenant.Actor, groupID string, password secret.String, preset string, keep bool) (Download, error) {
	var d Download
	if err := actor.Allow(tenant.GroupExport); err != nil {
		return d, err
	}
	p, err := cert.ParsePreset(preset)
	if err != nil {
		return d, err
	}
	if !password.Empty() {
		if err := checkPFXPassword(password); err != nil {
			return d, err
		}
	}
	var key group.FormKey
	err = s.update(ctx, actor, func(tx ports.Tx) error {
		var err error
		key, d.Filename, err = s.pfxKey(ctx, tx, actor, groupID, pfxWish{p, password, keep})
		return err
	})
	if err != nil {
		return d, err
	}
	f, err := s.Forms.Ensure(ctx, actor.Tenant, groupID, key)
	if err != nil {
		return d, err
	}
	d.ContentType = contentType(cert.KindPFX)
	d.Body, err = s.Forms.Open(ctx, actor.Tenant, f)
	return d, err
}

// pfxWish is a PFX as somebody wants it.
type pfxWish struct {
	preset   cert.Preset
	password secret.String // empty: the group's
	keep     bool          // the password becomes the group's
}

// pfxKey settles which form is asked for and writes the export into the trail.
func (s *Service) pfxKey(ctx context.Context, tx ports.Tx, actor tenant.Actor, groupID string, w pfxWish) (group.FormKey, string, error) {
	none := group.FormKey{}
	grp, err := tx.Groups().Lock(ctx, groupID)
	if err != nil {
		return none, "", err
	}
	if grp.Current == 0 {
		return none, "", fault.New(fault.Conflict, "no_certificate", "The group has no current certificate. Upload one with its key.")
	}
	gen, err := tx.Generations().Get(ctx, groupID, grp.Current)
	if err != nil {
		return none, "", err
	}
	if gen.Key == "" {
		return none, "", fault.New(fault.Conflict, "no_key", "The group has no private key, so no PFX can be built. Upload the key.")
	}
	version := grp.PasswordVersion
	if !w.password.Empty() {
		if version, err = s.usePassword(ctx, tx, groupID, w.password, w.keep); err != nil {
			return none, "", err
		}
	}
	if version == 0 {
		return none, "", fault.New(fault.Invalid, "no_password", "Give a password for the PFX, or set one on the group.").Field("password", "Give a password.")
	}
	if w.keep {
		details := map[string]string{"password": "changed"}
		if err := s.record(ctx, tx, actor, tenant.GroupUpdate, groupID, grp.Name, details); err != nil {
			return none, "", err
		}
	}
	details := map[string]string{"preset": string(w.preset)}
	if err := s.record(ctx, tx, actor, tenant.GroupExport, groupID, grp.Name, details); err != nil {
		return none, "", err
	}
	return group.FormKey{Generation: gen.ID, Kind: group.FormPFX, Preset: string(w.preset), PasswordVersion: version}, grp.Name + ".pfx", nil
}
