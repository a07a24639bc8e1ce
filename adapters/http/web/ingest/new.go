package ingest

import (
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/core/app/ingest"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// newPage is the form of a new token.
type newPage struct {
	Name   string
	Group  string // name of one that is there, or of a new one
	Groups []group.Group
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
	if p.Groups, err = h.groups(rq, ""); err != nil {
		return err
	}
	return rq.Render(status, newToken(rq.View, p))
}

// create answers the token, which nobody can ask for again.
func (h *handlers) create(rq *kit.Request) error {
	in := ingest.NewToken{Name: rq.Text("name"), Group: rq.Text("group")}
	t, tok, err := h.Ingest.Create(rq.Context(), rq.Who.Actor, in)
	if err != nil {
		status, ok := rq.Refused(err)
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
