package storagetest

import (
	"sync"
	"sync/atomic"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/deploy"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/token"
	"github.com/ignisfox/ignisfox/ports"
)

// epochRaised goes through the writes and wants the epoch to rise by those it must rise by, and by none else.
func epochRaised(k *kit) {
	id := k.tenant()
	g := k.group(id, "www")
	gen, spare := k.current(id, g.ID), k.generation(id, g.ID)
	t := k.target(id, g.ID)
	tok, dead := k.pushToken(id, t.ID), k.pushToken(id, t.ID)
	row := k.cert("row")
	kim := k.member(id, tenant.Owner)
	form := group.Form{ID: k.newID("fm"), Group: g.ID, Key: group.FormKey{Generation: gen.ID, Kind: group.FormBundle}, Sealed: []byte("s"), CreatedAt: start}
	it := tenant.IngestToken{ID: k.newID("it"), Hash: k.hash(), CreatedAt: start}
	api := tenant.APIToken{ID: k.newID("at"), User: kim.ID, Hash: k.hash(), CreatedAt: start}
	ctx := k.ctx
	lb := k.deployTarget(id, g.ID)
	var fence int64
	dep := k.deployment(lb, gen.Number)
	for _, c := range []struct {
		name   string
		raises bool
		do     func(tx ports.Tx) error
	}{
		{"read", false, func(tx ports.Tx) error { _, err := tx.Groups().Get(ctx, g.ID); return err }},
		{"artifact stored", false, func(tx ports.Tx) error { return tx.Artifacts().Insert(ctx, row, nil) }},
		{"artifact renamed", false, func(tx ports.Tx) error { return tx.Artifacts().Rename(ctx, row.ID, "x") }},
		{"artifact moved", false, func(tx ports.Tx) error { return tx.Artifacts().Move(ctx, row.ID, g.ID) }},
		{"artifact deleted", false, func(tx ports.Tx) error { return tx.Artifacts().Delete(ctx, row.ID) }},
		{"audited", false, func(tx ports.Tx) error {
			if _, _, err := tx.Audit().Last(ctx); err != nil {
				return err
			}
			return tx.Audit().Insert(ctx, entry(1))
		}},
		{"key reserved", false, func(tx ports.Tx) error {
			_, err := tx.Idempotency().Reserve(ctx, "k", "a", nil, day, day)
			return err
		}},
		{"role set", false, func(tx ports.Tx) error { return tx.Members().SetRole(ctx, kim.ID, tenant.Editor) }},
		{"ingest token made", false, func(tx ports.Tx) error { return tx.IngestTokens().Insert(ctx, it) }},
		{"ingest token deleted", false, func(tx ports.Tx) error { return tx.IngestTokens().Delete(ctx, it.ID) }},
		{"API token made", false, func(tx ports.Tx) error { return tx.APITokens().Insert(ctx, api) }},
		{"workspace renamed", false, func(tx ports.Tx) error {
			return tx.Workspace().Update(ctx, tenant.Tenant{Name: "n", TimeZone: "UTC"})
		}},
		{"password stored", false, func(tx ports.Tx) error {
			return tx.Groups().AddPassword(ctx, group.Password{ID: "pw_1", Group: g.ID, Version: 1}, []byte("mac"))
		}},
		{"password set", true, func(tx ports.Tx) error { return tx.Groups().SetPassword(ctx, g.ID, 1) }},
		{"group made", true, func(tx ports.Tx) error {
			return tx.Groups().Insert(ctx, group.Group{ID: "gr_new", Name: "new", CreatedAt: start})
		}},
		{"group renamed", true, func(tx ports.Tx) error { return tx.Groups().Rename(ctx, "gr_new", "newer") }},
		{"group deleted", true, func(tx ports.Tx) error { return tx.Groups().Delete(ctx, "gr_new") }},
		{"pointed", true, func(tx ports.Tx) error { return tx.Groups().Point(ctx, g.ID, spare.Number) }},
		{"generation changed", true, func(tx ports.Tx) error { return tx.Generations().Update(ctx, gen) }},
		{"form stored", true, func(tx ports.Tx) error { _, err := tx.Forms().Put(ctx, form); return err }},
		{"form stored again", false, func(tx ports.Tx) error { _, err := tx.Forms().Put(ctx, form); return err }},
		{"generation deleted", true, func(tx ports.Tx) error { return tx.Generations().Delete(ctx, g.ID, gen.Number) }},
		{"target made", true, func(tx ports.Tx) error {
			return tx.Targets().Insert(ctx, target.Target{ID: "tg_new", Group: g.ID, Type: target.TypePull, CreatedAt: start})
		}},
		{"target changed", true, func(tx ports.Tx) error { return tx.Targets().Update(ctx, t) }},
		{"secret stored", false, func(tx ports.Tx) error {
			return tx.Deployments().PutSecret(ctx, lb.ID, ports.TargetSecret{ID: "ts_1", Path: "password"})
		}},
		{"secret dropped", false, func(tx ports.Tx) error { return tx.Deployments().DropSecrets(ctx, lb.ID, []string{"password"}) }},
		{"attempts reset", false, func(tx ports.Tx) error { return tx.Deployments().ResetAttempts(ctx, lb.ID) }},
		{"planned", false, func(tx ports.Tx) error { return tx.Deployments().Plan(ctx, lb.ID, start, start) }},
		{"claimed", false, func(tx ports.Tx) (err error) {
			fence, err = tx.Deployments().Claim(ctx, lb.ID, "run", tx.Now().Add(day))
			return err
		}},
		{"deployment begun", false, func(tx ports.Tx) error { return tx.Deployments().Insert(ctx, dep, fence) }},
		{"deployment saved", false, func(tx ports.Tx) error {
			dep.State = deploy.Serving
			return tx.Deployments().Save(ctx, dep, fence)
		}},
		{"transcript", false, func(tx ports.Tx) error { return tx.Deployments().Append(ctx, dep.ID, "line", fence) }},
		{"status set", false, func(tx ports.Tx) error {
			return tx.Deployments().SetStatus(ctx, lb.ID, target.Status{Observed: 1}, fence)
		}},
		{"released", false, func(tx ports.Tx) error { return tx.Deployments().Release(ctx, lb.ID, fence) }},
		{"pruned", false, func(tx ports.Tx) error { return tx.Deployments().Prune(ctx, lb.ID, 0) }},
		{"target deleted", true, func(tx ports.Tx) error { return tx.Targets().Delete(ctx, "tg_new") }},
		{"token made", true, func(tx ports.Tx) error {
			return tx.PushTokens().Insert(ctx, target.Token{ID: "pt_new", Target: t.ID, Hash: k.hash(), CreatedAt: start})
		}},
		{"token expired", true, func(tx ports.Tx) error { return tx.PushTokens().Expire(ctx, dead.ID, start) }},
		{"token deleted", true, func(tx ports.Tx) error { return tx.PushTokens().Delete(ctx, dead.ID) }},
	} {
		before := k.epoch()
		k.update(id, c.do)
		if after := k.epoch(); (after > before) != c.raises || after < before {
			k.Errorf("%s: the epoch went from %d to %d", c.name, before, after)
		}
	}

	before := k.epoch()
	k.ok(k.s.Jobs().RecordFetches(ctx, []target.Fetch{{Tenant: id, Target: t.ID, Token: tok.ID, At: at(1), Kind: group.FormBundle, Generation: 1}}))
	k.ok(k.s.Jobs().RecordUses(ctx, []ports.TokenUse{{Tenant: id, Kind: token.API, ID: api.ID, At: at(1)}}))
	_, err := k.s.Lookup().PullGrant(ctx, tok.Hash)
	k.ok(err)
	k.tenant()
	_ = k.find(id, artifact.Query{})
	same(k, k.epoch(), before)
	_ = k.try(id, func(tx ports.Tx) error { // what is rolled back raises nothing
		k.ok(tx.PushTokens().Delete(ctx, tok.ID))
		return errRolledBack
	})
	same(k, k.epoch(), before)
}

// epochLive rotates a token while others read: whoever reads the epoch after a rotation was answered sees another value than
// before it, and a grant looked up under a value that is still in force names a token that was alive then.
func epochLive(k *kit) {
	id := k.tenant()
	t := k.target(id, k.group(id, "www").ID)
	cur := k.pushToken(id, t.ID)
	var revoked atomic.Pointer[target.Token]
	var stop atomic.Bool
	var wg sync.WaitGroup
	var violations atomic.Int64
	for range 4 {
		wg.Go(func() {
			for !stop.Load() {
				dead := revoked.Load() // before the read begins
				if _, err := k.s.Epoch(k.ctx); err != nil {
					k.Error(err)
					return
				}
				if dead == nil {
					continue
				}
				if _, err := k.s.Lookup().PullGrant(k.ctx, dead.Hash); err == nil {
					violations.Add(1)
				}
			}
		})
	}
	for range 40 {
		before := k.epoch()
		next := target.Token{ID: k.newID("pt"), Target: t.ID, Hash: k.hash(), CreatedAt: start}
		k.update(id, func(tx ports.Tx) error {
			k.ok(tx.PushTokens().Insert(k.ctx, next))
			return tx.PushTokens().Delete(k.ctx, cur.ID)
		})
		old := cur
		revoked.Store(&old)
		cur = next
		if k.epoch() == before {
			k.Error("the epoch did not change by a rotation")
		}
	}
	stop.Store(true)
	wg.Wait()
	if n := violations.Load(); n > 0 {
		k.Errorf("%d look-ups found a token that was gone", n)
	}
}
