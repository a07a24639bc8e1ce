package vault_test

import (
	"context"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/web/groupchoice"
	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/signin"
	"github.com/ignisfox/ignisfox/adapters/http/web/vault"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/browser"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/internal/webtest"
)

func TestMain(m *testing.M) { browser.Main(m) }

const (
	home   = "/dashboard/vault"
	groups = "/dashboard/groups"
)

// site is a running server with the section.
type site struct {
	*webtest.Rig
	ca *testcert.Pair
}

func newSite(t testing.TB) *site {
	s := &site{ca: testcert.Root("Aldermoor Root").Intermediate("Aldermoor CA 2")}
	s.Rig = webtest.New(t, func(k *kit.Kit, r *webtest.Rig) {
		signin.Register(k, signin.Deps{SignIn: r.SignIn, BaseURL: r.URL})
		groupchoice.Register(k, r.Vault)
		vault.Register(k, vault.Deps{Vault: r.Vault, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	})
	s.Sections = append(s.Sections,
		view.Section{ID: "vault", Title: "Cert vault", Path: home, Icon: "vault", Group: "Certificates", Key: "v"},
		view.Section{ID: "upload", Title: "Upload cert", Path: home + "/upload", Icon: "upload", Group: "Certificates"},
	)
	return s
}

// leaf makes a certificate of the site's CA.
func (s *site) leaf(name string, options ...testcert.Option) *testcert.Pair {
	return s.ca.Leaf(name, append([]testcert.Option{testcert.Names(name), testcert.Valid(s.Now().Add(-24*time.Hour), s.Now().Add(60*24*time.Hour))}, options...)...)
}

// put uploads one file into a group, "" for none named.
func (s *site) put(t testing.TB, actor tenant.Actor, name, group string, data ...[]byte) intake.FileResult {
	t.Helper()
	f := intake.File{Filename: name}
	for _, d := range data {
		f.Data = append(f.Data, d...)
	}
	res, err := s.Vault.Upload(context.Background(), actor, intake.Request{Group: group, Files: []intake.File{f}})
	if err != nil {
		t.Fatal(err)
	}
	if res.Files[0].Status == intake.Refused {
		t.Fatalf("%s is refused: %+v", name, res.Files[0])
	}
	return res.Files[0]
}

// pair uploads a certificate with its chain and key: a group of its name then serves it.
func (s *site) pair(t testing.TB, p *testcert.Pair, group string) (cert, key artifact.Artifact, groupID string) {
	t.Helper()
	res := s.put(t, s.Owner, "bundle.pem", group, p.CertPEM, p.ChainPEM(), p.KeyPEM)
	for _, a := range res.Artifacts {
		switch {
		case a.Kind == "key":
			key = a
		case a.Kind == "cert" && !a.CA:
			cert = a
		}
	}
	return cert, key, res.Group.ID
}

func at(a artifact.Artifact) string { return home + "/" + string(a.ID) }
