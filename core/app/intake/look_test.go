package intake_test

import (
	"testing"

	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/internal/testkit"
)

func TestLookSaysWhatStoreWouldDo(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	leaf := inter.Leaf("shop.example.com", testcert.Names("shop.example.com", "www.shop.example.com"))
	other := inter.Leaf("lonely.example.com")
	pfx := pfxOf(t, other, "open sesame")
	looks, err := k.Vault.Look(ctx, k.Owner, []intake.File{
		file("shop.pem", leaf.CertPEM, inter.CertPEM), file("shop.key", leaf.KeyPEM), file("lonely.crt", inter.Leaf("a.example.com").CertPEM),
		{Filename: "iis.pfx", Data: pfx}, {Filename: "wrong.pfx", Data: pfx, Password: secret.NewString("sesame")},
		{Filename: "right.pfx", Data: pfx, Password: secret.NewString("open sesame")}, file("notes.txt", []byte("hello there")),
	})
	if err != nil {
		t.Fatal(err)
	}
	type brief struct {
		status      intake.Status
		code        string
		kind        cert.Kind
		certs, keys int
		match, grp  string
	}
	want := []brief{
		{intake.Stored, "", cert.KindBundle, 2, 0, "shop.key", "shop.example.com"},
		{intake.Stored, "", cert.KindKey, 0, 1, "shop.pem", "shop.example.com"},
		{intake.Stored, "", cert.KindCert, 1, 0, "", ""},
		{intake.Refused, "password_needed", "", 0, 0, "", ""},
		{intake.Refused, "wrong_password", "", 0, 0, "", ""},
		{intake.Stored, "", cert.KindPFX, 1, 1, "", "lonely.example.com"},
		{intake.Unknown, "not_recognised", cert.KindUnknown, 0, 0, "", ""},
	}
	for i, l := range looks {
		if got := (brief{l.Status, l.Code, l.Kind, l.Certificates, l.Keys, l.Match, l.Group}); got != want[i] {
			t.Errorf("%s: %+v, want %+v", l.File, got, want[i])
		}
	}
	if l := looks[0]; l.Leaf == nil || l.Leaf.Subject != "shop.example.com" || len(l.Leaf.SANs) != 2 || l.Name != "shop" {
		t.Errorf("the leaf of the bundle: %+v", l.Leaf)
	}
	// Nothing was stored, and what Store does with the pair is what was said.
	page, err := k.Vault.List(ctx, k.Owner, vault.ListQuery{Limit: 10})
	if err != nil || len(page.Items) != 0 {
		t.Errorf("looking stored %d rows, %v", len(page.Items), err)
	}
	upload(t, k, "", file("shop.pem", leaf.CertPEM, inter.CertPEM), file("shop.key", leaf.KeyPEM))
	want1 := "1 current"
	if got := states(t, k, looks[0].Group); got != want1 {
		t.Errorf("group %s after the upload: %s, want %s", looks[0].Group, got, want1)
	}
}

func TestLookHasTheBoundsOfStore(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	many := make([]intake.File, intake.MaxFiles+1)
	for i := range many {
		many[i] = file("x.pem", []byte("x"))
	}
	for name, c := range map[string]struct {
		files []intake.File
		code  string
	}{"none": {nil, "no_file"}, "too many": {many, "too_many_files"}} {
		if _, err := k.Vault.Look(ctx, k.Owner, c.files); fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	viewer := k.Owner
	viewer.Role = tenant.Viewer
	if _, err := k.Vault.Look(ctx, viewer, many[:1]); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("a viewer: %v", err)
	}
}

func pfxOf(t *testing.T, p *testcert.Pair, password string) []byte {
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
