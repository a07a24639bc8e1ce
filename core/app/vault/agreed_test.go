package vault_test

import (
	"crypto/x509"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/internal/testkit"
)

// However many groups rest on a row, the ones whose devices would notice are named first.
func TestOfManyGroupsThoseWithDevicesAreNamed(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	ca := testcert.Root("Wide Root").Intermediate("Wide CA")
	issuer := upload(t, k, "", "ca.pem", ca.CertPEM)[0]
	const many = 212
	for i := range many {
		leaf := ca.Leaf(fmt.Sprintf("s%03d.example.com", i))
		upload(t, k, fmt.Sprintf("site %03d", i), "s.pem", leaf.CertPEM, leaf.KeyPEM)
	}
	bind(t, k, "site 205", "the one device")
	b, err := k.Vault.WhatBreaks(ctx, k.Owner, []artifact.ID{issuer.ID})
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Groups) != 10 || b.MoreFree != many-10 || b.MoreBound != 0 || len(b.Lost)+b.More != many {
		t.Errorf("%d groups, %d and %d more, %d and %d more generations", len(b.Groups), b.MoreBound, b.MoreFree, len(b.Lost), b.More)
	}
	if g := b.Groups[0]; g.Name != "site 205" || len(g.Targets) != 1 || g.Targets[0].Name != "the one device" {
		t.Errorf("first is %+v", g)
	}
	d, err := k.Vault.Certificate(ctx, k.Owner, issuer.ID)
	if err != nil || len(d.Uses) != vault.MostUses || d.MoreUses != many-vault.MostUses || d.Uses[0].GroupName != "site 205" || d.Uses[0].As != group.AsChain {
		t.Errorf("%d and %d more uses, the first %+v, %v", len(d.Uses), d.MoreUses, d.Uses[:1], err)
	}
}

// What is deleted is what was agreed to: a group that came to rest on the row meanwhile, or a device, stops it.
func TestNothingBreaksThatWasNotShown(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		ca := testcert.Root("Agreed Root").Intermediate("Agreed CA")
		one, two := ca.Leaf("one.example.com"), ca.Leaf("two.example.com")
		issuer := upload(t, k, "", "ca.pem", ca.CertPEM)[0]
		ids := []artifact.ID{issuer.ID}
		upload(t, k, "one", "1.pem", one.CertPEM, one.KeyPEM)
		shown := func() string {
			t.Helper()
			b, err := k.Vault.WhatBreaks(ctx, k.Owner, ids)
			if err != nil {
				t.Fatal(err)
			}
			return b.Shown
		}
		before := shown()
		code(t, k.Vault.DeleteShown(ctx, k.Owner, ids, ""), "breaks_otherwise")
		upload(t, k, "two", "2.pem", two.CertPEM, two.KeyPEM)
		code(t, k.Vault.DeleteShown(ctx, k.Owner, ids, before), "breaks_otherwise")
		before = shown()
		bind(t, k, "two", "web 1")
		code(t, k.Vault.DeleteShown(ctx, k.Owner, ids, before), "breaks_otherwise")
		if _, err := k.Vault.Get(ctx, k.Owner, issuer.ID); err != nil {
			t.Fatalf("a refusal deleted it: %v", err)
		}
		if err := k.Vault.DeleteShown(ctx, k.Owner, ids, shown()); err != nil {
			t.Error(err)
		}
		loose := upload(t, k, "", "junk.bin", []byte("junk"))[0].ID
		if err := k.Vault.DeleteShown(ctx, k.Owner, []artifact.ID{loose}, ""); err != nil {
			t.Error(err)
		}
	})
}

// What is moved is what was agreed to, too. Where rows go decides what breaks: an ungrouped key still serves its group.
func TestNothingIsMovedThatWasNotShown(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		leaf := inter.Leaf("moved.example.com")
		rows := upload(t, k, "from", "pair.pem", leaf.CertPEM, leaf.KeyPEM)
		cert, key := ofKind(t, rows, "cert").ID, ofKind(t, rows, "key").ID
		shown := func(to string, ids ...artifact.ID) string {
			t.Helper()
			b, err := k.Vault.WhatMoveBreaks(ctx, k.Owner, ids, to)
			if err != nil {
				t.Fatal(err)
			}
			return b.Shown
		}
		if shown("", key) != "" || shown("from", cert, key) != "" || shown("new", key) == shown("new", cert, key) || shown("new", cert) != shown("", cert) {
			t.Error("what a move would break is not told")
		}
		ids := []artifact.ID{cert, key}
		code(t, k.Vault.MoveShown(ctx, k.Owner, ids, "to", ""), "in_use")
		code(t, k.Vault.MoveShown(ctx, k.Owner, ids, "to", "made up"), "breaks_otherwise")
		before := shown("to", cert, key)
		bind(t, k, "from", "web 1")
		code(t, k.Vault.MoveShown(ctx, k.Owner, ids, "to", before), "breaks_otherwise")
		if a, err := k.Vault.Get(ctx, k.Owner, cert); err != nil || a.GroupName != "from" {
			t.Fatalf("a refusal moved it: %+v, %v", a, err)
		}
		if err := k.Vault.MoveShown(ctx, k.Owner, ids, "to", shown("to", cert, key)); err != nil {
			t.Fatal(err)
		}
		if err := k.Vault.MoveShown(ctx, k.Owner, []artifact.ID{key}, "", ""); err != nil { // nothing breaks
			t.Error(err)
		}
		_, err := k.Vault.WhatMoveBreaks(ctx, tenant.Actor{}, ids, "to")
		code(t, err, "invalid_token")
	})
}

func TestAGenerationIsActivatedOverTheOneThatWasLookedAt(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		for days := 30; days <= 90; days += 30 {
			leaf := inter.Leaf("over.example.com", testcert.Days(days))
			upload(t, k, "over", "o.pem", leaf.CertPEM, leaf.KeyPEM)
		}
		gid := groupID(t, k, "over")
		if _, err := k.Vault.Activate(ctx, k.Owner, gid, 1); err != nil {
			t.Fatal(err)
		}
		_, err := k.Vault.ActivateOver(ctx, k.Owner, gid, 2, 3)
		code(t, err, "other_current")
		if g, err := k.Vault.Group(ctx, k.Owner, gid); err != nil || g.Current != 1 {
			t.Errorf("%d is current, %v", g.Current, err)
		}
		if _, err := k.Vault.ActivateOver(ctx, k.Owner, gid, 2, 1); err != nil {
			t.Error(err)
		}
		_, err = k.Vault.ActivateOver(ctx, k.NewTenant(t, "Other"), gid, 1, 2)
		code(t, err, "not_found")
	})
}

// A password is kept with the file that it is for, or not at all.
func TestAPasswordIsKeptOnlyWithItsFile(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		leaf, bare := inter.Leaf("keep.example.com"), inter.Leaf("bare.example.com")
		upload(t, k, "keep", "k.pem", leaf.CertPEM, leaf.KeyPEM)
		upload(t, k, "bare", "b.pem", bare.CertPEM)
		pw := secret.NewString("kept word")
		_, err := k.Vault.BuildAndKeepPFX(ctx, k.Owner, groupID(t, k, "keep"), pw, "ancient")
		code(t, err, "bad_preset")
		_, err = k.Vault.BuildAndKeepPFX(ctx, k.Owner, groupID(t, k, "bare"), pw, "modern")
		code(t, err, "no_key")
		for _, name := range []string{"keep", "bare"} {
			if g, err := k.Vault.Group(ctx, k.Owner, name); err != nil || g.PasswordVersion != 0 {
				t.Errorf("%s: password %d though nothing was built, %v", name, g.PasswordVersion, err)
			}
		}
		d, err := k.Vault.BuildAndKeepPFX(ctx, k.Owner, groupID(t, k, "keep"), pw, "modern")
		if err != nil {
			t.Fatal(err)
		}
		own, err := k.Vault.BuildPFX(ctx, k.Owner, groupID(t, k, "keep"), secret.String{}, "modern")
		if err != nil || string(own.Body.Reveal()) != string(d.Body.Reveal()) {
			t.Errorf("the group's own password gives another file, %v", err)
		}
		if e := newest(t, k, "group.update"); e.Details["password"] != "changed" {
			t.Errorf("the trail says %+v", e)
		}
	})
}

// Other certificates of the same number above it, another use and lost trust are differences.
func TestChangesTellUseTrustAndChain(t *testing.T) {
	root := testcert.Root("Known Root")
	roots := x509.NewCertPool()
	roots.AddCert(root.Cert)
	k := testkit.Open(t, testkit.SQLite(t), roots)
	known, other := root.Intermediate("Twin CA"), testcert.Root("Far Root").Intermediate("Twin CA")
	first := known.Leaf("ch.example.com", testcert.Days(30))
	next := other.Leaf("ch.example.com", testcert.Days(60), testcert.EKU(x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth))
	upload(t, k, "ch", "1.pem", first.CertPEM, first.KeyPEM, known.CertPEM)
	upload(t, k, "ch", "2.pem", next.CertPEM, next.KeyPEM, other.CertPEM)
	list, err := k.Vault.Generations(ctx, k.Owner, groupID(t, k, "ch"))
	if err != nil || list[0].Changes == nil {
		t.Fatalf("%+v %v", list, err)
	}
	c := list[0].Changes
	if c.None() || c.Usage == nil || c.Usage.From != "TLS server" || c.Usage.To != "TLS client, TLS server" || c.Trusted == nil || c.Trusted.From != "yes" || c.Trusted.To != "no" {
		t.Errorf("use %+v, trust %+v", c.Usage, c.Trusted)
	}
	if c.Chain == nil || c.Chain.From == c.Chain.To || !strings.HasPrefix(c.Chain.To, "Twin CA (") {
		t.Errorf("chain %+v", c.Chain)
	}
}

// The list and the overview agree on what is due: what ended counts, what was replaced does not.
func TestDueIsWhatTheOverviewCounts(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		now := time.Now()
		put := func(groupName, name string, ends time.Duration) {
			leaf := inter.Leaf(name, testcert.Valid(now.Add(-90*24*time.Hour), now.Add(ends)))
			upload(t, k, groupName, name+".pem", leaf.CertPEM, leaf.KeyPEM)
		}
		put("replaced", "a.example.com", 24*time.Hour)
		put("replaced", "a.example.com", 60*24*time.Hour)
		put("soon", "b.example.com", 48*time.Hour)
		put("ended", "c.example.com", -time.Hour)
		page, err := k.Vault.List(ctx, k.Owner, vault.ListQuery{Expires: vault.ExpiresDue, Kind: cert.KindCert, Sort: artifact.SortExpiry})
		var names []string
		for _, a := range page.Items {
			names = append(names, a.Subject)
		}
		if err != nil || strings.Join(names, " ") != "c.example.com b.example.com" {
			t.Errorf("%v, %v", names, err)
		}
	})
}
