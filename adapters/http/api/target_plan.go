package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/tenant"
)

// TargetPlan is what a deployment would do.
type TargetPlan struct {
	OK        bool                 `json:"ok" doc:"There is no problem."`
	Problem   Maybe[DeviceProblem] `json:"problem" doc:"What kept it from being found out."`
	Unchanged bool                 `json:"unchanged" doc:"Everything is in place already."`
	Present   *string              `json:"present" doc:"SHA-256 of the certificate on the device, null when there is none."`
	Changes   []PlannedChange      `json:"changes" doc:"What would be done, in order."`
}

// PlannedChange is one thing that a deployment would do.
type PlannedChange struct {
	What   string `json:"what" doc:"A file, or a command."`
	Action string `json:"action" doc:"create, replace, keep or run."`
	Detail string `json:"detail" doc:"Mode, owner, or what differs."`
}

// planTarget: POST /targets/{id}/plan.
func (a *API) planTarget() {
	register(a, tenant.TargetDeploy, Op{
		Method: http.MethodPost, Path: "/targets/{id}/plan", Summary: "Find out what a deployment would do, without changing anything",
		Tag: "targets", Repeatable: true,
	}, func(ctx context.Context, who Who, in *ByID) (*Answer[TargetPlan], error) {
		found, err := a.Deploy.Plan(ctx, who, in.ID)
		if err != nil {
			return nil, err
		}
		out := TargetPlan{OK: found.Problem == nil, Unchanged: found.Unchanged, Present: some(found.Present), Changes: []PlannedChange{}}
		if p := found.Problem; p != nil {
			out.Problem = problemOf(p.Code, p.Message, p.Field, p.Final)
		}
		for _, c := range found.Changes {
			out.Changes = append(out.Changes, PlannedChange{What: c.What, Action: c.Action, Detail: c.Detail})
		}
		return answer(out), nil
	})
}
