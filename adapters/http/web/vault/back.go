package vault

import (
	"net/url"
	"slices"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
)

// back answers the page that the dialog was opened on, so that one goes on where one was. It is other where there was no
// dialog, and where that page is gone with what was done.
func back(rq *kit.Request, other string, gone ...string) string {
	u, err := url.Parse(rq.Header.Get("HX-Current-URL"))
	if err != nil || !rq.View.Dialog || slices.Contains(gone, u.Path) {
		return other
	}
	if to := kit.Local(u.RequestURI()); to != "" {
		return to
	}
	return other
}
