package cert

import (
	"bytes"
	"crypto/cipher"
	"crypto/des" //nolint:gosec // hostile files are made with it
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // hostile files are made with it
	"fmt"
	"math/big"
	"strings"
	"testing"

	pkcs12 "software.sslmate.com/src/go-pkcs12"

	"github.com/ignisfox/ignisfox/core/secret"
)

// The DER of hostile files, written by hand.

func derOf(tag byte, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	return append(derHeader(tag, len(body)), body...)
}

func derInt(n int) []byte {
	b := big.NewInt(int64(n)).Bytes()
	if len(b) == 0 || b[0]&0x80 != 0 {
		b = append([]byte{0}, b...)
	}
	return derOf(2, b)
}

func oid(s string) []byte { return derOf(6, []byte(s)) }

func pbe(rounds int) []byte {
	return derOf(0x30, oid(oidPBE3DES), derOf(0x30, derOf(4, []byte("saltsalt")), derInt(rounds)))
}

func pbes2(rounds int) []byte {
	kdf := derOf(0x30, oid(oidPBKDF2), derOf(0x30, derOf(4, []byte("saltsalt")), derInt(rounds)))
	return derOf(0x30, oid(oidPBES2), derOf(0x30, kdf, derOf(0x30, oid(oidAES256), derOf(4, make([]byte, 16)))))
}

func bagOf(kind string, value []byte) []byte { return derOf(0x30, oid(kind), derOf(0xa0, value)) }

func shrouded(algorithm []byte) []byte {
	return bagOf(oidBagShrouded, derOf(0x30, algorithm, derOf(4, make([]byte, 16))))
}

func certBagOf(der []byte) []byte {
	return bagOf(oidBagCert, derOf(0x30, oid(oidCertX509), derOf(0xa0, derOf(4, der))))
}

func plainSafe(bags ...[]byte) []byte {
	return derOf(0x30, oid(oidData), derOf(0xa0, derOf(4, derOf(0x30, bags...))))
}

func encryptedSafe(algorithm, data []byte) []byte {
	return derOf(0x30, oid(oidEncrypted), derOf(0xa0, derOf(0x30, derInt(0), derOf(0x30, oid(oidData), algorithm, derOf(0x80, data)))))
}

// sealedSafe really is encrypted, with 3DES and this password.
func sealedSafe(t *testing.T, password string, bags ...[]byte) []byte {
	t.Helper()
	plain := derOf(0x30, bags...)
	pad := 8 - len(plain)%8
	plain = append(plain, bytes.Repeat([]byte{byte(pad)}, pad)...)
	bmp := bmpPassword(password)
	block, err := des.NewTripleDESCipher(pkcs12KDF(sha1.New, bmp, []byte("saltsalt"), 1, purposeKey, 24))
	if err != nil {
		t.Fatal(err)
	}
	iv := pkcs12KDF(sha1.New, bmp, []byte("saltsalt"), 1, purposeIV, 8)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(plain, plain)
	return encryptedSafe(pbe(1), plain)
}

func macOf(algorithm []byte, salt []byte, rounds ...int) []byte {
	parts := [][]byte{derOf(0x30, algorithm, derOf(4, make([]byte, 20))), derOf(4, salt)}
	for _, n := range rounds {
		parts = append(parts, derInt(n))
	}
	return derOf(0x30, parts...)
}

func pbmac1(size, rounds int) []byte {
	kdf := derOf(0x30, oid(oidPBKDF2), derOf(0x30, derOf(4, []byte("salt")), derInt(rounds), derInt(size), derOf(0x30, oid(oidHMACSHA256))))
	return derOf(0x30, oid(oidPBMAC1), derOf(0x30, kdf, derOf(0x30, oid(oidHMACSHA256))))
}

func pfxOf(mac []byte, safes ...[]byte) []byte {
	return derOf(0x30, derInt(3), derOf(0x30, oid(oidData), derOf(0xa0, derOf(4, derOf(0x30, safes...)))), mac)
}

// Every bound of a PFX holds without one key derivation.
func TestPFXBombs(t *testing.T) {
	const million = 1000000
	sha := derOf(0x30, oid(oidSHA1))
	nested := certBagOf([]byte{0x30, 0})
	for range 4 {
		nested = bagOf(oidBagNested, derOf(0x30, nested))
	}
	many := func(n int, bag []byte) [][]byte {
		var bags [][]byte
		for range n {
			bags = append(bags, bag)
		}
		return bags
	}
	tests := []struct {
		name, code string
		data       []byte
	}{
		{"MAC", "pfx_too_many_iterations", pfxOf(macOf(sha, []byte("s"), 10*million), plainSafe())},
		{"PBMAC1", "pfx_too_many_iterations", pfxOf(macOf(pbmac1(32, 10*million), nil), plainSafe())},
		{"safe, PBE", "pfx_too_many_iterations", pfxOf(nil, encryptedSafe(pbe(10*million), make([]byte, 16)))},
		{"safe, PBES2", "pfx_too_many_iterations", pfxOf(nil, encryptedSafe(pbes2(10*million), make([]byte, 16)))},
		{"key", "pfx_too_many_iterations", pfxOf(nil, plainSafe(shrouded(pbes2(10*million))))},
		{"sum", "pfx_too_many_iterations", pfxOf(macOf(sha, []byte("s"), 2*million), encryptedSafe(pbe(2*million), nil), plainSafe(shrouded(pbes2(1*million+1))))},
		{"keys", "pfx_too_many_iterations", pfxOf(nil, plainSafe(many(60, shrouded(pbes2(100000)))...))},
		{"overflow", "pfx_too_many_iterations", pfxOf(macOf(sha, []byte("s"), 1<<62), plainSafe())},
		{"zero", "pfx_malformed", pfxOf(macOf(sha, []byte("s"), 0), plainSafe())},
		{"bags", "pfx_too_many_bags", pfxOf(nil, plainSafe(many(65, bagOf(oidBagKey, derOf(0x30)))...))},
		{"bags in two safes", "pfx_too_many_bags", pfxOf(nil, plainSafe(many(40, bagOf(oidBagKey, derOf(0x30)))...), plainSafe(many(40, bagOf(oidBagKey, derOf(0x30)))...))},
		{"safes", "pfx_too_many_bags", pfxOf(nil, many(65, plainSafe())...)},
		{"certificates", "pfx_too_many_certificates", pfxOf(nil, plainSafe(many(51, certBagOf([]byte{0x30, 0}))...))},
		{"depth", "pfx_too_deep", pfxOf(nil, plainSafe(nested))},
		{"depth of DER", "pfx_too_deep", derOf(0x30, derInt(3), derOf(0x30, oid(oidData), derOf(0xa0, derOf(4, bytes.Repeat([]byte{0x30, 0x80}, 100)))))},
		{"salt of MAC", "pfx_salt_too_long", pfxOf(macOf(sha, make([]byte, 1025), 1), plainSafe())},
		{"short PBMAC1", "pfx_weak_mac", pfxOf(macOf(pbmac1(16, 1), nil), plainSafe())},
		{"long PBMAC1", "pfx_malformed", pfxOf(macOf(pbmac1(65, 1), nil), plainSafe())},
		{"hash", "pfx_unsupported", pfxOf(macOf(derOf(0x30, oid(oidAES128)), nil, 1), plainSafe())},
		{"version", "pfx_unsupported", derOf(0x30, derInt(4), derOf(0x30, oid(oidData)))},
		{"signed", "pfx_unsupported", derOf(0x30, derInt(3), derOf(0x30, oid(oidSignedData)))},
		{"enveloped", "pfx_unsupported", pfxOf(nil, derOf(0x30, oid(oidSignedData), derOf(0xa0)))},
		{"cipher", "pfx_unsupported", pfxOf(nil, encryptedSafe(derOf(0x30, oid(oidRSA)), nil))},
		{"empty content", "pfx_malformed", derOf(0x30, derInt(3), derOf(0x30, oid(oidData)))},
		{"MAC cut", "pfx_malformed", pfxOf(derOf(0x30), plainSafe())},
		{"safe cut", "pfx_malformed", pfxOf(nil, derOf(0x30, oid(oidData)))},
		{"bag cut", "pfx_malformed", pfxOf(nil, plainSafe(derOf(0x30)))},
		{"encrypted cut", "pfx_malformed", pfxOf(nil, derOf(0x30, oid(oidEncrypted), derOf(0xa0, derOf(0x30))))},
		{"large key", "key_too_large", pfxOf(nil, plainSafe(bagOf(oidBagShrouded, derOf(0x30, pbe(1), derOf(4, make([]byte, maxKeyDER+8))))))},
	}
	for _, tt := range tests {
		for _, password := range []string{"", "pw"} {
			if n := wantCode(t, tt.code, parseErr(tt.data, password)); n != 0 {
				t.Errorf("%s: refused after %d key derivations", tt.name, n)
			}
		}
	}
}

// Bags that come to light only by decryption are under the same bounds.
func TestPFXBombsInside(t *testing.T) {
	const open = 2 // derivations of the one safe: key and IV
	tests := []struct {
		name, code string
		data       []byte
		n          int64
	}{
		{"iterations", "pfx_too_many_iterations", pfxOf(nil, sealedSafe(t, "pw", shrouded(pbes2(10000000)))), open},
		{"all together", "pfx_too_many_iterations", pfxOf(nil, plainSafe(shrouded(pbes2(3000000))), sealedSafe(t, "pw", shrouded(pbes2(3000000)))), open},
		{"bags", "pfx_too_many_bags", pfxOf(nil, plainSafe(bytes.Repeat(bagOf(oidBagKey, derOf(0x30)), 60)), sealedSafe(t, "pw", bytes.Repeat(bagOf(oidBagKey, derOf(0x30)), 60))), open},
		{"password", "wrong_password", pfxOf(nil, sealedSafe(t, "other", shrouded(pbes2(1)))), open},
	}
	for _, tt := range tests {
		if n := wantCode(t, tt.code, parseErr(tt.data, "pw")); n != tt.n {
			t.Errorf("%s: %d key derivations, want %d", tt.name, n, tt.n)
		}
	}
}

// The counter of the bomb tests counts: an ordinary file makes it move.
func TestDerivationsAreCounted(t *testing.T) {
	leaf := spec{cn: "a.example", key: keys()["p256"][0]}.make(t)
	for _, preset := range []Preset{PresetModern, PresetLegacy} {
		pfx, err := BuildPFX(leaf, asKey(t, keys()["p256"][0]), nil, secret.NewString("pw"), preset)
		if err != nil {
			t.Fatal(err)
		}
		before := derivations.Load()
		mustParse(t, pfx.Reveal(), "pw")
		if n := derivations.Load() - before; n < 3 {
			t.Errorf("%s: %d derivations counted, want those of MAC, certificates and key", preset, n)
		}
	}
}

// Forms that go-pkcs12 does not take: certificates alone, keys alone, several keys, nested bags, BER.
func TestPFXOfEveryShape(t *testing.T) {
	dir := t.TempDir()
	pair(t, dir, "p256")
	openssl(t, dir, "pkcs12", "-export", "-nokeys", "-in", "c.pem", "-out", "certs.pfx", "-passout", "pass:pw")
	openssl(t, dir, "pkcs12", "-export", "-nocerts", "-inkey", "k.pem", "-in", "k.pem", "-out", "key.pfx", "-passout", "pass:pw")
	openssl(t, dir, "pkcs12", "-export", "-in", "c.pem", "-inkey", "k.pem", "-out", "both.pfx", "-passout", "pass:pw")
	openssl(t, dir, "pkcs12", "-export", "-in", "c.pem", "-inkey", "k.pem", "-out", "empty.pfx", "-passout", "pass:")
	leaf := mustParse(t, readFile(t, dir, "c.pem"), "").Certificates[0]
	key := mustParse(t, readFile(t, dir, "k.pem"), "").Keys[0].der.Reveal()
	other := mustParse(t, keyPEM(t, keys()["rsa"][0]), "").Keys[0].der.Reveal()
	tests := []struct {
		name, password string
		data           []byte
		certs, keys    int
	}{
		{"certificates", "pw", readFile(t, dir, "certs.pfx"), 1, 0},
		{"key", "pw", readFile(t, dir, "key.pfx"), 0, 1},
		{"empty password", "", readFile(t, dir, "empty.pfx"), 1, 1},
		{"two keys", "", pfxOf(nil, plainSafe(bagOf(oidBagKey, key), bagOf(oidBagKey, other), certBagOf(leaf.DER))), 1, 2},
		{"four safes", "pw", pfxOf(nil, plainSafe(bagOf(oidBagKey, key)), plainSafe(), sealedSafe(t, "pw", certBagOf(leaf.DER)), plainSafe()), 1, 1},
		{"nested", "", pfxOf(nil, plainSafe(bagOf(oidBagNested, derOf(0x30, bagOf(oidBagNested, derOf(0x30, certBagOf(leaf.DER))))))), 1, 0},
		{"other bags", "", pfxOf(nil, plainSafe(bagOf(oidData, derOf(0x30)), certBagOf(leaf.DER))), 1, 0},
		{"BER", "pw", toBER(readFile(t, dir, "both.pfx")), 1, 1},
		{"in pieces", "pw", pfxOf(nil, toBER(sealedSafe(t, "pw", certBagOf(leaf.DER)))), 1, 0},
		{"BER throughout", "", pfxOf(nil, derOf(0x30, oid(oidData), derOf(0xa0, derOf(4, toBER(derOf(0x30, certBagOf(leaf.DER))))))), 1, 0},
		{"line end behind", "pw", append(readFile(t, dir, "both.pfx"), '\r', '\n'), 1, 1},
	}
	for _, tt := range tests {
		f := mustParse(t, tt.data, tt.password)
		if f.Kind != KindPFX || len(f.Certificates) != tt.certs || len(f.Keys) != tt.keys {
			t.Errorf("%s: %s with %d certificates and %d keys (%s)", tt.name, f.Kind, len(f.Certificates), len(f.Keys), f.Reason)
		}
	}
	auth := derOf(0x30, plainSafe(certBagOf(leaf.DER)))
	for name, bmp := range map[string][]byte{"two octets": {0, 0}, "none": nil} { // both are written for an empty password
		mac := hmac.New(sha1.New, pkcs12KDF(sha1.New, bmp, []byte("salt"), 1, purposeMAC, 20))
		mac.Write(auth)
		data := derOf(0x30, derInt(3), derOf(0x30, oid(oidData), derOf(0xa0, derOf(4, auth))),
			derOf(0x30, derOf(0x30, derOf(0x30, oid(oidSHA1), derOf(5)), derOf(4, mac.Sum(nil))), derOf(4, []byte("salt"))))
		if f := mustParse(t, data, ""); f.Kind != KindPFX || len(f.Certificates) != 1 {
			t.Errorf("empty password as %s: %s", name, f.Kind)
		}
		wantCode(t, "wrong_password", parseErr(data, "pw"))
	}
	for name, data := range map[string][]byte{"nothing": pfxOf(nil, plainSafe()), "other": pfxOf(nil, plainSafe(bagOf(oidData, derOf(0x30))))} {
		if f := mustParse(t, data, ""); f.Kind != KindUnknown || f.Reason == "" {
			t.Errorf("%s: %s", name, f.Kind)
		}
	}
}

// toBER writes DER with indefinite lengths and octet strings in pieces.
func toBER(der []byte) []byte {
	var out []byte
	for len(der) > 0 {
		h, err := readHeader(der)
		if err != nil {
			panic(err)
		}
		body := der[h.size : h.size+h.length]
		switch {
		case h.tag&0x20 != 0:
			out = append(append(append(out, h.tag, 0x80), toBER(body)...), 0, 0)
		case h.tag == 0x04, h.tag == 0x80 && len(body) > 64:
			out = append(out, h.tag|0x20, 0x80)
			for len(body) > 100 {
				out, body = append(out, derOf(4, body[:100])...), body[100:]
			}
			out = append(append(out, derOf(4, body)...), 0, 0)
		default:
			out = append(out, der[:h.size+h.length]...)
		}
		der = der[h.size+h.length:]
	}
	return out
}

// What we build is read by openssl and by go-pkcs12; what go-pkcs12 writes in any of its ways is read by us.
func TestPFXAgainstOthers(t *testing.T) {
	const password = `p "w' $x ąß` + "\u20ac"
	for name, signers := range keys() {
		ca := spec{cn: "ca", ca: true, key: keys()["p256"][1]}.make(t)
		leaf := spec{cn: name + ".example", key: signers[0], parent: ca.X509, parentKey: keys()["p256"][1]}.make(t)
		key := asKey(t, signers[0])
		for _, preset := range []Preset{PresetModern, PresetLegacy} {
			pfx, err := BuildPFX(leaf, key, []*Certificate{ca}, secret.NewString(password), preset)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			writeFile(t, pfx.Reveal(), dir, "f.pfx")
			args := []string{"pkcs12", "-in", "f.pfx", "-nodes", "-passin", "pass:" + password}
			if preset == PresetLegacy {
				args = append(args, "-legacy")
			}
			seen := mustParse(t, openssl(t, dir, args...), "")
			if len(seen.Certificates) != 2 || len(seen.Keys) != 1 || seen.Certificates[0].Fingerprint != leaf.Fingerprint || !Pairs(leaf, seen.Keys[0]) {
				t.Errorf("%s %s: openssl reads something else", name, preset)
			}
			info := string(openssl(t, dir, append(args, "-info", "-noout")...))
			want := map[Preset]string{PresetModern: "AES-256-CBC", PresetLegacy: "pbeWithSHA1And3-KeyTripleDES-CBC"}[preset]
			if strings.Count(info, want) != 2 {
				t.Errorf("%s: not encrypted with %s:\n%s", preset, want, info)
			}
			if k, c, _, err := pkcs12.DecodeChain(pfx.Reveal(), password); err != nil || k == nil || !c.Equal(leaf.X509) {
				t.Errorf("%s %s: go-pkcs12: %v", name, preset, err)
			}
		}
		for i, e := range []*pkcs12.Encoder{pkcs12.LegacyRC2, pkcs12.LegacyDES, pkcs12.Modern2023, pkcs12.Modern2026} {
			der, err := e.Encode(signers[0], leaf.X509, nil, password)
			if err != nil {
				t.Fatal(err)
			}
			f := mustParse(t, der, password)
			if len(f.Certificates) != 1 || len(f.Keys) != 1 || !Pairs(f.Certificates[0], f.Keys[0]) {
				t.Errorf("%s: encoder %d is read as something else", name, i)
			}
			wantCode(t, "wrong_password", parseErr(der, "other"))
		}
	}
}

func TestBuildPFXRefusals(t *testing.T) {
	leaf := spec{cn: "a.example", key: keys()["p256"][0]}.make(t)
	key, other := asKey(t, keys()["p256"][0]), asKey(t, keys()["p256"][1])
	build := func(k *Key, password string, preset Preset) func() error {
		return func() error {
			_, err := BuildPFX(leaf, k, nil, secret.NewString(password), preset)
			return err
		}
	}
	for _, password := range []string{"", strings.Repeat("x", 257), "😀", "a\x00b", "\xff"} {
		wantCode(t, "bad_pfx_password", build(key, password, PresetModern))
	}
	if err := build(key, "s3cret😀", PresetModern)(); strings.Contains(err.Error(), "s3cret") {
		t.Errorf("the refusal holds the password: %v", err)
	}
	wantCode(t, "key_mismatch", build(other, "pw", PresetModern))
	wantCode(t, "bad_preset", build(key, "pw", "strong"))
	if err := build(key, strings.Repeat("é", 256), PresetLegacy)(); err != nil {
		t.Errorf("256 characters: %v", err)
	}
	if p, err := ParsePreset("legacy"); err != nil || p != PresetLegacy {
		t.Errorf("legacy: %v %v", p, err)
	}
}

// The test vectors of RFC 2268 with as many effective bits as the key has.
func TestRC2(t *testing.T) {
	for _, v := range [][3]string{
		{"ffffffffffffffff", "ffffffffffffffff", "278b27e42e2f0d49"},
		{"3000000000000000", "1000000000000001", "30649edf9be7d2c2"},
		{"88bca90e90875a7f0f79c384627bafb2", "0000000000000000", "2269552ab0f85ca6"},
	} {
		var key, plain, sealed, got []byte
		for i, p := range []*[]byte{&key, &plain, &sealed} {
			if _, err := fmt.Sscanf(v[i], "%x", p); err != nil {
				t.Fatal(err)
			}
		}
		got = make([]byte, 8)
		c := newRC2(key)
		if c.Encrypt(got, plain); !bytes.Equal(got, sealed) {
			t.Errorf("%s: encrypted to %x", v[0], got)
		}
		if c.Decrypt(got, sealed); !bytes.Equal(got, plain) {
			t.Errorf("%s: decrypted to %x", v[0], got)
		}
	}
}
