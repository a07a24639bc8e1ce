package vault_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ignisfox/ignisfox/core/app/form"
	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/audit"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/pgtest"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/internal/testkit"
	"github.com/ignisfox/ignisfox/ports"
)

// over answers the vault on another store.
func over(k *testkit.Kit, s ports.Store) *vault.Service {
	return vault.New(vault.Deps{
		Store: s, Sealer: k.Sealer, Intake: intake.New(intake.Deps{Store: s, Sealer: k.Sealer}),
		Forms: form.New(form.Deps{Store: s, Sealer: k.Sealer}),
	})
}

// twice is a store whose transactions all run a second time, as after a deadlock: the first is rolled back at its end.
type twice struct{ ports.Store }

func (s twice) Tenant(id tenant.ID) ports.TenantStore { return twiceTenant{s.Store.Tenant(id)} }

type twiceTenant struct{ ports.TenantStore }

var errOnceMore = errors.New("rolled back on purpose")

func (s twiceTenant) View(ctx context.Context, fn func(ports.Tx) error) error {
	if err := s.TenantStore.View(ctx, fn); err != nil {
		return err
	}
	return s.TenantStore.View(ctx, fn)
}

func (s twiceTenant) Update(ctx context.Context, fn func(ports.Tx) error) error {
	err := s.TenantStore.Update(ctx, func(tx ports.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return errOnceMore
	})
	if !errors.Is(err, errOnceMore) {
		return err
	}
	return s.TenantStore.Update(ctx, fn)
}

// A store may run a transaction again. Whoever uses the vault sees the same then: the same answers, the same rows,
// the same trail.
func TestATransactionThatRunsTwiceIsSeenOnce(t *testing.T) {
	one := inter.Leaf("twice.example.com", testcert.Days(30))
	two := inter.Leaf("twice.example.com", testcert.Days(60))
	lone := inter.Leaf("lone.example.com")
	script := func(t *testing.T, k *testkit.Kit, v *vault.Service, who tenant.Actor) (seen []string) {
		t.Helper()
		see := func(what string, err error, facts ...any) {
			t.Helper()
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			seen = append(seen, what+": "+fmt.Sprint(facts...))
		}
		send := func(groupName string, data ...[]byte) []artifact.ID {
			t.Helper()
			r, err := v.Upload(ctx, who, intake.Request{Group: groupName, Files: []intake.File{{Filename: "a.pem", Data: slices.Concat(data...)}}})
			f := r.Files[0]
			see("upload", err, f.Status, len(f.Artifacts), f.Group != nil, f.Generation)
			var ids []artifact.ID
			for _, a := range f.Artifacts {
				ids = append(ids, a.ID)
			}
			return ids
		}
		send("www", one.CertPEM, one.KeyPEM, inter.CertPEM)
		send("www", two.CertPEM, two.KeyPEM)
		loose := send("", lone.CertPEM)
		unknown := send("", []byte("what may this be"))
		www, err := v.Group(ctx, who, "www")
		see("group", err, www.Current)
		g, err := v.Activate(ctx, who, www.ID, 1)
		see("activate", err, g.Number, g.State, len(g.Chain), g.Key != nil)
		first, err := v.BuildPFX(ctx, who, www.ID, secret.NewString("one"), "modern")
		see("pfx", err, first.Filename)
		again, err := v.BuildPFX(ctx, who, www.ID, secret.NewString("one"), "modern")
		see("pfx again", err, slices.Equal(first.Body.Reveal(), again.Body.Reveal()))
		made, err := v.CreateGroup(ctx, who, "mail", secret.NewString("pw"))
		see("create", err, made.Name, made.PasswordVersion)
		name, pw := " Renamed ", secret.NewString("two")
		changed, err := v.ChangeGroup(ctx, who, www.ID, vault.GroupChange{Name: &name, Password: &pw})
		see("change group", err, changed.Name, changed.PasswordVersion, name)
		see("move into a group that is new", v.MoveMany(ctx, who, loose, "Fresh", false))
		row, err := v.Change(ctx, who, loose[0], vault.Change{Name: &name})
		see("rename", err, row.Name, row.GroupName)
		_, err = v.ParseAgain(ctx, who, unknown[0], secret.String{})
		see("parse again", err)
		see("delete", v.DeleteMany(ctx, who, append(loose, unknown...), true))
		see("delete group", v.DeleteGroup(ctx, who, made.ID))
		page, err := v.List(ctx, who, vault.ListQuery{Sort: artifact.Sorts[0]})
		for _, a := range page.Items {
			see("row", err, a.Kind, a.Name, a.GroupName)
		}
		gens, err := v.Generations(ctx, who, www.ID)
		for _, g := range gens {
			see("generation", err, g.Number, g.State, g.Leaf.NotAfter.Unix(), len(g.Chain))
		}
		err = k.Store.Tenant(who.Tenant).View(ctx, func(tx ports.Tx) error {
			list, err := tx.Audit().List(ctx, audit.Query{Limit: 100})
			for _, e := range list {
				seen = append(seen, fmt.Sprint("trail: ", e.Seq, e.Action, e.ObjectName))
			}
			return err
		})
		see("trail", err)
		slices.Sort(seen) // rows of one moment come in any order
		return seen
	}
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		want := script(t, k, k.Vault, k.Owner)
		got := script(t, k, over(k, twice{k.Store}), k.NewTenant(t, "Twice"))
		if !slices.Equal(got, want) {
			t.Errorf("twice:\n%q\nonce:\n%q", got, want)
		}
	})
}

// counted counts the transactions asked for and the runs that they took.
type counted struct {
	ports.Store
	asked, runs *atomic.Int64
}

func (s counted) Tenant(id tenant.ID) ports.TenantStore {
	return countedTenant{s.Store.Tenant(id), s}
}

type countedTenant struct {
	ports.TenantStore
	counted
}

func (s countedTenant) View(ctx context.Context, fn func(ports.Tx) error) error {
	return s.TenantStore.View(ctx, fn)
}

func (s countedTenant) Update(ctx context.Context, fn func(ports.Tx) error) error {
	s.asked.Add(1)
	return s.TenantStore.Update(ctx, func(tx ports.Tx) error {
		s.runs.Add(1)
		return fn(tx)
	})
}

// All writers take their locks in one order, so that none of them is ever the victim of a deadlock.
func TestWritersDoNotDeadlock(t *testing.T) {
	k := testkit.Open(t, pgtest.URL(t), nil)
	s := counted{k.Store, new(atomic.Int64), new(atomic.Int64)}
	v := over(k, s)
	const each = 60
	leaves := make([]*testcert.Pair, each+1)
	for i := range leaves {
		leaves[i] = inter.Leaf("busy.example.com", testcert.Days(30+i))
	}
	upload(t, k, "busy", "first.pem", leaves[each].CertPEM, leaves[each].KeyPEM)
	gid := groupID(t, k, "busy")
	var wg sync.WaitGroup
	start := make(chan struct{})
	run := func(what string, fn func() error) {
		wg.Go(func() {
			<-start
			if err := fn(); err != nil && fault.KindOf(err) != fault.NotFound { // of a generation that is pruned by then
				t.Errorf("%s: %v", what, err)
			}
		})
	}
	for i := range each {
		run("upload", func() error {
			_, err := v.Upload(ctx, k.Owner, intake.Request{Group: gid, Files: []intake.File{{Filename: "l.pem", Data: slices.Concat(leaves[i].CertPEM, leaves[i].KeyPEM)}}})
			return err
		})
		switch i % 3 {
		case 0:
			run("activate", func() error { return second(v.Activate(ctx, k.Owner, gid, 1+i/3)) })
		case 1:
			name := fmt.Sprintf("busy %d", i)
			run("rename", func() error { return second(v.ChangeGroup(ctx, k.Owner, gid, vault.GroupChange{Name: &name})) })
		case 2:
			pw := secret.NewString(fmt.Sprintf("pw %d", i))
			run("pfx", func() error { return second(v.BuildPFX(ctx, k.Owner, gid, pw, "modern")) })
		}
	}
	close(start)
	wg.Wait()
	if asked, runs := s.asked.Load(), s.runs.Load(); runs != asked || asked < 2*each {
		t.Errorf("%d transactions took %d runs", asked, runs)
	}
}
