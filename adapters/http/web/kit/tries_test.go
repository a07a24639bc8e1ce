package kit_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/limit"
	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	core "github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/webtest"
)

// besiege tries wrong passwords from many places until nobody new may try. Whoever has the last try is told that it was.
func besiege(t *testing.T, s *server, email string) {
	t.Helper()
	last := ""
	for i := range 200 {
		w := s.askFrom(fmt.Sprintf("[2001:db8:%x::1]:9", i), "POST", "/sign-in", url.Values{"email": {email}, "password": {"wrong"}}.Encode())
		if w.Code == http.StatusTooManyRequests {
			if !strings.Contains(last, "Now wait 5 minutes before you try again.") {
				t.Errorf("the last try was answered as if there were more: %s", last)
			}
			return
		}
		last = w.Body.String()
	}
	t.Fatal("an account can be tried from everywhere without end")
}

// Nobody keeps the owner of an account out of a browser that they came in with before.
func TestABrowserThatIsKnownIsCountedByItself(t *testing.T) {
	r := local(t)
	s := serve(t, r, config{base: "https://certs.example.com"})
	u, other := r.NewPerson(t, r.Tenant, tenant.Editor), r.NewPerson(t, r.Tenant, tenant.Editor)
	device := cookieOf(t, s.ask("POST", "/sign-in", credentials(u)), "__Host-device").Value
	foreign := cookieOf(t, s.ask("POST", "/sign-in", credentials(other)), "__Host-device").Value
	besiege(t, s, u.Email)
	in := func(cookie, password string) int {
		return s.ask("POST", "/sign-in", url.Values{"email": {u.Email}, "password": {password}}.Encode(), "Cookie", "__Host-device="+cookie).Code
	}
	for name, cookie := range map[string]string{"none": "", "somebody else's": foreign, "no cookie of ours": "x", "changed": "A" + device[1:], "cut": device[:40]} {
		if got := in(cookie, webtest.Password); got != http.StatusTooManyRequests {
			t.Errorf("%s: %d while the account is besieged", name, got)
		}
	}
	if got := in(device, webtest.Password); got != http.StatusSeeOther {
		t.Errorf("the owner is kept out: %d", got)
	}
	// It is no way round: its own tries are bounded, and a right one gives them back.
	for i := range 6 {
		if got, want := in(device, "wrong"), http.StatusUnauthorized; i < 5 && got != want || i == 5 && got != http.StatusTooManyRequests {
			t.Errorf("try %d: %d", i+1, got)
		}
	}
	r.Pass(time.Hour)
	again := cookieOf(t, s.ask("POST", "/sign-in", credentials(u), "Cookie", "__Host-device="+device), "__Host-device")
	if again.Value == device || again.MaxAge != int(core.DeviceFor.Seconds()) {
		t.Errorf("%v", again)
	}
	r.Pass(core.DeviceFor + time.Second)
	besiege(t, s, u.Email)
	if got := in(again.Value, webtest.Password); got != http.StatusTooManyRequests {
		t.Errorf("a browser is known for ever: %d", got)
	}
}

// What strangers try at the sign-in does not keep somebody who is in from proving who they are, nor the other way.
func TestProofsAreCountedBySession(t *testing.T) {
	r := local(t)
	u := r.NewPerson(t, r.Tenant, tenant.Editor)
	kim, phone := r.Of(t, u), r.Of(t, u)
	wrong := url.Values{"email": {u.Email}, "password": {"wrong"}}
	for range 6 {
		r.Stranger(t).Post("/sign-in", wrong)
	}
	r.Stranger(t).Post("/sign-in", wrong).Want(http.StatusTooManyRequests)
	kim.Post("/dashboard/confirm", password("/dashboard")).WantGo("/dashboard")
	for range 5 {
		kim.Post("/dashboard/confirm", wrong).Want(http.StatusUnprocessableEntity)
	}
	kim.Post("/dashboard/confirm", password("/dashboard")).Want(http.StatusTooManyRequests, "Too many")
	phone.Post("/dashboard/confirm", password("/dashboard")).WantGo("/dashboard")
}

// One client makes few accounts, whatever becomes of them.
func TestSignUpsOfAClientAreBounded(t *testing.T) {
	r := webtest.NewWith(t, webtest.Setup{SignUp: true}, func(k *kit.Kit, _ *webtest.Rig) { pages(k) })
	s := serve(t, r, config{base: "http://localhost:8080", ups: limit.Rate{N: 5, Per: time.Hour, Burst: 5}})
	up := func(addr string, i int) int {
		form := url.Values{"name": {"Kim"}, "email": {fmt.Sprintf("kim%d@example.com", i)}, "password": {webtest.Password}}
		return s.askFrom(addr, "POST", "/sign-up", form.Encode()).Code
	}
	for i := range 7 {
		if got := up("192.0.2.1:1", i); (got == http.StatusSeeOther) != (i < 5) || i >= 5 && got != http.StatusTooManyRequests {
			t.Errorf("account %d: %d", i+1, got)
		}
	}
	if got := up("192.0.2.2:1", 9); got != http.StatusSeeOther {
		t.Errorf("from elsewhere: %d", got)
	}
	if w := s.askFrom("192.0.2.1:1", "POST", "/sign-in", "email=kim1%40example.com&password="+url.QueryEscape(webtest.Password)); w.Code != http.StatusSeeOther {
		t.Errorf("nobody signs in from there: %d", w.Code)
	}
	whole := url.Values{"name": {"Kim"}, "email": {"kim8@example.com"}, "password": {webtest.Password}}.Encode()
	if body := s.askFrom("192.0.2.1:1", "POST", "/sign-up", whole).Body.String(); !strings.Contains(body, "Too many sign-ups from this address. Wait 12 minutes") {
		t.Error("it is not said why: " + body)
	}
	r.Pass(12 * time.Minute)
	if got := up("192.0.2.1:1", 10); got != http.StatusSeeOther {
		t.Errorf("later: %d", got)
	}
}

// Mistakes in the form use up nothing that others behind the same address need. An address that is taken does: the answer tells.
func TestMistakesAreNoSignUps(t *testing.T) {
	r := webtest.NewWith(t, webtest.Setup{SignUp: true}, func(k *kit.Kit, _ *webtest.Rig) { pages(k) })
	s := serve(t, r, config{base: "http://localhost:8080", ups: limit.Rate{N: 5, Per: time.Hour, Burst: 5}})
	up := func(name, email, password string) int {
		return s.askFrom("192.0.2.1:1", "POST", "/sign-up", url.Values{"name": {name}, "email": {email}, "password": {password}}.Encode()).Code
	}
	for range 2 {
		for _, form := range [][]string{
			{"", "kim@example.com", webtest.Password}, {"Kim", "kim", webtest.Password}, {"Kim", "kim@example.com", "password1234"}, {"Kim", "kim@example.com", "kim@example.com"},
		} {
			if got := up(form[0], form[1], form[2]); got != http.StatusUnprocessableEntity {
				t.Errorf("%v: %d", form, got)
			}
		}
	}
	if got := up("Kim", "kim@example.com", webtest.Password); got != http.StatusSeeOther {
		t.Errorf("after eight mistakes: %d", got)
	}
	for n, want := range []int{409, 409, 409, 409, 429} {
		if got := up("Lee", "kim@example.com", webtest.Password); got != want {
			t.Errorf("a taken address, %d: %d, want %d", n+1, got, want)
		}
	}
}

// The log says that an account is tried too often, once an hour however often that is, and nothing of what was typed.
func TestTooManyTriesAreLoggedOnceInAWhile(t *testing.T) {
	r := local(t)
	s := serve(t, r, config{base: "https://certs.example.com"})
	const line = "sign-in held back after too many tries"
	try := func(addr, email string, times int) {
		for range times {
			s.askFrom(addr, "POST", "/sign-in", url.Values{"email": {email}, "password": {"SECRETWORD"}}.Encode())
		}
	}
	said := func(want int, texts ...string) {
		t.Helper()
		log := s.log.String()
		if n := strings.Count(log, line); n != want {
			t.Errorf("%d lines, want %d: %s", n, want, log)
		}
		for _, text := range texts {
			if !strings.Contains(log, text) {
				t.Errorf("the log has no %s: %s", text, log)
			}
		}
	}
	try("[2001:db8:1:2:3:4:5:6]:9", "Kim@example.com", 5)
	said(0)
	try("[2001:db8:1:2:3:4:5:6]:9", "kim@example.com ", 30)
	sum := sha256.Sum256([]byte("kim@example.com"))
	said(1, "level=WARN", `by="one client"`, "client=2001:db8:1:2::", "account="+hex.EncodeToString(sum[:6]))
	try("192.0.2.7:9", "TYPEDHERE", 10)
	said(2, "client=192.0.2.7", "account=none")
	r.Pass(time.Hour)
	besiege(t, s, "kim@example.com")
	said(3, `by="all clients together"`)
	for _, secret := range []string{"SECRETWORD", "TYPEDHERE", "example.com "} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the log has %q", secret)
		}
	}
}
