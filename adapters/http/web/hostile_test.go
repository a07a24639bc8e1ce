package web_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/app/deploy"
	"github.com/ignisfox/ignisfox/core/app/ingest"
	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/browser"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/internal/testdevice"
	"github.com/ignisfox/ignisfox/internal/webtest"
	"github.com/ignisfox/ignisfox/internal/webtest/whole"
	"github.com/ignisfox/ignisfox/ports"
)

// The names. wildName is what people may call things; the others come in certificates.
var (
	wildName = (`"><script>alert(1)</script><img src=x onerror=alert(2)>' {{7*7}} ` + strings.Repeat("W", 100))[:100]
	wildBidi = "moc.\u202eelpmaxe\u2066.\u200bhost"
	wildSeen = `moc.\u{202E}elpmaxe\u{2066}.\u{200B}host` // as it is shown
	wildLong = strings.Repeat("nospace", 72)[:500]
)

// wild is a workspace in which everything has such a name.
type wild struct {
	*whole.Site
	t     *testing.T
	ctx   context.Context
	kim   *webtest.Person
	owner tenant.Actor
	ca    *testcert.Pair
	ids   map[string]string // of what was planted
}

func newWild(t *testing.T) *wild {
	w := &wild{Site: whole.New(t), t: t, ctx: context.Background(), ids: map[string]string{}}
	w.ca = testcert.Root(wildName).Intermediate(wildBidi + wildLong)
	w.people()
	w.certificates()
	w.things()
	w.kim = w.Of(t, w.kim.User) // the proof of identity is a recent one
	return w
}

func (w *wild) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *wild) people() {
	w.t.Helper()
	w.kim = w.As(w.t, tenant.Owner)
	_, err := w.SignIn.SignIn(w.ctx, w.kim.User.Email, secret.NewString(webtest.Password), signin.Visit{Address: netip.MustParseAddr("2001:db8::1"), Agent: wildName + wildBidi})
	w.ok(err)
	who, err := w.SignIn.Authenticate(w.ctx, secret.NewString(w.kim.Cookie().Value), netip.MustParseAddr("127.0.0.1"))
	w.ok(err)
	w.owner = who.Actor
	sessions, err := w.SignIn.Sessions(w.ctx, who)
	w.ok(err)
	w.ids["session"] = sessions[0].ID
	name := wildName
	_, err = w.Account.ChangeWorkspace(w.ctx, w.owner, account.WorkspaceChange{Name: &name})
	w.ok(err)
	_, err = w.Account.ChangeProfile(w.ctx, w.owner, account.ProfileChange{Name: &name})
	w.ok(err)
	_, link, err := w.Account.CreateInvite(w.ctx, w.owner, account.NewInvite{Email: "other@example.com", Role: tenant.Editor})
	w.ok(err)
	_, err = w.SignIn.AcceptInvite(w.ctx, link, signin.NewPerson{Name: wildName, Password: secret.NewString(webtest.Password)}, signin.Visit{Address: netip.MustParseAddr("127.0.0.1")})
	w.ok(err)
	members, err := w.Account.Members(w.ctx, w.owner)
	w.ok(err)
	for _, m := range members {
		if m.Email == "other@example.com" {
			w.ids["member"] = string(m.User)
		}
	}
	invited, link, err := w.Account.CreateInvite(w.ctx, w.owner, account.NewInvite{Email: "'onload=alert(1)'+" + strings.Repeat("w", 200) + "@example.com", Role: tenant.Viewer})
	w.ok(err)
	w.ids["invite"], w.ids["link"] = invited.ID, link.Reveal()
	token, _, err := w.Account.CreateToken(w.ctx, w.owner, account.NewToken{Name: wildName})
	w.ok(err)
	w.ids["api-token"] = token.ID
}

// leaf makes a certificate that ends in so many days.
func (w *wild) leaf(days int, opts ...testcert.Option) *testcert.Pair {
	return w.ca.Leaf(wildName, append([]testcert.Option{testcert.Valid(w.Now().AddDate(0, 0, -60), w.Now().AddDate(0, 0, days))}, opts...)...)
}

func (w *wild) put(file, group string, data ...[]byte) intake.FileResult {
	w.t.Helper()
	w.Pass(time.Minute)
	res, err := w.Vault.Upload(w.ctx, w.owner, intake.Request{Group: group, Files: []intake.File{{Filename: file, Data: bytes.Join(data, nil)}}})
	w.ok(err)
	if res.Files[0].Status == intake.Refused {
		w.t.Fatalf("%s is refused: %s", file, res.Files[0].Message)
	}
	return res.Files[0]
}

func (w *wild) certificates() {
	w.t.Helper()
	names := []string{wildName[:60]}
	for i := range 999 {
		names = append(names, fmt.Sprintf("%03d.%s.example.com", i, strings.Repeat("x", 60)))
	}
	many := w.leaf(3, testcert.Names(names...), testcert.With(func(x *x509.Certificate) { x.Subject.Organization = []string{wildBidi, wildLong} }))
	r := w.put(wildLong+wildBidi+".pem", wildName, many.CertPEM, w.ca.CertPEM, many.KeyPEM)
	w.ids["group"] = r.Group.ID
	for _, a := range r.Artifacts {
		if a.Kind == cert.KindCert && !a.CA {
			w.ids["cert"] = string(a.ID)
		}
	}
	fewer := w.leaf(90, testcert.Names(names[1:500]...)) // staged: it has fewer names
	w.put("staged.pem", wildName, fewer.CertPEM, fewer.KeyPEM)
	waits := w.put(`"><img src=x onerror=alert(3)>.pem`, wildLong[:200], w.leaf(20, testcert.Names(wildLong[:240])).CertPEM)
	w.ids["waiting"] = waits.Group.ID
	big := w.leaf(1, testcert.With(func(x *x509.Certificate) { x.Subject.CommonName = "<i>" + strings.Repeat("W", 64<<10) }))
	w.ids["big"] = string(leafOf(w.put("big.pem", "", big.CertPEM).Artifacts).ID)
	w.ids["unknown"] = string(w.put(wildName+wildBidi, "", []byte("no certificate")).Artifacts[0].ID)
}

func leafOf(rows []artifact.Artifact) artifact.Artifact {
	return rows[slices.IndexFunc(rows, func(a artifact.Artifact) bool { return a.Kind == cert.KindCert && !a.CA })]
}

func (w *wild) things() {
	w.t.Helper()
	d, _, err := w.Push.Create(w.ctx, w.owner, push.NewTarget{Name: wildName, Type: target.TypePull, Group: w.ids["group"], Tags: []string{wildName[:50], strings.Repeat("w", 50)}})
	w.ok(err)
	w.ids["target"] = d.ID
	w.ok(w.Store.Jobs().RecordFetches(w.ctx, []target.Fetch{{
		Tenant: w.owner.Tenant, Target: d.ID, Token: d.Tokens[0].ID, At: w.Now(), Address: netip.MustParseAddr("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"), Kind: group.FormBundle, Generation: 1,
	}}))
	w.served()
	token, _, err := w.Ingest.Create(w.ctx, w.owner, ingest.NewToken{Name: wildName, Group: wildName})
	w.ok(err)
	w.ids["ingest"] = token.ID
}

// served makes a target that we deploy to, whose device has its say in a deployment that fails.
func (w *wild) served() {
	w.t.Helper()
	t, err := w.Deploy.Create(w.ctx, w.owner, deploy.NewTarget{
		Name: wildName, Type: testdevice.ID, Group: w.ids["group"], Endpoints: []string{strings.Repeat("w", 60) + ".example.com"},
		Tags: []string{wildName[:50]}, Settings: map[string]any{
			"host": strings.Repeat("h", 60) + ".example.com", "password": "a secret", "host_key": testdevice.HostKey, "check_command": wildName,
			"groups": []any{wildName, wildLong[:200]},
		},
	})
	w.ok(err)
	w.Device.Fail["check"] = []error{&ports.PluginProblem{Code: "check_failed", Message: wildName + wildBidi + wildLong, Final: true}}
	w.WorkFor(w.t, time.Minute)
	t, err = w.Deploy.Target(w.ctx, w.owner, t.ID)
	w.ok(err)
	if t.Deploy.Status.Code != "check_failed" {
		w.t.Fatalf("%+v", t.Deploy.Status)
	}
	w.ids["served"], w.ids["deployment"] = t.ID, t.Deploy.Status.Deployment
}

// sights are pages with the name that has to be seen on each; "" where the frame alone shows names.
func (w *wild) sights() map[string]string {
	id := w.ids
	vault, groups, push, settings := "/dashboard/vault", "/dashboard/groups", "/dashboard/push", "/dashboard/settings"
	day, big := w.Now().AddDate(0, 0, 3), "<i>"+strings.Repeat("W", 100)
	return map[string]string{
		"/dashboard": wildName, "/dashboard/needs": wildName, "/dashboard?day=" + day.Format(time.DateOnly): wildName, "/dashboard?month=" + day.Format("2006-01"): wildName,
		"/dashboard/account/delete": "", "/dashboard/confirm?next=/dashboard": "", "/invite": wildName,
		vault: wildSeen, vault + "?search=script": wildName, vault + "?group=" + id["group"]: wildName, vault + "?sort=not_after": big,
		vault + "/move?id=" + id["cert"] + "&id=" + id["big"]: wildLong[:150], vault + "/delete?id=" + id["cert"] + "&id=" + id["big"]: wildLong[:150],
		vault + "/upload?group=" + id["group"]: "Drop files here",
		vault + "/" + id["cert"]:               wildSeen, vault + "/" + id["big"]: big, vault + "/" + id["unknown"]: wildSeen,
		vault + "/" + id["cert"] + "/rename": "Rename", vault + "/" + id["cert"] + "/move": wildLong[:150], vault + "/" + id["cert"] + "/delete": wildName,
		vault + "/" + id["big"] + "/delete": "big", vault + "/" + id["unknown"] + "/parse": "",
		groups: wildName, groups + "?search=nospace": wildLong[:200], groups + "/new": "New group", groups + "/" + id["group"]: wildName, groups + "/" + id["waiting"]: wildLong[:200],
		groups + "/" + id["group"] + "/rename": "Rename", groups + "/" + id["group"] + "/password": wildName, groups + "/" + id["group"] + "/delete": wildName,
		groups + "/" + id["group"] + "/pfx": wildName, groups + "/" + id["waiting"] + "/key": "", groups + "/" + id["group"] + "/generations/2/activate": wildName,
		push: wildName, push + "/new": wildName, push + "/" + id["target"]: wildName, push + "/" + id["target"] + "/rotate": wildName,
		push + "/" + id["target"] + "/settings": wildName[:40], push + "/" + id["target"] + "/delete": wildName,
		push + "/" + id["served"]: wildSeen, push + "/" + id["served"] + "/settings": wildName[:40], push + "/" + id["served"] + "/host-key": wildName,
		push + "/" + id["served"] + "/deployments": wildSeen, push + "/" + id["served"] + "/deployments/" + id["deployment"]: wildSeen,
		push + "/" + id["served"] + "/delete": wildName, push + "/new?type=" + testdevice.ID: "Test connection", push + "/recipe": "Prepare the device",
		"/dashboard/ingest": wildName, "/dashboard/ingest/new": "New", "/dashboard/ingest/" + id["ingest"] + "/revoke": wildName,
		settings + "/profile": wildName, settings + "/leave": wildName, settings + "/delete": wildName, settings + "/preferences": "", settings + "/members": "'onload=alert(1)'+www",
		settings + "/members/" + id["member"] + "/role": wildName, settings + "/members/" + id["member"] + "/remove": wildName, settings + "/members/invite": "",
		settings + "/members/invites/" + id["invite"] + "/renew": "'onload=alert(1)'+www", settings + "/members/invites/" + id["invite"] + "/cancel": "'onload=alert(1)'+www",
		settings + "/api-tokens": wildName, settings + "/api-tokens/new": "", settings + "/api-tokens/" + id["api-token"] + "/delete": wildName,
		settings + "/security": "", settings + "/security/password": "", settings + "/security/authenticator": "", settings + "/security/passkeys/new": "",
		settings + "/security/sessions/" + id["session"] + "/end": "",
	}
}

// blind are routes without a page that shows a name: files, parts of pages, and pages for whoever is not signed in or has yet to
// do something.
var blind = []string{
	"/{$}", "/setup", "/sign-in", "/sign-in/help", "/sign-in/code", "/docs/{$}", "/docs/{page}", "/dashboard/welcome", "/dashboard/settings",
	"/dashboard/vault.csv", "/dashboard/vault/{id}/download", "/dashboard/push/{id}/script", "/dashboard/groups/names",
	"/dashboard/calendar", "/dashboard/search", "/dashboard/push/{id}/waiting", "/dashboard/push/{id}/live", "/dashboard/push/firings",
	"/dashboard/push/{id}/recipe", "/dashboard/settings/plugins", // the one for devices of SSH, the other for platform admins: their stories have names
	"/dashboard/settings/security/authenticator/confirm", "/dashboard/settings/security/authenticator/remove", "/dashboard/settings/security/recovery-codes",
	"/dashboard/settings/security/passkeys/{id}/rename", "/dashboard/settings/security/passkeys/{id}/remove", // their tests have one
}

// Whatever things are called, each page that shows their names shows them as text: nothing runs, nothing is loaded, nothing sticks
// out of a telephone.
func TestHostileNamesAreInertOnEveryPage(t *testing.T) {
	w := newWild(t)
	p := browser.Open(t, w.URL, browser.Phone)
	p.SetCookie(w.kim.Cookie())
	sights := w.sights()
	paths := http.NewServeMux()
	seen := map[string]bool{}
	for _, r := range w.Dashboard.Routes() {
		if r.Method == http.MethodGet {
			paths.Handle(r.Pattern(), http.NotFoundHandler())
			seen[r.Pattern()] = slices.Contains(blind, r.Path)
		}
	}
	for path, text := range sights {
		req, err := http.NewRequest(http.MethodGet, path, nil)
		w.ok(err)
		_, pattern := paths.Handler(req)
		seen[pattern] = true
		address := path
		if path == "/invite" {
			address += "#" + w.ids["link"]
		}
		if status := p.Goto(address); status != http.StatusOK {
			t.Errorf("%s answers %d", path, status)
			continue
		}
		if path == "/invite" { // the page asks about the link by itself
			p.WaitText(wildName)
		}
		w.inert(p, path, text)
	}
	for pattern, ok := range seen {
		if !ok {
			t.Errorf("%s is not among the pages that are looked at", pattern)
		}
	}
}

// inert checks the page as it stands.
func (w *wild) inert(p *browser.Page, path, text string) {
	w.t.Helper()
	if text != "" && !strings.Contains(plainText(p.Text("main")), plainText(text)) {
		w.t.Errorf("%s does not show %.100s", path, text)
	}
	if p.Has(`main script, img[src="x"], [onerror], [onload], main i:not(.chip > i)`) {
		w.t.Errorf("%s takes a name for HTML", path)
	}
	p.NoSideScroll()
	p.Axe()
}

func plainText(s string) string { return strings.Join(strings.Fields(s), " ") }

// In the dialog, the palette and the parts that are swapped in the names are as inert.
func TestHostileNamesAreInertInWhatIsSwappedIn(t *testing.T) {
	w := newWild(t)
	p := browser.Open(t, w.URL, browser.Options{})
	p.SetCookie(w.kim.Cookie())
	p.Goto("/dashboard")
	p.Press("Control+k")
	p.Type("script")
	p.WaitFor("#palette-found [role=option]")
	p.In("#palette-found").WaitText(wildName)
	p.In("#palette").Axe()
	p.Press("Escape")
	p.Click("#d-" + w.Now().AddDate(0, 0, 3).Format(time.DateOnly))
	p.In("#cal-day").WaitText(wildName)
	for path, link := range map[string]string{
		"/dashboard/push/" + w.ids["target"]: "Rotate token", "/dashboard/groups/" + w.ids["group"]: "Rename",
	} {
		p.Goto(path)
		p.In("#main").ClickText("link", link)
		p.WaitFor("#dialog[open]")
		p.Look(browser.Phone)
		p.In("#dialog").Axe()
		p.NoSideScroll()
		p.Look(browser.Desktop)
	}
	p.Goto("/dashboard/vault")
	p.Fill("input[type=search]", "script")
	p.WaitURL("/dashboard/vault")
	p.WaitText(wildName)
	if p.Has(`main script, img[src="x"], [onerror], [onload]`) {
		t.Error("a name is taken for HTML")
	}
}
