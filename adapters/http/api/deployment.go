package api

import (
	"context"
	"net/http"
	"time"

	"github.com/ignisfox/ignisfox/core/deploy"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// Deployment is one attempt to bring a target to a generation.
type Deployment struct {
	ID         string           `json:"id" doc:"Its id."`
	Target     string           `json:"target" doc:"Id of its target."`
	Generation int              `json:"generation" doc:"Number of the generation."`
	State      string           `json:"state" enum:"running,unchanged,delivered,serving,serving_other,unreachable,rolled_back,failed,superseded" doc:"running, or how it ended."`
	Trigger    string           `json:"trigger" enum:"change,hand,schedule,retry,look" doc:"Why it was begun."`
	Attempt    int              `json:"attempt" doc:"1 for the first of a generation."`
	By         *string          `json:"by" doc:"Who said so."`
	StartedAt  time.Time        `json:"started_at" doc:"When it began."`
	EndedAt    *time.Time       `json:"ended_at" doc:"When it ended."`
	Code       *string          `json:"code" doc:"Why it did not end well."`
	Reason     *string          `json:"reason" doc:"The same in plain words."`
	Steps      []DeploymentStep `json:"steps" doc:"What was done, in order."`
	Transcript *string          `json:"transcript" doc:"What was seen of it, without secrets; null in lists."`
}

// DeploymentStep is one step of a deployment.
type DeploymentStep struct {
	Name      string     `json:"name" enum:"observe,stage,swap,check,reload,verify,restore,reload_restored,verify_restored,clean" doc:"Which."`
	State     string     `json:"state" enum:"begun,done,failed,skipped" doc:"Where it stands."`
	Attempt   int        `json:"attempt" doc:"How often it was begun."`
	StartedAt time.Time  `json:"started_at" doc:"When it first began."`
	EndedAt   *time.Time `json:"ended_at" doc:"When it last ended."`
	Code      *string    `json:"code" doc:"Why it failed."`
	Message   string     `json:"message" doc:"What it says, in one line."`
}

func deploymentOf(d deploy.Deployment) Deployment {
	out := Deployment{
		ID: d.ID, Target: d.Target, Generation: d.Generation, State: string(d.State), Trigger: string(d.Trigger), Attempt: d.Attempt,
		By: some(d.By), StartedAt: d.StartedAt.UTC(), EndedAt: at(d.EndedAt), Code: some(d.Code), Reason: some(d.Reason), Steps: []DeploymentStep{},
	}
	for _, s := range d.Steps {
		out.Steps = append(out.Steps, DeploymentStep{
			Name: string(s.Name), State: string(s.State), Attempt: s.Attempt, StartedAt: s.StartedAt.UTC(), EndedAt: at(s.EndedAt),
			Code: some(s.Code), Message: s.Message,
		})
	}
	return out
}

// whole answers a deployment with its transcript.
func whole(d deploy.Deployment) Deployment {
	out := deploymentOf(d)
	out.Transcript = &d.Transcript
	return out
}

// listDeployments: GET /targets/{id}/deployments.
func (a *API) listDeployments() {
	type in struct {
		ByID
		Paging
	}
	register(a, tenant.TargetRead, Op{
		Method: http.MethodGet, Path: "/targets/{id}/deployments", Summary: "List the deployments of a target, newest first", Tag: "targets",
	}, func(ctx context.Context, who Who, in *in) (*Answer[Page[Deployment]], error) {
		all, next, err := a.Deploy.Deployments(ctx, who, in.ID, in.Cursor, in.Limit)
		if err != nil {
			return nil, err
		}
		return pageOf(all, next, deploymentOf), nil
	})
}

// getDeployment: GET /targets/{id}/deployments/{deployment}.
func (a *API) getDeployment() {
	type in struct {
		ByID
		Deployment string `path:"deployment" doc:"Id of the deployment."`
	}
	register(a, tenant.TargetRead, Op{
		Method: http.MethodGet, Path: "/targets/{id}/deployments/{deployment}", Summary: "Read one deployment with its transcript", Tag: "targets",
	}, func(ctx context.Context, who Who, in *in) (*Answer[Deployment], error) {
		d, err := a.Deploy.Deployment(ctx, who, in.ID, in.Deployment)
		if err != nil {
			return nil, err
		}
		return answer(whole(d)), nil
	})
}
