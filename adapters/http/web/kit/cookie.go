package kit

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/text"
)

const (
	themeCookie   = "theme"
	densityCookie = "density"
	deviceCookie  = "device"
	toastCookie   = "toast"
	year          = 365 * 24 * time.Hour
	toastLife     = time.Minute
	maxToasts     = 3
	maxToastText  = 300 // runes
	maxToastLink  = 60
	maxToastHref  = 500
	maxToastBytes = 2800 // of all, so that browsers take the cookie: they stop at 4 KiB, and base64 adds a third
)

func isHTTPS(base string) bool {
	u, err := url.Parse(base)
	return err == nil && u.Scheme == "https"
}

// sessionName is __Host-sid with https. Without it, which is for a loopback name alone, browsers refuse that prefix.
func (k *Kit) sessionName() string { return k.named("sid") }

func (k *Kit) named(name string) string {
	if k.secure {
		return "__Host-" + name
	}
	return name
}

func (k *Kit) set(w http.ResponseWriter, name, value string, life time.Duration, script bool) {
	c := &http.Cookie{
		Name: name, Value: value, Path: "/", Secure: k.secure, HttpOnly: !script, SameSite: http.SameSiteLaxMode,
	}
	switch {
	case life < 0:
		c.MaxAge = -1
	case life > 0:
		c.MaxAge = int(life / time.Second)
	}
	http.SetCookie(w, c)
}

// SignedIn gives the browser the cookie of a session that was just opened.
func (rq *Request) SignedIn(o signin.Opened) {
	life := time.Duration(0) // until the browser is closed
	if o.Session.Stay {
		life = tenant.SessionLongest
	}
	rq.kit.set(rq.W, rq.kit.sessionName(), o.Cookie.Reveal(), life, false)
	if !o.Pending {
		rq.keepDevice(o.Session.User)
	}
}

// keepDevice has the browser keep that this person signed in with it: see Try.
func (rq *Request) keepDevice(u tenant.UserID) {
	kept, err := rq.kit.SignIn.NewDevice(rq.Context(), u)
	if err != nil { // it is counted with all others the next time
		rq.kit.Log.WarnContext(rq.Context(), "browser not remembered", "cause", err)
		return
	}
	rq.kit.set(rq.W, rq.kit.named(deviceCookie), kept.Reveal(), signin.DeviceFor, false)
}

// SignedOut takes the cookie away, with all that is meant for the person who was signed in, and has the browser forget what
// it kept of us. That this browser is known stays: it opens nothing.
func (rq *Request) SignedOut() {
	rq.kit.set(rq.W, rq.kit.sessionName(), "", -1, false)
	for _, name := range []string{SetupLink, InviteLink, toastCookie} {
		if _, err := rq.Cookie(rq.kit.named(name)); err == nil {
			rq.kit.set(rq.W, rq.kit.named(name), "", -1, false)
		}
	}
	rq.W.Header().Set("Clear-Site-Data", `"cache", "storage"`)
}

// SetTheme keeps "light", "dark" or, with "", the system's.
func (rq *Request) SetTheme(theme string) {
	life := year
	if theme == "" {
		life = -1
	}
	rq.kit.set(rq.W, themeCookie, theme, life, true)
}

// SetCompact keeps whether tables are dense.
func (rq *Request) SetCompact(on bool) {
	if on {
		rq.kit.set(rq.W, densityCookie, "compact", year, true)
		return
	}
	rq.kit.set(rq.W, densityCookie, "", -1, true)
}

// Toast has the next page say something, for answers that are no redirect of the server.
func (rq *Request) Toast(toasts ...view.Toast) { rq.setToasts(toasts) }

// setToasts keeps what the next page says. A toast never holds a secret.
func (rq *Request) setToasts(toasts []view.Toast) {
	if len(toasts) == 0 {
		return
	}
	var kept []view.Toast
	for _, t := range rq.waiting() { // a warning that no page has shown yet comes before what there is to say now
		if t.Keep && !slices.Contains(toasts, t) {
			kept = append(kept, t)
		}
	}
	for _, t := range toasts {
		kept = append(kept, plainToast(t))
	}
	kept = kept[:min(len(kept), maxToasts)]
	b := packed(kept)
	for len(b) > maxToastBytes && len(kept) > 1 {
		kept = kept[:len(kept)-1]
		b = packed(kept)
	}
	rq.kit.set(rq.W, rq.kit.named(toastCookie), base64.RawURLEncoding.EncodeToString(b), toastLife, false)
}

func packed(toasts []view.Toast) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // it is not put into a page as it is
	_ = e.Encode(toasts)   // texts always encode
	return bytes.TrimSpace(b.Bytes())
}

// plainToast bounds a toast and leads it nowhere but to a page of ours. It is asked when the cookie is written and when it
// is read: the browser's owner may have written it.
func plainToast(t view.Toast) view.Toast {
	t.Text, t.Link, t.Href = short(t.Text, maxToastText), short(t.Link, maxToastLink), Local(t.Href)
	if len(t.Href) > maxToastHref || t.Link == "" {
		t.Href = ""
	}
	return t
}

// short cuts what is shown, not what was given: one rune can become eight.
func short(s string, most int) string { return text.Visible(text.Visible(s, most), most) }

// takeToasts moves what was kept into the view.
func (rq *Request) takeToasts() {
	if _, err := rq.Cookie(rq.kit.named(toastCookie)); err != nil {
		return
	}
	rq.kit.set(rq.W, rq.kit.named(toastCookie), "", -1, false)
	rq.View.Toasts = append(rq.View.Toasts, rq.waiting()...)
}

// waiting answers what the browser keeps for the next page.
func (rq *Request) waiting() (out []view.Toast) {
	c, err := rq.Cookie(rq.kit.named(toastCookie))
	if err != nil {
		return nil
	}
	b, err := base64.RawURLEncoding.DecodeString(c.Value)
	var toasts []view.Toast
	if err != nil || json.Unmarshal(b, &toasts) != nil {
		return nil
	}
	for _, t := range toasts[:min(len(toasts), maxToasts)] {
		if t = plainToast(t); t.Text != "" {
			out = append(out, t)
		}
	}
	return out
}
