package storagetest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/token"
	"github.com/ignisfox/ignisfox/ports"
)

// start is the time that made-up things begin at.
var start = time.Date(2020, 5, 1, 12, 0, 0, 123456000, time.UTC)

// kit makes things and asks questions of a store.
type kit struct {
	*testing.T
	s   ports.Store
	ctx context.Context
	n   int
}

func newKit(t *testing.T, s ports.Store) *kit { return &kit{T: t, s: s, ctx: t.Context()} }

// next answers a number that was not answered before.
func (k *kit) next() int {
	k.n++
	return k.n
}

// at is the n-th second after start.
func at(n int) time.Time { return start.Add(time.Duration(n) * time.Second) }

// newID answers ids that sort by time of making.
func (k *kit) newID(prefix string) string {
	return id.New(prefix, start.Add(time.Duration(k.next())*time.Millisecond))
}

func (k *kit) hash() token.Hash { return sha256.Sum256(fmt.Append(nil, k.Name(), k.next())) }

func (k *kit) hex() string { return fmt.Sprintf("%x", k.hash()) }

func (k *kit) ok(err error) {
	k.Helper()
	if err != nil {
		k.Fatal(err)
	}
}

// fails wants a Fault of that kind and code; an empty code stands for any.
func (k *kit) fails(err error, kind fault.Kind, code string) {
	k.Helper()
	var f *fault.Fault
	if !errors.As(err, &f) {
		k.Fatalf("got %v, want a fault %q", err, code)
	}
	if f.Kind != kind || code != "" && f.Code != code {
		k.Fatalf("got kind %d code %s (%v), want kind %d code %s", f.Kind, f.Code, err, kind, code)
	}
}

func (k *kit) missing(err error) {
	k.Helper()
	k.fails(err, fault.NotFound, "")
}

// same wants two values to be deeply equal.
func same[T any](k *kit, got, want T) {
	k.Helper()
	if !reflect.DeepEqual(got, want) {
		k.Fatalf("got  %+v\nwant %+v", got, want)
	}
}

func (k *kit) try(id tenant.ID, fn func(tx ports.Tx) error) error {
	return k.s.Tenant(id).Update(k.ctx, fn)
}

func (k *kit) update(id tenant.ID, fn func(tx ports.Tx) error) {
	k.Helper()
	k.ok(k.try(id, fn))
}

func (k *kit) view(id tenant.ID, fn func(tx ports.Tx) error) {
	k.Helper()
	k.ok(k.s.Tenant(id).View(k.ctx, fn))
}

func (k *kit) platform(fn func(tx ports.PlatformTx) error) {
	k.Helper()
	k.ok(k.s.Platform().Update(k.ctx, fn))
}

// tenant makes a workspace.
func (k *kit) tenant() tenant.ID {
	k.Helper()
	id := tenant.ID(k.newID("tn"))
	k.platform(func(tx ports.PlatformTx) error {
		t := tenant.Tenant{ID: id, Name: "Workspace " + string(id), TimeZone: "UTC", CreatedAt: start}
		return tx.Tenants().Insert(k.ctx, t, ports.WrappedKeyset{KEK: "0badcafe", Blob: []byte(id)})
	})
	return id
}

// user makes a person who can sign in.
func (k *kit) user() tenant.User {
	k.Helper()
	u := tenant.User{ID: tenant.UserID(k.newID("us")), Name: "Kim", PasswordHash: "$argon2id$x", CreatedAt: start}
	u.Email = string(u.ID) + "@Example.com"
	k.platform(func(tx ports.PlatformTx) error { return tx.Users().Insert(k.ctx, u) })
	return u
}

// member makes a person a member.
func (k *kit) member(id tenant.ID, r tenant.Role) tenant.User {
	k.Helper()
	u := k.user()
	k.update(id, func(tx ports.Tx) error {
		return tx.Members().Insert(k.ctx, tenant.Member{User: u.ID, Role: r, CreatedAt: start})
	})
	return u
}

// cert makes up a certificate row, not stored yet.
func (k *kit) cert(name string) artifact.Artifact {
	return artifact.Artifact{
		ID: artifact.ID(k.newID("ar")), Kind: cert.KindCert, Name: name, Fingerprint: k.hex(), SPKI: k.hex(), Identity: k.hex(),
		Source: artifact.SourceUpload, CreatedAt: at(k.n), NotBefore: start, NotAfter: at(1e6),
	}
}

// key makes up a private key row, not stored yet.
func (k *kit) key(name string) artifact.Artifact {
	a := k.cert(name)
	a.Kind, a.Fingerprint, a.HoldsKey = cert.KindKey, "", true
	a.NotBefore, a.NotAfter = time.Time{}, time.Time{}
	return a
}

// store inserts rows, each with its name as the payload.
func (k *kit) store(id tenant.ID, as ...artifact.Artifact) {
	k.Helper()
	k.update(id, func(tx ports.Tx) error {
		for _, a := range as {
			if err := tx.Artifacts().Insert(k.ctx, a, []byte("sealed "+a.Name)); err != nil {
				return err
			}
		}
		return nil
	})
}

// group makes a group.
func (k *kit) group(id tenant.ID, name string) group.Group {
	k.Helper()
	g := group.Group{ID: k.newID("gr"), Name: name, CreatedAt: at(k.n)}
	k.update(id, func(tx ports.Tx) error { return tx.Groups().Insert(k.ctx, g) })
	return g
}

// generation makes a generation with certificate and key of its own.
func (k *kit) generation(id tenant.ID, groupID string) group.Generation {
	k.Helper()
	leaf, key, link := k.cert("leaf"), k.key("key"), k.cert("link")
	key.SPKI = leaf.SPKI
	k.store(id, leaf, key, link)
	g := group.Generation{ID: k.newID("gn"), Group: groupID, Leaf: leaf.ID, LeafSPKI: leaf.SPKI, Key: key.ID,
		Chain: []artifact.ID{link.ID}, Source: artifact.SourceUpload, CreatedAt: at(k.n)}
	k.update(id, func(tx ports.Tx) (err error) {
		if g.Number, err = tx.Groups().NextNumber(k.ctx, groupID); err != nil {
			return err
		}
		return tx.Generations().Insert(k.ctx, g)
	})
	return g
}

// current makes a generation that the group points at.
func (k *kit) current(id tenant.ID, groupID string) group.Generation {
	k.Helper()
	g := k.generation(id, groupID)
	k.update(id, func(tx ports.Tx) error { return tx.Groups().Point(k.ctx, groupID, g.Number) })
	g.Current = true
	return g
}

// target makes a pull target.
func (k *kit) target(id tenant.ID, groupID string) target.Target {
	k.Helper()
	t := target.Target{ID: k.newID("tg"), Name: "web", Type: target.TypePull, Group: groupID, CreatedAt: at(k.n),
		Settings: target.Settings{PFXPreset: cert.PresetModern}}
	k.update(id, func(tx ports.Tx) error { return tx.Targets().Insert(k.ctx, t) })
	return t
}

// pushToken makes a token of a target.
func (k *kit) pushToken(id tenant.ID, targetID string) target.Token {
	k.Helper()
	t := target.Token{ID: k.newID("pt"), Target: targetID, Hash: k.hash(), Display: "pt_…abcd", CreatedAt: at(k.n)}
	k.update(id, func(tx ports.Tx) error { return tx.PushTokens().Insert(k.ctx, t) })
	return t
}

// epoch reads the epoch.
func (k *kit) epoch() int64 {
	k.Helper()
	v, err := k.s.Epoch(k.ctx)
	k.ok(err)
	return v
}
