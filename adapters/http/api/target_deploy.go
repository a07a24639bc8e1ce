package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// deployTarget: POST /targets/{id}/deploy.
func (a *API) deployTarget() {
	register(a, tenant.TargetDeploy, Op{
		Method: http.MethodPost, Path: "/targets/{id}/deploy", Summary: "Deploy to a target now; answers the running deployment if one runs",
		Tag: "targets", Status: http.StatusAccepted,
	}, func(ctx context.Context, who Who, in *ByID) (*Answer[Deployment], error) {
		d, err := a.Deploy.Deploy(ctx, who, in.ID)
		if err != nil {
			return nil, err
		}
		return answer(whole(d)), nil
	})
}

// pauseTarget: POST /targets/{id}/pause.
func (a *API) pauseTarget() {
	a.pausing("/targets/{id}/pause", "Keep a target from being deployed to; a deployment that runs comes to its end", a.Deploy.Pause)
}

// resumeTarget: POST /targets/{id}/resume.
func (a *API) resumeTarget() {
	a.pausing("/targets/{id}/resume", "Have a paused target deployed to again", a.Deploy.Resume)
}

func (a *API) pausing(path, summary string, do func(context.Context, Who, string) (target.Target, error)) {
	register(a, tenant.TargetDeploy, Op{
		Method: http.MethodPost, Path: path, Summary: summary, Tag: "targets",
	}, func(ctx context.Context, who Who, in *ByID) (*Answer[Target], error) {
		t, err := do(ctx, who, in.ID)
		if err != nil {
			return nil, err
		}
		return answer(a.target(t)), nil
	})
}
