package cert

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"slices"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/secret"
)

func pool(certs ...*Certificate) *x509.CertPool {
	p := x509.NewCertPool()
	for _, c := range certs {
		p.AddCert(c.X509)
	}
	return p
}

func key(i int) crypto.Signer { return keys()["p256"][i] }

func authority(t *testing.T, cn string, k int, parent *Certificate, parentKey int, edit func(*x509.Certificate)) *Certificate {
	s := spec{cn: cn, ca: true, key: key(k), edit: edit}
	if parent != nil {
		s.parent, s.parentKey = parent.X509, key(parentKey)
	}
	return s.make(t)
}

func TestChain(t *testing.T) {
	years := func(from, to int) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.NotBefore, c.NotAfter = day.AddDate(from, 0, 0), day.AddDate(to, 0, 0) }
	}
	root := authority(t, "root", 0, nil, 0, nil)
	other := authority(t, "other root", 1, nil, 0, nil)
	mid := authority(t, "mid", 2, root, 0, years(-1, 3))
	midLong := authority(t, "mid", 2, root, 0, years(-1, 4))
	midExpired := authority(t, "mid", 2, root, 0, years(-9, -1))
	midOrphan := authority(t, "mid", 2, other, 1, years(-1, 9))
	midForged := authority(t, "mid", 3, root, 0, years(-1, 8))
	midNoCA := authority(t, "mid", 2, root, 0, func(c *x509.Certificate) { c.IsCA = false; c.NotAfter = day.AddDate(8, 0, 0) })
	midNoSign := authority(t, "mid", 2, root, 0, func(c *x509.Certificate) {
		c.KeyUsage = x509.KeyUsageDigitalSignature
		c.NotAfter = day.AddDate(8, 0, 0)
	})
	midFuture := authority(t, "mid", 2, root, 0, years(1, 9))
	midSilent := authority(t, "mid", 2, root, 0, func(c *x509.Certificate) {
		c.BasicConstraintsValid, c.IsCA = false, false
		c.NotAfter = day.AddDate(8, 0, 0)
	})
	crossed := authority(t, "root", 0, other, 1, years(-1, 2))
	leaf := spec{cn: "leaf", key: key(4), parent: mid.X509, parentKey: key(2)}.make(t)
	old := spec{cn: "old", key: key(4), parent: mid.X509, parentKey: key(2), edit: years(-3, -2)}.make(t)
	tests := []struct {
		name    string
		leaf    *Certificate
		pool    []*Certificate
		roots   *x509.CertPool
		want    []*Certificate
		missing string
	}{
		{"root in pool", leaf, []*Certificate{root, mid, leaf}, nil, []*Certificate{mid}, ""},
		{"root known", leaf, []*Certificate{mid}, pool(root), []*Certificate{mid}, ""},
		{"root unknown", leaf, []*Certificate{mid}, pool(other), []*Certificate{mid}, "root"},
		{"no roots", leaf, []*Certificate{mid}, nil, []*Certificate{mid}, "root"},
		{"nothing", leaf, nil, pool(root), nil, "mid"},
		{"longest lived", leaf, []*Certificate{mid, midLong, root}, nil, []*Certificate{midLong}, ""},
		{"valid before longest lived", leaf, []*Certificate{midExpired, mid, root}, nil, []*Certificate{mid}, ""},
		{"expired is better than none", leaf, []*Certificate{midExpired, root}, nil, []*Certificate{midExpired}, ""},
		{"valid before not yet valid", leaf, []*Certificate{midFuture, mid, root}, nil, []*Certificate{mid}, ""},
		{"says nothing of being an authority", leaf, []*Certificate{midSilent, mid, root}, nil, []*Certificate{mid}, ""},
		{"one that ends well", leaf, []*Certificate{midOrphan, mid, root}, nil, []*Certificate{mid}, ""},
		{"same name, other key", leaf, []*Certificate{midForged, mid, root}, nil, []*Certificate{mid}, ""},
		{"only another key", leaf, []*Certificate{midForged, root}, nil, nil, "mid"},
		{"no authority", leaf, []*Certificate{midNoCA, midNoSign, mid, root}, nil, []*Certificate{mid}, ""},
		{"cross-signed", leaf, []*Certificate{crossed, mid}, pool(other), []*Certificate{mid, crossed}, ""},
		{"root before cross-signed", leaf, []*Certificate{crossed, mid, root}, nil, []*Certificate{mid}, ""},
		{"cross-signer lacking, root known", leaf, []*Certificate{crossed, mid}, pool(root), []*Certificate{mid}, ""},
		{"expired leaf", old, []*Certificate{mid}, pool(root), []*Certificate{mid}, ""},
		{"directly under a known root", mid, nil, pool(root), nil, ""},
		{"self-signed", root, []*Certificate{mid}, nil, nil, ""},
	}
	for _, tt := range tests {
		for range 2 {
			got, missing := Chain(tt.leaf, tt.pool, tt.roots, day)
			if !slices.Equal(got, tt.want) || missing != tt.missing {
				t.Errorf("%s: %v, missing %q; want %v, missing %q", tt.name, subjects(got), missing, subjects(tt.want), tt.missing)
			}
			slices.Reverse(tt.pool)
		}
	}
}

func subjects(certs []*Certificate) (names []string) {
	for _, c := range certs {
		names = append(names, c.Subject)
	}
	return names
}

// Certificates that issue one another, and chains without end, come to an end.
func TestChainIsBounded(t *testing.T) {
	a := authority(t, "a", 0, nil, 0, nil)
	b := authority(t, "b", 1, a, 0, nil)
	again := authority(t, "a", 0, b, 1, nil)
	leaf := spec{cn: "leaf", key: key(2), parent: b.X509, parentKey: key(1)}.make(t)
	if got, missing := Chain(leaf, []*Certificate{b, again}, nil, day); len(got) != 2 || missing != "b" {
		t.Errorf("loop: %v, missing %q", subjects(got), missing)
	}
	var long []*Certificate
	parent := a
	for i := range 15 {
		parent = authority(t, "link"+string(rune('a'+i)), (i+1)%8, parent, i%8, nil)
		long = append(long, parent)
	}
	end := spec{cn: "end", key: key(3), parent: parent.X509, parentKey: key(15 % 8)}.make(t)
	if got, missing := Chain(end, append(long, a), nil, day); len(got) != maxLinks || missing == "" {
		t.Errorf("%d links, missing %q", len(got), missing)
	}
	var twins []*Certificate // each may follow any of the other half
	for i := range 60 {
		other := &Certificate{X509: &x509.Certificate{Subject: pkix.Name{CommonName: "twin"}}}
		twins = append(twins, authority(t, "twin", 5+i%2, other, 6-i%2, nil))
	}
	child := spec{cn: "child", key: key(7), parent: twins[0].X509, parentKey: key(5)}.make(t)
	if got, missing := Chain(child, twins, nil, day); len(got) > maxLinks || missing != "twin" {
		t.Errorf("twins: %d links, missing %q", len(got), missing)
	}
}

func TestTrusted(t *testing.T) {
	root := authority(t, "root", 0, nil, 0, nil)
	mid := authority(t, "mid", 1, root, 0, nil)
	leaf := spec{cn: "leaf", key: key(2), parent: mid.X509, parentKey: key(1), edit: func(c *x509.Certificate) {
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	}}.make(t)
	chain := []*Certificate{mid}
	tests := map[string]struct {
		chain []*Certificate
		roots *x509.CertPool
		now   time.Time
		want  bool
	}{
		"good":       {chain, pool(root), day, true},
		"no roots":   {chain, nil, day, false},
		"other root": {chain, pool(authority(t, "root", 3, nil, 0, nil)), day, false},
		"no chain":   {nil, pool(root), day, false},
		"expired":    {chain, pool(root), day.AddDate(1, 0, 0), false},
		"too early":  {chain, pool(root), day.AddDate(-1, 0, 0), false},
	}
	for name, tt := range tests {
		if got := Trusted(leaf, tt.chain, tt.roots, tt.now); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestLeaves(t *testing.T) {
	root := authority(t, "root", 0, nil, 0, nil)
	leaf := spec{cn: "leaf", key: key(1), parent: root.X509, parentKey: key(0)}.make(t)
	lone := spec{cn: "lone", key: key(2)}.make(t)
	dir := t.TempDir() // a version 1 root cannot say that it is a CA
	pair(t, dir, "p256")
	openssl(t, dir, "req", "-new", "-key", "k.pem", "-subj", "/CN=v1", "-out", "r.csr")
	openssl(t, dir, "x509", "-req", "-in", "r.csr", "-signkey", "k.pem", "-out", "v1.pem")
	openssl(t, dir, "x509", "-req", "-in", "r.csr", "-CA", "v1.pem", "-CAkey", "k.pem", "-out", "self.pem")
	openssl(t, dir, "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "l.key", "-subj", "/CN=l", "-out", "l.csr")
	openssl(t, dir, "x509", "-req", "-in", "l.csr", "-CA", "v1.pem", "-CAkey", "k.pem", "-out", "l.pem")
	v1, under := mustParse(t, readFile(t, dir, "v1.pem"), "").Certificates[0], mustParse(t, readFile(t, dir, "l.pem"), "").Certificates[0]
	tests := map[string]struct {
		certs, want []*Certificate
		keys        []*Key
	}{
		"leaf and root":             {[]*Certificate{root, leaf}, []*Certificate{leaf}, nil},
		"self-signed":               {[]*Certificate{lone}, []*Certificate{lone}, nil},
		"CA alone":                  {[]*Certificate{root}, nil, nil},
		"CA with its key":           {[]*Certificate{root}, []*Certificate{root}, []*Key{asKey(t, key(0))}},
		"CA with another key":       {[]*Certificate{root}, nil, []*Key{asKey(t, key(5))}},
		"old root without CA flag":  {[]*Certificate{v1, under}, []*Certificate{under}, nil},
		"old self-signed, no other": {[]*Certificate{v1}, []*Certificate{v1}, nil},
	}
	for name, tt := range tests {
		if got := Leaves(tt.certs, tt.keys); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v", name, subjects(got))
		}
	}
}

// The PEM forms that are served: their order, and that openssl reads them.
func TestServedPEM(t *testing.T) {
	root := authority(t, "root", 0, nil, 0, nil)
	mid := authority(t, "mid", 1, root, 0, nil)
	leaf := spec{cn: "leaf", key: key(2), parent: mid.X509, parentKey: key(1)}.make(t)
	k := asKey(t, key(2))
	bundle := BundlePEM(leaf, []*Certificate{mid}, k)
	want := string(leaf.PEM()) + string(mid.PEM()) + string(keyPEM(t, key(2)))
	if string(bundle.Reveal()) != want {
		t.Errorf("bundle is\n%s", bundle.Reveal())
	}
	if !bytes.Equal(FullchainPEM(leaf, []*Certificate{mid}), append(leaf.PEM(), mid.PEM()...)) || len(ChainPEM(nil)) != 0 {
		t.Error("fullchain is not leaf and chain")
	}
	dir := t.TempDir()
	writeFile(t, root.PEM(), dir, "root.pem")
	writeFile(t, ChainPEM([]*Certificate{mid}), dir, "chain.pem")
	writeFile(t, bundle.Reveal(), dir, "bundle.pem")
	openssl(t, dir, "verify", "-attime", "1777640400", "-CAfile", "root.pem", "-untrusted", "chain.pem", "bundle.pem")
	if got := openssl(t, dir, "pkey", "-in", "bundle.pem"); !bytes.Equal(got, keyPEM(t, key(2))) {
		t.Error("openssl finds another key in the bundle")
	}
	k.Wipe()
	if _, err := BuildPFX(leaf, k, nil, secret.NewString("pw"), PresetModern); err == nil {
		t.Error("a wiped key was used")
	}
}
