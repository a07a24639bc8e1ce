package seal

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
)

func (c *cache) size() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.order.Len()
}

func loadOf(counts map[tenant.ID]int) loadFunc {
	return func(_ context.Context, id tenant.ID) (*keys, error) {
		counts[id]++
		return &keys{}, nil
	}
}

func TestTheLeastRecentlyUsedKeysGoFirst(t *testing.T) {
	c, counts := newCache(3, time.Hour, time.Hour, newClock().now), map[tenant.ID]int{}
	for _, id := range []tenant.ID{"a", "b", "c", "a", "d", "a", "b"} {
		if _, err := c.get(t.Context(), id, loadOf(counts)); err != nil {
			t.Fatal(err)
		}
	}
	// d drove out b, which drove out c.
	if fmt.Sprint(counts) != "map[a:1 b:2 c:1 d:1]" || c.size() != 3 {
		t.Errorf("loads %v, %d kept", counts, c.size())
	}
}

func TestIdleKeysAreDropped(t *testing.T) {
	clk := newClock()
	c, counts := newCache(10, 5*time.Minute, time.Hour, clk.now), map[tenant.ID]int{}
	get := func(id tenant.ID) {
		t.Helper()
		if _, err := c.get(t.Context(), id, loadOf(counts)); err != nil {
			t.Fatal(err)
		}
	}
	get("idle")
	get("busy")
	for range 3 {
		clk.add(4 * time.Minute)
		get("busy")
	}
	if c.size() != 2 {
		t.Fatal("nothing swept yet, but keys are gone")
	}
	c.sweep()
	if c.size() != 1 || counts["busy"] != 1 {
		t.Errorf("%d kept, loads %v", c.size(), counts)
	}
	clk.add(5 * time.Minute)
	get("busy")
	if counts["busy"] != 2 {
		t.Error("keys idle for five minutes were used again")
	}
	get("idle")
	clk.add(5 * time.Minute)
	get("new") // drops the idle ones without a sweep
	if c.size() != 1 {
		t.Errorf("%d kept", c.size())
	}
}

func TestKeysInConstantUseAreReadAgain(t *testing.T) {
	m, clk := newMemory(), newClock()
	s := process(t, m, "file:"+kekPath(t), clk)
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	m.addTenant(t, s, "t1")
	sealed := sealText(t, s, place("t1"), "x")
	m.mu.Lock()
	delete(m.rows, "t1") // shredded on another replica
	m.mu.Unlock()
	var err error
	for minutes := 0; err == nil && minutes < 120; minutes++ {
		clk.add(time.Minute)
		_, err = s.Open(t.Context(), place("t1"), sealed)
	}
	wantCode(t, err, fault.NotFound, "not_found")
}

func TestFailedLoadsAreNotKept(t *testing.T) {
	c := newCache(10, time.Hour, time.Hour, newClock().now)
	boom := errors.New("boom")
	_, err := c.get(t.Context(), "a", func(context.Context, tenant.ID) (*keys, error) { return nil, boom })
	if !errors.Is(err, boom) {
		t.Fatal(err)
	}
	if _, err := c.get(t.Context(), "a", loadOf(map[tenant.ID]int{})); err != nil {
		t.Error("the failure was remembered")
	}
}

func TestOneUnwrapServesAllWhoWait(t *testing.T) {
	m := newMemory()
	s := started(t, m, "file:"+kekPath(t))
	m.addTenant(t, s, "t1")
	sealed := sealText(t, s, place("t1"), "x")
	s.Forget("t1")
	before := m.readsOf("t1")
	hold := make(chan struct{})
	m.mu.Lock()
	m.hold = hold
	m.mu.Unlock()

	gone, cancel := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() {
		_, err := s.Open(gone, place("t1"), sealed)
		first <- err
	}()
	for m.readsOf("t1") == before {
		runtime.Gosched()
	}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			p, err := s.Open(t.Context(), place("t1"), sealed)
			if err != nil || string(p.Reveal()) != "x" {
				t.Errorf("Open: %v", err)
			}
		})
	}
	cancel() // the one that began the load gives up; the others must not suffer
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("the cancelled one got %v", err)
	}
	close(hold)
	wg.Wait()
	if got := m.readsOf("t1") - before; got != 1 {
		t.Errorf("%d unwraps", got)
	}
}

func TestForgetDuringALoadKeepsNothing(t *testing.T) {
	c := newCache(10, time.Hour, time.Hour, newClock().now)
	in, out := make(chan struct{}), make(chan struct{})
	done := make(chan error)
	go func() {
		_, err := c.get(t.Context(), "a", func(context.Context, tenant.ID) (*keys, error) {
			close(in)
			<-out
			return &keys{}, nil
		})
		done <- err
	}()
	<-in
	c.forget("a")
	close(out)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if c.size() != 0 {
		t.Error("keys loaded before Forget are kept after it")
	}
}

func TestStopDropsAllKeys(t *testing.T) {
	s := process(t, newMemory(), "file:"+kekPath(t), newClock())
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.cache.size() != 1 {
		t.Fatalf("%d keysets in memory", s.cache.size())
	}
	s.Stop()
	if s.cache.size() != 0 {
		t.Error("keys are still in memory")
	}
}

func TestASealerThatWasNotStartedOpensNothing(t *testing.T) {
	m, path := newMemory(), kekPath(t)
	sealed := sealText(t, started(t, m, "file:"+path), place(""), "x")
	_, err := process(t, m, "file:"+path, newClock()).Open(t.Context(), place(""), sealed)
	wantCode(t, err, fault.Internal, "cannot_unseal")
}
