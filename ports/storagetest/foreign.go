package storagetest

import (
	"time"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// foreignIDs gives every method the ids of another tenant: they are as if they were not there, and nothing of the other
// tenant changes.
func foreignIDs(k *kit) {
	victim, id := k.tenant(), k.tenant()
	g := k.group(victim, "www")
	gen := k.current(victim, g.ID)
	t := k.target(victim, g.ID)
	tok := k.pushToken(victim, t.ID)
	kim := k.member(victim, tenant.Owner)
	api := tenant.APIToken{ID: k.newID("at"), User: kim.ID, Hash: k.hash(), CreatedAt: start}
	it := tenant.IngestToken{ID: k.newID("it"), Hash: k.hash(), CreatedAt: start}
	form := group.Form{ID: k.newID("fm"), Group: g.ID, Key: group.FormKey{Generation: gen.ID, Kind: group.FormBundle}, Sealed: []byte("s"), CreatedAt: start}
	invite := k.invite("lee@example.com")
	k.update(victim, func(tx ports.Tx) error {
		k.ok(tx.APITokens().Insert(k.ctx, api))
		k.ok(tx.IngestTokens().Insert(k.ctx, it))
		_, err := tx.Forms().Put(k.ctx, form)
		k.ok(err)
		k.ok(tx.Invites().Insert(k.ctx, invite))
		return tx.Groups().AddPassword(k.ctx, group.Password{ID: "pw_1", Group: g.ID, Version: 1, Sealed: []byte("p")}, []byte("mac"))
	})
	k.reserve(victim, "theirs", "body", time.Hour, day)
	lb := k.deployTarget(victim, g.ID)
	fence := k.claim(victim, lb.ID)
	dep := k.deployment(lb, gen.Number)
	k.update(victim, func(tx ports.Tx) error {
		k.ok(tx.Deployments().PutSecret(k.ctx, lb.ID, ports.TargetSecret{ID: "ts_1", Path: "password", Sealed: []byte("s")}))
		return tx.Deployments().Insert(k.ctx, dep, fence)
	})
	before := k.state(victim, g.ID, t.ID, lb.ID, dep.ID)

	mine := k.group(id, "mine")
	own := k.cert("own")
	k.store(id, own)
	err2 := func(_ any, err error) error { return err }
	for name, do := range map[string]func(tx ports.Tx) error{
		"Artifacts.Get":     func(tx ports.Tx) error { return err2(tx.Artifacts().Get(k.ctx, gen.Leaf)) },
		"Artifacts.Payload": func(tx ports.Tx) error { return err2(tx.Artifacts().Payload(k.ctx, gen.Leaf)) },
		"Artifacts.Rename":  func(tx ports.Tx) error { return tx.Artifacts().Rename(k.ctx, gen.Leaf, "x") },
		"Artifacts.Move":    func(tx ports.Tx) error { return tx.Artifacts().Move(k.ctx, gen.Leaf, "") },
		"Artifacts.Move to": func(tx ports.Tx) error { return tx.Artifacts().Move(k.ctx, own.ID, g.ID) },
		"Artifacts.Delete":  func(tx ports.Tx) error { return tx.Artifacts().Delete(k.ctx, gen.Leaf) },
		"Artifacts.Insert": func(tx ports.Tx) error {
			a := k.cert("a")
			a.Group = g.ID
			return tx.Artifacts().Insert(k.ctx, a, nil)
		},
		"Groups.Get":         func(tx ports.Tx) error { return err2(tx.Groups().Get(k.ctx, g.ID)) },
		"Groups.ByName":      func(tx ports.Tx) error { return err2(tx.Groups().ByName(k.ctx, g.Name)) },
		"Groups.Lock":        func(tx ports.Tx) error { return err2(tx.Groups().Lock(k.ctx, g.ID)) },
		"Groups.NextNumber":  func(tx ports.Tx) error { return err2(tx.Groups().NextNumber(k.ctx, g.ID)) },
		"Groups.Rename":      func(tx ports.Tx) error { return tx.Groups().Rename(k.ctx, g.ID, "x") },
		"Groups.Point":       func(tx ports.Tx) error { return tx.Groups().Point(k.ctx, g.ID, 0) },
		"Groups.Point to":    func(tx ports.Tx) error { return tx.Groups().Point(k.ctx, mine.ID, gen.Number) },
		"Groups.Delete":      func(tx ports.Tx) error { return tx.Groups().Delete(k.ctx, g.ID) },
		"Groups.SetPassword": func(tx ports.Tx) error { return tx.Groups().SetPassword(k.ctx, g.ID, 0) },
		"Groups.Password":    func(tx ports.Tx) error { return err2(tx.Groups().Password(k.ctx, g.ID, 1)) },
		"Groups.FindPassword": func(tx ports.Tx) error {
			return err2(tx.Groups().FindPassword(k.ctx, g.ID, []byte("mac")))
		},
		"Groups.AddPassword": func(tx ports.Tx) error {
			return tx.Groups().AddPassword(k.ctx, group.Password{ID: "pw_2", Group: g.ID, Version: 2}, []byte("mac 2"))
		},
		"Generations.Get":    func(tx ports.Tx) error { return err2(tx.Generations().Get(k.ctx, g.ID, gen.Number)) },
		"Generations.Update": func(tx ports.Tx) error { return tx.Generations().Update(k.ctx, gen) },
		"Generations.Delete": func(tx ports.Tx) error { return tx.Generations().Delete(k.ctx, g.ID, gen.Number) },
		"Generations.Insert": func(tx ports.Tx) error {
			return tx.Generations().Insert(k.ctx, group.Generation{ID: "gn_x", Group: g.ID, Number: 9, Leaf: own.ID, CreatedAt: start})
		},
		"Generations.Insert leaf": func(tx ports.Tx) error {
			return tx.Generations().Insert(k.ctx, group.Generation{ID: "gn_x", Group: mine.ID, Number: 9, Leaf: gen.Leaf, CreatedAt: start})
		},
		"Generations.Insert key": func(tx ports.Tx) error {
			return tx.Generations().Insert(k.ctx, group.Generation{ID: "gn_x", Group: mine.ID, Number: 9, Leaf: own.ID, Key: gen.Key, CreatedAt: start})
		},
		"Generations.Insert chain": func(tx ports.Tx) error {
			return tx.Generations().Insert(k.ctx, group.Generation{ID: "gn_x", Group: mine.ID, Number: 9, Leaf: own.ID, Chain: gen.Chain, CreatedAt: start})
		},
		"Forms.Get":  func(tx ports.Tx) error { return err2(tx.Forms().Get(k.ctx, form.ID)) },
		"Forms.Find": func(tx ports.Tx) error { return err2(tx.Forms().Find(k.ctx, form.Key)) },
		"Forms.Put": func(tx ports.Tx) error {
			f := form
			f.ID, f.Group = "fm_x", mine.ID
			return err2(tx.Forms().Put(k.ctx, f))
		},
		"Targets.Get":    func(tx ports.Tx) error { return err2(tx.Targets().Get(k.ctx, t.ID)) },
		"Targets.Update": func(tx ports.Tx) error { return tx.Targets().Update(k.ctx, t) },
		"Targets.Delete": func(tx ports.Tx) error { return tx.Targets().Delete(k.ctx, t.ID) },
		"Targets.Insert": func(tx ports.Tx) error {
			return tx.Targets().Insert(k.ctx, target.Target{ID: "tg_x", Group: g.ID, CreatedAt: start})
		},
		"Targets.Insert deploy": func(tx ports.Tx) error {
			return tx.Targets().Insert(k.ctx, target.Target{ID: "tg_x", Type: "deploy.ssh", Group: g.ID, CreatedAt: start, Deploy: &target.Deploy{}})
		},
		"Targets.Update deploy": func(tx ports.Tx) error { return tx.Targets().Update(k.ctx, lb) },
		"Targets.Get deploy":    func(tx ports.Tx) error { return err2(tx.Targets().Get(k.ctx, lb.ID)) },
		"Deployments.PutSecret": func(tx ports.Tx) error {
			return tx.Deployments().PutSecret(k.ctx, lb.ID, ports.TargetSecret{ID: "ts_2", Path: "password"})
		},
		"Deployments.Claim": func(tx ports.Tx) error {
			return err2(tx.Deployments().Claim(k.ctx, lb.ID, "run", tx.Now().Add(day)))
		},
		"Deployments.Release": func(tx ports.Tx) error { return tx.Deployments().Release(k.ctx, lb.ID, fence) },
		"Deployments.Insert":  func(tx ports.Tx) error { return tx.Deployments().Insert(k.ctx, dep, fence) },
		"Deployments.Save":    func(tx ports.Tx) error { return tx.Deployments().Save(k.ctx, dep, fence) },
		"Deployments.Append":  func(tx ports.Tx) error { return tx.Deployments().Append(k.ctx, dep.ID, "x", fence) },
		"Deployments.SetStatus": func(tx ports.Tx) error {
			return tx.Deployments().SetStatus(k.ctx, lb.ID, target.Status{Observed: 9}, fence)
		},
		"Deployments.ResetAttempts": func(tx ports.Tx) error { return tx.Deployments().ResetAttempts(k.ctx, lb.ID) },
		"Deployments.Plan":          func(tx ports.Tx) error { return tx.Deployments().Plan(k.ctx, lb.ID, start, start) },
		"Deployments.Get":           func(tx ports.Tx) error { return err2(tx.Deployments().Get(k.ctx, dep.ID)) },
		"PushTokens.Insert": func(tx ports.Tx) error {
			return tx.PushTokens().Insert(k.ctx, target.Token{ID: "pt_x", Target: t.ID, Hash: k.hash(), CreatedAt: start})
		},
		"PushTokens.Expire":   func(tx ports.Tx) error { return tx.PushTokens().Expire(k.ctx, tok.ID, start) },
		"PushTokens.Delete":   func(tx ports.Tx) error { return tx.PushTokens().Delete(k.ctx, tok.ID) },
		"IngestTokens.Get":    func(tx ports.Tx) error { return err2(tx.IngestTokens().Get(k.ctx, it.ID)) },
		"IngestTokens.Delete": func(tx ports.Tx) error { return tx.IngestTokens().Delete(k.ctx, it.ID) },
		"IngestTokens.Insert": func(tx ports.Tx) error {
			return tx.IngestTokens().Insert(k.ctx, tenant.IngestToken{ID: "it_x", Hash: k.hash(), Group: g.ID, CreatedAt: start})
		},
		"APITokens.Insert": func(tx ports.Tx) error {
			return tx.APITokens().Insert(k.ctx, tenant.APIToken{ID: "at_x", User: kim.ID, Hash: k.hash(), CreatedAt: start})
		},
		"APITokens.DeleteOf": func(tx ports.Tx) error {
			n, err := tx.APITokens().DeleteOf(k.ctx, kim.ID)
			if err == nil && n == 0 {
				return fault.Missing("token") // none of another workspace's
			}
			return err
		},
		"APITokens.Delete": func(tx ports.Tx) error { return tx.APITokens().Delete(k.ctx, kim.ID, api.ID) },
		"Invites.Get":      func(tx ports.Tx) error { return err2(tx.Invites().Get(k.ctx, invite.ID)) },
		"Invites.Delete":   func(tx ports.Tx) error { return tx.Invites().Delete(k.ctx, invite.ID) },
		"Members.Get":      func(tx ports.Tx) error { return err2(tx.Members().Get(k.ctx, kim.ID)) },
		"Members.SetRole":  func(tx ports.Tx) error { return tx.Members().SetRole(k.ctx, kim.ID, tenant.Viewer) },
		"Members.Delete":   func(tx ports.Tx) error { return tx.Members().Delete(k.ctx, kim.ID) },
	} {
		if err := k.try(id, do); fault.KindOf(err) != fault.NotFound {
			k.Errorf("%s with a foreign id: got %v, want not found", name, err)
		}
	}

	k.update(id, func(tx ports.Tx) error { // those that answer lists answer empty ones
		lists := map[string]int{}
		as, err := tx.Artifacts().List(k.ctx, artifact.Query{Group: g.ID})
		k.ok(err)
		lists["Artifacts.List"] = len(as.Items)
		gs, err := tx.Generations().List(k.ctx, g.ID)
		k.ok(err)
		lists["Generations.List"] = len(gs)
		gs, err = tx.Generations().Using(k.ctx, gen.Leaf)
		k.ok(err)
		lists["Generations.Using"] = len(gs)
		gs, err = tx.Generations().WaitingFor(k.ctx, gen.LeafSPKI, g.ID)
		k.ok(err)
		lists["Generations.WaitingFor"] = len(gs)
		ns, err := tx.Generations().OnTargets(k.ctx, g.ID)
		k.ok(err)
		lists["Generations.OnTargets"] = len(ns)
		pws, err := tx.Groups().Passwords(k.ctx, g.ID, 9)
		k.ok(err)
		lists["Groups.Passwords"] = len(pws)
		ts, err := tx.Targets().List(k.ctx, target.Query{Group: g.ID})
		k.ok(err)
		lists["Targets.List"] = len(ts.Items)
		ds, _, err := tx.Deployments().List(k.ctx, lb.ID, "", 9)
		k.ok(err)
		lists["Deployments.List"] = len(ds)
		secrets, err := tx.Deployments().Secrets(k.ctx, lb.ID)
		k.ok(err)
		lists["Deployments.Secrets"] = len(secrets)
		ofGroup, err := tx.Deployments().OfGroup(k.ctx, g.ID, "", 9)
		k.ok(err)
		lists["Deployments.OfGroup"] = len(ofGroup)
		k.ok(tx.Deployments().DropSecrets(k.ctx, lb.ID, []string{"password"}))
		k.ok(tx.Deployments().Prune(k.ctx, lb.ID, 0))
		toks, err := tx.PushTokens().List(k.ctx, t.ID)
		k.ok(err)
		lists["PushTokens.List"] = len(toks)
		apis, _, err := tx.APITokens().List(k.ctx, kim.ID, 9, "")
		k.ok(err)
		lists["APITokens.List"] = len(apis)
		its, _, err := tx.IngestTokens().List(k.ctx, tenant.IngestTokenQuery{Limit: 9})
		k.ok(err)
		lists["IngestTokens.List"] = len(its)
		ms, err := tx.Members().List(k.ctx)
		k.ok(err)
		lists["Members.List"] = len(ms)
		ins, err := tx.Invites().List(k.ctx)
		k.ok(err)
		lists["Invites.List"] = len(ins)
		ends, n, err := tx.Summary().Expiring(k.ctx, at(1e9), 9)
		k.ok(err)
		same(k, idsOf(ends), []artifact.ID{own.ID})
		lists["Summary.Expiring"] = n - 1
		ends, err = tx.Summary().Between(k.ctx, start, at(1e9), 9)
		k.ok(err)
		lists["Summary.Between"] = len(ends) - 1
		hours, err := tx.Summary().Calendar(k.ctx, start, at(1e9))
		k.ok(err)
		lists["Summary.Calendar"] = len(hours) - 1
		todo, n, err := tx.Summary().Attention(k.ctx, 9)
		k.ok(err)
		lists["Summary.Attention"] = len(todo) + n
		late, states, err := tx.Summary().Behind(k.ctx, 9)
		k.ok(err)
		lists["Summary.Behind"] = len(late) + states[target.StateNever] + states[target.StateBehind] + states[target.StateUpToDate]
		for name, n := range lists {
			if n != 0 {
				k.Errorf("%s answers %d rows of another tenant", name, n)
			}
		}
		k.ok(tx.Forms().DropKeyed(k.ctx, gen.ID))
		return tx.Idempotency().Release(k.ctx, "k", "theirs")
	})
	same(k, k.state(victim, g.ID, t.ID, lb.ID, dep.ID), before)
	same(k, k.reserve(victim, "again", "body", time.Hour, day).Granted, false)
}

// state is what can be seen of a tenant.
func (k *kit) state(id tenant.ID, groupID, targetID, deployedID, deploymentID string) (out []any) {
	k.view(id, func(tx ports.Tx) error {
		g, err := tx.Groups().Get(k.ctx, groupID)
		k.ok(err)
		gens, err := tx.Generations().List(k.ctx, groupID)
		k.ok(err)
		f, err := tx.Forms().Find(k.ctx, group.FormKey{Generation: gens[0].ID, Kind: group.FormBundle})
		k.ok(err)
		t, err := tx.Targets().Get(k.ctx, targetID)
		k.ok(err)
		as, err := tx.Artifacts().List(k.ctx, artifact.Query{})
		k.ok(err)
		ms, err := tx.Members().List(k.ctx)
		k.ok(err)
		pws, err := tx.Groups().Passwords(k.ctx, groupID, 9)
		k.ok(err)
		ins, err := tx.Invites().List(k.ctx)
		k.ok(err)
		counts, err := tx.Summary().Counts(k.ctx)
		k.ok(err)
		lb, err := tx.Targets().Get(k.ctx, deployedID)
		k.ok(err)
		secrets, err := tx.Deployments().Secrets(k.ctx, deployedID)
		k.ok(err)
		d, err := tx.Deployments().Get(k.ctx, deploymentID)
		k.ok(err)
		out = []any{g, gens, f, t, as, ms, pws, ins, counts, *lb.Deploy, secrets, d}
		return nil
	})
	return out
}
