package kit

import (
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/problem"
)

// Incident logs an error that is nobody's input, and answers what to tell of it where a page goes on without what failed: one
// part of several. It names the reference that whoever runs the server finds the cause by.
func (rq *Request) Incident(err error) string {
	p := problem.From(rq.Context(), rq.kit.Log, err)
	if p.GetStatus() == http.StatusInternalServerError && p.Incident != "" {
		return "Something broke on our side. Try again; if it keeps happening, give this reference to whoever runs this server: " + p.Incident + "."
	}
	return p.Message
}
