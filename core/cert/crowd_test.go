package cert

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"slices"
	"sync"
	"testing"
)

// crowdKeys are keys for a crowd of certificates that someone made to keep us busy.
var crowdKeys = sync.OnceValue(func() []crypto.Signer {
	all := make([]crypto.Signer, 1000)
	for i := range all {
		_, k, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			panic(err)
		}
		all[i] = k
	}
	return all
})

// claimed is a parent of this name and identifier that anyone can sign for.
func claimed(cn, id string) *x509.Certificate {
	return &x509.Certificate{Subject: pkix.Name{CommonName: cn}, SubjectKeyId: []byte(id)}
}

// crowd makes n CA certificates of the same name with keys of their own. parent says who is named as issuer, and whose
// key signs the i-th.
func crowd(t *testing.T, n int, cn string, parent func(i int) (*x509.Certificate, crypto.Signer), edit func(i int, c *x509.Certificate)) []*Certificate {
	t.Helper()
	var all []*Certificate
	for i := range n {
		s := spec{cn: cn, ca: true, key: crowdKeys()[i]}
		if parent != nil {
			s.parent, s.parentKey = parent(i)
		}
		s.edit = func(c *x509.Certificate) {
			if s.parent != nil {
				c.AuthorityKeyId = s.parent.SubjectKeyId // left out by x509 where names are equal
			}
			if edit != nil {
				edit(i, c)
			}
		}
		all = append(all, s.make(t))
	}
	return all
}

func checksOf(call func()) int64 {
	before := checked.Load()
	call()
	return checked.Load() - before
}

// A thousand hostile certificates with their keys cost a bounded number of signature checks, whatever their shape.
func TestLeavesOfACrowd(t *testing.T) {
	const n = 1000
	same := func(id string) func(int) (*x509.Certificate, crypto.Signer) {
		return func(i int) (*x509.Certificate, crypto.Signer) { return claimed("crowd", id), crowdKeys()[(i+1)%n] }
	}
	shapes := map[string][]*Certificate{
		"self-signed":      crowd(t, n, "crowd", nil, nil),
		"cross-signed":     crowd(t, n, "crowd", same("id"), nil),
		"same identifier":  crowd(t, n, "crowd", same("id"), func(_ int, c *x509.Certificate) { c.SubjectKeyId = []byte("id") }),
		"no identifier":    crowd(t, n, "crowd", same(""), nil),
		"other identifier": crowd(t, n, "crowd", same("nobody"), nil),
		"no CA, no constraints": crowd(t, n, "crowd", same(""), func(_ int, c *x509.Certificate) {
			c.IsCA, c.BasicConstraintsValid = false, false
		}),
	}
	var held []*Key
	for _, c := range shapes["self-signed"] {
		held = append(held, &Key{SPKI: c.SPKI})
	}
	root := authority(t, "root", 1, nil, 0, nil)
	leaf := spec{cn: "leaf", key: key(2), parent: root.X509, parentKey: key(1)}.make(t)
	for name, certs := range shapes {
		var leaves []*Certificate
		if got := checksOf(func() { leaves = Leaves(append(slices.Clone(certs), root, leaf), held) }); got > maxChecks {
			t.Errorf("%s: %d signatures were checked", name, got)
		}
		if !slices.Contains(leaves, leaf) || slices.Contains(leaves, root) {
			t.Errorf("%s: the leaf among them was lost", name)
		}
	}
	if got := checksOf(func() { Leaves(shapes["self-signed"], held) }); got != 0 {
		t.Errorf("%d signatures of self-signed certificates were checked again", got)
	}
}

// Checks go first to where an identifier claims something: a crowd without any does not leave a false claim unrefuted.
func TestFalseClaimInACrowd(t *testing.T) {
	certs := crowd(t, 100, "crowd", func(i int) (*x509.Certificate, crypto.Signer) {
		return claimed("crowd", ""), crowdKeys()[(i+1)%100]
	}, func(_ int, c *x509.Certificate) { c.SubjectKeyId = []byte{} })
	held := []*Key{asKey(t, key(0))}
	for _, c := range certs {
		held = append(held, &Key{SPKI: c.SPKI})
	}
	victim := authority(t, "victim", 0, nil, 0, func(c *x509.Certificate) { c.SubjectKeyId = []byte("id") })
	liar := spec{cn: "liar", key: key(1), parent: claimed("victim", "id"), parentKey: key(5)}.make(t)
	if leaves := Leaves(append(certs, victim, liar), held); !slices.Contains(leaves, victim) {
		t.Error("a certificate is taken for an issuer on the word of another")
	}
}

// When no check is left, the identifiers decide: a certificate that another names as its issuer is no leaf.
func TestLeavesWithoutChecks(t *testing.T) {
	wrong := func(int) (*x509.Certificate, crypto.Signer) { return claimed("crowd", "id"), crowdKeys()[999] }
	certs := crowd(t, 30, "crowd", wrong, func(_ int, c *x509.Certificate) { c.SubjectKeyId = []byte("id") })
	var held []*Key
	for _, c := range certs {
		held = append(held, &Key{SPKI: c.SPKI})
	}
	// 29 checks for each of six, the seventh runs out of them.
	if got := len(Leaves(certs, held)); got != 6 {
		t.Errorf("%d leaves", got)
	}
}

// Forged issuers, many more than can be checked, do not hide the true chain, whatever they claim.
func TestChainInACrowd(t *testing.T) {
	root := authority(t, "root", 0, nil, 0, nil)
	mid := authority(t, "mid", 1, root, 0, nil)
	low := authority(t, "low", 2, mid, 1, nil)
	leaf := spec{cn: "leaf", key: key(3), parent: low.X509, parentKey: key(2)}.make(t)
	longer := func(id []byte) func(int, *x509.Certificate) { // preferred, if only they had signed anything
		return func(_ int, c *x509.Certificate) { c.NotAfter, c.SubjectKeyId = day.AddDate(9, 0, 0), id }
	}
	trueKey := func(name string, k int) []*Certificate { // certificates by others of the true public key
		var all []*Certificate
		for i := range 60 {
			other := authority(t, "mid", 5, nil, 0, func(c *x509.Certificate) { c.SubjectKeyId = []byte{byte(i)} })
			all = append(all, spec{cn: name, ca: true, key: key(k), parent: other.X509, parentKey: key(5), edit: func(c *x509.Certificate) {
				c.NotAfter = day.AddDate(9, 0, 0)
			}}.make(t))
		}
		return all
	}
	forge := func(id func(*Certificate) []byte) (all []*Certificate) {
		for _, c := range []*Certificate{low, mid, root} {
			all = append(all, crowd(t, 300, c.Subject, nil, longer(id(c)))...)
		}
		return all
	}
	crowds := map[string][]*Certificate{
		"own identifiers":    forge(func(*Certificate) []byte { return nil }),
		"copied identifiers": forge(func(c *Certificate) []byte { return c.X509.SubjectKeyId }),
		"copied keys":        append(trueKey("low", 2), crowd(t, 60, "mid", nil, longer(nil))...),
	}
	for name, forged := range crowds {
		for _, pool := range [][]*Certificate{append(slices.Clone(forged), low, mid, root), append([]*Certificate{low, mid, root}, forged...)} {
			var got []*Certificate
			var missing string
			n := checksOf(func() { got, missing = Chain(leaf, pool, nil, day) })
			if !slices.Equal(got, []*Certificate{low, mid}) || missing != "" {
				t.Errorf("%s: %v, missing %q", name, subjects(got), missing)
			}
			if n > maxChecks {
				t.Errorf("%s: %d signatures were checked", name, n)
			}
		}
	}
}

// An identifier of its own making counts too: the one who bears it is tried before those who bear another.
func TestChainByStatedIdentifier(t *testing.T) {
	root := authority(t, "root", 0, nil, 0, func(c *x509.Certificate) { c.SubjectKeyId = []byte("our own") })
	leaf := spec{cn: "leaf", key: key(3), parent: root.X509, parentKey: key(0)}.make(t)
	forged := crowd(t, 300, "root", nil, func(_ int, c *x509.Certificate) { c.NotAfter = day.AddDate(9, 0, 0) })
	got, missing := Chain(leaf, append(forged, root), nil, day)
	if len(got) != 0 || missing != "" {
		t.Errorf("%v, missing %q", subjects(got), missing)
	}
	// One that bears another, or none, still counts when its key fits.
	for i, id := range [][]byte{[]byte("another"), nil} {
		changed := spec{cn: "root", key: key(0), ca: true, parent: authority(t, "top", 4, nil, 0, nil).X509, parentKey: key(4), edit: func(c *x509.Certificate) {
			c.SubjectKeyId = id
		}}.make(t)
		if got, _ := Chain(leaf, append(forged[:20:20], changed), nil, day); !slices.Equal(got, []*Certificate{changed}) {
			t.Errorf("%d: %v", i, subjects(got))
		}
	}
}

// All three ways to name a key by its hash are known.
func TestHashedKey(t *testing.T) {
	c := authority(t, "root", 0, nil, 0, nil)
	dir := t.TempDir()
	writeFile(t, c.PEM(), dir, "c.pem")
	openssl(t, dir, "x509", "-in", "c.pem", "-pubkey", "-noout", "-out", "pub.pem")
	openssl(t, dir, "pkey", "-pubin", "-in", "pub.pem", "-outform", "DER", "-out", "pub.der")
	der := readFile(t, dir, "pub.der")
	point := der[len(der)-65:] // of P-256, uncompressed: the content of the bit string
	writeFile(t, point, dir, "point")
	for _, hash := range []string{"-sha1", "-sha256"} {
		sum := fmt.Sprintf("%x", openssl(t, dir, "dgst", "-binary", hash, "point"))
		if !hashedKey(c, sum) || !hashedKey(c, sum[:40]) {
			t.Errorf("%s %s is not known", hash, sum)
		}
	}
	for _, id := range []string{"", "00", fmt.Sprintf("%040d", 0)} {
		if hashedKey(c, id) {
			t.Errorf("%q is taken for the hash", id)
		}
	}
}
