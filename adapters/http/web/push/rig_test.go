package push_test

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/adapters/http/web/groupchoice"
	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	web "github.com/ignisfox/ignisfox/adapters/http/web/push"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/token"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/internal/webtest"
)

var (
	ctx      = context.Background()
	here     = netip.MustParseAddr("203.0.113.9")
	aToken   = regexp.MustCompile(`pt_[0-9A-Za-z]{49}`)
	aTarget  = regexp.MustCompile(`/dashboard/push/(tgt?_[0-9A-Za-z]+)`)
	fromHtmx = map[string]string{"HX-Request": "true"}
)

// rig is a server with this section, and the devices that come to it.
type rig struct {
	*webtest.Rig
	puller *push.Puller
	days   int // of the certificate made last: each ends later than the one before
}

func serve(t testing.TB) *rig {
	t.Helper()
	r := &rig{}
	r.Rig = webtest.New(t, func(k *kit.Kit, w *webtest.Rig) {
		w.Sections = append(w.Sections,
			view.Section{ID: "vault", Title: "Cert vault", Path: "/dashboard/vault", Icon: "vault", Group: "Certificates", Key: "v"},
			view.Section{ID: "push", Title: "Push to devices", Path: "/dashboard/push", Icon: "push", Group: "Certificates", Key: "p", Docs: "/docs/push"})
		groupchoice.Register(k, w.Vault)
		web.Register(k, web.Deps{Push: w.Push, Vault: w.Vault, BaseURL: w.URL})
	})
	r.puller = push.NewPuller(push.PullerDeps{Store: r.Store, Sealer: r.Sealer, Forms: r.Forms, Now: r.Now})
	return r
}

// keyed uploads a certificate with its key; the group's next generation.
func (r *rig) keyed(t testing.TB, who tenant.Actor, name string) {
	t.Helper()
	r.days++
	leaf := testcert.SelfSigned("www.example.com", testcert.Days(90+r.days))
	r.upload(t, who, name, append(leaf.CertPEM, leaf.KeyPEM...))
}

func (r *rig) upload(t testing.TB, who tenant.Actor, name string, data []byte) {
	t.Helper()
	if _, err := r.Vault.Upload(ctx, who, intake.Request{Group: name, Files: []intake.File{{Filename: "a.pem", Data: data}}}); err != nil {
		t.Fatal(err)
	}
}

// device makes a target of a group that has a key.
func (r *rig) device(t testing.TB, who tenant.Actor, name, groupName string) (target.Target, secret.String) {
	t.Helper()
	d, tok, err := r.Push.Create(ctx, who, push.NewTarget{Name: name, Type: target.TypePull, Group: groupName})
	if err != nil {
		t.Fatal(err)
	}
	return d, tok
}

// fetch is a device that comes with its token; false when that is refused.
func (r *rig) fetch(t testing.TB, tok string) bool {
	t.Helper()
	_, hash, ok := token.Parse(tok)
	if !ok {
		t.Fatal("no token")
	}
	g, err := r.puller.Authorize(ctx, hash, here)
	if err != nil {
		return false
	}
	r.puller.Record(g, group.FormBundle, here)
	if err := r.puller.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	return true
}

// made answers token and path of what a form made.
func made(t testing.TB, a webtest.Answer) (tok, path string) {
	t.Helper()
	a.Want(http.StatusOK, "This is the only time it is shown", "I have stored the token")
	if a.Header.Get("Content-Encoding") != "" || !strings.Contains(a.Header.Get("Cache-Control"), "no-store") {
		t.Errorf("a page with a secret is packed or kept: %v", a.Header)
	}
	tok = aToken.FindString(a.Body)
	m := aTarget.FindStringSubmatch(a.Body)
	if tok == "" || m == nil {
		t.Fatalf("no token or target: %s", a.Body)
	}
	return tok, m[0]
}

func newForm(name, groupID string) url.Values {
	return url.Values{"type": {"pull"}, "name": {name}, "group": {groupID}, "preset": {"modern"}}
}
