package api

import (
	"context"
	"net/http"
	"time"

	"github.com/ignisfox/ignisfox/core/tenant"
)

// RotateBody is the body of POST /targets/{id}/rotate.
type RotateBody struct {
	Grace int `json:"grace,omitempty" minimum:"0" maximum:"72" doc:"Hours that the old token lives on; 0 when left out."`
}

// NewSecret is a token, this once.
type NewSecret struct {
	Token string `json:"token" doc:"The new push token: shown once."`
}

// rotateTarget: POST /targets/{id}/rotate. The body may be left out.
func (a *API) rotateTarget() {
	type in struct {
		ByID
		Body *RotateBody
	}
	register(a, tenant.TargetRotate, Op{
		Method: http.MethodPost, Path: "/targets/{id}/rotate", Summary: "Give a target a new token, or its first", Tag: "targets",
	}, func(ctx context.Context, who Who, in *in) (*Answer[NewSecret], error) {
		grace := 0
		if in.Body != nil {
			grace = in.Body.Grace
		}
		tok, err := a.Push.Rotate(ctx, who, in.ID, time.Duration(grace)*time.Hour)
		if err != nil {
			return nil, err
		}
		return answer(NewSecret{tok.Reveal()}), nil
	})
}
