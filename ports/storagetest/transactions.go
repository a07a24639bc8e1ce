package storagetest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

var errRolledBack = errors.New("rolled back on purpose")

func rollback(k *kit) {
	id := k.tenant()
	a := k.cert("a")
	insert := func(tx ports.Tx) { k.ok(tx.Artifacts().Insert(k.ctx, a, []byte("s"))) }
	err := k.try(id, func(tx ports.Tx) error {
		insert(tx)
		if now := tx.Now(); now != tx.Now() || now.Location() != time.UTC || now.Nanosecond()%1000 != 0 {
			k.Errorf("the time of the transaction is %v", now)
		}
		return errRolledBack
	})
	if !errors.Is(err, errRolledBack) {
		k.Fatalf("got %v", err)
	}
	func() {
		defer func() { same(k, recover(), any("on purpose")) }()
		_ = k.try(id, func(tx ports.Tx) error {
			insert(tx)
			panic("on purpose")
		})
	}()
	same(k, len(k.find(id, artifact.Query{})), 0)
	k.update(id, func(tx ports.Tx) error { insert(tx); return nil }) // and the store goes on
	same(k, len(k.find(id, artifact.Query{})), 1)

	// A statement that failed spoils its transaction, also for those who do not look.
	b := k.cert("b")
	err = k.try(id, func(tx ports.Tx) error {
		k.ok(tx.Artifacts().Insert(k.ctx, b, nil))
		_ = tx.Members().Insert(k.ctx, tenant.Member{User: "us_nosuch", Role: tenant.Owner})
		return nil
	})
	k.missing(err)
	same(k, len(k.find(id, artifact.Query{})), 1)

	// A View changes nothing.
	if err := k.s.Tenant(id).View(k.ctx, func(tx ports.Tx) error { return tx.Artifacts().Delete(k.ctx, a.ID) }); err == nil {
		k.Error("a View deleted a row")
	}
	same(k, len(k.find(id, artifact.Query{})), 1)

	// A View sees one state, whatever is committed meanwhile.
	k.view(id, func(tx ports.Tx) error {
		before, err := tx.Artifacts().List(k.ctx, artifact.Query{})
		k.ok(err)
		done := make(chan error)
		go func() {
			done <- k.s.Tenant(id).Update(k.ctx, func(tx ports.Tx) error { return tx.Artifacts().Insert(k.ctx, b, nil) })
		}()
		k.ok(<-done)
		after, err := tx.Artifacts().List(k.ctx, artifact.Query{})
		k.ok(err)
		same(k, len(after.Items), len(before.Items))
		return nil
	})
	same(k, len(k.find(id, artifact.Query{})), 2)
}

func nested(k *kit) {
	id, other := k.tenant(), k.tenant()
	for name, call := range map[string]func() error{
		"Update":          func() error { return k.try(id, func(ports.Tx) error { return nil }) },
		"Update of other": func() error { return k.try(other, func(ports.Tx) error { return nil }) },
		"Platform":        func() error { return k.s.Platform().Update(k.ctx, func(ports.PlatformTx) error { return nil }) },
		"Sweep":           func() error { _, err := k.s.Jobs().Sweep(k.ctx, start, 1); return err },
		"View":            func() error { return k.s.Tenant(id).View(k.ctx, func(ports.Tx) error { return nil }) },
		"View of other":   func() error { return k.s.Tenant(other).View(k.ctx, func(ports.Tx) error { return nil }) },
		"Platform.View":   func() error { return k.s.Platform().View(k.ctx, func(ports.PlatformTx) error { return nil }) },
		"Lookup":          func() error { _, err := k.s.Lookup().PullGrant(k.ctx, k.hash()); return err },
		"PutKEK":          func() error { return k.s.Keysets().PutKEK(k.ctx, ports.KEKCheck{ID: "aaaaaaaa", Check: []byte("c")}) },
	} {
		err := k.try(id, func(ports.Tx) error { return call() })
		if fault.KindOf(err) != fault.Internal || fault.CodeOf(err) != "nested_update" {
			k.Errorf("%s inside Update: got %v", name, err)
		}
		err = k.s.Platform().Update(k.ctx, func(ports.PlatformTx) error { return call() })
		if fault.CodeOf(err) != "nested_update" {
			k.Errorf("%s inside Platform.Update: got %v", name, err)
		}
	}
	k.update(id, func(ports.Tx) error { // reading keysets alone may
		_, err := k.s.Keysets().Keyset(k.ctx, id)
		return err
	})
	k.view(id, func(ports.Tx) error { return nil }) // nothing is left locked
}

// conflicts has every conflict that a method names: it changes nothing, and what follows in the transaction is kept.
func conflicts(k *kit) {
	id, other := k.tenant(), k.tenant()
	g, taken := k.group(id, "www"), k.group(id, "taken")
	gen := k.current(id, g.ID)
	tgt := k.target(id, g.ID)
	a := k.cert("a")
	k.store(id, a)
	var foreignName string
	k.view(other, func(tx ports.Tx) error {
		w, err := tx.Workspace().Get(k.ctx)
		foreignName = w.Name
		return err
	})
	kim := k.member(id, tenant.Owner)
	same2 := k.cert("same bytes")
	same2.Fingerprint = a.Fingerprint
	for _, c := range []struct {
		code string
		call func(tx ports.Tx) error
	}{
		{"name_taken", func(tx ports.Tx) error {
			return tx.Workspace().Update(k.ctx, tenant.Tenant{ID: id, Name: foreignName, TimeZone: "UTC"})
		}},
		{"name_taken", func(tx ports.Tx) error { return tx.Groups().Rename(k.ctx, g.ID, taken.Name) }},
		{"name_taken", func(tx ports.Tx) error {
			return tx.Groups().Insert(k.ctx, group.Group{ID: k.newID("gr"), Name: taken.Name, CreatedAt: start})
		}},
		{"", func(tx ports.Tx) error { return tx.Groups().Delete(k.ctx, g.ID) }},
		{"in_use", func(tx ports.Tx) error { return tx.Artifacts().Delete(k.ctx, gen.Leaf) }},
		{"in_use", func(tx ports.Tx) error { return tx.Artifacts().Delete(k.ctx, gen.Key) }},
		{"", func(tx ports.Tx) error { return tx.Artifacts().Insert(k.ctx, same2, nil) }},
		{"generation_is_current", func(tx ports.Tx) error { return tx.Generations().Delete(k.ctx, g.ID, gen.Number) }},
		{"number_taken", func(tx ports.Tx) error {
			again := gen
			again.ID = k.newID("gn")
			return tx.Generations().Insert(k.ctx, again)
		}},
		{"already_member", func(tx ports.Tx) error {
			return tx.Members().Insert(k.ctx, tenant.Member{User: kim.ID, Role: tenant.Viewer})
		}},
	} {
		kept := k.cert("kept")
		k.update(id, func(tx ports.Tx) error {
			k.fails(c.call(tx), fault.Conflict, c.code)
			return tx.Artifacts().Insert(k.ctx, kept, []byte("s"))
		})
		k.view(id, func(tx ports.Tx) error {
			_, err := tx.Artifacts().Get(k.ctx, kept.ID)
			k.ok(err)
			got, err := tx.Groups().Get(k.ctx, g.ID)
			k.ok(err)
			same(k, []any{got.Name, got.Current}, []any{g.Name, gen.Number})
			_, err = tx.Targets().Get(k.ctx, tgt.ID)
			k.ok(err)
			_, err = tx.Artifacts().Get(k.ctx, gen.Leaf)
			return err
		})
	}
}

// closing closes the store below an open transaction, which ends first.
func closing(k *kit) {
	id := k.tenant()
	begun, closed := make(chan struct{}), make(chan error, 1)
	done := make(chan error, 1)
	go func() {
		done <- k.s.Tenant(id).Update(k.ctx, func(tx ports.Tx) error {
			close(begun)
			for { // until nothing new may begin
				refused := make(chan error)
				go func() { refused <- k.s.Tenant(id).View(k.ctx, func(ports.Tx) error { return nil }) }()
				if err := <-refused; err != nil {
					k.fails(err, fault.Unavailable, "store_unavailable")
					break
				}
			}
			if _, err := k.s.Keysets().Keyset(k.ctx, id); err != nil { // it may wait for these as ever
				return err
			}
			select {
			case err := <-closed:
				k.Errorf("closed before the transaction ended (%v)", err)
			default:
			}
			_, err := tx.Workspace().Get(k.ctx)
			return err
		})
	}()
	<-begun
	closed <- k.s.Close()
	k.ok(<-done)
	k.ok(<-closed)
	if err := k.s.Ping(k.ctx); fault.CodeOf(err) != "store_unavailable" {
		k.Errorf("Ping of a closed store: %v", err)
	}
	k.ok(k.s.Close()) // again
}

func cancelled(k *kit) {
	id := k.tenant()
	ctx, cancel := context.WithCancel(k.ctx)
	cancel()
	err := k.s.Tenant(id).Update(ctx, func(ports.Tx) error { return nil })
	if !errors.Is(err, context.Canceled) {
		k.Errorf("got %v", err)
	}
	ctx, cancel = context.WithCancel(k.ctx)
	a := k.cert("a")
	err = k.s.Tenant(id).Update(ctx, func(tx ports.Tx) error {
		k.ok(tx.Artifacts().Insert(ctx, a, nil))
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		k.Errorf("got %v", err)
	}
	if _, err := k.s.Epoch(ctx); err == nil {
		k.Error("the epoch was read for somebody who is gone")
	}
	k.epoch()
	k.ok(k.s.Ping(k.ctx))
	same(k, len(k.find(id, artifact.Query{})), 0)
}

// numbering has many writers number generations of one group at a time.
func numbering(k *kit) {
	id := k.tenant()
	g := k.group(id, "www")
	leaf := k.cert("leaf")
	k.store(id, leaf)
	const writers, each = 8, 5
	var ids [writers][each]string
	for w := range ids {
		for i := range ids[w] {
			ids[w][i] = k.newID("gn")
		}
	}
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				err := k.s.Tenant(id).Update(k.ctx, func(tx ports.Tx) error {
					if _, err := tx.Groups().Lock(k.ctx, g.ID); err != nil {
						return err
					}
					before, err := tx.Generations().List(k.ctx, g.ID)
					if err != nil {
						return err
					}
					n, err := tx.Groups().NextNumber(k.ctx, g.ID)
					if err != nil {
						return err
					}
					if n != len(before)+1 {
						k.Errorf("number %d after %d generations", n, len(before))
					}
					err = tx.Generations().Insert(k.ctx, group.Generation{ID: ids[w][i], Group: g.ID, Number: n, Leaf: leaf.ID, CreatedAt: start})
					if err != nil {
						return err
					}
					return tx.Groups().Point(k.ctx, g.ID, n)
				})
				if err != nil {
					k.Error(err)
				}
			}
		})
	}
	wg.Wait()
	k.view(id, func(tx ports.Tx) error {
		list, err := tx.Generations().List(k.ctx, g.ID)
		k.ok(err)
		got := numbers(list)
		slices.Reverse(got)
		for i, n := range got {
			same(k, n, i+1)
		}
		same(k, len(got), writers*each)
		gr, err := tx.Groups().Get(k.ctx, g.ID)
		k.ok(err)
		same(k, gr.Current, writers*each)
		return nil
	})
}

// lastOwner has two owners take each other's role away at the same moment: one of them must stay.
func lastOwner(k *kit) {
	id := k.tenant()
	errLast := errors.New("the last owner stays")
	for range 10 {
		pair := []tenant.UserID{k.member(id, tenant.Owner).ID, k.member(id, tenant.Owner).ID}
		var wg sync.WaitGroup
		for _, u := range pair {
			wg.Go(func() {
				err := k.s.Tenant(id).Update(k.ctx, func(tx ports.Tx) error {
					list, err := tx.Members().List(k.ctx)
					if err != nil {
						return err
					}
					owners := 0
					for _, m := range list {
						if m.Role == tenant.Owner {
							owners++
						}
					}
					if owners < 2 {
						return errLast
					}
					return tx.Members().SetRole(k.ctx, u, tenant.Viewer)
				})
				if err != nil && !errors.Is(err, errLast) {
					k.Error(err)
				}
			})
		}
		wg.Wait()
		k.update(id, func(tx ports.Tx) error {
			list, err := tx.Members().List(k.ctx)
			k.ok(err)
			owners := 0
			for _, m := range list {
				if m.Role == tenant.Owner {
					owners++
				}
				k.ok(tx.Members().Delete(k.ctx, m.User))
			}
			same(k, owners, 1)
			return nil
		})
	}
}

// auditRace has many writers append to one chain.
func auditRace(k *kit) {
	id := k.tenant()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 5 {
				err := k.s.Tenant(id).Update(k.ctx, func(tx ports.Tx) error {
					seq, _, err := tx.Audit().Last(k.ctx)
					if err != nil {
						return err
					}
					return tx.Audit().Insert(k.ctx, entry(seq+1))
				})
				if err != nil {
					k.Error(err)
				}
			}
		})
	}
	wg.Wait()
	k.view(id, func(tx ports.Tx) error {
		seq, _, err := tx.Audit().Last(k.ctx)
		same(k, seq, 40)
		return err
	})
}

func badText(k *kit) {
	id := k.tenant()
	for _, bad := range []string{"a\x00b", "a\xffb"} {
		a := k.cert("fine")
		a.Subject = bad
		k.fails(k.try(id, func(tx ports.Tx) error { return tx.Artifacts().Insert(k.ctx, a, nil) }), fault.Invalid, "bad_text")
		k.view(id, func(tx ports.Tx) error {
			_, err := tx.Artifacts().Get(k.ctx, artifact.ID(bad))
			k.fails(err, fault.Invalid, "bad_text")
			return nil
		})
	}
	same(k, len(k.find(id, artifact.Query{})), 0)
}
