package storagetest

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/token"
	"github.com/ignisfox/ignisfox/ports"
)

// session makes up a session that was last seen n seconds after start, not stored yet.
func (k *kit) session(u tenant.UserID, in tenant.ID, n int) tenant.Session {
	return tenant.Session{ID: k.newID("se"), User: u, Tenant: in, Hash: k.hash(), CreatedAt: start, LastAt: at(n), AuthAt: at(n),
		ExpiresAt: at(1e6), Stay: true, Address: netip.MustParseAddr("192.0.2.7"), Agent: "Firefox on Linux"}
}

// signIn stores sessions.
func (k *kit) signIn(ss ...tenant.Session) {
	k.Helper()
	k.platform(func(tx ports.PlatformTx) error {
		for _, s := range ss {
			if err := tx.Sessions().Insert(k.ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
}

// sessionIDs answers what the list of a person's sessions shows.
func (k *kit) sessionIDs(u tenant.UserID) (ids []string) {
	k.Helper()
	k.ok(k.s.Platform().View(k.ctx, func(tx ports.PlatformTx) error {
		list, err := tx.Sessions().List(k.ctx, u)
		for _, s := range list {
			ids = append(ids, s.ID)
		}
		return err
	}))
	return ids
}

func sessionRows(k *kit) {
	id, other := k.tenant(), k.tenant()
	kim, lee := k.member(id, tenant.Owner), k.member(id, tenant.Viewer)
	a, b, theirs := k.session(kim.ID, id, 10), k.session(kim.ID, "", 20), k.session(lee.ID, id, 30)
	pending := k.session(kim.ID, "", 40)
	pending.Pending, pending.Tries, pending.Stay, pending.Address = true, 2, false, netip.Addr{}
	b.Strong, b.Previous, b.PreviousUntil = true, k.hash(), at(25)
	k.signIn(a, b, theirs, pending)
	same(k, k.sessionIDs(kim.ID), []string{b.ID, a.ID}) // last seen first, without the pending one
	k.platform(func(tx ports.PlatformTx) error {
		for _, want := range []tenant.Session{a, b, theirs, pending} {
			got, err := tx.Sessions().Get(k.ctx, want.ID)
			k.ok(err)
			same(k, got, want)
		}
		_, err := tx.Sessions().Get(k.ctx, "se_nosuch")
		k.missing(err)

		// The second factor was given: the browser has another cookie, and the old one is nothing.
		old := pending.Hash
		pending.Hash, pending.Tenant, pending.Pending, pending.Tries = k.hash(), other, false, 0
		pending.AuthAt, pending.LastAt, pending.ExpiresAt = at(50), at(51), at(2e6)
		pending.Strong, pending.Previous, pending.PreviousUntil = true, old, at(60)
		k.ok(tx.Sessions().Update(k.ctx, pending))
		got, err := tx.Sessions().Get(k.ctx, pending.ID)
		k.ok(err)
		same(k, got, pending)
		bent := pending
		bent.Agent, bent.Stay, bent.CreatedAt = "x", true, at(5) // what Update does not store
		k.ok(tx.Sessions().Update(k.ctx, bent))
		got, err = tx.Sessions().Get(k.ctx, pending.ID)
		k.ok(err)
		same(k, got, pending)
		bent.User = lee.ID
		k.missing(tx.Sessions().Update(k.ctx, bent))
		bent.Hash = old
		return nil
	})
	same(k, k.sessionIDs(kim.ID), []string{pending.ID, b.ID, a.ID})

	k.platform(func(tx ports.PlatformTx) error {
		k.missing(tx.Sessions().Delete(k.ctx, kim.ID, theirs.ID))
		k.missing(tx.Sessions().Delete(k.ctx, kim.ID, "se_nosuch"))
		k.ok(tx.Sessions().Delete(k.ctx, kim.ID, a.ID))
		k.missing(tx.Sessions().Delete(k.ctx, kim.ID, a.ID))
		k.missing(tx.Sessions().Update(k.ctx, a))
		n, err := tx.Sessions().DeleteAll(k.ctx, kim.ID, b.ID)
		k.ok(err)
		same(k, n, 1)
		n, err = tx.Sessions().DeleteAll(k.ctx, kim.ID, "")
		k.ok(err)
		same(k, n, 1)
		return nil
	})
	same(k, len(k.sessionIDs(kim.ID)), 0)
	same(k, k.sessionIDs(lee.ID), []string{theirs.ID})
	k.missing(k.s.Platform().Update(k.ctx, func(tx ports.PlatformTx) error {
		return tx.Sessions().Insert(k.ctx, k.session("us_nosuch", "", 1))
	}))
}

// The fiftieth session is kept, the fifty-first ends the one that was not seen for longest; sign-ins that still wait for a second
// factor end no session of anybody.
func sessionsAreBounded(k *kit) {
	kim, lee := k.user(), k.user()
	first := k.session(lee.ID, "", 0)
	k.signIn(first)
	var all []tenant.Session
	for i := range tenant.MaxSessions {
		all = append(all, k.session(kim.ID, "", 1000+(i*7)%tenant.MaxSessions)) // not seen in the order of making
	}
	k.signIn(all...)
	same(k, len(k.sessionIDs(kim.ID)), tenant.MaxSessions)
	for range tenant.MaxSessions + 5 {
		s := k.session(kim.ID, "", 5000)
		s.Pending = true
		k.signIn(s)
	}
	before := k.sessionIDs(kim.ID)
	same(k, len(before), tenant.MaxSessions)
	late := k.session(kim.ID, "", 1) // new, though not seen since long: it is not the one to go
	k.signIn(late)
	after := k.sessionIDs(kim.ID)
	same(k, after, append(before[:tenant.MaxSessions-1:tenant.MaxSessions-1], late.ID))

	// A pending one that becomes whole counts from there on.
	s := k.session(kim.ID, "", 6000)
	s.Pending = true
	k.signIn(s)
	s.Pending = false
	k.platform(func(tx ports.PlatformTx) error { return tx.Sessions().Update(k.ctx, s) })
	same(k, k.sessionIDs(kim.ID), append([]string{s.ID}, before[:tenant.MaxSessions-1]...))
	k.platform(func(tx ports.PlatformTx) error {
		n, err := tx.Sessions().DeleteAll(k.ctx, kim.ID, "")
		same(k, n, tenant.MaxSessions) // those that wait end too, uncounted
		return err
	})
	same(k, k.sessionIDs(lee.ID), []string{first.ID})
}

func sessionGrants(k *kit) {
	id, gone := k.tenant(), k.tenant()
	kim := k.user()
	kim.TimeZone, kim.DateFormat = "Asia/Tokyo", tenant.DateISO
	k.platform(func(tx ports.PlatformTx) error {
		k.ok(tx.Users().SetProfile(k.ctx, kim))
		k.ok(tx.In(gone).Members().Insert(k.ctx, tenant.Member{User: kim.ID, Role: tenant.Owner, CreatedAt: start}))
		return tx.In(id).Members().Insert(k.ctx, tenant.Member{User: kim.ID, Role: tenant.Editor, CreatedAt: start})
	})
	var w tenant.Tenant
	k.update(id, func(tx ports.Tx) (err error) {
		w, err = tx.Workspace().Get(k.ctx)
		k.ok(err)
		w.SecondFactor, w.ConfirmedAt = true, at(9)
		return tx.Workspace().Update(k.ctx, w)
	})
	s := k.session(kim.ID, id, 10)
	k.signIn(s)
	grant := func() tenant.SessionGrant {
		k.Helper()
		g, err := k.s.Lookup().SessionGrant(k.ctx, s.Hash)
		k.ok(err)
		return g
	}
	person := kim
	person.PasswordHash = ""
	k.platform(func(tx ports.PlatformTx) error {
		_, err := tx.Users().NoteWorkspace(k.ctx, kim.ID)
		return err
	})
	person.HadWorkspace = true
	want := tenant.SessionGrant{Session: s, Person: person, Workspace: w, Role: tenant.Editor}
	same(k, grant(), want)
	_, err := k.s.Lookup().SessionGrant(k.ctx, k.hash())
	k.missing(err)
	_, err = k.s.Lookup().APIGrant(k.ctx, s.Hash) // a cookie is no token
	k.missing(err)

	// The cookie before a new one finds the session too, and the one before that does not.
	renew := func() token.Hash {
		was := s.Hash
		s.Hash, s.Previous, s.PreviousUntil = k.hash(), was, at(20)
		k.platform(func(tx ports.PlatformTx) error { return tx.Sessions().Update(k.ctx, s) })
		want.Session = s
		return was
	}
	first := renew()
	second := renew()
	same(k, grant(), want)
	g, err := k.s.Lookup().SessionGrant(k.ctx, second)
	k.ok(err)
	same(k, g, want)
	_, err = k.s.Lookup().SessionGrant(k.ctx, first)
	k.missing(err)
	_, err = k.s.Lookup().SessionGrant(k.ctx, token.Hash{}) // what says that there is no previous one
	k.missing(err)

	// The role is that of this moment.
	k.update(id, func(tx ports.Tx) error { return tx.Members().SetRole(k.ctx, kim.ID, tenant.Owner) })
	want.Role = tenant.Owner
	same(k, grant(), want)
	k.update(id, func(tx ports.Tx) error { return tx.Members().Delete(k.ctx, kim.ID) })
	want.Role = ""
	same(k, grant(), want)

	// An authenticator counts once it is confirmed.
	auth := tenant.Authenticator{ID: k.newID("au"), User: kim.ID, Sealed: []byte("s"), CreatedAt: start}
	put := func(a tenant.Authenticator) {
		k.platform(func(tx ports.PlatformTx) error { return tx.Factors().PutAuthenticator(k.ctx, a) })
	}
	put(auth)
	same(k, grant(), want)
	auth.ConfirmedAt = at(3)
	put(auth)
	want.SecondFactor = true
	same(k, grant(), want)
	k.platform(func(tx ports.PlatformTx) error {
		k.ok(tx.Factors().DeleteAuthenticator(k.ctx, kim.ID))
		return tx.Factors().InsertPasskey(k.ctx, tenant.Passkey{ID: k.newID("pk"), User: kim.ID, CredentialID: []byte(kim.ID), CreatedAt: start})
	})
	same(k, grant(), want)

	// In no workspace, and in one that is deleted.
	use := func(in tenant.ID) {
		s.Tenant = in
		want.Session = s
		k.platform(func(tx ports.PlatformTx) error { return tx.Sessions().Update(k.ctx, s) })
	}
	use("")
	want.Workspace = tenant.Tenant{}
	same(k, grant(), want)
	use(gone)
	same(k, grant().Role, tenant.Owner)
	k.platform(func(tx ports.PlatformTx) error { return tx.Tenants().Shred(k.ctx, gone) })
	same(k, grant(), want)

	k.platform(func(tx ports.PlatformTx) error { return tx.Users().Delete(k.ctx, kim.ID) })
	_, err = k.s.Lookup().SessionGrant(k.ctx, s.Hash)
	k.missing(err)
}

func sessionsSeen(k *kit) {
	id, other := k.tenant(), k.tenant()
	kim, lee := k.member(id, tenant.Owner), k.member(id, tenant.Viewer)
	k.update(other, func(tx ports.Tx) error {
		return tx.Members().Insert(k.ctx, tenant.Member{User: kim.ID, Role: tenant.Viewer, CreatedAt: start})
	})
	lastAt := func(in tenant.ID, u tenant.UserID) (seen time.Time) {
		k.view(in, func(tx ports.Tx) error {
			m, err := tx.Members().Get(k.ctx, u)
			seen = m.LastAt
			return err
		})
		return seen
	}
	same(k, lastAt(id, kim.ID), time.Time{})
	s, pending := k.session(kim.ID, id, 10), k.session(lee.ID, id, 10)
	pending.Pending = true
	k.signIn(s, pending)
	same(k, lastAt(id, kim.ID), at(10)) // signing in is being seen
	epoch := k.epoch()
	addr := netip.MustParseAddr("2001:db8::9")
	k.ok(k.s.Jobs().RecordSeen(k.ctx, nil))
	k.ok(k.s.Jobs().RecordSeen(k.ctx, []ports.SessionSeen{
		{ID: "se_nosuch", At: at(90)}, {ID: s.ID, At: at(70), Address: addr}, {ID: s.ID, At: at(60)}, {ID: pending.ID, At: at(80), Address: addr},
	}))
	k.ok(k.s.Jobs().RecordSeen(k.ctx, []ports.SessionSeen{{ID: s.ID, At: at(65)}})) // told late
	same(k, k.epoch(), epoch)
	s.LastAt, s.Address = at(70), addr
	k.ok(k.s.Platform().View(k.ctx, func(tx ports.PlatformTx) error {
		got, err := tx.Sessions().Get(k.ctx, s.ID)
		same(k, got, s)
		return err
	}))
	same(k, lastAt(id, kim.ID), at(70))
	same(k, lastAt(other, kim.ID), time.Time{}) // what a person does elsewhere is nobody's business here
	same(k, lastAt(id, lee.ID), time.Time{})    // whoever has not given the second factor was not there
}

// Every wrong code is counted, however many are tried at once.
func triesAreCounted(k *kit) {
	kim := k.user()
	s := k.session(kim.ID, "", 1)
	s.Pending = true
	k.signIn(s)
	const many = 12
	errs := make([]error, many)
	var wg sync.WaitGroup
	for i := range many {
		wg.Go(func() {
			errs[i] = k.s.Platform().Update(k.ctx, func(tx ports.PlatformTx) error {
				got, err := tx.Sessions().Get(k.ctx, s.ID)
				if err != nil {
					return err
				}
				got.Tries++
				return tx.Sessions().Update(k.ctx, got)
			})
		})
	}
	wg.Wait()
	k.ok(errors.Join(errs...))
	k.ok(k.s.Platform().View(k.ctx, func(tx ports.PlatformTx) error {
		got, err := tx.Sessions().Get(k.ctx, s.ID)
		same(k, got.Tries, many)
		return err
	}))
}

// sweepSessions shows what of people's browsers has had its time.
func sweepSessions(k *kit) {
	id, now := k.tenant(), at(1e6)
	kim := k.user()
	make := func(last, expires time.Duration) tenant.Session {
		s := k.session(kim.ID, "", 0)
		s.LastAt, s.ExpiresAt = now.Add(last), now.Add(expires)
		return s
	}
	stays, over, idle := make(-time.Hour, time.Second), make(-time.Hour, 0), make(-tenant.SessionIdle-2*time.Hour, time.Hour)
	edge := make(-tenant.SessionIdle, time.Hour) // may have been seen since, which is not written down yet
	k.signIn(stays, over, idle, edge)
	hash := func(n int) token.Hash { return token.Hash{byte(n)} }
	k.platform(func(tx ports.PlatformTx) error {
		for i, end := range []time.Duration{-time.Second, time.Second} {
			k.ok(tx.Ceremonies().Put(k.ctx, tenant.Ceremony{Hash: hash(i), Kind: "sign_in", ExpiresAt: now.Add(end)}))
			k.ok(tx.SetupLinks().Insert(k.ctx, hash(i), now.Add(end)))
			k.ok(tx.In(id).Invites().Insert(k.ctx, tenant.Invite{ID: fmt.Sprint("in_", i), Email: fmt.Sprint(i, "@example.com"),
				Role: tenant.Viewer, Hash: hash(i), CreatedAt: start, ExpiresAt: now.Add(end - 7*day)}))
		}
		return nil
	})
	total, rounds := 0, 0
	for n := 1; n > 0; rounds++ {
		var err error
		n, err = k.s.Jobs().Sweep(k.ctx, now, 1)
		k.ok(err)
		total += n
	}
	same(k, total, 5)
	same(k, rounds, 3) // one of each at a time
	same(k, k.sessionIDs(kim.ID), []string{stays.ID, edge.ID})
	k.platform(func(tx ports.PlatformTx) error {
		_, err := tx.SetupLinks().Expires(k.ctx, hash(0))
		k.fails(err, fault.NotFound, "")
		end, err := tx.SetupLinks().Expires(k.ctx, hash(1))
		k.ok(err)
		same(k, end, now.Add(time.Second))
		_, err = tx.Ceremonies().Take(k.ctx, hash(0), start)
		k.missing(err)
		_, err = tx.Ceremonies().Take(k.ctx, hash(1), start)
		k.ok(err)
		list, err := tx.In(id).Invites().List(k.ctx)
		k.ok(err)
		same(k, len(list), 1)
		same(k, list[0].ID, "in_1")
		return nil
	})
}
