package kit

import (
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ignisfox/ignisfox/core/token"
)

// maxAddress bounds an address to go on to.
const maxAddress = 2048

// entrances are the pages beside the manual that are open before anybody has signed in.
var entrances = []string{"/setup", "/sign-in", "/sign-in/code", "/sign-in/help", "/sign-up", "/invite"}

// Next answers the local address that the query or the form asks to go on to, or that of the overview.
func (rq *Request) Next() string {
	if next := Local(rq.Text("next")); next != "" {
		return next
	}
	return "/dashboard"
}

// Local answers address when it is a page of the dashboard or an invitation, and "" for all else: nobody is sent to
// another site. A query that holds what looks like a token of ours is left out: addresses are kept in histories and logs.
func Local(address string) string {
	return local(address, func(p string) bool { return p == "/dashboard" || strings.HasPrefix(p, "/dashboard/") || p == "/invite" })
}

// LocalOpen is Local for the pages that are open to everybody: the manual, and where people come in.
func LocalOpen(address string) string {
	return local(address, func(p string) bool { return strings.HasPrefix(p, "/docs/") || slices.Contains(entrances, p) })
}

// local answers address when it is one of ours, by the path that the browser would ask for.
func local(address string, is func(path string) bool) string {
	u, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(address, "/") || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" || len(address) > maxAddress {
		return ""
	}
	if path.Clean(u.Path) != u.Path || strings.Contains(u.Path, "\\") || !utf8.ValidString(u.Path) || !is(u.Path) || hasToken(u.Path) {
		return "" // no page of ours is called so
	}
	to := url.URL{Path: u.Path, RawQuery: u.RawQuery}
	if q, err := url.QueryUnescape(u.RawQuery); err != nil || hasToken(q) || hasToken(u.RawQuery) {
		to.RawQuery = ""
	}
	return to.String()
}

func hasToken(s string) bool { return token.Redact(s) != s }
