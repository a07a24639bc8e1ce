package auth

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
)

var quick = argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}

func pw(s string) secret.String { return secret.NewString(s) }

func TestAHashVerifiesItsOwnPasswordOnly(t *testing.T) {
	p := NewPasswords(PasswordDeps{Params: quick})
	phc, err := p.Hash(t.Context(), pw("correct horse"))
	if err != nil {
		t.Fatal(err)
	}
	for s, want := range map[string]bool{"correct horse": true, "correct horsf": false, "correct horse ": false, "Correct horse": false} {
		ok, rehash, err := p.Verify(t.Context(), pw(s), phc)
		if ok != want || rehash || err != nil {
			t.Errorf("Verify(%q) = %v, %v, %v", s, ok, rehash, err)
		}
	}
	again, err := p.Hash(t.Context(), pw("correct horse"))
	if err != nil || again == phc {
		t.Errorf("two hashes are the same, or %v", err)
	}
}

func TestTheDefaultsAreWhatWePromise(t *testing.T) {
	p := NewPasswords(PasswordDeps{})
	phc, err := p.Hash(t.Context(), pw("correct horse"))
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^\$argon2id\$v=19\$m=65536,t=3,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$`).MatchString(phc) {
		t.Errorf("PHC string %q", phc)
	}
	if ok, rehash, err := p.Verify(t.Context(), pw("correct horse"), phc); !ok || rehash || err != nil {
		t.Errorf("Verify = %v, %v, %v", ok, rehash, err)
	}
	if cap(p.turns) != 4 {
		t.Errorf("%d at a time", cap(p.turns))
	}
}

// A hash that another implementation made (the reference one, of phc-winner-argon2).
func TestAForeignHashVerifies(t *testing.T) {
	const phc = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	ok, rehash, err := NewPasswords(PasswordDeps{}).Verify(t.Context(), pw("password"), phc)
	if !ok || !rehash || err != nil {
		t.Errorf("Verify = %v, %v, %v; want it to match and to be renewed", ok, rehash, err)
	}
}

func TestAHashWithOtherParametersAsksToBeRenewed(t *testing.T) {
	old := quick
	old.Iterations = 2
	phc, err := NewPasswords(PasswordDeps{Params: old}).Hash(t.Context(), pw("correct horse"))
	if err != nil {
		t.Fatal(err)
	}
	p := NewPasswords(PasswordDeps{Params: quick})
	if ok, rehash, err := p.Verify(t.Context(), pw("correct horse"), phc); !ok || !rehash || err != nil {
		t.Errorf("right password: %v, %v, %v", ok, rehash, err)
	}
	if ok, rehash, err := p.Verify(t.Context(), pw("wrong password"), phc); ok || rehash || err != nil {
		t.Errorf("wrong password: %v, %v, %v", ok, rehash, err)
	}
}

func TestLengthsAreBounded(t *testing.T) {
	p := NewPasswords(PasswordDeps{Params: quick})
	for n, want := range map[int]bool{0: false, 7: false, 8: true, 1024: true, 1025: false, 1 << 20: false} {
		s := strings.Repeat("Fq7.kX2-wZ9", n/11+1)[:n]
		phc, err := p.Hash(t.Context(), pw(s))
		if want != (err == nil) {
			t.Errorf("%d bytes: %v", n, err)
		}
		if err == nil {
			continue
		}
		var f *fault.Fault
		if !errors.As(err, &f) || f.Kind != fault.Invalid || f.Fields["password"] == "" || phc != "" {
			t.Errorf("%d bytes: %#v", n, err)
		}
		if strings.Contains(fmt.Sprintf("%v %v", f, f.Fields), "Fq7") {
			t.Error("the fault repeats the password")
		}
		if ok, _, err := p.Verify(t.Context(), pw(s), p.nobody); ok || err != nil {
			t.Errorf("Verify of %d bytes = %v, %v", n, ok, err)
		}
	}
}

func TestWhatIsTriedFirstIsNoPassword(t *testing.T) {
	p := NewPasswords(PasswordDeps{Params: quick})
	for _, s := range []string{
		"password", "Password", "PASSWORD1", "Password123!", "p@ssw0rd", "P4$$w0rd2024", "passw0rd!", "password password", "!!password!!",
		"12345678", "87654321", "0123456789", "9876543210", "11111111", "aaaaaaaaaaaa", "abababab", "abc123abc123", "1234512345", "19850412",
		"20241231", "abcdefgh", "hgfedcba", "abc12345", "kim1985041", "qwertyuiop", "qwerty123", "Qwertz1234", "azerty12", "1q2w3e4r",
		"1qaz2wsx", "!QAZ2wsx", "q1w2e3r4", "qazwsxedc", "zaq12wsx", "asdfghjkl", "poiuytrewq", "qwer1234", "iloveyou", "I love you!", "iloveyou2",
		"letmein1", "welcome1", "Welcome2024!", "Sommer2024", "Summer2025!", "january2026", "monkey12", "dragon99", "football", "f00tb4ll",
		"sunshine", "princess1", "superman!", "starwars77", "trustno1", "changeme", "ChangeMe!", "admin123", "Administrator1", "rootroot",
		"ignisfox1", "Ignisfox!", "l1verpool", "michael1", "jessica99", "passwort1", "motdepasse", "hallo123", "schatz123", "lovelove",
		"password" + "password" + "password", "!@#$%^&*()", "1!2@3#4$", "147258369",
	} {
		phc, err := p.Hash(t.Context(), pw(s))
		var f *fault.Fault
		if !errors.As(err, &f) || f.Code != "common_password" || f.Kind != fault.Invalid || f.Fields["password"] == "" || phc != "" {
			t.Errorf("%q: %v", s, err)
		}
	}
	for _, s := range []string{
		"correct horse", "battery staple", "password one", "correct horse battery staple", "staple battery horse", "xK4#vT9q", "tr0ub4dor&3",
		"9$1-4!-7*love-2#", "dragon eats monkey", "kq7vzm2p", "7319-5520-8846", "the summer of the fox", "grün ist die Heide", "пароль и ключ 7",
		"Zt8-qwerty-Lm4x", "abcdefgh-zyxwvut", "f81d4fae7dec11d0",
	} {
		phc, err := p.Hash(t.Context(), pw(s))
		if err != nil {
			t.Errorf("%q is refused: %v", s, err)
			continue
		}
		if ok, _, err := p.Verify(t.Context(), pw(s), phc); !ok || err != nil {
			t.Errorf("%q does not open: %v", s, err)
		}
	}
	if len(commonWords()) < 1800 {
		t.Errorf("the list has %d words", len(commonWords()))
	}
	// A password that was chosen before there was a list still opens: only new ones are held against it.
	old, err := argon2id.CreateHash("password", &quick)
	if err != nil {
		t.Fatal(err)
	}
	if ok, _, err := p.Verify(t.Context(), pw("password"), old); !ok || err != nil {
		t.Errorf("Verify of an old password: %v, %v", ok, err)
	}
}

func TestAnUnknownAccountCostsAHashAndNeverMatches(t *testing.T) {
	p := NewPasswords(PasswordDeps{Params: quick})
	if ok, rehash, err := p.Verify(t.Context(), pw("correct horse"), ""); ok || rehash || err != nil {
		t.Errorf("Verify = %v, %v, %v", ok, rehash, err)
	}
	params, _, _, err := argon2id.DecodeHash(p.nobody)
	if err != nil || *params != quick {
		t.Errorf("the dummy has parameters %+v, %v", params, err)
	}
	// Even when somebody guessed what the dummy stands for.
	if p.nobody, err = p.Hash(t.Context(), pw("correct horse")); err != nil {
		t.Fatal(err)
	}
	if ok, rehash, err := p.Verify(t.Context(), pw("correct horse"), ""); ok || rehash || err != nil {
		t.Errorf("Verify = %v, %v, %v", ok, rehash, err)
	}
}

func TestAHostileHashIsRefusedBeforeAnyWork(t *testing.T) {
	p := NewPasswords(PasswordDeps{Params: quick})
	salt, tag := base64.RawStdEncoding.EncodeToString(make([]byte, 16)), base64.RawStdEncoding.EncodeToString(make([]byte, 32))
	for _, phc := range []string{
		"canary", "$2a$10$abc", "$argon2id$v=19$m=64,t=1,p=1$" + salt, strings.Repeat("$", 5),
		"$argon2i$v=19$m=64,t=1,p=1$" + salt + "$" + tag,
		"$argon2id$v=18$m=64,t=1,p=1$" + salt + "$" + tag,
		"$argon2id$v=19$m=64,t=0,p=1$" + salt + "$" + tag,
		"$argon2id$v=19$m=64,t=1,p=0$" + salt + "$" + tag,
		"$argon2id$v=19$m=4294967295,t=1,p=1$" + salt + "$" + tag,
		"$argon2id$v=19$m=64,t=4294967295,p=1$" + salt + "$" + tag,
		"$argon2id$v=19$m=64,t=1,p=1$$" + tag, "$argon2id$v=19$m=64,t=1,p=1$" + salt + "$",
		"$argon2id$v=19$m=64,t=1,p=1$" + salt + "$" + strings.Repeat("A", 1<<20),
	} {
		ok, rehash, err := p.Verify(t.Context(), pw("correct horse"), phc)
		if ok || rehash || fault.CodeOf(err) != "password_hash_bad" {
			t.Errorf("Verify(%.60q) = %v, %v, %v", phc, ok, rehash, err)
		}
		if err != nil && (strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "argon2")) {
			t.Errorf("the fault shows the hash: %v", err)
		}
	}
}

func TestOnlySoManyComputeAtATime(t *testing.T) {
	p := NewPasswords(PasswordDeps{Params: quick, AtATime: 2, WaitMost: time.Millisecond})
	first, err := p.turn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second, err := p.turn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Hash(t.Context(), pw("correct horse"))
	var f *fault.Fault
	if !errors.As(err, &f) || f.Kind != fault.Unavailable || f.RetryAfter == 0 {
		t.Errorf("a third: %v", err)
	}
	first()
	if _, err = p.Hash(t.Context(), pw("correct horse")); err != nil {
		t.Errorf("after one has ended: %v", err)
	}
	second()
}

func TestWaitingEndsWithTheRequest(t *testing.T) {
	p := NewPasswords(PasswordDeps{Params: quick, AtATime: 1, WaitMost: time.Hour})
	done, err := p.turn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := p.Verify(ctx, pw("correct horse"), ""); !errors.Is(err, context.Canceled) {
		t.Errorf("Verify: %v", err)
	}
}

func TestManyAtOnce(t *testing.T) {
	p := NewPasswords(PasswordDeps{Params: quick})
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			word := pw(fmt.Sprintf("not the same %d", i))
			phc, err := p.Hash(t.Context(), word)
			if err != nil {
				t.Error(err)
				return
			}
			if ok, _, err := p.Verify(t.Context(), word, phc); !ok || err != nil {
				t.Errorf("Verify = %v, %v", ok, err)
			}
		})
	}
	wg.Wait()
	if len(p.turns) != 0 {
		t.Errorf("%d turns were not given back", len(p.turns))
	}
}
