package cert

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ignisfox/ignisfox/core/secret"
)

// A hierarchy is a root, the intermediates below it from the top down, and leaves with their keys under the last one.
type hierarchy struct {
	root    *Certificate
	between []*Certificate
	leaves  []*Certificate
	keys    []crypto.Signer
}

func drawKey(rt *rapid.T, used map[string]bool, label string) crypto.Signer {
	types := []string{"rsa", "p256", "p384", "p521", "ed25519"}
	for {
		name := rapid.SampledFrom(types).Draw(rt, label)
		n := rapid.IntRange(0, len(keys()[name])-1).Draw(rt, label+" number")
		if id := fmt.Sprint(name, n); !used[id] {
			used[id] = true
			return keys()[name][n]
		}
	}
}

func drawHierarchy(t *testing.T, rt *rapid.T) hierarchy {
	used := map[string]bool{}
	signer := drawKey(rt, used, "root key")
	h := hierarchy{root: spec{cn: "root", ca: true, key: signer}.make(t)}
	parent := h.root
	for i := range rapid.IntRange(1, 4).Draw(rt, "intermediates") {
		k := drawKey(rt, used, "intermediate key")
		parent = spec{cn: fmt.Sprintf("intermediate %d", i), ca: true, key: k, parent: parent.X509, parentKey: signer}.make(t)
		h.between, signer = append(h.between, parent), k
	}
	for i := range rapid.IntRange(1, 3).Draw(rt, "leaves") {
		k := drawKey(rt, used, "leaf key")
		h.leaves = append(h.leaves, spec{cn: fmt.Sprintf("l%d.example", i), key: k, parent: parent.X509, parentKey: signer}.make(t))
		h.keys = append(h.keys, k)
	}
	return h
}

// chain is what belongs between a leaf and the root.
func (h hierarchy) chain() []string {
	var prints []string
	for _, c := range slices.Backward(h.between) {
		prints = append(prints, c.Fingerprint)
	}
	return prints
}

func prints(certs []*Certificate) []string {
	var out []string
	for _, c := range certs {
		out = append(out, c.Fingerprint)
	}
	return out
}

var noise = []string{"", "Bag Attributes", "    localKeyID: 54 69 6D 65", "subject=CN = a, O = \"b:c\"", "\t", "-----", "---", "# comment", "ąść", "MIIBszCCAVmg"}

// writePEM writes the blocks with noise around them and the line ends and indentation of some tool.
func writePEM(rt *rapid.T, blocks [][]byte) []byte {
	end := rapid.SampledFrom([]string{"\n", "\r\n", "\r", " \n"}).Draw(rt, "line end")
	indent := rapid.SampledFrom([]string{"", "  ", "\t"}).Draw(rt, "indentation")
	var out strings.Builder
	out.WriteString(rapid.SampledFrom([]string{"", "\ufeff"}).Draw(rt, "mark"))
	for _, b := range blocks {
		for _, line := range rapid.SliceOfN(rapid.SampledFrom(noise), 0, 3).Draw(rt, "noise") {
			out.WriteString(line + end)
		}
		for line := range strings.Lines(string(b)) {
			out.WriteString(indent + strings.TrimSuffix(line, "\n") + end)
		}
	}
	return []byte(out.String())
}

// checkFile asserts that a parsed file pairs and chains as the hierarchy was made.
func checkFile(rt *rapid.T, f *File, h hierarchy, roots *x509.CertPool) {
	leaves := Leaves(f.Certificates, f.Keys)
	got, want := prints(leaves), prints(h.leaves)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		rt.Fatalf("leaves %v", subjects(leaves))
	}
	for _, k := range f.Keys {
		pairs := 0
		for _, c := range f.Certificates {
			if Pairs(c, k) {
				pairs++
			}
		}
		if pairs != 1 {
			rt.Fatalf("a key pairs with %d certificates", pairs)
		}
	}
	for _, leaf := range leaves {
		chain, missing := Chain(leaf, f.Certificates, roots, day)
		if !slices.Equal(prints(chain), h.chain()) || missing != "" {
			rt.Fatalf("chain %v, missing %q", subjects(chain), missing)
		}
		if roots != nil && !Trusted(leaf, chain, roots, day) {
			rt.Fatalf("%s is not trusted", leaf.Subject)
		}
	}
}

// Whatever the order and the noise, split, pair and chain give back what was put in.
func TestSplitPairChainOfPEM(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := drawHierarchy(t, rt)
		rootInFile := rapid.Bool().Draw(rt, "root in file")
		blocks, roots := [][]byte{}, pool(h.root)
		for _, c := range append(slices.Clone(h.between), h.leaves...) {
			blocks = append(blocks, c.PEM())
		}
		for _, k := range h.keys {
			blocks = append(blocks, keyPEM(t, k))
		}
		if rootInFile {
			blocks, roots = append(blocks, h.root.PEM()), nil
		}
		blocks = rapid.Permutation(blocks).Draw(rt, "order")
		f, err := Parse(writePEM(rt, blocks), secret.String{})
		if err != nil {
			rt.Fatal(err)
		}
		if f.Kind != KindBundle || f.Format != FormatPEM {
			rt.Fatalf("%s in %s", f.Kind, f.Format)
		}
		checkFile(rt, f, h, roots)

		var again [][]byte // each block comes out as it went in, in the order of the file
		for _, c := range f.Certificates {
			again = append(again, c.PEM())
		}
		for _, k := range f.Keys {
			again = append(again, k.PEM().Reveal())
		}
		order := func(b []byte) bool { return bytes.Contains(b[:40], []byte("CERTIFICATE")) }
		slices.SortStableFunc(blocks, func(a, b []byte) int {
			switch {
			case order(a) == order(b):
				return 0
			case order(a):
				return -1
			}
			return 1
		})
		if !slices.EqualFunc(again, blocks, bytes.Equal) {
			rt.Fatal("the PEM is not what it was")
		}
	})
}

// The same through PKCS#12 in both presets, the chain in any order, as DER or BER.
func TestSplitPairChainOfPFX(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := drawHierarchy(t, rt)
		h.leaves, h.keys = h.leaves[:1], h.keys[:1]
		password := secret.NewString(rapid.StringN(1, 40, 160).Filter(func(s string) bool {
			return checkPFXPassword(s) == nil
		}).Draw(rt, "password"))
		preset := rapid.SampledFrom([]Preset{PresetModern, PresetLegacy}).Draw(rt, "preset")
		chain := rapid.Permutation(append(slices.Clone(h.between), h.root)).Draw(rt, "order")
		pfx, err := BuildPFX(h.leaves[0], asKey(t, h.keys[0]), chain, password, preset)
		if err != nil {
			rt.Fatal(err)
		}
		data := pfx.Reveal()
		if rapid.Bool().Draw(rt, "BER") {
			data = toBER(data)
		}
		f, err := Parse(data, password)
		if err != nil {
			rt.Fatal(err)
		}
		if f.Kind != KindPFX || len(f.Keys) != 1 || len(f.Certificates) != len(chain)+1 {
			rt.Fatalf("%s with %d keys and %d certificates", f.Kind, len(f.Keys), len(f.Certificates))
		}
		checkFile(rt, f, h, nil)
	})
}

// Indefinite lengths and strings in pieces come back as the DER they were made of.
func TestDefiniteUndoesBER(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		der := drawDER(rt, 0)
		out, rest, err := definite(append(toBER(der), 1, 2, 3))
		if err != nil || !bytes.Equal(out, der) || !bytes.Equal(rest, []byte{1, 2, 3}) {
			rt.Fatalf("%x became %x, behind it %x: %v", der, out, rest, err)
		}
		same, _, err := definite(der)
		if err != nil || !bytes.Equal(same, der) {
			rt.Fatalf("DER was changed: %v", err)
		}
	})
}

func drawDER(rt *rapid.T, depth int) []byte {
	if depth == 6 || rapid.Bool().Draw(rt, "leaf") {
		return derOf(rapid.SampledFrom([]byte{2, 3, 4, 5, 6, 0x13}).Draw(rt, "tag"), rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(rt, "content"))
	}
	var parts [][]byte
	for range rapid.IntRange(0, 4).Draw(rt, "parts") {
		parts = append(parts, drawDER(rt, depth+1))
	}
	return derOf(rapid.SampledFrom([]byte{0x30, 0x31, 0xa0, 0xa1}).Draw(rt, "tag"), parts...)
}
