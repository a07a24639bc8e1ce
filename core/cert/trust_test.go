package cert

import (
	"crypto/x509"
	"testing"
)

// Trust is asked at a time when all of the set were valid, however long ago or soon that is.
func TestTrustedWhenValid(t *testing.T) {
	days := func(from, to int) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.NotBefore, c.NotAfter = day.AddDate(0, 0, from), day.AddDate(0, 0, to) }
	}
	root := authority(t, "root", 0, nil, 0, days(-3000, 3000))
	young := authority(t, "root", 0, nil, 0, days(-510, 3000))
	gone := authority(t, "root", 0, nil, 0, days(-3000, -510))
	short := authority(t, "root", 0, nil, 0, days(-3000, -560))
	never := authority(t, "root", 0, nil, 0, days(-100, 3000))
	mid := authority(t, "mid", 1, root, 0, days(-600, -500))
	late := authority(t, "mid", 1, root, 0, days(-400, 3000))
	leafOf := func(from, to int) *Certificate {
		return spec{cn: "leaf", key: key(2), parent: mid.X509, parentKey: key(1), edit: days(from, to)}.make(t)
	}
	expired := leafOf(-550, -450)
	tests := map[string]struct {
		leaf  *Certificate
		chain []*Certificate
		roots *x509.CertPool
		want  bool
	}{
		"expired with its chain":       {expired, []*Certificate{mid}, pool(root), true},
		"root made in between":         {expired, []*Certificate{mid}, pool(young), true},
		"root gone in between":         {expired, []*Certificate{mid}, pool(gone), true},
		"root of another time":         {expired, []*Certificate{mid}, pool(never), false},
		"not yet valid":                {leafOf(100, 200), []*Certificate{late}, pool(root), true},
		"never valid at the same time": {leafOf(-490, -410), []*Certificate{mid}, pool(root), false},
		"issuer made after the leaf":   {leafOf(-700, -450), []*Certificate{mid}, pool(short), true},
		"issuer only valid afterwards": {expired, []*Certificate{late}, pool(root), false},
		"incomplete":                   {expired, nil, pool(root), false},
		"other root":                   {expired, []*Certificate{mid}, pool(authority(t, "root", 3, nil, 0, days(-3000, 3000))), false},
		"no roots":                     {expired, []*Certificate{mid}, nil, false},
	}
	for name, tt := range tests {
		if got := TrustedWhenValid(tt.leaf, tt.chain, tt.roots); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
