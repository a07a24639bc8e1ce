package api

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// TargetPatch is the body of PATCH /targets/{id}.
type TargetPatch struct {
	Name     Opt[string]              `json:"name,omitempty" maxLength:"200" doc:"New name."`
	Group    Opt[string]              `json:"group,omitempty" maxLength:"256" doc:"Another group, by id or name."`
	Settings Opt[TargetSettingsPatch] `json:"settings,omitempty" doc:"Settings to alter; what is left out stays, null sets all back."`
	Tags     Opt[[]string]            `json:"tags,omitempty" maxItems:"20" doc:"New tags; null removes all."`
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
		c, err := in.Body.change()
		if err != nil {
			return nil, err
		}
		t, err := a.Push.Change(ctx, who, in.ID, c)
		if err != nil {
			return nil, err
		}
		return answer(targetOf(t)), nil
	})
}

func (p TargetPatch) change() (c push.Change, err error) {
	if c.Name, err = p.Name.Ptr("name"); err != nil {
		return c, err
	}
	if c.Group, err = p.Group.Ptr("group"); err != nil {
		return c, err
	}
	c.Tags, c.Serving = p.Tags.Removable(), p.of()
	switch {
	case p.Settings.Null:
		none := Opt[string]{Set: true, Null: true}
		c.Settings, err = TargetSettingsPatch{
			PFXPreset: none, AllowedCIDRs: Opt[[]string]{Set: true, Null: true}, ExpiresAt: Opt[time.Time]{Set: true, Null: true},
		}.change()
	case p.Settings.Set:
		c.Settings, err = p.Settings.Value.change()
	}
	return c, err
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
