package api

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/ignisfox/ignisfox/core/app/deploy"
	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// TargetPatch is the body of PATCH /targets/{id}.
type TargetPatch struct {
	Name     Opt[string]                     `json:"name,omitempty" maxLength:"200" doc:"New name."`
	Group    Opt[string]                     `json:"group,omitempty" maxLength:"256" doc:"Another group, by id or name."`
	Settings SettingsOf[TargetSettingsPatch] `json:"settings,omitempty" doc:"Settings to alter; what is left out stays, secrets too; null sets all back."`
	Tags     Opt[[]string]                   `json:"tags,omitempty" maxItems:"20" doc:"New tags; null removes all."`
	Serving
}

// TargetSettingsPatch alters settings of a pull target.
type TargetSettingsPatch struct {
	PFXPreset    Opt[string]    `json:"pfx_preset,omitempty" doc:"How its PFX is encrypted: modern or legacy; null for modern."`
	AllowedCIDRs Opt[[]string]  `json:"allowed_cidrs,omitempty" maxItems:"100" doc:"Networks it may fetch from; null for anywhere."`
	ExpiresAt    Opt[time.Time] `json:"expires_at,omitempty" doc:"When its tokens stop working; null for never."`
}

// changeTarget: PATCH /targets/{id}.
func (a *API) changeTarget() {
	type in struct {
		ByID
		Body TargetPatch
	}
	register(a, tenant.TargetUpdate, Op{
		Method: http.MethodPatch, Path: "/targets/{id}", Summary: "Change a target", Tag: "targets",
	}, func(ctx context.Context, who Who, in *in) (*Answer[Target], error) {
		t, err := a.Push.Get(ctx, who, in.ID)
		if err != nil {
			return nil, err
		}
		if t.Deploy == nil {
			t, err = a.changePull(ctx, who, t.ID, in.Body)
		} else {
			t, err = a.changeDeployed(ctx, who, t, in.Body)
		}
		if err != nil {
			return nil, err
		}
		return answer(a.target(t)), nil
	})
}

func (a *API) changePull(ctx context.Context, who Who, id string, p TargetPatch) (t target.Target, err error) {
	c := push.Change{Tags: p.Tags.Removable(), Serving: p.of()}
	if c.Name, err = p.Name.Ptr("name"); err != nil {
		return t, err
	}
	if c.Group, err = p.Group.Ptr("group"); err != nil {
		return t, err
	}
	switch {
	case p.Settings.null():
		none := Opt[string]{Set: true, Null: true}
		c.Settings, err = TargetSettingsPatch{
			PFXPreset: none, AllowedCIDRs: Opt[[]string]{Set: true, Null: true}, ExpiresAt: Opt[time.Time]{Set: true, Null: true},
		}.change()
	case p.Settings.there():
		given, problem := pulling(a, p.Settings)
		if problem != nil {
			return t, problem
		}
		c.Settings, err = given.change()
	}
	if err != nil {
		return t, err
	}
	return a.Push.Change(ctx, who, id, c)
}

func (a *API) changeDeployed(ctx context.Context, who Who, t target.Target, p TargetPatch) (target.Target, error) {
	c := deploy.Change{Tags: p.Tags.Removable(), Endpoints: p.Endpoints.Removable(), SNI: p.SNI.Removable()}
	var err error
	if c.Name, err = p.Name.Ptr("name"); err != nil {
		return t, err
	}
	if c.Group, err = p.Group.Ptr("group"); err != nil {
		return t, err
	}
	if c.Schedule, err = p.cron(); err != nil {
		return t, err
	}
	switch {
	case p.Settings.null():
		c.Settings = noneOf(t)
	case p.Settings.there():
		if c.Settings, err = p.Settings.object(); err != nil {
			return t, err
		}
	}
	return a.Deploy.Change(ctx, who, t.ID, c)
}

// noneOf is the patch that takes every setting away.
func noneOf(t target.Target) map[string]any {
	out := map[string]any{}
	for name := range t.Deploy.Settings {
		out[name] = nil
	}
	for _, path := range t.Deploy.Secrets {
		name, _, _ := strings.Cut(path, ".")
		out[name] = nil
	}
	return out
}

func (p TargetSettingsPatch) change() (*push.SettingsChange, error) {
	c := &push.SettingsChange{NeverExpires: p.ExpiresAt.Null}
	if v := p.PFXPreset.Removable(); v != nil {
		preset := cert.Preset(*v)
		c.PFXPreset = &preset
	}
	if v := p.AllowedCIDRs.Removable(); v != nil {
		nets, err := push.ParseCIDRs(*v)
		if err != nil {
			return nil, err
		}
		nets = append([]netip.Prefix{}, nets...)
		c.AllowedCIDRs = &nets
	}
	if p.ExpiresAt.Set && !p.ExpiresAt.Null {
		c.ExpiresAt = &p.ExpiresAt.Value
	}
	return c, nil
}
