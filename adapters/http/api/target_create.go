package api

import (
	"context"
	"net/http"
	"time"

	"github.com/ignisfox/ignisfox/core/app/deploy"
	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// TargetBody is the body of POST /targets.
type TargetBody struct {
	Name     string                        `json:"name" minLength:"1" maxLength:"200" doc:"Its name."`
	Type     string                        `json:"type" maxLength:"40" doc:"How it gets its certificate: pull, or the id of a plugin such as deploy.ssh."`
	Group    string                        `json:"group" minLength:"1" maxLength:"256" doc:"The group it is bound to, by id or name; its current generation must hold a key."`
	Settings SettingsOf[TargetSettingsNew] `json:"settings,omitempty" doc:"Its settings, as GET /plugins describes them for its type."`
	Tags     []string                      `json:"tags,omitempty" maxItems:"20" doc:"Tags of 1 to 50 characters."`
	Serving
}

// TargetSettingsNew are the settings of a new pull target.
type TargetSettingsNew struct {
	PFXPreset    string     `json:"pfx_preset,omitempty" enum:"modern,legacy" doc:"How its PFX is encrypted; modern when left out."`
	AllowedCIDRs []string   `json:"allowed_cidrs,omitempty" maxItems:"100" doc:"Networks it may fetch from; from anywhere when left out."`
	ExpiresAt    *time.Time `json:"expires_at,omitempty" doc:"When its tokens stop working; never when left out."`
}

// TargetMade is a new target and, this once, its token.
type TargetMade struct {
	Target
	Token string `json:"token,omitempty" doc:"Of a pull target, the push token: shown once."`
}

// createTarget: POST /targets.
func (a *API) createTarget() {
	type in struct{ Body TargetBody }
	register(a, tenant.TargetCreate, Op{
		Method: http.MethodPost, Path: "/targets", Summary: "Make a target; one that is deployed to is deployed to at once", Tag: "targets",
		Status: http.StatusCreated,
	}, func(ctx context.Context, who Who, in *in) (*Answer[TargetMade], error) {
		if target.Type(in.Body.Type) != target.TypePull {
			return a.createDeployed(ctx, who, in.Body)
		}
		return a.createPull(ctx, who, in.Body)
	})
}

func (a *API) createPull(ctx context.Context, who Who, b TargetBody) (*Answer[TargetMade], error) {
	given, err := pulling(a, b.Settings)
	if err != nil {
		return nil, err
	}
	nets, err := push.ParseCIDRs(given.AllowedCIDRs)
	made := push.NewTarget{
		Name: b.Name, Type: target.TypePull, Group: b.Group, Tags: b.Tags, Serving: b.of(),
		Settings: target.Settings{PFXPreset: cert.Preset(given.PFXPreset), AllowedCIDRs: nets, ExpiresAt: given.ExpiresAt},
	}
	if err != nil {
		return nil, fault.All(err, a.Push.Check(made))
	}
	t, tok, err := a.Push.Create(ctx, who, made)
	if err != nil {
		return nil, err
	}
	return answer(TargetMade{a.target(t), tok.Reveal()}), nil
}

func (a *API) createDeployed(ctx context.Context, who Who, b TargetBody) (*Answer[TargetMade], error) {
	settings, err := b.Settings.object()
	if err != nil {
		return nil, err
	}
	in := deploy.NewTarget{
		Name: b.Name, Type: target.Type(b.Type), Group: b.Group, Settings: settings, Endpoints: b.Endpoints.Value, SNI: b.SNI.Value, Tags: b.Tags,
	}
	if cron, err := b.cron(); err != nil {
		return nil, err
	} else if cron != nil {
		in.Schedule = *cron
	}
	t, err := a.Deploy.Create(ctx, who, in)
	if err != nil {
		return nil, err
	}
	return answer(TargetMade{Target: a.target(t)}), nil
}
