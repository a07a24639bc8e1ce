package push

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/token"
)

// held is a read that stops until it is let go.
type held struct {
	begun chan struct{}
	end   chan error
	reads atomic.Int64
}

func newHeld() *held { return &held{begun: make(chan struct{}), end: make(chan error)} }

func (h *held) read(context.Context) (stamp, error) {
	n := h.reads.Add(1)
	h.begun <- struct{}{}
	return stamp{epoch: n}, <-h.end
}

type waited struct {
	at  stamp
	err error
}

func ask(g *gate) <-chan waited {
	c := make(chan waited, 1)
	go func() {
		at, err := g.wait()
		c <- waited{at, err}
	}()
	return c
}

func TestWhoComesDuringAReadWaitsForTheNext(t *testing.T) {
	h := newHeld()
	g := &gate{read: h.read}
	first := ask(g)
	<-h.begun // the read of round 1 has begun
	var late []<-chan waited
	for range 20 {
		late = append(late, ask(g))
	}
	joined(t, g) // all sit in the next round
	h.end <- nil
	if got := <-first; got.at.epoch != 1 {
		t.Errorf("the first got read %d", got.at.epoch)
	}
	go func() { // as many rounds as they need
		for {
			select {
			case <-h.begun:
				h.end <- nil
			case <-t.Context().Done():
				return
			}
		}
	}()
	for _, c := range late {
		if got := <-c; got.at.epoch < 2 {
			t.Errorf("a late one got read %d, which began before it came", got.at.epoch)
		}
	}
}

// joined waits until somebody waits for the next round.
func joined(t *testing.T, g *gate) {
	t.Helper()
	for {
		g.mu.Lock()
		there := g.next != nil
		g.mu.Unlock()
		if there {
			return
		}
	}
}

func TestAReadErrorReachesAllWhoWait(t *testing.T) {
	h := newHeld()
	g := &gate{read: h.read}
	broken := errors.New("no database")
	first := ask(g)
	<-h.begun
	second := ask(g)
	joined(t, g)
	h.end <- broken
	if got := <-first; !errors.Is(got.err, broken) {
		t.Errorf("the first got %v", got.err)
	}
	<-h.begun
	h.end <- broken
	if got := <-second; !errors.Is(got.err, broken) {
		t.Errorf("the second got %v", got.err)
	}
	third := ask(g) // and the next one is asked anew
	<-h.begun
	h.end <- nil
	if got := <-third; got.err != nil || got.at.epoch != 3 {
		t.Errorf("the third got %+v", got)
	}
}

func TestReadsAreShared(t *testing.T) {
	var reads atomic.Int64
	g := &gate{read: func(context.Context) (stamp, error) { return stamp{epoch: reads.Add(1)}, nil }}
	const each, callers = 500, 32
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			last := int64(0)
			for range each {
				at, err := g.wait()
				if err != nil || at.epoch <= last {
					t.Errorf("read %d after %d, %v", at.epoch, last, err)
					return
				}
				last = at.epoch
			}
		})
	}
	wg.Wait()
	if n := reads.Load(); n >= each*callers {
		t.Errorf("%d reads for %d requests", n, each*callers)
	}
}

func TestGrantsHoldUnderExactlyOneEpoch(t *testing.T) {
	var g grants
	h := token.Hash{1}
	one, two := stamp{epoch: 1}, stamp{epoch: 2}
	g.put(one, h, &target.Grant{Target: "a"})
	if got, ok := g.get(one, h); !ok || got.Target != "a" {
		t.Errorf("under its epoch: %v %v", got, ok)
	}
	if _, ok := g.get(two, h); ok {
		t.Error("remembered under another epoch")
	}
	g.put(two, h, nil)
	if got, ok := g.get(two, h); !ok || got != nil {
		t.Errorf("an unknown token: %v %v", got, ok)
	}
	g.put(one, h, &target.Grant{Target: "late"}) // a slow look-up of the epoch before
	if got, ok := g.get(two, h); !ok || got != nil {
		t.Error("an older epoch took over")
	}
	if _, ok := g.get(one, h); ok {
		t.Error("an older epoch is remembered")
	}
	if _, ok := g.get(stamp{term: 1, epoch: 2}, h); ok {
		t.Error("an epoch that was reached twice counts as the same")
	}
}

func TestGrantsAreBounded(t *testing.T) {
	var g grants
	at := stamp{epoch: 1}
	hash := func(i int) token.Hash { return token.Hash{byte(i), byte(i >> 8), byte(i >> 16)} }
	known := hash(1 << 23)
	g.put(at, known, &target.Grant{})
	for i := range 3 * maxUnknown {
		g.put(at, hash(i), nil)
	}
	if len(g.unknown) > maxUnknown {
		t.Errorf("%d unknown tokens remembered", len(g.unknown))
	}
	if got, _ := g.get(at, known); got == nil {
		t.Error("unknown tokens pushed a known one out")
	}
	for i := range maxGrants + 10 {
		g.put(at, hash(i), &target.Grant{})
	}
	if len(g.known) > maxGrants {
		t.Errorf("%d grants remembered", len(g.known))
	}
}

func TestFormCacheKeepsToItsBytes(t *testing.T) {
	c := newFormCache(10 * (1000 + entryOverhead + 2))
	id := func(i int) string { return string(rune('a' + i)) }
	for i := range 10 {
		c.put(&cachedForm{id: id(i), sealed: make([]byte, 1000), name: "ab"})
	}
	c.get("a") // used last, so it stays
	c.put(&cachedForm{id: "new", sealed: make([]byte, 1000), name: "ab"})
	if c.get("a") == nil || c.get("new") == nil || c.get("b") != nil {
		t.Error("not the one that was unused longest went")
	}
	c.put(&cachedForm{id: "huge", sealed: make([]byte, 1<<20)})
	if c.get("huge") != nil || c.bytes > c.max || c.bytes < 0 {
		t.Errorf("a form larger than the cache is kept, or the count is off: %d of %d bytes", c.bytes, c.max)
	}
}
