package push_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/internal/testkit"
)

func code(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || fault.CodeOf(err) != want {
		t.Errorf("error %v, want code %s", err, want)
	}
}

func TestTargetsByState(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		s, _ := services(k)
		leaf := testcert.SelfSigned("www.example.com")
		fill(t, k, "www", leaf.CertPEM, leaf.KeyPEM)
		for i := range 9 {
			tgt, _, err := s.Create(ctx, k.Owner, push.NewTarget{Name: fmt.Sprintf("web %d", i), Type: target.TypePull, Group: "www"})
			if err != nil {
				t.Fatal(err)
			}
			if i%3 == 0 {
				continue // never fetches
			}
			kind := group.FormBundle
			if i%3 == 1 {
				kind = group.FormCert // which says nothing about the key: behind
			}
			err = k.Store.Jobs().RecordFetches(ctx, []target.Fetch{{
				Tenant: k.Tenant, Target: tgt.ID, Token: tgt.Tokens[0].ID, At: time.Now(), Address: here, Kind: kind, Generation: 1,
			}})
			if err != nil {
				t.Fatal(err)
			}
		}
		for state, want := range map[target.State]int{"": 9, target.StateNever: 3, target.StateBehind: 3, target.StateUpToDate: 3} {
			n, cursor := 0, ""
			for range 10 {
				tab, err := s.Table(ctx, k.Owner, target.Query{State: state, Group: "WWW", Limit: 2, Cursor: cursor})
				if err != nil {
					t.Fatal(err)
				}
				if tab.States[target.StateNever] != 3 || tab.States[target.StateBehind] != 3 || tab.States[target.StateUpToDate] != 3 {
					t.Errorf("%v", tab.States)
				}
				for _, tgt := range tab.Items {
					if state != "" && tgt.State() != state {
						t.Errorf("%s is %s, asked for %s", tgt.Name, tgt.State(), state)
					}
				}
				n += len(tab.Items)
				if cursor = tab.Next; cursor == "" {
					break
				}
			}
			if n != want {
				t.Errorf("%q: %d targets, want %d", state, n, want)
			}
		}
		_, err := s.List(ctx, k.Owner, target.Query{State: "lost"})
		code(t, err, "bad_state")
		_, err = s.Table(ctx, tenant.Actor{Principal: tenant.PrincipalIngest, Tenant: k.Tenant}, target.Query{})
		code(t, err, "forbidden")
	})
}

func TestATargetsPage(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		s, _ := services(k)
		leaf := testcert.SelfSigned("www.example.com")
		fill(t, k, "www", leaf.CertPEM, leaf.KeyPEM)
		tgt, _ := create(t, s, k)
		viewer := k.Owner
		viewer.Role = tenant.Viewer
		d, err := s.Detail(ctx, viewer, tgt.ID)
		if err != nil || d.Target.ID != tgt.ID || len(d.Target.Tokens) != 1 || d.Group.Name != "www" || !d.Group.HasKey || d.Group.Targets != 1 {
			t.Errorf("%+v, %v", d, err)
		}
		_, err = s.Detail(ctx, k.NewTenant(t, "Other"), tgt.ID)
		code(t, err, "not_found")
		_, err = s.Detail(ctx, k.Owner, "tgt_nothing")
		code(t, err, "not_found")
	})
}
