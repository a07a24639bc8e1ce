package storagetest

import (
	"errors"
	"sync"
	"sync/atomic"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/token"
	"github.com/ignisfox/ignisfox/ports"
)

func authenticatorRows(k *kit) {
	kim, lee := k.user(), k.user()
	a := tenant.Authenticator{ID: k.newID("au"), User: kim.ID, Sealed: []byte{0, 1}, CreatedAt: start}
	k.platform(func(tx ports.PlatformTx) error {
		_, err := tx.Factors().Authenticator(k.ctx, kim.ID)
		k.missing(err)
		k.ok(tx.Factors().DeleteAuthenticator(k.ctx, kim.ID)) // nothing to delete
		k.ok(tx.Factors().PutAuthenticator(k.ctx, a))
		got, err := tx.Factors().Authenticator(k.ctx, kim.ID)
		k.ok(err)
		same(k, got, a)
		a.ConfirmedAt, a.LastStep = at(5), 58_000_000_000
		a.WrongCodes, a.WrongAt, a.NextID, a.NextSealed = 21, at(7), k.newID("au"), []byte{3, 0}
		k.ok(tx.Factors().PutAuthenticator(k.ctx, a))
		got, err = tx.Factors().Authenticator(k.ctx, kim.ID)
		k.ok(err)
		same(k, got, a)
		next := tenant.Authenticator{ID: k.newID("au"), User: kim.ID, Sealed: []byte{2}, CreatedAt: at(6)}
		k.ok(tx.Factors().PutAuthenticator(k.ctx, next))
		got, err = tx.Factors().Authenticator(k.ctx, kim.ID)
		k.ok(err)
		same(k, got, next)
		_, err = tx.Factors().Authenticator(k.ctx, lee.ID)
		k.missing(err)
		k.ok(tx.Factors().DeleteAuthenticator(k.ctx, lee.ID))
		_, err = tx.Factors().Authenticator(k.ctx, kim.ID)
		k.ok(err)
		k.ok(tx.Factors().DeleteAuthenticator(k.ctx, kim.ID))
		_, err = tx.Factors().Authenticator(k.ctx, kim.ID)
		k.missing(err)
		return nil
	})
	k.missing(k.s.Platform().Update(k.ctx, func(tx ports.PlatformTx) error {
		return tx.Factors().PutAuthenticator(k.ctx, tenant.Authenticator{ID: k.newID("au"), User: "us_nosuch", CreatedAt: start})
	}))
}

// A code is taken once, however many present it at the same moment.
func codesAreTakenOnce(k *kit) {
	kim := k.user()
	a := tenant.Authenticator{ID: k.newID("au"), User: kim.ID, Sealed: []byte("s"), ConfirmedAt: start, CreatedAt: start}
	k.platform(func(tx ports.PlatformTx) error { return tx.Factors().PutAuthenticator(k.ctx, a) })
	for step := int64(1000); step < 1010; step++ {
		same(k, k.atOnce(func(tx ports.PlatformTx) (bool, error) {
			got, err := tx.Factors().Authenticator(k.ctx, kim.ID)
			if err != nil || got.LastStep >= step {
				return false, err
			}
			got.LastStep = step
			return true, tx.Factors().PutAuthenticator(k.ctx, got)
		}), 1)
	}

	code := k.hash()
	k.platform(func(tx ports.PlatformTx) error {
		return tx.Factors().SetRecoveryCodes(k.ctx, kim.ID, []token.Hash{code})
	})
	same(k, k.atOnce(func(tx ports.PlatformTx) (bool, error) { return tx.Factors().SpendRecoveryCode(k.ctx, kim.ID, code) }), 1)

	c := tenant.Ceremony{Hash: k.hash(), Kind: "sign_in", ExpiresAt: at(60)}
	k.platform(func(tx ports.PlatformTx) error { return tx.Ceremonies().Put(k.ctx, c) })
	same(k, k.atOnce(func(tx ports.PlatformTx) (bool, error) {
		_, err := tx.Ceremonies().Take(k.ctx, c.Hash, start)
		if fault.KindOf(err) == fault.NotFound {
			return false, nil
		}
		return err == nil, err
	}), 1)

	link := k.hash()
	k.platform(func(tx ports.PlatformTx) error { return tx.SetupLinks().Insert(k.ctx, link, at(60)) })
	same(k, k.atOnce(func(tx ports.PlatformTx) (bool, error) {
		_, err := tx.SetupLinks().Expires(k.ctx, link)
		if fault.KindOf(err) == fault.NotFound {
			return false, nil
		}
		return true, errors.Join(err, tx.SetupLinks().DeleteAll(k.ctx))
	}), 1)

	first := tenant.User{ID: tenant.UserID(k.newID("us")), Name: "Kim", PasswordHash: "$argon2id$x", CreatedAt: start}
	first.Email = string(first.ID) + "@example.com"
	same(k, k.atOnce(func(tx ports.PlatformTx) (bool, error) {
		if err := tx.SetupLinks().DeleteAll(k.ctx); err != nil { // there is none
			return false, err
		}
		_, err := tx.Users().ByEmail(k.ctx, first.Email)
		if fault.KindOf(err) != fault.NotFound {
			return false, err
		}
		return true, tx.Users().Insert(k.ctx, first)
	}), 1)
}

// atOnce runs do in several transactions at the same time and answers how many of them it was true in.
func (k *kit) atOnce(do func(tx ports.PlatformTx) (bool, error)) int {
	k.Helper()
	const many = 8
	errs := make([]error, many)
	var won atomic.Int32
	var begin, wg sync.WaitGroup
	begin.Add(many)
	for i := range many {
		wg.Go(func() {
			begin.Done()
			begin.Wait()
			mine := false
			errs[i] = k.s.Platform().Update(k.ctx, func(tx ports.PlatformTx) (err error) {
				mine, err = do(tx)
				return err
			})
			if mine && errs[i] == nil {
				won.Add(1)
			}
		})
	}
	wg.Wait()
	k.ok(errors.Join(errs...))
	return int(won.Load())
}

func passkeyRows(k *kit) {
	kim, lee := k.user(), k.user()
	a := tenant.Passkey{ID: k.newID("pk"), User: kim.ID, Name: "Laptop", CredentialID: []byte{0, 1, 2}, Data: []byte(`{"a":1}`), CreatedAt: at(2)}
	b := tenant.Passkey{ID: k.newID("pk"), User: kim.ID, Name: "Phone", CredentialID: []byte{3}, Data: []byte("b"), CreatedAt: at(1), LastAt: at(7)}
	theirs := tenant.Passkey{ID: k.newID("pk"), User: lee.ID, Name: "Key", CredentialID: []byte{4}, Data: []byte("c"), CreatedAt: at(1)}
	k.platform(func(tx ports.PlatformTx) error {
		for _, p := range []tenant.Passkey{a, b, theirs} {
			k.ok(tx.Factors().InsertPasskey(k.ctx, p))
		}
		again := theirs
		again.ID, again.CredentialID = k.newID("pk"), a.CredentialID
		k.fails(tx.Factors().InsertPasskey(k.ctx, again), fault.Conflict, "passkey_known")
		list, err := tx.Factors().Passkeys(k.ctx, kim.ID)
		k.ok(err)
		same(k, list, []tenant.Passkey{b, a}) // oldest first
		got, err := tx.Factors().ByCredential(k.ctx, a.CredentialID)
		k.ok(err)
		same(k, got, a)
		_, err = tx.Factors().ByCredential(k.ctx, []byte{9})
		k.missing(err)
		_, err = tx.Factors().ByCredential(k.ctx, nil)
		k.missing(err)

		a.Name, a.Data, a.LastAt = "Old laptop", []byte("next"), at(9)
		k.ok(tx.Factors().UpdatePasskey(k.ctx, a))
		got, err = tx.Factors().ByCredential(k.ctx, a.CredentialID)
		k.ok(err)
		same(k, got, a)
		stolen := theirs
		stolen.User = kim.ID
		k.missing(tx.Factors().UpdatePasskey(k.ctx, stolen))
		k.missing(tx.Factors().DeletePasskey(k.ctx, kim.ID, theirs.ID))
		k.ok(tx.Factors().DeletePasskey(k.ctx, kim.ID, a.ID))
		k.missing(tx.Factors().DeletePasskey(k.ctx, kim.ID, a.ID))
		k.missing(tx.Factors().UpdatePasskey(k.ctx, a))
		_, err = tx.Factors().ByCredential(k.ctx, a.CredentialID)
		k.missing(err)
		return nil
	})
	k.missing(k.s.Platform().Update(k.ctx, func(tx ports.PlatformTx) error {
		return tx.Factors().InsertPasskey(k.ctx, tenant.Passkey{ID: k.newID("pk"), User: "us_nosuch", CredentialID: []byte{8}, CreatedAt: start})
	}))
}

func recoveryCodes(k *kit) {
	kim, lee := k.user(), k.user()
	var codes []token.Hash
	for range tenant.RecoveryCodeCount {
		codes = append(codes, k.hash())
	}
	k.platform(func(tx ports.PlatformTx) error {
		f := tx.Factors()
		left := func(u tenant.UserID) int {
			n, err := f.RecoveryCodes(k.ctx, u)
			k.ok(err)
			return n
		}
		spend := func(u tenant.UserID, h token.Hash) bool {
			was, err := f.SpendRecoveryCode(k.ctx, u, h)
			k.ok(err)
			return was
		}
		same(k, left(kim.ID), 0)
		k.ok(f.SetRecoveryCodes(k.ctx, kim.ID, codes))
		k.ok(f.SetRecoveryCodes(k.ctx, lee.ID, codes[:1]))
		same(k, left(kim.ID), tenant.RecoveryCodeCount)
		same(k, spend(kim.ID, k.hash()), false)
		same(k, spend(lee.ID, codes[1]), false) // somebody else's
		same(k, spend(kim.ID, codes[0]), true)
		same(k, spend(kim.ID, codes[0]), false)
		same(k, left(kim.ID), tenant.RecoveryCodeCount-1)
		same(k, left(lee.ID), 1)
		fresh := k.hash()
		k.ok(f.SetRecoveryCodes(k.ctx, kim.ID, []token.Hash{fresh}))
		same(k, left(kim.ID), 1)
		same(k, spend(kim.ID, codes[1]), false)
		k.ok(f.SetRecoveryCodes(k.ctx, kim.ID, nil))
		same(k, left(kim.ID), 0)
		return nil
	})
	k.missing(k.s.Platform().Update(k.ctx, func(tx ports.PlatformTx) error {
		return tx.Factors().SetRecoveryCodes(k.ctx, "us_nosuch", codes)
	}))
}

func ceremonyRows(k *kit) {
	kim := k.user()
	mine := tenant.Ceremony{Hash: k.hash(), Kind: "enrol", User: kim.ID, Data: []byte{0, 1}, ExpiresAt: at(60)}
	anybody := tenant.Ceremony{Hash: k.hash(), Kind: "sign_in", Data: []byte("x"), ExpiresAt: at(60)}
	k.platform(func(tx ports.PlatformTx) error {
		k.ok(tx.Ceremonies().Put(k.ctx, mine))
		k.ok(tx.Ceremonies().Put(k.ctx, anybody))
		_, err := tx.Ceremonies().Take(k.ctx, k.hash(), start)
		k.missing(err)
		_, err = tx.Ceremonies().Take(k.ctx, mine.Hash, at(60)) // its time has come
		k.missing(err)
		got, err := tx.Ceremonies().Take(k.ctx, mine.Hash, at(59))
		k.ok(err)
		same(k, got, mine)
		_, err = tx.Ceremonies().Take(k.ctx, mine.Hash, at(59))
		k.missing(err)
		got, err = tx.Ceremonies().Take(k.ctx, anybody.Hash, start)
		k.ok(err)
		same(k, got, anybody)
		return nil
	})
	k.missing(k.s.Platform().Update(k.ctx, func(tx ports.PlatformTx) error {
		return tx.Ceremonies().Put(k.ctx, tenant.Ceremony{Hash: k.hash(), Kind: "enrol", User: "us_nosuch", ExpiresAt: at(60)})
	}))
}

// A person has one ceremony of each kind, the last that was begun; of others, of other kinds and of strangers none goes.
func oneCeremonyOfAKind(k *kit) {
	kim, lee := k.user(), k.user()
	put := func(kind string, u tenant.UserID) tenant.Ceremony {
		c := tenant.Ceremony{Hash: k.hash(), Kind: kind, User: u, Data: []byte(kind), ExpiresAt: at(60)}
		k.platform(func(tx ports.PlatformTx) error { return tx.Ceremonies().Put(k.ctx, c) })
		return c
	}
	first := put("confirm", kim.ID)
	stay := []tenant.Ceremony{put("enrol", kim.ID), put("confirm", lee.ID), put("sign_in", ""), put("sign_in", ""), put("confirm", kim.ID)}
	k.platform(func(tx ports.PlatformTx) error {
		_, err := tx.Ceremonies().Take(k.ctx, first.Hash, start)
		k.missing(err)
		for _, c := range stay {
			got, err := tx.Ceremonies().Take(k.ctx, c.Hash, start)
			k.ok(err)
			same(k, got, c)
		}
		return nil
	})
	hashes := make([]token.Hash, 200) // more than there are transactions, since one may be run again
	for i := range hashes {
		hashes[i] = k.hash()
	}
	var n atomic.Int32
	k.atOnce(func(tx ports.PlatformTx) (bool, error) {
		c := tenant.Ceremony{Hash: hashes[n.Add(1)-1], Kind: "enrol", User: kim.ID, ExpiresAt: at(60)}
		return true, tx.Ceremonies().Put(k.ctx, c)
	})
	live := 0
	k.platform(func(tx ports.PlatformTx) error {
		live = 0
		for _, h := range hashes {
			if _, err := tx.Ceremonies().Take(k.ctx, h, start); err == nil {
				live++
			}
		}
		return nil
	})
	same(k, live, 1)
}

func setupLinkRows(k *kit) {
	a, b := k.hash(), k.hash()
	k.platform(func(tx ports.PlatformTx) error {
		k.ok(tx.SetupLinks().DeleteAll(k.ctx)) // none there
		k.ok(tx.SetupLinks().Insert(k.ctx, a, at(1)))
		k.ok(tx.SetupLinks().Insert(k.ctx, b, at(2)))
		end, err := tx.SetupLinks().Expires(k.ctx, b)
		k.ok(err)
		same(k, end, at(2))
		_, err = tx.SetupLinks().Expires(k.ctx, k.hash())
		k.missing(err)
		k.ok(tx.SetupLinks().DeleteAll(k.ctx))
		for _, h := range []token.Hash{a, b} {
			_, err = tx.SetupLinks().Expires(k.ctx, h)
			k.missing(err)
		}
		return nil
	})
}
