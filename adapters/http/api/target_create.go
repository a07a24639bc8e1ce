package api

import (
	"context"
	"net/http"
	"time"

	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// TargetBody is the body of POST /targets.
type TargetBody struct {
	Name     string            `json:"name" minLength:"1" maxLength:"200" doc:"Its name."`
	Type     string            `json:"type" maxLength:"40" doc:"How it gets its certificate: the id of a plugin, such as pull."`
	Group    string            `json:"group" minLength:"1" maxLength:"256" doc:"The group it is bound to, by id or name; its current generation must hold a key."`
	Settings TargetSettingsNew `json:"settings,omitempty" doc:"Its settings."`
	Tags     []string          `json:"tags,omitempty" maxItems:"20" doc:"Tags of 1 to 50 characters."`
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
	Token string `json:"token" doc:"The push token: shown once."`
}

// createTarget: POST /targets.
func (a *API) createTarget() {
	type in struct{ Body TargetBody }
	register(a, tenant.TargetCreate, Op{
		Method: http.MethodPost, Path: "/targets", Summary: "Make a target", Tag: "targets", Status: http.StatusCreated,
	}, func(ctx context.Context, who Who, in *in) (*Answer[TargetMade], error) {
		b := in.Body
		nets, err := push.ParseCIDRs(b.Settings.AllowedCIDRs)
		if err != nil {
			return nil, err
		}
		t, tok, err := a.Push.Create(ctx, who, push.NewTarget{
			Name: b.Name, Type: target.Type(b.Type), Group: b.Group, Tags: b.Tags, Serving: b.of(),
			Settings: target.Settings{PFXPreset: cert.Preset(b.Settings.PFXPreset), AllowedCIDRs: nets, ExpiresAt: b.Settings.ExpiresAt},
		})
		if err != nil {
			return nil, err
		}
		return answer(TargetMade{targetOf(t), tok.Reveal()}), nil
	})
}
