package pull_test

import (
	"crypto/tls"
	"net/netip"
	"strings"
	"testing"
	"time"

	pkcs12 "software.sslmate.com/src/go-pkcs12"

	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/token"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/internal/testkit"
)

func TestKinds(t *testing.T) {
	engines(t, func(t *testing.T, k *testkit.Kit) {
		r, leaf := keyed(t, k, options{})
		r.setPassword("www", "pfx password")
		_, tok := r.newTarget("www", target.Settings{})
		want := map[string]string{
			"cert":      string(leaf.CertPEM),
			"chain":     string(inter.CertPEM),
			"fullchain": string(leaf.CertPEM) + string(inter.CertPEM),
			"key":       string(leaf.KeyPEM),
			"bundle":    string(leaf.CertPEM) + string(inter.CertPEM) + string(leaf.KeyPEM),
		}
		names := map[string]string{
			"cert": "www.example.com-cert.pem", "chain": "www.example.com-chain.pem", "fullchain": "www.example.com-fullchain.pem",
			"key": "www.example.com-privkey.pem", "bundle": "www.example.com-bundle.pem", "pfx": "www.example.com.pfx",
		}
		tags := map[string]string{}
		for kind, name := range names {
			got := r.fetch(tok, "kind="+kind)
			if got.status != 200 || kind != "pfx" && got.body != want[kind] {
				t.Errorf("%s: %d, other bytes than were uploaded:\n%s", kind, got.status, got.header)
				continue
			}
			for header, value := range map[string]string{
				"Content-Type":           map[bool]string{true: "application/x-pkcs12", false: "application/x-pem-file"}[kind == "pfx"],
				"Content-Disposition":    `attachment; filename="` + name + `"`,
				"Cache-Control":          "private, no-store",
				"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Ignisfox-Generation": "1",
			} {
				if got.header.Get(header) != value {
					t.Errorf("%s: %s is %q, want %q", kind, header, got.header.Get(header), value)
				}
			}
			etag := got.header.Get("Etag")
			if len(etag) < 10 || etag[0] != '"' || etag[len(etag)-1] != '"' || tags[etag] != "" {
				t.Errorf("%s: ETag %s is weak or that of %q", kind, etag, tags[etag])
			}
			tags[etag] = kind
			for _, path := range []string{"/api/push/" + tok + "/fetch/?kind=" + kind, "/api/push/" + tok + "/fetch?x=1&kind=" + kind + "&generation=1"} {
				if again := r.do("GET", path, nil); again.body != got.body || again.header.Get("Etag") != etag {
					t.Errorf("%s: other bytes at another path: %d", kind, again.status)
				}
			}
			for _, path := range []string{"/api/push/fetch?kind=", "/api/push/fetch/?kind="} {
				if again := r.do("GET", path+kind, nil, "Authorization", "Bearer "+tok); again.body != got.body {
					t.Errorf("%s: other bytes by the header: %d %s", kind, again.status, again.body)
				}
			}
			head := r.do("HEAD", "/api/push/"+tok+"/fetch?kind="+kind, nil)
			if head.status != 200 || head.body != "" {
				t.Errorf("%s: HEAD answered %d with %d bytes", kind, head.status, len(head.body))
			}
			for h := range got.header {
				if h != "Date" && head.header.Get(h) != got.header.Get(h) {
					t.Errorf("%s: HEAD has %s %q, GET %q", kind, h, head.header.Get(h), got.header.Get(h))
				}
			}
		}
		pfx := r.fetch(tok, "kind=pfx")
		key, c, chain, err := pkcs12.DecodeChain([]byte(pfx.body), "pfx password")
		if err != nil || c.Subject.CommonName != "www.example.com" || len(chain) != 1 || key == nil {
			t.Errorf("the PFX does not open: %v", err)
		}
		bundle := r.fetch(tok, "kind=bundle")
		if _, err := tls.X509KeyPair([]byte(bundle.body), []byte(bundle.body)); err != nil {
			t.Errorf("the bundle is no pair: %v", err)
		}
	})
}

func TestLegacyPresetIsAnotherForm(t *testing.T) {
	r, _ := keyed(t, sqlite(t), options{})
	r.setPassword("www", "pw")
	_, modern := r.newTarget("www", target.Settings{})
	_, legacy := r.newTarget("www", target.Settings{PFXPreset: cert.PresetLegacy})
	a, b := r.fetch(modern, "kind=pfx"), r.fetch(legacy, "kind=pfx")
	if a.body == b.body || a.header.Get("Etag") == b.header.Get("Etag") {
		t.Error("both presets answer the same form")
	}
	r.setPassword("www", "another")
	if c := r.fetch(modern, "kind=pfx"); c.header.Get("Etag") == a.header.Get("Etag") {
		t.Error("a new password keeps the old form")
	} else if _, _, _, err := pkcs12.DecodeChain([]byte(c.body), "another"); err != nil {
		t.Error(err)
	}
}

func TestWhatAGroupLacks(t *testing.T) {
	r, _ := keyed(t, sqlite(t), options{})
	tgt, tok := r.newTarget("www", target.Settings{})
	if got := r.fetch(tok, "kind=pfx"); got.status != 404 || got.code() != "no_password" {
		t.Errorf("pfx without a password: %d %s", got.status, got.body)
	}
	bare := testcert.SelfSigned("bare.example.com")
	r.upload("bare", bare.CertPEM, bare.KeyPEM)
	_, chainless := r.newTarget("bare", target.Settings{})
	if got := r.fetch(chainless, "kind=chain"); got.status != 404 || got.code() != "no_chain" {
		t.Errorf("chain of a self-signed certificate: %d %s", got.status, got.body)
	}
	if got := r.fetch(chainless, "kind=fullchain"); got.body != string(bare.CertPEM) {
		t.Errorf("fullchain without a chain: %d %s", got.status, got.body)
	}

	// A certificate-only group: the target was made while it had a key.
	r.upload("only", inter.Leaf("only.example.com").CertPEM)
	moveTarget(t, r, tgt.ID, "only")
	for _, kind := range []string{"key", "pfx", "bundle"} {
		got := r.fetch(tok, "kind="+kind)
		if got.status != 404 || got.body != `{"error":"No private key in this cert group","code":"no_key"}`+"\n" {
			t.Errorf("%s of a certificate-only group: %d %s", kind, got.status, got.body)
		}
	}
	for _, kind := range []string{"cert", "chain", "fullchain"} {
		if got := r.fetch(tok, "kind="+kind); got.status != 200 {
			t.Errorf("%s of a certificate-only group: %d %s", kind, got.status, got.body)
		}
	}
	if _, err := r.k.Vault.CreateGroup(ctx, r.k.Owner, "empty", secret.String{}); err != nil {
		t.Fatal(err)
	}
	moveTarget(t, r, tgt.ID, "empty")
	if got := r.fetch(tok, "kind=cert"); got.status != 404 || got.code() != "no_certificate" {
		t.Errorf("an empty group: %d %s", got.status, got.body)
	}
}

func TestLiteralAnswers(t *testing.T) {
	r, _ := keyed(t, sqlite(t), options{})
	_, tok := r.newTarget("www", target.Settings{})
	for _, c := range []struct {
		name, method, path string
		headers            []string
		status             int
		body               string
	}{
		{"no header", "GET", "/api/push/fetch?kind=key", nil, 401, `{"error":"Missing bearer token. Use Authorization: Bearer <push-token>.","code":"invalid_token"}`},
		{"another scheme", "GET", "/api/push/fetch?kind=key", []string{"Authorization", "Basic eDp5"}, 401, `{"error":"Missing bearer token. Use Authorization: Bearer <push-token>.","code":"invalid_token"}`},
		{"token in the query", "GET", "/api/push/fetch?kind=key&token=" + tok, nil, 401, `{"error":"Missing bearer token. Use Authorization: Bearer <push-token>.","code":"invalid_token"}`},
		{"ingest without a header", "POST", "/api/ingest", nil, 401, `{"error":"Missing bearer token. Use Authorization: Bearer <ingest-token>.","code":"invalid_token"}`},
		{"no kind", "GET", "/api/push/" + tok + "/fetch", nil, 400, ""},
		{"bad kind", "GET", "/api/push/" + tok + "/fetch?kind=all", nil, 400, ""},
		{"bad generation", "GET", "/api/push/" + tok + "/fetch?kind=key&generation=one", nil, 400, ""},
		{"not current", "GET", "/api/push/" + tok + "/fetch?kind=key&generation=2", nil, 409, ""},
		{"post", "POST", "/api/push/" + tok + "/fetch?kind=key", nil, 405, ""},
		{"delete", "DELETE", "/api/push/fetch", nil, 405, ""},
		{"get ingest", "GET", "/api/ingest", nil, 405, ""},
		{"elsewhere", "GET", "/api/push/" + tok, nil, 404, ""},
	} {
		got := r.do(c.method, c.path, nil, c.headers...)
		if got.status != c.status || c.body != "" && got.body != c.body+"\n" {
			t.Errorf("%s: %d %s", c.name, got.status, got.body)
		}
		if got.header.Get("Content-Type") != "application/json" || got.code() == "" || got.header.Get("Cache-Control") != "private, no-store" {
			t.Errorf("%s: not our error shape: %v %s", c.name, got.header, got.body)
		}
		if c.status == 405 && got.header.Get("Allow") == "" {
			t.Errorf("%s: no Allow", c.name)
		}
		if got.header.Get("Etag")+got.header.Get("X-Ignisfox-Generation") != "" {
			t.Errorf("%s: an error names a form", c.name)
		}
	}
	want := map[string]string{"kind=all": "bad_kind", "kind=key&generation=0": "bad_generation", "kind=key&generation=7": "not_current"}
	for query, code := range want {
		if got := r.fetch(tok, query); got.code() != code {
			t.Errorf("%s: %s", query, got.body)
		}
	}
	if strings.Contains(r.logs.String(), tok) {
		t.Error("the token is in the log")
	}
}

// Nobody learns why a token does not work.
func TestOneAnswerForEveryBadToken(t *testing.T) {
	engines(t, func(t *testing.T, k *testkit.Kit) {
		r, _ := keyed(t, k, options{})
		soon := r.now().Add(time.Hour)
		_, expired := r.newTarget("www", target.Settings{ExpiresAt: &soon})
		rotatedTarget, rotated := r.newTarget("www", target.Settings{})
		deletedTarget, deleted := r.newTarget("www", target.Settings{})
		_, outside := r.newTarget("www", target.Settings{AllowedCIDRs: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}})
		graceTarget, grace := r.newTarget("www", target.Settings{})
		unknown, _ := token.New(token.Push)
		ofIngest, _ := token.New(token.Ingest)
		for name, tok := range map[string]string{"expired": expired, "rotated": rotated, "deleted": deleted, "grace": grace} {
			if got := r.fetch(tok, "kind=key"); got.status != 200 {
				t.Fatalf("%s: %d %s before", name, got.status, got.body)
			}
		}
		if _, err := r.push.Rotate(ctx, k.Owner, rotatedTarget.ID, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := r.push.Rotate(ctx, k.Owner, graceTarget.ID, time.Hour); err != nil {
			t.Fatal(err)
		}
		if err := r.push.Delete(ctx, k.Owner, deletedTarget.ID); err != nil {
			t.Fatal(err)
		}
		if got := r.fetch(grace, "kind=key"); got.status != 200 {
			t.Errorf("within grace: %d", got.status)
		}
		r.ahead.Store(int64(time.Hour + time.Second))
		var first *reply
		for name, tok := range map[string]string{
			"unknown": unknown.Reveal(), "expired": expired, "rotated": rotated, "deleted": deleted, "outside its networks": outside,
			"past grace": grace, "an ingest token": ofIngest.Reveal(), "malformed": "pt_xyz", "other checksum": unknown.Reveal()[:51] + "0",
			"no token at all": "fetch", "very long": strings.Repeat("a", 5000),
		} {
			for _, got := range []reply{r.fetch(tok, "kind=key"), r.do("GET", "/api/push/fetch?kind=key", nil, "Authorization", "bearer "+tok)} {
				got.header.Del("Date")
				if first == nil {
					first = &got
				}
				if got.status != 401 || got.body != first.body || got.code() != "invalid_token" || len(got.header) != len(first.header) {
					t.Errorf("%s: %d %s %v", name, got.status, got.body, got.header)
				}
			}
		}
		if got := r.do("GET", "/api/push/fetch?kind=key", nil, "Authorization", "Bearer "+grace, "Authorization", "Bearer "+grace); got.body != first.body {
			t.Errorf("two headers: %d %s", got.status, got.body)
		}
	})
}

func TestIfNoneMatch(t *testing.T) {
	r, _ := keyed(t, sqlite(t), options{})
	tgt, tok := r.newTarget("www", target.Settings{})
	first := r.fetch(tok, "kind=bundle")
	etag := first.header.Get("Etag")
	for _, value := range []string{etag, "W/" + etag, "*", `"other", ` + etag} {
		opened := r.sealer.opened.Load()
		got := r.fetch(tok, "kind=bundle", "If-None-Match", value)
		if got.status != 304 || got.body != "" || got.header.Get("Etag") != etag || got.header.Get("X-Ignisfox-Generation") != "1" ||
			got.header.Get("Cache-Control") != "private, no-store" {
			t.Errorf("%s: %d %v", value, got.status, got.header)
		}
		if r.sealer.opened.Load() != opened {
			t.Error("a 304 opened the form")
		}
	}
	if got := r.fetch(tok, "kind=key", "If-None-Match", etag); got.status != 200 {
		t.Errorf("the tag of another kind: %d", got.status)
	}
	if got := r.fetch(tok, "kind=bundle&generation=2", "If-None-Match", etag); got.status != 409 {
		t.Errorf("pinned to another generation: %d", got.status)
	}
	if _, err := r.push.Rotate(ctx, r.k.Owner, tgt.ID, 0); err != nil {
		t.Fatal(err)
	}
	if got := r.fetch(tok, "kind=bundle", "If-None-Match", "*"); got.status != 401 {
		t.Errorf("a dead token and a matching tag: %d", got.status)
	}
}

func TestOneUnsealingForEachBody(t *testing.T) {
	r, _ := keyed(t, sqlite(t), options{})
	_, tok := r.newTarget("www", target.Settings{})
	etag := r.fetch(tok, "kind=key").header.Get("Etag")
	before := r.sealer.opened.Load()
	const n = 20
	for range n {
		r.fetch(tok, "kind=key")
		r.fetch(tok, "kind=key", "If-None-Match", etag)
		r.do("HEAD", "/api/push/"+tok+"/fetch?kind=key", nil)
	}
	if got := r.sealer.opened.Load() - before; got != n {
		t.Errorf("%d unsealings for %d bodies, as many 304 and HEAD", got, n)
	}
}

func TestStoreThatCannotBeReadAnswers503(t *testing.T) {
	r, _ := keyed(t, sqlite(t), options{})
	_, tok := r.newTarget("www", target.Settings{})
	r.fetch(tok, "kind=key")
	broken := error(fault.New(fault.Unavailable, "store_unavailable", "no"))
	r.store.epochErr.Store(&broken)
	done := make(chan reply)
	const n = 20
	for range n {
		go func() { done <- r.fetch(tok, "kind=key") }()
	}
	for range n {
		if got := <-done; got.status != 503 || got.code() != "store_unavailable" || got.header.Get("Retry-After") == "" {
			t.Errorf("%d %s", got.status, got.body)
		}
	}
	r.store.epochErr.Store(nil)
	if got := r.fetch(tok, "kind=key"); got.status != 200 {
		t.Errorf("afterwards: %d", got.status)
	}
}

func TestCrashesSayOnlyAnIncident(t *testing.T) {
	r, _ := keyed(t, sqlite(t), options{})
	_, tok := r.newTarget("www", target.Settings{})
	for name, fail := range map[string]func(){
		"panic with a value": func() { panic("the secret is " + tok) },
		"runtime error":      func() { none := []int{}; none[len(tok)]++ },
	} {
		r.sealer.fail.Store(&fail)
		got := r.fetch(tok, "kind=key")
		r.sealer.fail.Store(nil)
		text, ok := strings.CutPrefix(got.body, `{"error":"Handler crashed: inc_`)
		if got.status != 500 || !ok || !strings.HasSuffix(text, `","code":"internal"}`+"\n") || strings.Contains(text, "secret") {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
		incident, _, _ := strings.Cut("inc_"+text, `"`)
		if log := r.logs.String(); !strings.Contains(log, incident) || strings.Contains(log, tok) || !strings.Contains(log, "/api/push/{token}/fetch") {
			t.Errorf("%s: the log lacks the incident, or holds the token", name)
		}
		if again := r.fetch(tok, "kind=key"); again.status != 200 {
			t.Errorf("%s: afterwards %d", name, again.status)
		}
	}
}
