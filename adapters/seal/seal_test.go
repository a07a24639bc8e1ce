package seal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

func TestWhatWasSealedOpensAtItsPlaceOnly(t *testing.T) {
	m := newMemory()
	s := started(t, m, "file:"+kekPath(t))
	m.addTenant(t, s, "t1")
	m.addTenant(t, s, "t2")
	at := place("t1")
	sealed := sealText(t, s, at, "the key")
	wantOpen(t, s, at, sealed, "the key")
	if bytes.Contains(sealed, []byte("the key")) {
		t.Error("the sealed bytes show the secret")
	}
	if again := sealText(t, s, at, "the key"); bytes.Equal(again, sealed) {
		t.Error("sealing twice gave the same bytes")
	}
	for name, other := range map[string]ports.Place{
		"tenant":         {Tenant: "t2", Table: at.Table, Column: at.Column, Row: at.Row},
		"platform":       {Tenant: "", Table: at.Table, Column: at.Column, Row: at.Row},
		"table":          {Tenant: "t1", Table: "forms", Column: at.Column, Row: at.Row},
		"column":         {Tenant: "t1", Table: at.Table, Column: "password", Row: at.Row},
		"row":            {Tenant: "t1", Table: at.Table, Column: at.Column, Row: "a2"},
		"moved boundary": {Tenant: "t1", Table: at.Table + "p", Column: at.Column[1:], Row: at.Row},
	} {
		_, err := s.Open(t.Context(), other, sealed)
		if err == nil {
			t.Fatalf("it opened with another %s", name)
		}
		wantCode(t, err, fault.Internal, "cannot_unseal")
	}
}

// With the same keys under another tenant's name the tenant in the associated data must still tell them apart.
func TestTheTenantIsBoundApartFromItsKeys(t *testing.T) {
	m := newMemory()
	s := started(t, m, "file:"+kekPath(t))
	m.addTenant(t, s, "t1")
	m.addTenant(t, s, "t2")
	sealed := sealText(t, s, place("t1"), "x")
	s.cache.mu.Lock()
	el := s.cache.entries["t1"]
	s.cache.entries["t2"] = s.cache.order.PushFront(&entry{"t2", el.Value.(*entry).keys, s.now(), s.now()})
	s.cache.mu.Unlock()
	_, err := s.Open(t.Context(), place("t2"), sealed)
	wantCode(t, err, fault.Internal, "cannot_unseal")

	if _, err := unwrap(s.ring.Load().primary(), "t2", m.get("t1").Blob); err == nil {
		t.Error("a keyset unwraps for another tenant")
	}
	m.set("t2", m.get("t1")) // a stolen keyset does not unwrap for another tenant either
	s.Forget("t2")
	_, err = s.Open(t.Context(), place("t2"), sealed)
	wantCode(t, err, fault.Internal, "cannot_unseal")
}

func TestNoTwoListsOfPartsGiveTheSameAssociatedData(t *testing.T) {
	seen := map[string]string{}
	parts := []string{"", "a", "ab", "b", "\x00", "\x00\x00\x00\x01a", "a\x00\x00\x00\x01"}
	for _, a := range parts {
		for _, b := range parts {
			for _, c := range parts {
				key, what := string(joinAD(a, b, c)), fmt.Sprintf("%q %q %q", a, b, c)
				if was, ok := seen[key]; ok {
					t.Fatalf("%s and %s give the same bytes", was, what)
				}
				seen[key] = what
			}
		}
	}
}

func TestEveryFlippedBitAndEveryCutIsDetected(t *testing.T) {
	m := newMemory()
	s := started(t, m, "file:"+kekPath(t))
	m.addTenant(t, s, "t1")
	sealed := sealText(t, s, place("t1"), "-----BEGIN PRIVATE KEY-----")
	for i := range len(sealed) * 8 {
		bad := bytes.Clone(sealed)
		bad[i/8] ^= 1 << (i % 8)
		_, err := s.Open(t.Context(), place("t1"), bad)
		wantCode(t, err, fault.Internal, "cannot_unseal")
	}
	for i := range sealed {
		_, err := s.Open(t.Context(), place("t1"), sealed[:i])
		wantCode(t, err, fault.Internal, "cannot_unseal")
	}
	_, err := s.Open(t.Context(), place("t1"), append(bytes.Clone(sealed), 0))
	wantCode(t, err, fault.Internal, "cannot_unseal")

	w := m.get("t1")
	for i := range len(w.Blob) {
		bad := bytes.Clone(w.Blob)
		bad[i] ^= 0x10
		m.set("t1", ports.WrappedKeyset{KEK: w.KEK, Blob: bad})
		s.Forget("t1")
		// Key info that Tink keeps in the clear beside the encrypted keys is not used: a change there may pass unseen,
		// but never to another secret.
		if p, err := s.Open(t.Context(), place("t1"), sealed); err == nil {
			if string(p.Reveal()) != "-----BEGIN PRIVATE KEY-----" {
				t.Fatalf("byte %d of the wrapped keyset changed what comes out", i)
			}
		} else {
			wantCode(t, err, fault.Internal, "cannot_unseal")
		}
	}
}

func TestUsersLearnNothingFromAFailure(t *testing.T) {
	m := newMemory()
	s := started(t, m, "file:"+kekPath(t))
	m.addTenant(t, s, "t1")
	_, err := s.Open(t.Context(), place("t1"), []byte("no envelope"))
	var f *fault.Fault
	if !errors.As(err, &f) {
		t.Fatal(err)
	}
	for _, s := range []string{"artifacts", "payload", "a1", "t1"} {
		if strings.Contains(f.Message, s) {
			t.Errorf("the message %q names %q", f.Message, s)
		}
	}
}

func TestAPlaceWithAPartMissingIsRefused(t *testing.T) {
	s := started(t, newMemory(), "file:"+kekPath(t))
	for _, at := range []ports.Place{{Column: "c", Row: "r"}, {Table: "t", Row: "r"}, {Table: "t", Column: "c"}} {
		_, err := s.Seal(t.Context(), at, secret.NewBytes([]byte("x")))
		wantCode(t, err, fault.Internal, "bad_place")
		_, err = s.Open(t.Context(), at, make([]byte, 100))
		wantCode(t, err, fault.Internal, "bad_place")
	}
}

func TestAShreddedTenantIsNotFound(t *testing.T) {
	m := newMemory()
	s := started(t, m, "file:"+kekPath(t))
	m.addTenant(t, s, "t1")
	sealed := sealText(t, s, place("t1"), "x")
	m.mu.Lock()
	delete(m.rows, "t1")
	m.mu.Unlock()
	s.Forget("t1")
	_, err := s.Open(t.Context(), place("t1"), sealed)
	wantCode(t, err, fault.NotFound, "not_found")
	_, err = s.Seal(t.Context(), place("t1"), secret.NewBytes([]byte("y")))
	wantCode(t, err, fault.NotFound, "not_found")
}

func TestMACIsStableAndKeepsPurposesApart(t *testing.T) {
	m, src := newMemory(), "file:"+kekPath(t)
	s := started(t, m, src)
	mac := func(s *Sealer, purpose, data string) string {
		t.Helper()
		b, err := s.MAC(t.Context(), purpose, []byte(data))
		if err != nil || len(b) != 32 {
			t.Fatalf("MAC: %d bytes, %v", len(b), err)
		}
		return string(b)
	}
	one := mac(s, "audit", "entry")
	if one == mac(s, "other", "entry") || one == mac(s, "audit", "entrY") {
		t.Error("purpose or data make no difference")
	}
	if one != mac(started(t, m, src), "audit", "entry") {
		t.Error("another process answers another MAC")
	}
	if _, err := s.RotateKEK(t.Context(), Rotate); err != nil {
		t.Fatal(err)
	}
	if one != mac(started(t, m, src), "audit", "entry") {
		t.Error("rotating the KEK changed the MAC")
	}
	if one == mac(started(t, newMemory(), "file:"+kekPath(t)), "audit", "entry") {
		t.Error("another installation answers the same MAC")
	}
}

func TestSealOpenAndForgetAtOnce(t *testing.T) {
	m := newMemory()
	s := started(t, m, "file:"+kekPath(t))
	ids := []tenant.ID{"", "t1", "t2", "t3"}
	for _, id := range ids[1:] {
		m.addTenant(t, s, id)
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 200 {
				id := ids[(g+i)%len(ids)]
				text := fmt.Sprint(g, i)
				b, err := s.Seal(t.Context(), place(id), secret.NewBytes([]byte(text)))
				if err != nil {
					t.Error(err)
					return
				}
				if i%7 == 0 {
					s.Forget(id)
				}
				p, err := s.Open(t.Context(), place(id), b)
				if err != nil || string(p.Reveal()) != text {
					t.Errorf("Open: %v", err)
					return
				}
			}
		})
	}
	wg.Go(func() {
		for range 3 {
			if _, err := s.RotateKEK(context.Background(), Rotate); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
}

func FuzzOpen(f *testing.F) {
	m := newMemory()
	s := started(f, m, "file:"+kekPath(f))
	m.addTenant(f, s, "t1")
	good := sealText(f, s, place("t1"), "secret")
	f.Add(good)
	f.Add(good[1:])
	f.Add([]byte{})
	f.Add([]byte{1})
	f.Add(append([]byte{2}, good[1:]...))
	f.Add(bytes.Repeat([]byte{1}, 200))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := s.Open(context.Background(), place("t1"), b)
		if bytes.Equal(b, good) {
			if err != nil || string(p.Reveal()) != "secret" {
				t.Fatal("the true envelope does not open")
			}
			return
		}
		wantCode(t, err, fault.Internal, "cannot_unseal")
	})
}

// BenchmarkOpen compares with Tink alone; the difference is the price of the cache, the clock and the place.
func BenchmarkOpen(b *testing.B) {
	plain := bytes.Repeat([]byte("k"), 3000)
	b.Run("sealer", func(b *testing.B) {
		m := newMemory()
		s := started(b, m, "file:"+kekPath(b))
		m.addTenant(b, s, "t1")
		sealed := sealText(b, s, place("t1"), string(plain))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.Open(b.Context(), place("t1"), sealed); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("tink", func(b *testing.B) {
		h, err := keyset.NewHandle(aead.XAES256GCM192BitNonceKeyTemplate())
		if err != nil {
			b.Fatal(err)
		}
		a, err := aead.New(h)
		if err != nil {
			b.Fatal(err)
		}
		ad := joinAD("ifx1", "t1", "artifacts", "payload", "a1")
		ct, err := a.Encrypt(plain, ad)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := a.Decrypt(ct, ad); err != nil {
				b.Fatal(err)
			}
		}
	})
}
