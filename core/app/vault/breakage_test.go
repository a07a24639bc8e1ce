package vault_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/audit"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/internal/testkit"
	"github.com/ignisfox/ignisfox/ports"
)

// everything is all that can be seen of the tenant, its trail and the epoch.
func everything(t *testing.T, k *testkit.Kit) string {
	t.Helper()
	rows, err := k.Vault.List(ctx, k.Owner, vault.ListQuery{Limit: 200})
	if err != nil {
		t.Fatal(err)
	}
	groups, err := k.Vault.Groups(ctx, k.Owner, group.Query{Limit: 200})
	if err != nil {
		t.Fatal(err)
	}
	out := fmt.Sprintf("%+v\n%+v\n", rows, groups)
	for _, g := range groups.Items {
		gens, err := k.Vault.Generations(ctx, k.Owner, g.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range gens {
			out += fmt.Sprintf("%d %s %v %v\n", g.Number, g.State, g.Key != nil, subjects(g.Chain))
		}
	}
	err = k.Store.Tenant(k.Tenant).View(ctx, func(tx ports.Tx) error {
		trail, err := tx.Audit().List(ctx, audit.Query{Limit: 200})
		out += fmt.Sprintf("%+v\n", trail)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	epoch, err := k.Store.Epoch(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s%d", out, epoch)
}

func TestWhatADeletionWouldBreak(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		ca := testcert.Root("Break Root").Intermediate("Break CA")
		www, mail := ca.Leaf("www.example.com"), ca.Leaf("mail.example.com")
		rows := upload(t, k, "www", "w.pem", www.CertPEM, www.KeyPEM, ca.CertPEM)
		upload(t, k, "mail", "m.pem", mail.CertPEM, mail.KeyPEM)
		loose := upload(t, k, "", "junk.bin", []byte("junk"))
		bind(t, k, "www", "web 1")
		bind(t, k, "www", "web 2")
		id := map[string]artifact.ID{"loose": loose[0].ID, "key": ofKind(t, rows, cert.KindKey).ID}
		for _, a := range rows {
			if a.Kind == cert.KindCert {
				id[a.Subject] = a.ID
			}
		}
		writer := k.Owner // in a browser, with no recent proof of identity: looking needs none
		writer.Session = true
		for what, c := range map[string]struct {
			rows   []string
			lost   []intake.Lost
			groups map[string]string // by name: what the current generation would lose
		}{
			"nothing rests on it": {rows: []string{"loose"}},
			"the key":             {[]string{"key"}, []intake.Lost{{GroupName: "www", Number: 1, What: intake.LostKey, Current: true}}, map[string]string{"www": "key, 2 of 2 targets"}},
			"the leaf": {[]string{"www.example.com"}, []intake.Lost{{GroupName: "www", Number: 1, What: intake.LostGeneration, Current: true}},
				map[string]string{"www": "generation, 2 of 2 targets"}},
			"an issuer of two groups": {[]string{"Break CA"},
				[]intake.Lost{{GroupName: "www", Number: 1, What: intake.LostLink, Current: true}, {GroupName: "mail", Number: 1, What: intake.LostLink, Current: true}},
				map[string]string{"www": "link, 2 of 2 targets", "mail": "link, 0 of 0 targets"}},
			"all at once": {[]string{"key", "Break CA", "www.example.com", "loose"}, []intake.Lost{
				{GroupName: "mail", Number: 1, What: intake.LostLink, Current: true}, {GroupName: "www", Number: 1, What: intake.LostGeneration, Current: true},
			}, map[string]string{"www": "generation, 2 of 2 targets", "mail": "link, 0 of 0 targets"}},
			"a key and an issuer": {[]string{"key", "Break CA"}, []intake.Lost{
				{GroupName: "mail", Number: 1, What: intake.LostLink, Current: true}, {GroupName: "www", Number: 1, What: intake.LostKey, Current: true},
				{GroupName: "www", Number: 1, What: intake.LostLink, Current: true},
			}, map[string]string{"www": "key, 2 of 2 targets", "mail": "link, 0 of 0 targets"}},
		} {
			var ids []artifact.ID
			for _, r := range c.rows {
				ids = append(ids, id[r])
			}
			was := everything(t, k)
			b, err := k.Vault.WhatBreaks(ctx, writer, ids)
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			if everything(t, k) != was {
				t.Errorf("%s: looking has changed something", what)
			}
			if len(b.Rows) != len(ids) || b.Clean() != (len(c.lost) == 0) || b.More != 0 {
				t.Errorf("%s: %+v", what, b)
			}
			for i := range b.Lost {
				b.Lost[i].Group = ""
			}
			got := map[intake.Lost]int{}
			for _, l := range b.Lost {
				got[l]++
			}
			want := map[intake.Lost]int{}
			for _, l := range c.lost {
				want[l]++
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s: lost %+v, want %+v", what, b.Lost, c.lost)
			}
			groups := map[string]string{}
			for _, g := range b.Groups {
				groups[g.Name] = fmt.Sprintf("%s, %d of %d targets", g.What, len(g.Targets), g.Bound)
			}
			if len(groups) != len(c.groups) || len(groups) > 0 && !reflect.DeepEqual(groups, c.groups) {
				t.Errorf("%s: groups %v, want %v", what, groups, c.groups)
			}
		}
		// What was said comes true.
		if err := k.Vault.DeleteMany(ctx, k.Owner, []artifact.ID{id["Break CA"]}, true); err != nil {
			t.Fatal(err)
		}
		g, err := k.Vault.Group(ctx, k.Owner, "mail")
		if err != nil || g.Current != 2 || !g.HasKey {
			t.Errorf("%+v, %v", g, err)
		}
	})
}

func TestWhoMayAskWhatBreaks(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	a := upload(t, k, "", "junk.bin", []byte("junk"))[0].ID
	viewer, reader := k.Owner, k.Owner
	viewer.Role, reader.Scopes = tenant.Viewer, []tenant.Scope{tenant.ScopeRead}
	_, err := k.Vault.WhatBreaks(ctx, viewer, []artifact.ID{a})
	code(t, err, "forbidden")
	_, err = k.Vault.WhatBreaks(ctx, reader, []artifact.ID{a})
	code(t, err, "write_scope_needed")
	_, err = k.Vault.WhatBreaks(ctx, k.NewTenant(t, "Other"), []artifact.ID{a})
	code(t, err, "not_found")
	_, err = k.Vault.WhatBreaks(ctx, k.Owner, nil)
	code(t, err, "bad_ids")
	_, err = k.Vault.WhatBreaks(ctx, k.Owner, []artifact.ID{a, "art_gone"})
	code(t, err, "not_found")
}
