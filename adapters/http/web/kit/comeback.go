package kit

import (
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
)

// comeBack answers where the person wants to be after signing in or confirming, and where trying again begins: this page, the
// one a form was on, or the page above what is no page. Empty when nobody knows.
func (rq *Request) comeBack() string {
	if !rq.View.Script {
		if to := rq.page(); to != "" {
			return to
		}
	}
	for _, h := range []string{"HX-Current-URL", "Referer"} {
		if u, err := url.Parse(rq.Header.Get(h)); err == nil && u.Path != "" {
			if to := Local(u.RequestURI()); to != "" {
				return to
			}
		}
	}
	if rq.View.Script {
		return ""
	}
	return rq.pageAbove()
}

// here answers what leads back to what this request is answered with. A query that says where to go on to is left out, as is
// that of every page open to everybody: strangers make links with them, and no page repeats what they hold. Nothing leads back
// to a path with what looks like a token of ours: no page is called so.
func (rq *Request) here() string {
	if to := rq.page(); to != "" && !rq.URL.Query().Has("next") {
		return to
	}
	if rq.Method == http.MethodPost {
		if to := rq.pageAbove(); to != "" {
			return to
		}
	}
	if hasToken(rq.URL.Path) {
		return ""
	}
	return rq.URL.Path
}

// page answers the address of this request when there is a page: for what was sent, that of its form, which is of the very same
// route. Another pattern that happens to fit, as /vault/{id} fits /vault/zip, is not it.
func (rq *Request) page() string {
	if rq.Method == http.MethodGet || rq.Method == http.MethodHead || rq.kit.isPage(rq.template()) {
		return Local(rq.URL.RequestURI())
	}
	return ""
}

// pageAbove answers the nearest page above the address of this request: the list for what is done with rows of it.
func (rq *Request) pageAbove() string {
	at, template := path.Dir(rq.URL.Path), path.Dir(rq.template())
	for ; len(template) > 1; at, template = path.Dir(at), path.Dir(template) {
		if rq.kit.isPage(template) {
			return Local((&url.URL{Path: at}).String())
		}
	}
	return ""
}

// template answers the path of the route that takes this request, empty for none.
func (rq *Request) template() string {
	_, pattern := rq.kit.mux.Handler(rq.Request)
	_, template, _ := strings.Cut(pattern, " ")
	return template
}

// isPage says whether a route of exactly that template answers with a page.
func (k *Kit) isPage(template string) bool {
	return slices.ContainsFunc(k.list, func(r Route) bool { return r.Method == http.MethodGet && r.Path == template && !r.File })
}
