package browser

import (
	"net/http"
	"time"

	"github.com/go-rod/rod/lib/proto"
)

// Cookies answers all cookies of the page's person, also those that scripts do not see.
func (p *Page) Cookies() []*http.Cookie {
	p.t.Helper()
	s, cancel := p.call()
	defer cancel()
	result, err := proto.StorageGetCookies{BrowserContextID: p.context}.Call(session{client: p.b.client, ctx: s.ctx})
	if err != nil {
		p.fail("Cookies", err)
	}
	var all []*http.Cookie
	for _, c := range result.Cookies {
		one := &http.Cookie{
			Name: c.Name, Value: c.Value, Domain: c.Domain, Path: c.Path, HttpOnly: c.HTTPOnly, Secure: c.Secure,
			SameSite: sameSite[c.SameSite],
		}
		if !c.Session {
			one.Expires = time.Unix(int64(c.Expires), 0)
		}
		all = append(all, one)
	}
	return all
}

// Cookie answers the cookie with a name, or nil.
func (p *Page) Cookie(name string) *http.Cookie {
	p.t.Helper()
	for _, c := range p.Cookies() {
		if c.Name == name {
			return c
		}
	}
	return nil
}

var sameSite = map[proto.NetworkCookieSameSite]http.SameSite{
	proto.NetworkCookieSameSiteStrict: http.SameSiteStrictMode,
	proto.NetworkCookieSameSiteLax:    http.SameSiteLaxMode,
	proto.NetworkCookieSameSiteNone:   http.SameSiteNoneMode,
}

// SetCookie gives the page's person a cookie of the server, as a test does that signs somebody in without the form. Of c it takes the
// name, the value, HttpOnly and Secure; the path is /.
func (p *Page) SetCookie(c *http.Cookie) {
	p.t.Helper()
	s, cancel := p.call()
	defer cancel()
	err := proto.StorageSetCookies{BrowserContextID: p.context, Cookies: []*proto.NetworkCookieParam{{
		Name: c.Name, Value: c.Value, URL: p.base.String(), Path: "/", HTTPOnly: c.HttpOnly, Secure: c.Secure,
		SameSite: proto.NetworkCookieSameSiteLax,
	}}}.Call(session{client: p.b.client, ctx: s.ctx})
	if err != nil {
		p.fail("SetCookie", err)
	}
}

// ClearCookies forgets all cookies of the page's person.
func (p *Page) ClearCookies() {
	p.t.Helper()
	s, cancel := p.call()
	defer cancel()
	err := proto.StorageClearCookies{BrowserContextID: p.context}.Call(session{client: p.b.client, ctx: s.ctx})
	if err != nil {
		p.fail("ClearCookies", err)
	}
}
