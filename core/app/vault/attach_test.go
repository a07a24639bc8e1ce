package vault_test

import (
	"testing"

	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/internal/testkit"
)

func TestAKeyIsAttachedToTheGenerationThatWaitsForIt(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	ctx := t.Context()
	leaf, other := testcert.SelfSigned("www.example.com"), testcert.SelfSigned("other.example.com")
	g, err := k.Vault.CreateGroup(ctx, k.Owner, "www", secret.String{})
	if err != nil {
		t.Fatal(err)
	}
	attach := func(data []byte) (int, error) {
		return k.Vault.AttachKey(ctx, k.Owner, g.ID, intake.File{Filename: "pasted.key", Unnamed: true, Data: data})
	}
	if _, err := attach(leaf.KeyPEM); fault.CodeOf(err) != "nothing_waits" {
		t.Errorf("an empty group: %v", err)
	}
	if _, err := k.Vault.Upload(ctx, k.Owner, intake.Request{Group: g.ID, Files: []intake.File{{Filename: "www.pem", Data: leaf.CertPEM}}}); err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		data []byte
		code string
	}{
		"another key":      {other.KeyPEM, "other_key"},
		"no key at all":    {leaf.CertPEM, "no_key"},
		"nonsense":         {[]byte("nonsense"), "no_key"},
		"a key cut in two": {leaf.KeyPEM[:len(leaf.KeyPEM)/2], "no_key"},
	} {
		if _, err := attach(c.data); fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", what, err, c.code)
		}
	}
	if page, err := k.Vault.List(ctx, k.Owner, vault.ListQuery{}); err != nil || len(page.Items) != 1 {
		t.Errorf("what was refused is in the vault: %v, %v", page.Items, err)
	}
	n, err := attach(leaf.KeyPEM)
	if err != nil || n != 1 {
		t.Fatalf("its key: generation %d, %v", n, err)
	}
	if g, err = k.Vault.Group(ctx, k.Owner, g.ID); err != nil || g.Current != 1 || !g.HasKey || g.Waiting != 0 {
		t.Errorf("%+v, %v", g, err)
	}
	if page, err := k.Vault.List(ctx, k.Owner, vault.ListQuery{Kind: "key"}); err != nil || len(page.Items) != 1 || page.Items[0].Name != "www" || page.Items[0].Filename != "pasted.key" {
		t.Errorf("a pasted key is not called as its certificate is: %+v, %v", page.Items, err)
	}
	stranger := k.NewTenant(t, "Another workspace")
	if _, err := k.Vault.AttachKey(ctx, stranger, g.ID, intake.File{Data: leaf.KeyPEM}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a group of another workspace: %v", err)
	}
}
