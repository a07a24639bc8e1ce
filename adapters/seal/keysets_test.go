package seal

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// memory is a database of keysets that outlives its sealers, as a real one outlives processes.
type memory struct {
	mu     sync.Mutex
	rows   map[tenant.ID]ports.WrappedKeyset
	checks []ports.KEKCheck
	reads  map[tenant.ID]int       // calls of Keyset
	hold   chan struct{}           // when set, Keyset waits for it
	before func(call string) error // when set, asked before every call
}

var _ ports.Keysets = (*memory)(nil)

func newMemory() *memory {
	return &memory{rows: map[tenant.ID]ports.WrappedKeyset{}, reads: map[tenant.ID]int{}}
}

func (m *memory) ask(call string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.before == nil {
		return nil
	}
	return m.before(call)
}

func (m *memory) Keyset(ctx context.Context, id tenant.ID) (ports.WrappedKeyset, error) {
	if err := m.ask("Keyset"); err != nil {
		return ports.WrappedKeyset{}, err
	}
	m.mu.Lock()
	m.reads[id]++
	w, ok := m.rows[id]
	hold := m.hold
	m.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return ports.WrappedKeyset{}, ctx.Err()
		}
	}
	if !ok {
		return ports.WrappedKeyset{}, fault.Missing("keyset")
	}
	return w, nil
}

func (m *memory) PutPlatformKeyset(_ context.Context, w ports.WrappedKeyset) (ports.WrappedKeyset, error) {
	if err := m.ask("PutPlatformKeyset"); err != nil {
		return ports.WrappedKeyset{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if old, ok := m.rows[""]; ok {
		return old, nil
	}
	if err := m.mayWrap(w.KEK); err != nil {
		return ports.WrappedKeyset{}, err
	}
	m.rows[""] = w
	return w, nil
}

func (m *memory) KEKs(context.Context) ([]ports.KEKCheck, error) {
	if err := m.ask("KEKs"); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.checks), nil
}

func (m *memory) PutKEK(_ context.Context, k ports.KEKCheck) error {
	if err := m.ask("PutKEK"); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !slices.ContainsFunc(m.checks, func(c ports.KEKCheck) bool { return c.ID == k.ID }) {
		m.checks = append(m.checks, k)
	}
	return nil
}

func (m *memory) RetireKEK(_ context.Context, id string) (bool, error) {
	if err := m.ask("RetireKEK"); err != nil {
		return false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, w := range m.rows {
		if w.KEK == id {
			return false, nil
		}
	}
	for i := range m.checks {
		if m.checks[i].ID == id {
			m.checks[i].Retired = true
			return true, nil
		}
	}
	return false, fault.Missing("KEK")
}

// mayWrap refuses a KEK that is retired. The caller holds mu.
func (m *memory) mayWrap(kek string) error {
	for _, c := range m.checks {
		if c.ID == kek && c.Retired {
			return fault.New(fault.Conflict, "kek_retired", "retired")
		}
	}
	return nil
}

func (m *memory) HasKeysets(context.Context) (bool, error) {
	if err := m.ask("HasKeysets"); err != nil {
		return false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.rows) > 0, nil
}

func (m *memory) ListKeysets(_ context.Context, kek string, after tenant.ID, limit int) ([]ports.KeysetRow, error) {
	if err := m.ask("ListKeysets"); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []ports.KeysetRow
	for _, id := range slices.Sorted(maps.Keys(m.rows)) {
		if id > after && m.rows[id].KEK == kek && len(out) < limit {
			out = append(out, ports.KeysetRow{Tenant: id, Wrapped: m.rows[id]})
		}
	}
	return out, nil
}

func (m *memory) ReplaceKeyset(_ context.Context, id tenant.ID, old, next ports.WrappedKeyset) (bool, error) {
	if err := m.ask("ReplaceKeyset"); err != nil {
		return false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	w, ok := m.rows[id]
	if !ok || w.KEK != old.KEK || !bytes.Equal(w.Blob, old.Blob) {
		return false, nil
	}
	if err := m.mayWrap(next.KEK); err != nil {
		return false, err
	}
	m.rows[id] = next
	return true, nil
}

// insert is the commit of a transaction that makes a tenant.
func (m *memory) insert(id tenant.ID, w ports.WrappedKeyset) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.mayWrap(w.KEK); err != nil {
		return err
	}
	m.rows[id] = w
	return nil
}

// addTenant makes a tenant's keyset and "commits" it.
func (m *memory) addTenant(t testing.TB, s *Sealer, id tenant.ID) {
	t.Helper()
	w, err := s.NewKeyset(t.Context(), id)
	if err != nil {
		t.Fatalf("NewKeyset: %v", err)
	}
	if err := m.insert(id, w); err != nil {
		t.Fatalf("insert: %v", err)
	}
}

func (m *memory) set(id tenant.ID, w ports.WrappedKeyset) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rows[id] = w
}

func (m *memory) get(id tenant.ID) ports.WrappedKeyset {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.rows[id]
}

func (m *memory) readsOf(id tenant.ID) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.reads[id]
}

func (m *memory) intercept(f func(call string) error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.before = f
}

// clock is a time that moves when told.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Unix(1_800_000_000, 0)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func kekPath(t testing.TB) string { return filepath.Join(t.TempDir(), "keys", "kek") }

// process answers a sealer that has not been started.
func process(t testing.TB, m *memory, src string, c *clock) *Sealer {
	t.Helper()
	s, err := New(Deps{Keysets: m, Source: src, Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

// started answers a running sealer.
func started(t testing.TB, m *memory, src string) *Sealer {
	t.Helper()
	s := process(t, m, src, newClock())
	if err := s.Start(t.Context()); err != nil {
		t.Fatalf("Start: %v", err)
	}
	return s
}

func place(id tenant.ID) ports.Place {
	return ports.Place{Tenant: id, Table: "artifacts", Column: "payload", Row: "a1"}
}

func sealText(t testing.TB, s *Sealer, at ports.Place, text string) []byte {
	t.Helper()
	b, err := s.Seal(t.Context(), at, secret.NewBytes([]byte(text)))
	if err != nil {
		t.Fatalf("Seal: %v", err)
	}
	return b
}

func wantOpen(t testing.TB, s *Sealer, at ports.Place, sealed []byte, text string) {
	t.Helper()
	p, err := s.Open(t.Context(), at, sealed)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	if string(p.Reveal()) != text {
		t.Fatal("Open answered something else")
	}
}

func wantCode(t testing.TB, err error, kind fault.Kind, code string) {
	t.Helper()
	var f *fault.Fault
	if !errors.As(err, &f) || f.Kind != kind || f.Code != code {
		t.Fatalf("got %v, want fault %s of kind %d", err, code, kind)
	}
}
