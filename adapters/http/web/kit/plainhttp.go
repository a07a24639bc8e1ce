package kit

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/core/fault"
)

// isLoopback says whether what is sent to that name never leaves the machine.
func isLoopback(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}

// overheard says whether what passes between the browser and us could be read on the way: plain http by a name that is
// not loopback, be it that of the settings or the one the browser used. A session cookie cannot be kept there.
func (rq *Request) overheard() bool {
	if rq.kit.secure {
		return false
	}
	base, err := url.Parse(rq.kit.BaseURL)
	return err != nil || !isLoopback(base.Hostname()) || !isLoopback((&url.URL{Host: rq.Host}).Hostname())
}

// entrance says whether sessions are opened at the route, or it is the page with the form for that.
func (k *Kit) entrance(r Route) bool { return r.Throttled || k.doors[r.Path] }

// needsHTTPS answers an entrance that is overheard.
func (rq *Request) needsHTTPS() error {
	if rq.wantsPage() {
		if err := rq.Render(http.StatusForbidden, part.NeedsHTTPS(rq.View)); err != nil {
			return err
		}
		return answered
	}
	return fault.New(fault.Forbidden, "https_needed", "Nobody can sign in over plain http. Use https.")
}
