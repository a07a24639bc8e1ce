package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/app/deploy"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// notConfirmed is the code of a device that has not been confirmed by a person, as deployments have it.
const notConfirmed = "host_key_not_confirmed"

// DeviceProblem is what went wrong at a device or in its plugin.
type DeviceProblem struct {
	Code  string  `json:"code" doc:"Stable name, in snake case; each plugin has its own besides those of the manual."`
	Error string  `json:"error" doc:"What happened and what to do, in plain words."`
	Field *string `json:"field" doc:"The setting it belongs to, such as settings.password."`
	Final bool    `json:"final" doc:"Trying again is of no use before somebody changed something."`
}

// TargetTest is what a test of a connection found.
type TargetTest struct {
	OK        bool                 `json:"ok" doc:"There is no problem."`
	Problem   Maybe[DeviceProblem] `json:"problem" doc:"What went wrong."`
	Identity  *string              `json:"identity" doc:"What the device proved to be, such as SHA256:… of its host key; null when it was not reached, or proved to be the confirmed one and did not let us in."`
	Confirmed bool                 `json:"confirmed" doc:"The identity is the one that the settings name, and the device let us in. While there is an identity that is not confirmed, no secret was sent to it."`
	Lines     []string             `json:"lines" doc:"What was found, in plain words."`
	Served    []ServedEndpoint     `json:"served" doc:"What each address of the endpoints serves now; without a stored target no group is known, and generation is null."`
}

// TargetTrial is what is to be tested with a target that is stored. The body may be left out.
type TargetTrial struct {
	Settings DeploySettings `json:"settings,omitempty" doc:"Settings that differ from the stored ones, as in PATCH. Stored secrets are sent to no other destination."`
	Serving
}

// NewTrial is what is to be tested before it is stored: the body of POST /targets, of which type and settings are needed.
type NewTrial struct {
	Type     string         `json:"type" maxLength:"40" doc:"The id of a plugin, such as deploy.ssh."`
	Settings DeploySettings `json:"settings,omitempty" doc:"The settings, as GET /plugins describes them."`
	Name     string         `json:"name,omitempty" maxLength:"200" doc:"Is not looked at."`
	Group    string         `json:"group,omitempty" maxLength:"256" doc:"Is not looked at."`
	Tags     []string       `json:"tags,omitempty" maxItems:"20" doc:"Are not looked at."`
	Serving
}

// testTarget: POST /targets/{id}/test.
func (a *API) testTarget() {
	type in struct {
		ByID
		Body *TargetTrial
	}
	register(a, tenant.TargetDeploy, Op{
		Method: http.MethodPost, Path: "/targets/{id}/test", Summary: "Test the connection to a target", Tag: "targets", Repeatable: true,
	}, func(ctx context.Context, who Who, in *in) (*Answer[TargetTest], error) {
		trial := deploy.Trial{Target: in.ID}
		if b := in.Body; b != nil {
			trial.Endpoints, trial.SNI = b.Endpoints.Removable(), b.SNI.Removable()
			var err error
			if trial.Settings, err = a.trialSettings(ctx, who, in.ID, b.Settings); err != nil {
				return nil, err
			}
		}
		return a.try(ctx, who, trial)
	})
}

// trialSettings answers what differs from the stored settings; nil for nothing. As in PATCH, null takes all away.
func (a *API) trialSettings(ctx context.Context, who Who, id string, s DeploySettings) (map[string]any, error) {
	switch {
	case s.null():
		t, err := a.Deploy.Target(ctx, who, id)
		if err != nil {
			return nil, err
		}
		return noneOf(t), nil
	case s.there():
		return s.object()
	}
	return nil, nil //nolint:nilnil // nil is an answer here: they stay
}

// testSettings: POST /targets/test.
func (a *API) testSettings() {
	type in struct{ Body NewTrial }
	register(a, tenant.TargetDeploy, Op{
		Method: http.MethodPost, Path: "/targets/test", Summary: "Test settings of a target that is not stored", Tag: "targets", Repeatable: true,
	}, func(ctx context.Context, who Who, in *in) (*Answer[TargetTest], error) {
		b := in.Body
		settings, err := b.Settings.object()
		if err != nil {
			return nil, err
		}
		return a.try(ctx, who, deploy.Trial{
			Type: target.Type(b.Type), Settings: settings, Endpoints: b.Endpoints.Removable(), SNI: b.SNI.Removable(),
		})
	})
}

func (a *API) try(ctx context.Context, who Who, trial deploy.Trial) (*Answer[TargetTest], error) {
	found, err := a.Deploy.Test(ctx, who, trial)
	if err != nil {
		return nil, err
	}
	out := TargetTest{Identity: some(found.Identity), Confirmed: found.Confirmed, Lines: list(found.Lines), Served: servedOf(found.Served)}
	switch p := found.Problem; {
	case p != nil:
		out.Problem = problemOf(p.Code, p.Message, p.Field, p.Final)
	case !found.Confirmed:
		out.Problem = problemOf(notConfirmed, "Nobody has confirmed yet that this is the device. Compare the identity with the one "+
			"that the device itself shows, then put it into the settings.", "host_key", true)
	default:
		out.OK = true
	}
	return answer(out), nil
}

func problemOf(code, words, field string, final bool) Maybe[DeviceProblem] {
	p := &DeviceProblem{Code: code, Error: words, Final: final}
	if field != "" {
		p.Field = some("settings." + field)
	}
	return maybe(p)
}
