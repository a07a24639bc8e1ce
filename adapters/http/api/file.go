package api

import (
	"context"
	"net/http"

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
		fileHeaders(ctx, d.Filename, d.ContentType)
		_, _ = ctx.BodyWriter().Write(d.Body.Reveal())
	}}
}

// stream answers what write writes. A refusal before the first byte is answered as such; afterwards the connection is
// cut, so that half a file is not taken for a whole one.
func (a *API) stream(name, contentType string, write func(context.Context, *lazy) error) *File {
	return &File{func(ctx huma.Context) {
		out := &lazy{ctx: ctx, name: name, contentType: contentType}
		err := write(ctx.Context(), out)
		if err == nil {
			out.begin()
			return
		}
		if out.begun {
			a.Log.WarnContext(ctx.Context(), "file cut short", "cause", err)
			panic(http.ErrAbortHandler)
		}
		r, w := humago.Unwrap(ctx)
		problem.Write(w, r, a.Log, err)
	}}
}

// lazy sends the headers of a file with its first byte.
type lazy struct {
	ctx               huma.Context
	name, contentType string
	begun             bool
}

func (l *lazy) begin() {
	if !l.begun {
		l.begun = true
		fileHeaders(l.ctx, l.name, l.contentType)
	}
}

// Write begins the answer when it has not begun.
func (l *lazy) Write(b []byte) (int, error) {
	l.begin()
	return l.ctx.BodyWriter().Write(b)
}

func fileHeaders(ctx huma.Context, name, contentType string) {
	ctx.SetHeader("Content-Type", contentType)
	ctx.SetHeader("Content-Disposition", download.Attachment(name))
	ctx.SetHeader("Content-Security-Policy", "sandbox")
}
