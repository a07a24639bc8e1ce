package upload_test

import (
	"bytes"
	"context"
	"log/slog"
	"mime/multipart"
	"strconv"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/signin"
	"github.com/ignisfox/ignisfox/adapters/http/web/upload"
	"github.com/ignisfox/ignisfox/adapters/http/web/vault"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/intake"
	vaults "github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/browser"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/internal/webtest"
)

func TestMain(m *testing.M) { browser.Main(m) }

const home = "/dashboard/vault/upload"

// site is a running server with the section, and with the vault to which it leads.
type site struct {
	*webtest.Rig
	ca *testcert.Pair
}

func newSite(t testing.TB) *site {
	t.Helper()
	s := &site{ca: testcert.Root("Aldermoor Root").Intermediate("Aldermoor CA 2")}
	s.Rig = webtest.New(t, func(k *kit.Kit, r *webtest.Rig) {
		signin.Register(k, signin.Deps{SignIn: r.SignIn, BaseURL: r.URL})
		upload.Register(k, upload.Deps{Vault: r.Vault})
		vault.Register(k, vault.Deps{Vault: r.Vault, Log: slog.New(slog.DiscardHandler)})
	})
	s.Sections = append(s.Sections,
		view.Section{ID: "vault", Title: "Cert vault", Path: "/dashboard/vault", Icon: "vault", Group: "Certificates", Key: "v"},
		view.Section{ID: "upload", Title: "Upload cert", Path: home, Icon: "upload", Group: "Certificates", Key: "u", Allow: tenant.ArtifactCreate},
	)
	return s
}

// leaf makes a certificate of the site's CA that ends in 90 days.
func (s *site) leaf(names ...string) *testcert.Pair {
	return s.ca.Leaf(names[0], testcert.Names(names...), testcert.Valid(s.Now().Add(-24*time.Hour), s.Now().Add(90*24*time.Hour)))
}

// pfx makes a PFX of a pair.
func pfx(t testing.TB, p *testcert.Pair, password string) []byte {
	t.Helper()
	f, err := cert.Parse(append(append([]byte{}, p.CertPEM...), p.KeyPEM...), secret.String{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := cert.BuildPFX(f.Certificates[0], f.Keys[0], nil, secret.NewString(password), cert.PresetModern)
	if err != nil {
		t.Fatal(err)
	}
	return b.Reveal()
}

// inTwo is somebody who is an owner of the rig's workspace, in which they are, and of Beta.
func (s *site) inTwo(t testing.TB) (kim *webtest.Person, beta tenant.Actor) {
	t.Helper()
	kim, beta = s.As(t, tenant.Owner), s.NewTenant(t, "Beta")
	s.Join(t, beta.Tenant, kim.User, tenant.Owner)
	return kim, beta
}

// rows answers what is in the rig's workspace, newest first.
func (s *site) rows(t testing.TB) []artifact.Artifact { return s.rowsOf(t, s.Owner) }

func (s *site) rowsOf(t testing.TB, in tenant.Actor) []artifact.Artifact {
	t.Helper()
	p, err := s.Vault.List(context.Background(), in, vaults.ListQuery{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	return p.Items
}

// find answers the row that came in a file of that name.
func (s *site) find(t testing.TB, filename string) artifact.Artifact {
	t.Helper()
	for _, a := range s.rows(t) {
		if a.Filename == filename {
			return a
		}
	}
	t.Fatalf("%s is not in the vault", filename)
	return artifact.Artifact{}
}

// put uploads a file into a group past the page.
func (s *site) put(t testing.TB, actor tenant.Actor, group string, data []byte) intake.FileResult {
	t.Helper()
	res, err := s.Vault.Upload(context.Background(), actor, intake.Request{Group: group, Files: []intake.File{{Filename: "before.pem", Data: data}}})
	if err != nil {
		t.Fatal(err)
	}
	return res.Files[0]
}

// sheet is a form as a browser encodes it.
type sheet struct {
	files  []browser.File
	fields map[string]string
}

func (f sheet) post(p *webtest.Person, path string, script bool) webtest.Answer {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, file := range f.files {
		part, _ := w.CreateFormFile("file", file.Name) // writing to memory never fails
		_, _ = part.Write(file.Body)
	}
	for name, value := range f.fields {
		_ = w.WriteField(name, value)
	}
	_ = w.Close()
	header := map[string]string{"Content-Type": w.FormDataContentType()}
	if script {
		header["HX-Request"], header["X-Dialog"] = "true", "1"
	}
	return p.DoBody("POST", path, body.String(), header)
}

func file(name string, parts ...[]byte) browser.File {
	return browser.File{Name: name, Body: bytes.Join(parts, nil)}
}

func many(n int) (files []browser.File) {
	for i := range n {
		files = append(files, file("note-"+strconv.Itoa(i)+".txt", []byte("note "+strconv.Itoa(i))))
	}
	return files
}
