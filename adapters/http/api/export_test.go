package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// RegisterPlain registers a route as somebody would who does not know of register.
func RegisterPlain(a *API) {
	huma.Register(a.huma, huma.Operation{Method: http.MethodGet, Path: Base + "/plain"}, func(context.Context, *struct{}) (*None, error) {
		return &None{}, nil
	})
}
