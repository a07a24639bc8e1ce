package plugin

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func newKey(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func TestASecretIsFoundInAllItsForms(t *testing.T) {
	secret := `S3cr'et/"pass" &wort+1`
	js, err := json.Marshal(secret)
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("k3y-of-an-API.", 7)
	for name, line := range map[string]string{
		"plain":                "login with " + secret + " refused",
		"URL query":            "GET /?password=" + url.QueryEscape(secret),
		"URL path":             "GET /login/" + url.PathEscape(secret),
		"JSON":                 `{"password":` + string(js) + `}`,
		"shell":                `sudo -p '' 'S3cr'\''et/"pass" &wort+1'`,
		"PowerShell":           `-Password 'S3cr''et/"pass" &wort+1'`,
		"base64":               "basic " + base64.StdEncoding.EncodeToString([]byte(secret)),
		"base64 of user:pass":  "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("admin:"+secret)),
		"base64 of user2:pass": "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("admin2:"+secret+"tail")),
		"base64 URL":           base64.RawURLEncoding.EncodeToString([]byte("x" + secret)),
		"hex":                  "0x" + hex.EncodeToString([]byte(secret)),
		"HEX":                  strings.ToUpper(hex.EncodeToString([]byte(secret))),
		"UTF-16":               strings.Join(strings.Split(secret, ""), "\x00"),
		"a part of a long one": "token " + long[5:40],
		"long as hex, in part": hex.EncodeToString([]byte(long))[11:70],
	} {
		t.Run(name, func(t *testing.T) {
			got := NewRedactor([]byte(secret+"\n"), []byte(long)).Line("before " + line + " after")
			if !strings.Contains(got, redacted) || !strings.HasPrefix(got, "before ") || !strings.HasSuffix(got, " after") {
				t.Fatalf("got %q of %q", got, line)
			}
			for _, part := range []string{"wort", "API", "S3cr", base64.StdEncoding.EncodeToString([]byte(secret))[4:16], hex.EncodeToString([]byte(secret))[2:20]} {
				if strings.Contains(strings.ToLower(got), strings.ToLower(part)) {
					t.Errorf("%q is left in %q", part, got)
				}
			}
		})
	}
}

func TestPrivateKeysAreFoundWhoseverTheyAre(t *testing.T) {
	key, certificate := string(newKey(t)), "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIU\n-----END CERTIFICATE-----\n"
	var lines []string
	log := NewLog(NewRedactor(), func(e Entry) { lines = append(lines, e.Text) })
	log.Line("before")
	for line := range strings.SplitSeq(certificate+key, "\n") { // as a device sends it, line by line
		log.Line(line)
	}
	log.Line("after")
	got := strings.Join(lines, "\n")
	body := strings.Split(key, "\n")[1]
	if strings.Contains(got, body) || strings.Contains(got, strings.Split(key, "\n")[2]) || !strings.Contains(got, redactedKey) {
		t.Errorf("the key is left:\n%s", got)
	}
	if !strings.Contains(got, "MIIBszCCAVmgAwIBAgIU") || !strings.Contains(got, "before") || !strings.HasSuffix(got, "after") {
		t.Errorf("more is gone than the key:\n%s", got)
	}

	one := NewRedactor().Line(`{"key":"` + strings.ReplaceAll(key, "\n", `\n`) + `","x":1}`)
	if one != `{"key":"`+redactedKey+`\n","x":1}` {
		t.Errorf("got %q", one)
	}
	if got := NewRedactor().Line("error:\n" + key); strings.Contains(got, body) {
		t.Errorf("the key is left: %q", got)
	}
}

func TestTheKeyOfACallIsFoundWithoutItsHeader(t *testing.T) {
	key := newKey(t)
	block, _ := pem.Decode(key)
	r := NewRedactor(key)
	for name, line := range map[string]string{
		"a line of the PEM":   strings.Split(string(key), "\n")[1],
		"DER in base64":       base64.StdEncoding.EncodeToString(block.Bytes),
		"DER in hex":          hex.EncodeToString(block.Bytes),
		"the file in base64":  base64.StdEncoding.EncodeToString(key),
		"base64 in a message": base64.StdEncoding.EncodeToString(append([]byte("x:"), key...))[10:],
	} {
		got := r.Line("put " + line)
		if left := strings.TrimPrefix(got, "put "); len(left) > len(redacted)+24 {
			t.Errorf("%s: got %q", name, got)
		}
	}
	if got := r.Line("-----BEGIN CERTIFICATE-----"); got != "-----BEGIN CERTIFICATE-----" {
		t.Errorf("a certificate is no key: %q", got)
	}
}

// What is kept in clear is searched for secrets in the forms that programs keep things in.
func TestASecretIsFoundInWhatIsKept(t *testing.T) {
	key, other := newKey(t), newKey(t)
	block, _ := pem.Decode(key)
	kept := func(v any) []byte {
		data, err := json.Marshal(map[string]any{"path": "/etc/nginx/certs/www.key", "kept": v})
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	secrets := [][]byte{key, []byte("hunter2-hunter2\n"), []byte("www")}
	for name, c := range map[string]struct {
		data []byte
		want bool
	}{
		"the key":              {key, true},
		"as text of JSON":      {kept(string(key)), true},
		"as bytes of JSON":     {kept(key), true},
		"its DER":              {block.Bytes, true},
		"its DER in JSON":      {kept(block.Bytes), true},
		"in hex":               {[]byte(hex.EncodeToString(block.Bytes)), true},
		"a password":           {kept("with hunter2-hunter2"), true},
		"a password in base64": {kept([]byte("u:hunter2-hunter2")), true},
		"another key":          {kept(string(other)), false},
		"a short secret":       {kept("www"), false},
		"nothing":              {nil, false},
	} {
		if got := Holds(c.data, secrets...); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestShortSecretsLeaveWordsAlone(t *testing.T) {
	r := NewRedactor([]byte("ab"))
	if got := r.Line("the label ab=ab is about ab"); got != "the label [redacted]=[redacted] is about [redacted]" {
		t.Errorf("got %q", got)
	}
}

func TestOverlappingSecretsLeaveNothing(t *testing.T) {
	r := NewRedactor([]byte("abcdef"), []byte("defghi"))
	if got := r.Line("-abcdefghi-abcdefdefghi-"); got != "-[redacted]-[redacted]-" {
		t.Errorf("got %q", got)
	}
	long := strings.Repeat("0123456789ab", 4)
	r = NewRedactor([]byte(long), []byte("tail-"+long[:20]))
	if got := r.Line("x tail-" + long + long + " y"); got != "x [redacted] y" {
		t.Errorf("got %q", got)
	}
}

// A secret that the limit cuts through must not be left in part.
func TestTheLimitCutsNoSecretInTwo(t *testing.T) {
	secret := "correct-horse-battery"
	for before := MaxLine - 30; before < MaxLine+5; before++ {
		if got := NewRedactor([]byte(secret)).Line(strings.Repeat("x", before) + secret); strings.Contains(got, "corr") || len(got) > MaxLine {
			t.Fatalf("%d before: %q", before, got[MaxLine-40:])
		}
	}
	for before := maxInput - 60; before < maxInput+5; before++ {
		text := strings.Repeat(secret, 1) + strings.Repeat("y", 3)
		if got := NewRedactor([]byte(secret), []byte(strings.Repeat("y", 40))).Line(strings.Repeat("y", before) + text); strings.Contains(got, "corr") {
			t.Fatalf("%d before: %q", before, got)
		}
	}
}

func TestNothingThatATerminalObeysIsLeft(t *testing.T) {
	if got := NewRedactor().Line("a\x1b[31mred\x07\tb\r\nc\u202ed\xffe"); got != "a[31mred b  cd\uFFFDe" {
		t.Errorf("got %q", got)
	}
}

func TestNoSecretIsLeftWhereverItStands(t *testing.T) {
	encode := []func(string) string{
		func(s string) string { return s },
		func(s string) string { return base64.StdEncoding.EncodeToString([]byte("user:" + s)) },
		func(s string) string { return hex.EncodeToString([]byte(s)) },
		url.QueryEscape,
	}
	rapid.Check(t, func(t *rapid.T) {
		secrets := rapid.SliceOfN(rapid.StringMatching(`[a-fA-F0-9+/ ='"&]{6,70}`), 1, 4).Draw(t, "secrets")
		var raw [][]byte
		for _, s := range secrets {
			raw = append(raw, []byte(s))
		}
		var line strings.Builder
		for range rapid.IntRange(1, 6).Draw(t, "parts") {
			line.WriteString(rapid.StringMatching(`[a-fA-F0-9 =]{0,30}`).Draw(t, "text"))
			line.WriteString(encode[rapid.IntRange(0, 3).Draw(t, "form")](rapid.SampledFrom(secrets).Draw(t, "secret")))
		}
		got := NewRedactor(raw...).Line(line.String())
		for _, s := range secrets {
			s = strings.TrimSpace(s)
			if len(s) < minEncoded {
				continue
			}
			for i, form := range encode {
				if i != 1 && strings.Contains(got, form(s)) {
					t.Fatalf("%q is left in %q", form(s), got)
				}
			}
		}
	})
}

func FuzzRedactor(f *testing.F) {
	f.Add("secret", "longer secret than the others of which pieces are found", "a line with secret and longer secret than the")
	f.Add("aaaa", strings.Repeat("a", 100), strings.Repeat("a", 3000))
	f.Add("-----BEGIN PRIVATE KEY-----", "\x00", "-----BEGIN EC PRIVATE KEY-----x-----END EC PRIVATE KEY----- -----BEGIN ")
	f.Fuzz(func(t *testing.T, a, b, line string) {
		got := NewRedactor([]byte(a), []byte(b)).Line(line)
		if len(got) > MaxLine || strings.ContainsAny(got, "\n\r\x00\x1b") {
			t.Fatalf("got %q", got)
		}
		for _, s := range []string{a, b} {
			s = strings.TrimSpace(s)
			if len(s) <= 3 || visible(s) != s || strings.Contains(s, "-----") {
				continue
			}
			for _, piece := range strings.Split(strings.ReplaceAll(got, redactedKey, redacted), redacted) {
				if strings.Contains(piece, s) {
					t.Fatalf("%q is left in %q", s, got)
				}
			}
		}
	})
}
