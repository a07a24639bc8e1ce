package storagetest

import (
	"context"
	"errors"
	"time"

	"github.com/ignisfox/ignisfox/core/audit"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

func entry(n int64) audit.Entry {
	return audit.Entry{Seq: n, At: at(int(n)), Principal: tenant.PrincipalUser, Actor: "kim@example.com", ActorID: "us_1", Address: "192.0.2.1",
		Action: tenant.ArtifactDelete, Object: "ar_1", ObjectName: "www", Details: map[string]string{"kind": "key"}, MAC: []byte{byte(n), 1}}
}

func auditRows(k *kit) {
	id, other := k.tenant(), k.tenant()
	k.view(id, func(tx ports.Tx) error {
		seq, mac, err := tx.Audit().Last(k.ctx)
		k.ok(err)
		same(k, seq, 0)
		same(k, len(mac), 0)
		return nil
	})
	k.update(id, func(tx ports.Tx) error {
		for n := int64(1); n <= 250; n++ {
			seq, _, err := tx.Audit().Last(k.ctx)
			k.ok(err)
			same(k, seq, n-1)
			k.ok(tx.Audit().Insert(k.ctx, entry(n)))
		}
		return nil
	})
	k.update(other, func(tx ports.Tx) error { // chains are the tenant's own
		seq, _, err := tx.Audit().Last(k.ctx)
		k.ok(err)
		same(k, seq, 0)
		bare := audit.Entry{Seq: 1, At: start, MAC: []byte{9}}
		k.ok(tx.Audit().Insert(k.ctx, bare))
		got, err := tx.Audit().List(k.ctx, audit.Query{Limit: 5})
		k.ok(err)
		same(k, got, []audit.Entry{bare})
		return nil
	})
	k.view(id, func(tx ports.Tx) error {
		seq, mac, err := tx.Audit().Last(k.ctx)
		k.ok(err)
		same(k, seq, 250)
		same(k, mac, entry(250).MAC)
		want := int64(250)
		for q := (audit.Query{Limit: 60}); want > 0; {
			page, err := tx.Audit().List(k.ctx, q)
			k.ok(err)
			for _, e := range page {
				same(k, e, entry(want))
				want--
			}
			q.Before = want + 1
		}
		return nil
	})
	for _, n := range []int64{250, 252} { // neither a number again nor a gap
		if err := k.try(id, func(tx ports.Tx) error { return tx.Audit().Insert(k.ctx, entry(n)) }); err == nil {
			k.Fatalf("entry %d was taken after entry 250", n)
		}
	}
}

const day = 24 * time.Hour

// reserve asks for the key "k".
func (k *kit) reserve(id tenant.ID, attempt, body string, lease, keep time.Duration) (r ports.Reservation) {
	k.Helper()
	k.update(id, func(tx ports.Tx) (err error) {
		r, err = tx.Idempotency().Reserve(k.ctx, "k", attempt, []byte(body), lease, keep)
		return err
	})
	return r
}

func reservations(k *kit) {
	id, other := k.tenant(), k.tenant()
	first := k.reserve(id, "one", "body", time.Minute, day)
	same(k, first.Granted, true)
	same(k, k.reserve(other, "one", "body", time.Minute, day).Granted, true) // keys are the tenant's own
	held := ports.Reservation{BodyHash: []byte("body")}
	same(k, k.reserve(id, "two", "other body", time.Minute, day), held)

	// The holder gives it back; somebody who does not hold it cannot.
	release := func(attempt string) {
		k.update(id, func(tx ports.Tx) error { return tx.Idempotency().Release(k.ctx, "k", attempt) })
	}
	release("two")
	same(k, k.reserve(id, "two", "x", time.Minute, day).Granted, false)
	release("one")
	same(k, k.reserve(id, "two", "x", 0, day).Granted, true)

	// Its lease has run out: the next one gets it, and the old holder has lost it.
	same(k, k.reserve(id, "three", "x", time.Minute, day).Granted, true)
	finish := func(attempt string) error {
		return k.try(id, func(tx ports.Tx) error { return tx.Idempotency().Finish(k.ctx, "k", attempt, 201, []byte("answer")) })
	}
	k.fails(finish("two"), fault.Conflict, "in_progress")
	k.ok(finish("three"))
	done := ports.Reservation{BodyHash: []byte("x"), Spent: true, Status: 201, Answer: []byte("answer")}
	same(k, k.reserve(id, "four", "y", time.Minute, day), done)
	release("three") // what was spent stays
	same(k, k.reserve(id, "four", "y", time.Minute, day), done)
	same(k, k.reserve(id, "four", "y", time.Minute, 0).Granted, true) // until it is older than it is kept
}

func once(k *kit) {
	id, other := k.tenant(), k.tenant()
	with := func(attempt string) context.Context {
		return ports.WithOnce(k.ctx, ports.Once{Tenant: id, Key: "k", Attempt: attempt})
	}
	rename := func(ctx context.Context, of tenant.ID, name string) error {
		return k.s.Tenant(of).Update(ctx, func(tx ports.Tx) error {
			return tx.Workspace().Update(ctx, tenant.Tenant{Name: name, TimeZone: "UTC"})
		})
	}
	name := func(of tenant.ID) (name string) {
		k.view(of, func(tx ports.Tx) error {
			t, err := tx.Workspace().Get(k.ctx)
			name = t.Name
			return err
		})
		return name
	}
	spent := func() bool { return k.reserve(id, "probe", "", time.Minute, day).Spent }

	k.reserve(id, "one", "body", time.Hour, day)
	k.ok(rename(with("one"), other, "Other")) // another tenant's work spends nothing
	same(k, spent(), false)
	broken := errors.New("broken")
	err := k.s.Tenant(id).Update(with("one"), func(tx ports.Tx) error { return broken })
	if !errors.Is(err, broken) {
		k.Fatalf("got %v", err)
	}
	same(k, spent(), false) // what was rolled back was not done
	k.ok(k.s.Tenant(id).View(with("one"), func(tx ports.Tx) error { return nil }))
	same(k, spent(), false)
	k.ok(rename(with("one"), id, "First"))
	same(k, spent(), true)
	k.ok(rename(with("one"), id, "Second")) // the same attempt goes on
	same(k, name(id), "Second")

	// Somebody else has taken the key over: the late one changes nothing.
	k.update(id, func(tx ports.Tx) error {
		_, err := tx.Idempotency().Reserve(k.ctx, "k", "two", nil, 0, 0)
		return err
	})
	k.fails(rename(with("one"), id, "Late"), fault.Conflict, "in_progress")
	same(k, name(id), "Second")
	k.ok(rename(with("two"), id, "Third"))
	same(k, name(id), "Third")
	unknown := ports.WithOnce(k.ctx, ports.Once{Tenant: id, Key: "nosuch", Attempt: "one"})
	k.fails(rename(unknown, id, "Fourth"), fault.Conflict, "in_progress")
	same(k, name(id), "Third")
}

// onceOfThePlatform has a transaction of the platform spend a reservation when it enters the reservation's tenant.
func onceOfThePlatform(k *kit) {
	id, other := k.tenant(), k.tenant()
	with := func(attempt string) context.Context {
		return ports.WithOnce(k.ctx, ports.Once{Tenant: id, Key: "k", Attempt: attempt})
	}
	spent := func() bool { return k.reserve(id, "probe", "", time.Minute, day).Spent }
	enter := func(ctx context.Context, tenants ...tenant.ID) error {
		return k.s.Platform().Update(ctx, func(tx ports.PlatformTx) error {
			for _, t := range tenants {
				if _, _, err := tx.In(t).Audit().Last(ctx); err != nil {
					return err
				}
			}
			_, err := tx.Users().Count(ctx)
			return err
		})
	}
	k.reserve(id, "one", "body", time.Hour, day)
	k.ok(enter(with("one")))
	k.ok(enter(with("one"), other))
	same(k, spent(), false)
	err := k.s.Platform().Update(with("one"), func(tx ports.PlatformTx) error {
		_, _, err := tx.In(id).Audit().Last(with("one"))
		k.ok(err)
		return errors.New("broken")
	})
	same(k, err != nil, true)
	same(k, spent(), false) // what was rolled back was not done
	k.ok(enter(with("one"), other, id, other, id))
	same(k, spent(), true)

	k.update(id, func(tx ports.Tx) error {
		_, err := tx.Idempotency().Reserve(k.ctx, "k", "two", nil, 0, 0)
		return err
	})
	k.fails(enter(with("one"), id), fault.Conflict, "in_progress")
	// Also when nobody looks.
	k.fails(k.s.Platform().Update(with("one"), func(tx ports.PlatformTx) error {
		_, _, _ = tx.In(id).Audit().Last(with("one"))
		return nil
	}), fault.Conflict, "in_progress")
}
