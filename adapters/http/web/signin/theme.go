package signin

import (
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
)

// theme keeps "light" or "dark"; anything else is the system's.
func (h *handlers) theme(rq *kit.Request) error {
	theme := rq.Text("theme")
	if theme != "light" && theme != "dark" {
		theme = ""
	}
	rq.SetTheme(theme)
	if rq.View.Script {
		rq.W.WriteHeader(http.StatusNoContent)
		return nil
	}
	if next := kit.LocalOpen(rq.Text("next")); next != "" {
		return rq.Go(next)
	}
	return rq.Go(rq.Next())
}
