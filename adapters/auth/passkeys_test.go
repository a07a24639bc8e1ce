package auth

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/testauthn"
	"github.com/ignisfox/ignisfox/ports"
)

const origin = "https://certs.example.com"

// bench is a server and a browser, and what the server stores.
type bench struct {
	*Passkeys
	browser *testauthn.Browser
	owner   ports.PasskeyOwner
	now     time.Time
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{browser: testauthn.New(origin), now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	b.owner.User = tenant.User{ID: "usr_06h055v191r8f0v0hcdftbnszw", Email: "kim@example.com", Name: "Kim"}
	var err error
	b.Passkeys, err = NewPasskeys(PasskeyDeps{BaseURL: origin + "/", Now: func() time.Time { return b.now }})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) find(id []byte) (ports.PasskeyOwner, error) {
	if slices.ContainsFunc(b.owner.Passkeys, func(p tenant.Passkey) bool { return bytes.Equal(p.CredentialID, id) }) {
		return b.owner, nil
	}
	return ports.PasskeyOwner{}, fault.Missing("passkey")
}

func (b *bench) enrol(t *testing.T) {
	t.Helper()
	options, state, err := b.BeginEnrol(t.Context(), b.owner)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := b.browser.Create(options)
	if err != nil {
		t.Fatal(err)
	}
	p, err := b.FinishEnrol(t.Context(), b.owner, state, answer)
	if err != nil {
		t.Fatal(err)
	}
	p.ID, p.Name = "psk_1", "Laptop"
	b.owner.Passkeys = append(b.owner.Passkeys, p)
}

func refusedBy(t *testing.T, what string, err error) {
	t.Helper()
	if fault.KindOf(err) != fault.Unauthenticated || fault.CodeOf(err) != "passkey_refused" {
		t.Errorf("%s: %v", what, err)
	}
}

func TestAPasskeyIsEnrolledAndUsed(t *testing.T) {
	b := newBench(t)
	b.enrol(t)
	for _, asked := range []ports.PasskeyOwner{{}, b.owner} { // anybody, and somebody by name
		for range 2 {
			options, state, err := b.BeginUse(t.Context(), asked)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := b.browser.Get(options)
			if err != nil {
				t.Fatal(err)
			}
			p, err := b.FinishUse(t.Context(), state, answer, b.find)
			if err != nil {
				t.Fatal(err)
			}
			was := b.owner.Passkeys[0]
			if p.ID != "psk_1" || p.Name != "Laptop" || bytes.Equal(p.Data, was.Data) {
				t.Errorf("%+v", p)
			}
			_, err = b.FinishUse(t.Context(), state, answer, func([]byte) (ports.PasskeyOwner, error) {
				o := b.owner
				o.Passkeys = []tenant.Passkey{p}
				return o, nil
			})
			refusedBy(t, "an answer that was used", err)
			b.owner.Passkeys = []tenant.Passkey{p}
		}
	}
}

func TestOptionsAskForWhatWeRelyOn(t *testing.T) {
	b := newBench(t)
	b.enrol(t)
	options, state, err := b.BeginEnrol(t.Context(), b.owner)
	if err != nil {
		t.Fatal(err)
	}
	var create struct {
		PublicKey struct {
			RP                     struct{ ID, Name string }
			User                   struct{ ID, Name, DisplayName string }
			Challenge              string
			Attestation            string
			ExcludeCredentials     []struct{ ID string }
			AuthenticatorSelection struct {
				ResidentKey, UserVerification string
				RequireResidentKey            bool
			}
			Timeout int
		}
	}
	if err := json.Unmarshal(options, &create); err != nil {
		t.Fatal(err)
	}
	p := create.PublicKey
	if p.RP.ID != "certs.example.com" || p.User.Name != "kim@example.com" || p.User.DisplayName != "Kim" || len(p.Challenge) != 43 ||
		p.Attestation != "none" || len(p.ExcludeCredentials) != 1 || p.AuthenticatorSelection.ResidentKey != "required" ||
		!p.AuthenticatorSelection.RequireResidentKey || p.AuthenticatorSelection.UserVerification != "required" || p.Timeout != 300000 {
		t.Errorf("%+v", p)
	}
	if len(state) == 0 || len(b.owner.Passkeys[0].Data) > 1000 {
		t.Errorf("%d bytes of state, %d of passkey", len(state), len(b.owner.Passkeys[0].Data))
	}
	if _, err := b.browser.Create(options); err == nil {
		t.Error("a browser that has a passkey of ours makes another")
	}
	options, _, err = b.BeginUse(t.Context(), ports.PasskeyOwner{})
	if err != nil {
		t.Fatal(err)
	}
	var get struct {
		PublicKey struct {
			RPID, Challenge, UserVerification string
			AllowCredentials                  []struct{ ID string }
		}
	}
	if err := json.Unmarshal(options, &get); err != nil {
		t.Fatal(err)
	}
	if q := get.PublicKey; q.RPID != "certs.example.com" || q.UserVerification != "required" || len(q.AllowCredentials) != 0 || q.Challenge == p.Challenge {
		t.Errorf("%+v", q)
	}
}

// otherChallenge answers the options with another challenge in them.
func otherChallenge(t *testing.T, options []byte) []byte {
	t.Helper()
	var o map[string]map[string]any
	if err := json.Unmarshal(options, &o); err != nil {
		t.Fatal(err)
	}
	o["publicKey"]["challenge"] = strings.Repeat("A", 43)
	out, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// lies are answers that prove nothing.
var lies = map[string]func(t *testing.T, b *bench, options []byte) []byte{
	"other origin": func(_ *testing.T, b *bench, o []byte) []byte { b.browser.Origin = "https://evil.example"; return o },
	"other subdomain": func(_ *testing.T, b *bench, o []byte) []byte {
		b.browser.Origin = "https://x.certs.example.com"
		return o
	},
	"other port":        func(_ *testing.T, b *bench, o []byte) []byte { b.browser.Origin = origin + ":8443"; return o },
	"plain http":        func(_ *testing.T, b *bench, o []byte) []byte { b.browser.Origin = "http://certs.example.com"; return o },
	"other challenge":   func(t *testing.T, _ *bench, o []byte) []byte { return otherChallenge(t, o) },
	"user not verified": func(_ *testing.T, b *bench, o []byte) []byte { b.browser.Unverified = true; return o },
	"too late":          func(_ *testing.T, b *bench, o []byte) []byte { b.now = b.now.Add(5 * time.Minute); return o },
	"other party": func(_ *testing.T, _ *bench, o []byte) []byte {
		return bytes.ReplaceAll(o, []byte("certs.example.com"), []byte("evil.example"))
	},
}

func TestEnrolmentsThatProveNothing(t *testing.T) {
	for what, lie := range lies {
		b := newBench(t)
		b.browser.Careless = true
		options, state, err := b.BeginEnrol(t.Context(), b.owner)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := b.browser.Create(lie(t, b, options))
		if err != nil {
			t.Fatal(err)
		}
		_, err = b.FinishEnrol(t.Context(), b.owner, state, answer)
		refusedBy(t, what, err)
	}
	b := newBench(t)
	options, state, err := b.BeginEnrol(t.Context(), b.owner)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := b.browser.Create(options)
	if err != nil {
		t.Fatal(err)
	}
	eve := ports.PasskeyOwner{User: tenant.User{ID: "usr_eve", Email: "eve@example.com"}}
	_, err = b.FinishEnrol(t.Context(), eve, state, answer)
	refusedBy(t, "for somebody else", err)
}

func TestUsesThatProveNothing(t *testing.T) {
	more := map[string]func(t *testing.T, b *bench, options []byte) []byte{
		"counter backwards": func(_ *testing.T, b *bench, o []byte) []byte {
			b.browser.Credentials[0].Counter = math.MaxUint32 // the answer carries 0
			return o
		},
		"counter stands": func(_ *testing.T, b *bench, o []byte) []byte {
			b.browser.Credentials[0].Counter-- // the answer carries what the last one carried
			return o
		},
		"other handle": func(_ *testing.T, b *bench, o []byte) []byte {
			b.browser.Credentials[0].User = []byte("usr_eve")
			return o
		},
		"no handle": func(_ *testing.T, b *bench, o []byte) []byte { b.browser.Anonymous = true; return o },
		"other key": func(t *testing.T, b *bench, o []byte) []byte {
			mine := b.browser.Credentials[0].ID
			b.enrol(t)
			b.browser.Credentials[1].ID, b.owner.Passkeys = mine, b.owner.Passkeys[:1]
			return o
		},
		"unknown": func(_ *testing.T, b *bench, o []byte) []byte { b.owner.Passkeys = nil; return o },
	}
	for what, lie := range lies {
		more[what] = func(t *testing.T, b *bench, o []byte) []byte {
			if what == "other party" {
				b.browser.Credentials[0].Party = "evil.example"
			}
			return lie(t, b, o)
		}
	}
	for what, lie := range more {
		b := newBench(t)
		b.browser.Careless = true
		b.enrol(t)
		options, state, err := b.BeginUse(t.Context(), ports.PasskeyOwner{})
		if err != nil {
			t.Fatal(err)
		}
		answer, err := b.browser.Get(lie(t, b, options))
		if err != nil {
			t.Fatal(err)
		}
		_, err = b.FinishUse(t.Context(), state, answer, b.find)
		refusedBy(t, what, err)
	}
}

func TestACloneIsFoundOut(t *testing.T) {
	b := newBench(t)
	b.enrol(t)
	clone := b.browser.Clone()
	use := func(browser *testauthn.Browser) error {
		options, state, err := b.BeginUse(t.Context(), b.owner)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := browser.Get(options)
		if err != nil {
			t.Fatal(err)
		}
		p, err := b.FinishUse(t.Context(), state, answer, b.find)
		if err == nil {
			b.owner.Passkeys[0] = p
		}
		return err
	}
	if err := errors.Join(use(b.browser), use(b.browser)); err != nil {
		t.Fatal(err)
	}
	refusedBy(t, "the copy", use(clone))
	if err := use(b.browser); err != nil {
		t.Errorf("the owner is shut out: %v", err)
	}
}

func TestAnswersForSomebodyByNameAreTheirs(t *testing.T) {
	b := newBench(t)
	b.enrol(t)
	eve := newBench(t)
	eve.owner.User.ID = "usr_eve"
	eve.enrol(t)
	options, state, err := b.BeginUse(t.Context(), b.owner)
	if err != nil {
		t.Fatal(err)
	}
	eve.browser.Careless = true
	answer, err := eve.browser.Get(options)
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.FinishUse(t.Context(), state, answer, eve.find)
	refusedBy(t, "somebody else's passkey", err)
}

func TestHostileAnswersAreRefused(t *testing.T) {
	b := newBench(t)
	b.enrol(t)
	_, enrol, err := b.BeginEnrol(t.Context(), b.owner)
	if err != nil {
		t.Fatal(err)
	}
	_, use, err := b.BeginUse(t.Context(), ports.PasskeyOwner{})
	if err != nil {
		t.Fatal(err)
	}
	for _, answer := range []string{
		"", "{", "null", "[]", "{}", `{"id":"","rawId":"","type":"public-key","response":{}}`,
		`{"id":"AAAA","rawId":"AAAA","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"AA","signature":"AA","attestationObject":"oA"}}`,
		`{"id":"AAAA","rawId":"AAAA","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"v2NmbXRkbm9uZf8"}}`,
		strings.Repeat("[", 60_000), strings.Repeat(" ", 1<<20),
	} {
		_, err := b.FinishEnrol(t.Context(), b.owner, enrol, []byte(answer))
		refusedBy(t, "enrolment", err)
		_, err = b.FinishUse(t.Context(), use, []byte(answer), b.find)
		refusedBy(t, "use", err)
	}
}

func TestAFailingStoreIsNoRefusal(t *testing.T) {
	b := newBench(t)
	b.enrol(t)
	options, state, err := b.BeginUse(t.Context(), ports.PasskeyOwner{})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := b.browser.Get(options)
	if err != nil {
		t.Fatal(err)
	}
	busy := fault.New(fault.Unavailable, "store_unavailable", "Busy.")
	if _, err = b.FinishUse(t.Context(), state, answer, func([]byte) (ports.PasskeyOwner, error) { return ports.PasskeyOwner{}, busy }); !errors.Is(err, busy) {
		t.Errorf("got %v", err)
	}
	b.owner.Passkeys[0].Data = []byte("canary")
	if _, err = b.FinishUse(t.Context(), state, answer, b.find); fault.CodeOf(err) != "passkey_data" {
		t.Errorf("got %v", err)
	}
	if _, err = b.FinishUse(t.Context(), []byte("{}"), answer, b.find); fault.CodeOf(err) != "passkey_state" {
		t.Errorf("got %v", err)
	}
}

func TestPasskeysNeedAName(t *testing.T) {
	for _, base := range []string{"", "/", "certs.example.com", "https://"} {
		if _, err := NewPasskeys(PasskeyDeps{BaseURL: base, Now: time.Now}); err == nil {
			t.Errorf("%q is taken", base)
		}
	}
	for _, base := range []string{"http://127.0.0.1:8080", "http://[::1]:8080", "https://192.0.2.1"} {
		p, err := NewPasskeys(PasskeyDeps{BaseURL: base, Now: time.Now})
		if err != nil {
			t.Fatalf("%s: the server does not start: %v", base, err)
		}
		_, _, err = p.BeginUse(t.Context(), ports.PasskeyOwner{})
		_, _, err2 := p.BeginEnrol(t.Context(), ports.PasskeyOwner{})
		_, err3 := p.FinishUse(t.Context(), nil, nil, nil)
		_, err4 := p.FinishEnrol(t.Context(), ports.PasskeyOwner{}, nil, nil)
		for _, err := range []error{err, err2, err3, err4} {
			if fault.CodeOf(err) != "passkeys_unavailable" {
				t.Errorf("%s: %v", base, err)
			}
		}
	}
	p, err := NewPasskeys(PasskeyDeps{BaseURL: "http://localhost:8080", Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err = p.BeginUse(t.Context(), ports.PasskeyOwner{}); err != nil {
		t.Error(err)
	}
}
