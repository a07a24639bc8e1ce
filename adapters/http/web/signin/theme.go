package signin

import (
	"net/http"
	"slices"
	"strings"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
)

// entrancePages are where, beside the manual, a theme can be changed before anybody has signed in.
var entrancePages = []string{"/setup", "/sign-in", "/sign-in/code", "/sign-in/help", "/sign-up", "/invite"}

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
	if next := rq.Text("next"); slices.Contains(entrancePages, next) || strings.HasPrefix(next, "/docs/") {
		return rq.Go(next)
	}
	return rq.Go(rq.Next())
}
