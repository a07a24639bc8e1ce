package api

import (
	"context"
	"io"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/ignisfox/ignisfox/adapters/http/download"
	"github.com/ignisfox/ignisfox/adapters/http/problem"
	"github.com/ignisfox/ignisfox/core/app/vault"
)

// File is an answer that is saved, not shown.
type File struct{ Body func(huma.Context) }

func saved(d vault.Download) *File {
	return &File{func(ctx huma.Context) {
		defer d.Body.Wipe()
		_, w := humago.Unwrap(ctx)
		download.Send(w, d.Filename, d.ContentType, d.Body.Reveal())
	}}
}

// stream answers what write writes, or its refusal when that came before the first byte.
func (a *API) stream(name, contentType string, write func(context.Context, io.Writer) error) *File {
	return &File{func(ctx huma.Context) {
		r, w := humago.Unwrap(ctx)
		err := download.Stream(ctx.Context(), w, a.Log, name, contentType, func(out io.Writer) error {
			return write(ctx.Context(), out)
		})
		if err != nil {
			problem.Write(w, r, a.Log, err)
		}
	}}
}
