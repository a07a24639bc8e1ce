package webtest

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// Password of everybody that the rig makes.
const Password = "correct horse battery staple"

// Person is somebody with a browser that keeps cookies and follows no redirect.
type Person struct {
	User   tenant.User
	t      testing.TB
	base   *url.URL
	client *http.Client
}

// Answer is what the server answered.
type Answer struct {
	Status int
	Header http.Header
	Body   string
	t      testing.TB
}

// Stranger is somebody who is not signed in.
func (r *Rig) Stranger(t testing.TB) *Person {
	t.Helper()
	jar, _ := cookiejar.New(nil) // never fails without options
	base, err := url.Parse(r.URL)
	if err != nil {
		t.Fatal(err)
	}
	return &Person{t: t, base: base, client: &http.Client{
		Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// As is a new member of the rig's workspace with that role, signed in.
func (r *Rig) As(t testing.TB, role tenant.Role) *Person {
	t.Helper()
	return r.Of(t, r.NewPerson(t, r.Tenant, role))
}

// NewPerson makes somebody with the password Password; an empty workspace is none.
func (r *Rig) NewPerson(t testing.TB, in tenant.ID, role tenant.Role) tenant.User {
	t.Helper()
	ctx := context.Background()
	phc, err := r.passwords.Hash(ctx, secret.NewString(Password))
	if err != nil {
		t.Fatal(err)
	}
	u := tenant.User{ID: tenant.UserID(id.New("usr", r.Now())), Name: "Kim " + string(role), PasswordHash: phc, CreatedAt: r.Now()}
	u.Email = string(u.ID) + "@example.com"
	err = r.Store.Platform().Update(ctx, func(tx ports.PlatformTx) error {
		if err := tx.Users().Insert(ctx, u); err != nil || in == "" {
			return err
		}
		return tx.In(in).Members().Insert(ctx, tenant.Member{User: u.ID, Role: role, CreatedAt: tx.Now()})
	})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// Join makes somebody a member of one more workspace.
func (r *Rig) Join(t testing.TB, in tenant.ID, u tenant.User, role tenant.Role) {
	t.Helper()
	err := r.Store.Tenant(in).Update(context.Background(), func(tx ports.Tx) error {
		return tx.Members().Insert(context.Background(), tenant.Member{User: u.ID, Role: role, CreatedAt: tx.Now()})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Of signs somebody in with the password Password.
func (r *Rig) Of(t testing.TB, u tenant.User) *Person {
	t.Helper()
	o, err := r.SignIn.SignIn(context.Background(), u.Email, secret.NewString(Password), signin.Visit{
		Address: netip.MustParseAddr("127.0.0.1"), Agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
	})
	if err != nil || o.Pending {
		t.Fatalf("%s does not sign in: pending %v, %v", u.Email, o.Pending, err)
	}
	p := r.Stranger(t)
	p.User = u
	p.client.Jar.SetCookies(p.base, []*http.Cookie{{Name: "sid", Value: o.Cookie.Reveal(), Path: "/"}})
	return p
}

// Cookie answers the session's, nil for somebody who is not signed in.
func (p *Person) Cookie() *http.Cookie {
	for _, c := range p.client.Jar.Cookies(p.base) {
		if c.Name == "sid" {
			return &http.Cookie{Name: c.Name, Value: c.Value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode}
		}
	}
	return nil
}

// SetCookie has the browser hold c.
func (p *Person) SetCookie(c *http.Cookie) { p.client.Jar.SetCookies(p.base, []*http.Cookie{c}) }

// Get asks for a page as a browser does.
func (p *Person) Get(path string) Answer {
	p.t.Helper()
	return p.Do(http.MethodGet, path, nil, nil)
}

// Post sends a form as a browser does.
func (p *Person) Post(path string, form url.Values) Answer {
	p.t.Helper()
	return p.Do(http.MethodPost, path, form, nil)
}

// Do sends a form, nil for none, with headers such as HX-Request.
func (p *Person) Do(method, path string, form url.Values, header map[string]string) Answer {
	p.t.Helper()
	return p.DoBody(method, path, form.Encode(), header)
}

// DoBody sends any body; it is that of a form unless a header says otherwise.
func (p *Person) DoBody(method, path, body string, header map[string]string) Answer {
	p.t.Helper()
	req, err := http.NewRequest(method, p.base.String()+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Accept", "text/html")
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	res, err := p.client.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return Answer{Status: res.StatusCode, Header: res.Header, Body: string(answer), t: p.t}
}

// Want checks status and that the page says each text; what it must not say begins with "!".
func (a Answer) Want(status int, texts ...string) {
	a.t.Helper()
	if a.Status != status {
		a.t.Errorf("status %d, want %d: %s", a.Status, status, a.Body)
	}
	for _, text := range texts {
		if not, ok := strings.CutPrefix(text, "!"); ok == strings.Contains(a.Body, strings.TrimPrefix(text, "!")) {
			a.t.Errorf("the page says %q: %v, want %v\n%s", not, ok, !ok, a.Body)
		}
	}
}

// WantGo checks that the browser is sent to that address.
func (a Answer) WantGo(to string) {
	a.t.Helper()
	if got := a.Header.Get("Location"); a.Status != http.StatusSeeOther || got != to {
		a.t.Errorf("%d to %q, want to go to %q: %s", a.Status, got, to, a.Body)
	}
}
