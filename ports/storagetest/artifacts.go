package storagetest

import (
	"fmt"
	"slices"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

func artifactRows(k *kit) {
	id := k.tenant()
	g, other := k.group(id, "www.example.com"), k.group(id, "mail")
	full := artifact.Artifact{
		ID: artifact.ID(k.newID("ar")), Kind: cert.KindCert, Name: "Web", Filename: "www.pem", Group: g.ID, GroupName: g.Name,
		Subject: "www.example.com", SANs: []string{"www.example.com", "*.example.org"}, Issuer: "Test CA", Serial: "0a1b",
		NotBefore: start, NotAfter: at(90 * 86400), Fingerprint: k.hex(), SPKI: k.hex(), KeyType: "RSA", KeyBits: 2048, CA: true,
		HoldsKey: true, SubjectHash: k.hex(), IssuerHash: k.hex(), Identity: k.hex(), Size: 1234, Reason: "why",
		Warnings: []string{"weak_key"}, Source: artifact.SourceACME, CreatedAt: at(1), CreatedBy: "kim@example.com", CreatedByID: "us_1",
	}
	bare := artifact.Artifact{ID: artifact.ID(k.newID("ar")), Kind: cert.KindUnknown, Name: "x", CreatedAt: at(2)}
	k.store(id, full, bare)

	k.view(id, func(tx ports.Tx) error {
		got, err := tx.Artifacts().Get(k.ctx, full.ID)
		k.ok(err)
		same(k, got, full)
		got, err = tx.Artifacts().Get(k.ctx, bare.ID)
		k.ok(err)
		same(k, got, bare)
		sealed, err := tx.Artifacts().Payload(k.ctx, full.ID)
		k.ok(err)
		same(k, string(sealed), "sealed Web")
		return nil
	})

	k.update(id, func(tx ports.Tx) error {
		k.ok(tx.Artifacts().Rename(k.ctx, full.ID, "Shop"))
		k.ok(tx.Artifacts().Move(k.ctx, full.ID, other.ID))
		got, err := tx.Artifacts().Get(k.ctx, full.ID)
		k.ok(err)
		want := full
		want.Name, want.Group, want.GroupName = "Shop", other.ID, other.Name
		same(k, got, want)
		return nil
	})
	same(k, k.find(id, artifact.Query{Words: []string{"shop"}}), []artifact.ID{full.ID})
	same(k, k.find(id, artifact.Query{Words: []string{"web"}}), nil)
	same(k, k.find(id, artifact.Query{Words: []string{"test"}}), []artifact.ID{full.ID})

	k.update(id, func(tx ports.Tx) error {
		k.ok(tx.Artifacts().Move(k.ctx, full.ID, ""))
		got, err := tx.Artifacts().Get(k.ctx, full.ID)
		k.ok(err)
		same(k, got.Group+got.GroupName, "")
		k.ok(tx.Artifacts().Delete(k.ctx, full.ID))
		_, err = tx.Artifacts().Get(k.ctx, full.ID)
		k.missing(err)
		_, err = tx.Artifacts().Payload(k.ctx, full.ID)
		k.missing(err)
		k.missing(tx.Artifacts().Rename(k.ctx, full.ID, "x"))
		k.missing(tx.Artifacts().Move(k.ctx, full.ID, ""))
		k.missing(tx.Artifacts().Move(k.ctx, bare.ID, "gr_nosuch"))
		k.missing(tx.Artifacts().Delete(k.ctx, full.ID))
		return nil
	})
	same(k, k.find(id, artifact.Query{Words: []string{"shop"}}), nil)
}

// A duplicate is refused, and the transaction goes on: an upload of many files is not spoilt by one.
func artifactConflicts(k *kit) {
	id, other := k.tenant(), k.tenant()
	a, key := k.cert("a"), k.key("k")
	k.store(id, a, key)
	k.store(other, a, key) // another tenant may have the same
	k.update(id, func(tx ports.Tx) error {
		again := k.cert("again")
		again.Fingerprint = a.Fingerprint
		k.fails(tx.Artifacts().Insert(k.ctx, again, nil), fault.Conflict, "duplicate")
		keyAgain := k.key("again")
		keyAgain.SPKI = key.SPKI
		k.fails(tx.Artifacts().Insert(k.ctx, keyAgain, nil), fault.Conflict, "duplicate")
		k.fails(tx.Artifacts().Insert(k.ctx, a, nil), fault.Conflict, "duplicate")

		bundle := k.cert("bundle") // only certificates and keys are unique
		bundle.Kind, bundle.Fingerprint, bundle.SPKI = cert.KindBundle, a.Fingerprint, key.SPKI
		k.ok(tx.Artifacts().Insert(k.ctx, bundle, nil))
		renewed := k.cert("renewed") // with the same key
		renewed.SPKI = a.SPKI
		k.ok(tx.Artifacts().Insert(k.ctx, renewed, nil))
		lost := k.cert("lost")
		lost.Group = "gr_nosuch"
		k.missing(tx.Artifacts().Insert(k.ctx, lost, nil))
		return nil
	})
	same(k, len(k.find(id, artifact.Query{})), 4)

	g := k.group(id, "g")
	gen := k.generation(id, g.ID)
	for _, used := range []artifact.ID{gen.Leaf, gen.Key, gen.Chain[0]} {
		err := k.try(id, func(tx ports.Tx) error { return tx.Artifacts().Delete(k.ctx, used) })
		k.fails(err, fault.Conflict, "in_use")
	}
	lost := k.cert("lost")
	k.fails(k.try("tn_nosuch", func(tx ports.Tx) error { return tx.Artifacts().Insert(k.ctx, lost, nil) }), fault.NotFound, "")
}

func artifactFinders(k *kit) {
	id := k.tenant()
	identity, spki, subject := k.hex(), k.hex(), k.hex()
	var rows, issuers []artifact.ID
	for i := range 120 {
		a := k.cert(fmt.Sprint("row ", i))
		a.Identity, a.SPKI, a.SubjectHash = identity, spki, subject
		a.CreatedAt, a.NotAfter = at(1000-i), at(2000+i)
		a.CA = i%2 == 0
		if i == 4 {
			a.SubjectKeyID = "aa"
		}
		k.store(id, a)
		rows = append(rows, a.ID)
		if a.CA {
			issuers = append(issuers, a.ID)
		}
	}
	key := k.key("key")
	key.Identity, key.SPKI = identity, spki
	k.store(id, key)
	slices.Reverse(rows) // oldest first
	slices.Reverse(issuers)

	k.view(id, func(tx ports.Tx) error {
		got, err := tx.Artifacts().Same(k.ctx, cert.KindCert, identity)
		k.ok(err)
		same(k, idsOf(got), rows[:20])
		got, err = tx.Artifacts().BySPKI(k.ctx, cert.KindCert, spki)
		k.ok(err)
		same(k, idsOf(got), rows[:50])
		got, err = tx.Artifacts().BySPKI(k.ctx, cert.KindKey, spki)
		k.ok(err)
		same(k, idsOf(got), []artifact.ID{key.ID})
		got, err = tx.Artifacts().Issuers(k.ctx, subject, "")
		k.ok(err)
		same(k, idsOf(got), issuers[:50])
		got, err = tx.Artifacts().Issuers(k.ctx, subject, "aa")
		k.ok(err)
		same(k, got[0].SubjectKeyID, "aa")
		same(k, len(got), 50)
		got, err = tx.Artifacts().Same(k.ctx, cert.KindCert, k.hex())
		k.ok(err)
		same(k, len(got), 0)
		return nil
	})
}

func idsOf(as []artifact.Artifact) (out []artifact.ID) {
	for _, a := range as {
		out = append(out, a.ID)
	}
	return out
}

// find answers all rows of a query, page by page; the same row twice, an empty page with a next one or a page that is too
// long fails the test.
func (k *kit) find(id tenant.ID, q artifact.Query) (out []artifact.ID) {
	k.Helper()
	seen := map[artifact.ID]bool{}
	for pages := 0; ; pages++ {
		var page artifact.Page
		k.view(id, func(tx ports.Tx) (err error) {
			page, err = tx.Artifacts().List(k.ctx, q)
			return err
		})
		limit := q.Limit
		if limit == 0 {
			limit = 50
		}
		if len(page.Items) > limit || page.Next != "" && len(page.Items) == 0 || pages > 10000 {
			k.Fatalf("page of %d rows with next %q", len(page.Items), page.Next)
		}
		for _, a := range page.Items {
			if seen[a.ID] {
				k.Fatalf("%s came twice", a.ID)
			}
			seen[a.ID] = true
			out = append(out, a.ID)
		}
		if page.Next == "" {
			return out
		}
		q.Cursor = page.Next
	}
}
