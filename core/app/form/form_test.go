package form_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	pkcs12 "software.sslmate.com/src/go-pkcs12"

	"github.com/ignisfox/ignisfox/core/app/form"
	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/internal/pgtest"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/internal/testkit"
	"github.com/ignisfox/ignisfox/ports"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var (
	ctx   = context.Background()
	root  = testcert.Root("Form Root")
	inter = root.Intermediate("Form CA 1")
)

func fill(t *testing.T, k *testkit.Kit, groupName string, parts ...[]byte) (groupID string, gen group.Generation) {
	t.Helper()
	var all []byte
	for _, p := range parts {
		all = append(all, p...)
	}
	if _, err := k.Vault.Upload(ctx, k.Owner, intake.Request{Group: groupName, Files: []intake.File{{Filename: "a.pem", Data: all}}}); err != nil {
		t.Fatal(err)
	}
	g, err := k.Vault.Group(ctx, k.Owner, groupName)
	if err != nil {
		t.Fatal(err)
	}
	err = k.Store.Tenant(k.Tenant).View(ctx, func(tx ports.Tx) error {
		list, err := tx.Generations().List(ctx, g.ID)
		if err == nil {
			gen = list[0]
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return g.ID, gen
}

func setPassword(t *testing.T, k *testkit.Kit, groupID, password string) {
	t.Helper()
	p := secret.NewString(password)
	if _, err := k.Vault.ChangeGroup(ctx, k.Owner, groupID, vault.GroupChange{Password: &p}); err != nil {
		t.Fatal(err)
	}
}

// Two services that know nothing of one another build the same PFX at once: both answer the winner's bytes.
func TestTheFirstFormWins(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		leaf := inter.Leaf("www.example.com")
		gid, gen := fill(t, k, "www", leaf.CertPEM, leaf.KeyPEM, inter.CertPEM)
		setPassword(t, k, gid, "pw")
		services := []*form.Service{k.Forms, form.New(form.Deps{Store: k.Store, Sealer: k.Sealer}), form.New(form.Deps{Store: k.Store, Sealer: k.Sealer})}
		key := group.FormKey{Generation: gen.ID, Kind: group.FormPFX, PasswordVersion: 1}
		bodies := make([]string, 12)
		var wg sync.WaitGroup
		for i := range bodies {
			wg.Go(func() {
				f, err := services[i%3].Ensure(ctx, k.Tenant, gid, key)
				if err != nil {
					t.Error(err)
					return
				}
				b, err := services[(i+1)%3].Open(ctx, k.Tenant, f)
				if err != nil {
					t.Error(err)
					return
				}
				bodies[i] = f.ID + string(b.Reveal())
				b.Wipe()
			})
		}
		wg.Wait()
		for _, b := range bodies {
			if b != bodies[0] || b == "" {
				t.Fatal("two forms of one key")
			}
		}
		key.Preset = string(cert.PresetModern) // the preset that an empty one stands for
		f, err := k.Forms.Ensure(ctx, k.Tenant, gid, key)
		if err != nil || !strings.HasPrefix(bodies[0], f.ID) {
			t.Errorf("the named default preset is another form: %v", err)
		}
		_, body, _ := strings.Cut(bodies[0], f.ID)
		if _, c, _, err := pkcs12.DecodeChain([]byte(body), "pw"); err != nil || c.Subject.CommonName != "www.example.com" {
			t.Errorf("the PFX does not open: %v", err)
		}
	})
}

func TestWhatAGenerationLacks(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	only, onlyGen := fill(t, k, "only", testcert.SelfSigned("only.example.com").CertPEM)
	self := testcert.SelfSigned("self.example.com")
	full, fullGen := fill(t, k, "full", self.CertPEM, self.KeyPEM)
	for name, c := range map[string]struct {
		group string
		key   group.FormKey
		want  *fault.Fault
	}{
		"key":            {only, group.FormKey{Generation: onlyGen.ID, Kind: group.FormPrivateKey}, form.ErrNoKey},
		"bundle":         {only, group.FormKey{Generation: onlyGen.ID, Kind: group.FormBundle}, form.ErrNoKey},
		"pfx":            {only, group.FormKey{Generation: onlyGen.ID, Kind: group.FormPFX, PasswordVersion: 1}, form.ErrNoKey},
		"chain":          {full, group.FormKey{Generation: fullGen.ID, Kind: group.FormChain}, form.ErrNoChain},
		"no password":    {full, group.FormKey{Generation: fullGen.ID, Kind: group.FormPFX}, form.ErrNoPassword},
		"other password": {full, group.FormKey{Generation: fullGen.ID, Kind: group.FormPFX, PasswordVersion: 7}, form.ErrNoPassword},
		"no generation":  {full, group.FormKey{Generation: "gen_none", Kind: group.FormCert}, form.ErrNoCertificate},
		"other group's":  {full, group.FormKey{Generation: onlyGen.ID, Kind: group.FormFullchain}, form.ErrNoCertificate},
	} {
		f, err := k.Forms.Ensure(ctx, k.Tenant, c.group, c.key)
		if fault.CodeOf(err) != c.want.Code || fault.KindOf(err) != fault.NotFound || f.ID != "" {
			t.Errorf("%s: %+v, %v", name, f.Key, err)
		}
	}
}

// A store that was tampered with, or a bug elsewhere, must not get a key to a device that is not the certificate's.
func TestThePairIsProvedAgain(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	leaf, stranger := inter.Leaf("www.example.com"), inter.Leaf("other.example.com")
	gid, gen := fill(t, k, "www", leaf.CertPEM, leaf.KeyPEM)
	_, foreign := fill(t, k, "other", stranger.CertPEM, stranger.KeyPEM)
	setPassword(t, k, gid, "pw")
	err := k.Store.Tenant(k.Tenant).Update(ctx, func(tx ports.Tx) error {
		gen.Key = foreign.Key
		return tx.Generations().Update(ctx, gen)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []group.FormKind{group.FormPrivateKey, group.FormBundle, group.FormPFX} {
		f, err := k.Forms.Ensure(ctx, k.Tenant, gid, group.FormKey{Generation: gen.ID, Kind: kind, PasswordVersion: 1})
		if err == nil || fault.KindOf(err) != fault.Internal || f.ID != "" {
			t.Errorf("%s of a mixed pair: %+v, %v", kind, f.Key, err)
		}
	}
	if _, err := k.Forms.Ensure(ctx, k.Tenant, gid, group.FormKey{Generation: gen.ID, Kind: group.FormFullchain}); err != nil {
		t.Errorf("a form without the key: %v", err)
	}
}

// What a form of a kind is made of: nothing else is opened, and the plain bytes are those that came in.
func TestForms(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	leaf := inter.Leaf("www.example.com", testcert.RSA(2048))
	gid, gen := fill(t, k, "www", leaf.CertPEM, leaf.KeyPEM, inter.CertPEM)
	for kind, want := range map[group.FormKind]string{
		group.FormCert: string(leaf.CertPEM), group.FormChain: string(inter.CertPEM), group.FormPrivateKey: string(leaf.KeyPEM),
		group.FormFullchain: string(leaf.CertPEM) + string(inter.CertPEM),
		group.FormBundle:    string(leaf.CertPEM) + string(inter.CertPEM) + string(leaf.KeyPEM),
	} {
		f, err := k.Forms.Ensure(ctx, k.Tenant, gid, group.FormKey{Generation: gen.ID, Kind: kind, Preset: "ignored", PasswordVersion: 3})
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		if strings.Contains(string(f.Sealed), "CERTIFICATE") || strings.Contains(string(f.Sealed), "PRIVATE") {
			t.Errorf("%s is not sealed", kind)
		}
		b, err := k.Forms.Open(ctx, k.Tenant, f)
		if err != nil || string(b.Reveal()) != want {
			t.Errorf("%s: %v, other bytes than came in", kind, err)
		}
		moved := f
		moved.ID = "form_other"
		if _, err := k.Forms.Open(ctx, k.Tenant, moved); err == nil {
			t.Errorf("%s opens at another place", kind)
		}
	}
}
