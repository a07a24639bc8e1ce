package seal

import (
	"container/list"
	"context"
	"sync"
	"time"

	"github.com/ignisfox/ignisfox/core/tenant"
)

// cache holds unwrapped keys: the most recently used ones, dropped when idle for some time and read again when old. One
// load runs at a time for a tenant. Dropped keys cannot be wiped, as Tink owns the memory; they go with the next garbage collection.
type cache struct {
	max  int
	idle time.Duration // unused for so long
	age  time.Duration // loaded so long ago: what another replica has shredded is not used for ever
	now  func() time.Time

	mu      sync.Mutex
	entries map[tenant.ID]*list.Element
	order   *list.List // of *entry, most recently used first
	loads   map[tenant.ID]*loading
}

type entry struct {
	id           tenant.ID
	keys         *keys
	loaded, used time.Time
}

// loading is a load under way; keys and err are set before done is closed.
type loading struct {
	done chan struct{}
	keys *keys
	err  error
}

type loadFunc func(ctx context.Context, id tenant.ID) (*keys, error)

func newCache(max int, idle, age time.Duration, now func() time.Time) *cache {
	return &cache{
		max: max, idle: idle, age: age, now: now,
		entries: map[tenant.ID]*list.Element{}, order: list.New(), loads: map[tenant.ID]*loading{},
	}
}

// get answers the keys of a tenant. A load goes on when the caller that began it gives up, since others may wait.
func (c *cache) get(ctx context.Context, id tenant.ID, load loadFunc) (*keys, error) {
	now := c.now()
	c.mu.Lock()
	if el, ok := c.entries[id]; ok {
		e := el.Value.(*entry)
		if now.Sub(e.used) < c.idle && now.Sub(e.loaded) < c.age {
			e.used = now
			c.order.MoveToFront(el)
			k := e.keys
			c.mu.Unlock()
			return k, nil
		}
		c.remove(el)
	}
	l, ok := c.loads[id]
	if !ok {
		l = &loading{done: make(chan struct{})}
		c.loads[id] = l
		go c.run(context.WithoutCancel(ctx), id, l, load)
	}
	c.mu.Unlock()

	select {
	case <-l.done:
		return l.keys, l.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (c *cache) run(ctx context.Context, id tenant.ID, l *loading, load loadFunc) {
	ctx, cancel := context.WithTimeout(ctx, loadWait)
	defer cancel()
	l.keys, l.err = load(ctx, id)

	c.mu.Lock()
	defer c.mu.Unlock()
	defer close(l.done)
	if c.loads[id] != l {
		return // forgotten meanwhile: those who waited get the answer, it is not kept
	}
	delete(c.loads, id)
	if l.err != nil {
		return
	}
	now := c.now()
	c.entries[id] = c.order.PushFront(&entry{id, l.keys, now, now})
	c.dropIdle(now)
	for c.order.Len() > c.max {
		c.remove(c.order.Back())
	}
}

// forget drops a tenant's keys; what is being loaded will not be kept.
func (c *cache) forget(id tenant.ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.loads, id)
	if el, ok := c.entries[id]; ok {
		c.remove(el)
	}
}

// sweep drops all keys that have been idle too long.
func (c *cache) sweep() {
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dropIdle(now)
}

func (c *cache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entries, c.loads = map[tenant.ID]*list.Element{}, map[tenant.ID]*loading{}
	c.order.Init()
}

// dropIdle works from the back, where the longest unused are. The caller holds mu.
func (c *cache) dropIdle(now time.Time) {
	for el := c.order.Back(); el != nil && now.Sub(el.Value.(*entry).used) >= c.idle; el = c.order.Back() {
		c.remove(el)
	}
}

func (c *cache) remove(el *list.Element) {
	c.order.Remove(el)
	delete(c.entries, el.Value.(*entry).id)
}
