package ingest

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/groupchoice"
	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/core/app/ingest"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// newPage is the form of a new token.
type newPage struct {
	Name   string
	Group  string // id or name of one that is there, or the name of a new one
	Groups part.Groups
	Error  error
}

// oncePage is what is shown once.
type oncePage struct {
	Token   tenant.IngestToken
	Value   string
	Snippet ingest.Snippet // keeps the token where the commands look for it
}

func (h *handlers) newForm(rq *kit.Request) error {
	return h.drawNew(rq, http.StatusOK, newPage{Group: rq.Text("group")})
}

func (h *handlers) drawNew(rq *kit.Request, status int, p newPage) error {
	var err error
	if p.Groups, err = groupchoice.Read(rq, h.Vault, groupchoice.Want{Value: p.Group, Free: true}); err != nil {
		return err
	}
	return rq.Render(status, newToken(rq.View, p))
}

// create answers the token, which nobody can ask for again.
func (h *handlers) create(rq *kit.Request) error {
	in := ingest.NewToken{Name: rq.Text("name"), Group: rq.Text("group")}
	var t tenant.IngestToken
	var tok secret.String
	err := rq.Once(func(ctx context.Context) (_ string, err error) {
		t, tok, err = h.Ingest.Create(ctx, rq.Who.Actor, in)
		return home, err
	})
	if err != nil {
		status, ok := rq.RefusedFor(err, "group")
		if !ok {
			return err
		}
		return h.drawNew(rq, status, newPage{Name: in.Name, Group: in.Group, Error: err})
	}
	p := oncePage{Token: t, Value: tok.Reveal()}
	snippets, _ := ingest.Snippets(h.BaseURL) // without commands the token is shown alone
	p.Snippet, _ = find(snippets, "token")
	return rq.RenderSecret(http.StatusOK, made(rq.View, p))
}
