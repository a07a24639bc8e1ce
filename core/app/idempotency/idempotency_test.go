package idempotency_test

import (
	"context"
	"crypto/sha256"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/app/idempotency"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/pgtest"
	"github.com/ignisfox/ignisfox/internal/testkit"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var ctx = context.Background()

func engines(t *testing.T, fn func(t *testing.T, k *testkit.Kit, s *idempotency.Service)) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		fn(t, k, idempotency.New(idempotency.Deps{
			Store: k.Store, Sealer: k.Sealer, Now: time.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		}))
	})
}

func begin(t *testing.T, s *idempotency.Service, who tenant.Actor, route, key, body string) (*idempotency.Work, *idempotency.Answer) {
	t.Helper()
	w, a, err := s.Begin(ctx, who, route, key, sha256.Sum256([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	return w, a
}

func refused(t *testing.T, s *idempotency.Service, who tenant.Actor, key, body, code string) *fault.Fault {
	t.Helper()
	_, _, err := s.Begin(ctx, who, "r", key, sha256.Sum256([]byte(body)))
	f, ok := err.(*fault.Fault) //nolint:errorlint // it is answered as it is
	if !ok || f.Code != code {
		t.Fatalf("got %v, want %s", err, code)
	}
	return f
}

func groups(t *testing.T, k *testkit.Kit, under context.Context, name string) error { //nolint:revive // what it is done under comes with the test
	t.Helper()
	_, err := k.Vault.CreateGroup(under, k.Owner, name, secret.String{})
	return err
}

func TestAnAnswerIsReplayedByteForByte(t *testing.T) {
	engines(t, func(t *testing.T, k *testkit.Kit, s *idempotency.Service) {
		w, _ := begin(t, s, k.Owner, "r", "k", "body")
		refused(t, s, k.Owner, "k", "other", "idempotency_key_reused")
		if f := refused(t, s, k.Owner, "k", "body", "in_progress"); f.RetryAfter <= 0 {
			t.Error("no Retry-After")
		}
		if err := groups(t, k, w.Context(), "g"); err != nil {
			t.Fatal(err)
		}
		w.Finish(idempotency.Answer{Status: 201, ContentType: "application/json", Body: secret.NewBytes([]byte("{\"token\":\"\x00pt\"}"))})
		_, a := begin(t, s, k.Owner, "r", "k", "body")
		if a == nil || a.Status != 201 || a.ContentType != "application/json" || string(a.Body.Reveal()) != "{\"token\":\"\x00pt\"}" {
			t.Errorf("%+v", a)
		}
		refused(t, s, k.Owner, "k", "other", "idempotency_key_reused")
	})
}

func TestWorkWhoseAnswerWasLostIsNotDoneAgain(t *testing.T) {
	engines(t, func(t *testing.T, k *testkit.Kit, s *idempotency.Service) {
		w, _ := begin(t, s, k.Owner, "r", "k", "body")
		if err := groups(t, k, w.Context(), "g"); err != nil {
			t.Fatal(err)
		}
		refused(t, s, k.Owner, "k", "body", "already_done") // the process died here
		w.Release()                                         // and nothing frees it
		refused(t, s, k.Owner, "k", "body", "already_done")
	})
}

func TestAReleasedKeyIsFree(t *testing.T) {
	engines(t, func(t *testing.T, k *testkit.Kit, s *idempotency.Service) {
		w, _ := begin(t, s, k.Owner, "r", "k", "body")
		w.Release()
		if w, a := begin(t, s, k.Owner, "r", "k", "corrected"); w == nil || a != nil {
			t.Error("not granted")
		}
	})
}

// Work that rolls back must not spend the key.
func TestWorkThatFailsSpendsNothing(t *testing.T) {
	engines(t, func(t *testing.T, k *testkit.Kit, s *idempotency.Service) {
		if err := groups(t, k, ctx, "g"); err != nil {
			t.Fatal(err)
		}
		w, _ := begin(t, s, k.Owner, "r", "k", "body")
		if err := groups(t, k, w.Context(), "g"); fault.CodeOf(err) != "name_taken" {
			t.Fatal(err)
		}
		w.Release()
		if w, _ := begin(t, s, k.Owner, "r", "k", "body"); w == nil {
			t.Error("not granted")
		}
	})
}

// An attempt that lost its reservation commits nothing.
func TestALateAttemptChangesNothing(t *testing.T) {
	engines(t, func(t *testing.T, k *testkit.Kit, s *idempotency.Service) {
		late, _ := begin(t, s, k.Owner, "r", "k", "body")
		late.Release() // as when its lease ran out
		now, _ := begin(t, s, k.Owner, "r", "k", "body")
		if err := groups(t, k, late.Context(), "late"); fault.CodeOf(err) != "in_progress" {
			t.Errorf("the late attempt: %v", err)
		}
		if err := groups(t, k, now.Context(), "g"); err != nil {
			t.Error(err)
		}
		if _, err := k.Vault.Group(ctx, k.Owner, "late"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("it left something: %v", err)
		}
	})
}

func TestKeysAreApart(t *testing.T) {
	engines(t, func(t *testing.T, k *testkit.Kit, s *idempotency.Service) {
		other := k.Owner
		other.User = "usr_other"
		token := k.Owner
		token.User, token.Credential = "", string(k.Owner.User)
		token.Principal = tenant.PrincipalIngest
		lesser := k.Owner
		lesser.Credential = "tok_lesser"
		foreign := k.NewTenant(t, "Another")
		foreign.User = k.Owner.User
		for _, c := range []struct {
			who        tenant.Actor
			route, key string
		}{
			{k.Owner, "r", "k"}, {k.Owner, "r", "k2"}, {k.Owner, "rk", ""}, {k.Owner, "r2", "k"}, {other, "r", "k"}, {token, "r", "k"}, {lesser, "r", "k"}, {foreign, "r", "k"},
		} {
			if c.key == "" {
				c.key = "x"
			}
			if w, _ := begin(t, s, c.who, c.route, c.key, "body"); w == nil {
				t.Errorf("%+v was not granted", c)
			}
		}
		for _, bad := range []string{"", strings.Repeat("k", 201), "a\n", "ä", "\x7f"} {
			refused(t, s, k.Owner, bad, "body", "bad_idempotency_key")
		}
		if w, _ := begin(t, s, k.Owner, "r", strings.Repeat("k", 200), "body"); w == nil {
			t.Error("200 characters were refused")
		}
	})
}

func TestWhoGivesUpIsToldThatItRuns(t *testing.T) {
	engines(t, func(t *testing.T, k *testkit.Kit, s *idempotency.Service) {
		w, _ := begin(t, s, k.Owner, "r", "k", "body")
		if err := groups(t, k, w.Context(), "g"); err != nil {
			t.Fatal(err)
		}
		gone, cancel := context.WithCancel(ctx)
		go cancel()
		if _, _, err := s.Begin(gone, k.Owner, "r", "k", sha256.Sum256([]byte("body"))); err == nil {
			t.Error("no refusal")
		}
		w.Finish(idempotency.Answer{Status: 204})
		if _, a := begin(t, s, k.Owner, "r", "k", "body"); a == nil || a.Status != 204 || a.Body.Len() != 0 {
			t.Errorf("%+v", a)
		}
	})
}
