package limit

import (
	"hash/maphash"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// DefaultKeys is how many keys a Keyed remembers unless told otherwise: some 20 MB at most.
	DefaultKeys = 100_000
	shardCount  = 64
	// searched is how many buckets are looked at for one to forget. It bounds the work of a new key.
	searched = 16
)

// Keyed is a set of token buckets. It is exact and safe for concurrent use.
//
// Its memory is bounded. When a new key finds no room, a bucket that has refilled is forgotten (a fresh one is the same),
// else, of those looked at, the one that has used least of its allowance. A bucket that is out of tokens is never
// forgotten, so that a flood of new keys sets nobody free; if there are none but such, new keys share one bucket until
// there is room again.
type Keyed[K comparable] struct {
	rate   Rate
	seed   maphash.Seed
	shards [shardCount]shard[K]
}

type shard[K comparable] struct {
	mu      sync.Mutex
	latest  time.Time // time never runs backwards in a shard, or an interval would be credited twice
	buckets map[K]*bucket[K]
	ring    []*bucket[K] // the same buckets, in the order they are looked at for forgetting
	hand    int
	room    int
	shared  *rate.Limiter // for keys without room
}

type bucket[K comparable] struct {
	key K
	lim *rate.Limiter
}

// New makes a Keyed that remembers about maxKeys keys.
func New[K comparable](r Rate, maxKeys int) *Keyed[K] {
	k := &Keyed[K]{rate: r, seed: maphash.MakeSeed()}
	for i := range k.shards {
		k.shards[i] = shard[K]{
			buckets: map[K]*bucket[K]{}, room: max(1, maxKeys/shardCount), shared: k.limiter(),
		}
	}
	return k
}

func (k *Keyed[K]) limiter() *rate.Limiter {
	if k.rate.N == 0 {
		return rate.NewLimiter(rate.Inf, 1)
	}
	return rate.NewLimiter(rate.Limit(float64(k.rate.N)/k.rate.Per.Seconds()), k.rate.Burst)
}

// Take takes one token of key's bucket. Without one it answers after how long there will be one, if nobody else takes it.
func (k *Keyed[K]) Take(key K, now time.Time) (ok bool, retryAfter time.Duration) {
	if k.rate.N == 0 {
		return true, 0
	}
	s := &k.shards[maphash.Comparable(k.seed, key)%shardCount]
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Before(s.latest) {
		now = s.latest
	}
	s.latest = now
	lim := s.bucketOf(key, now, k)
	if lim.AllowN(now, 1) {
		return true, 0
	}
	missing := 1 - lim.TokensAt(now)
	// The millisecond covers the rounding of the float: the promise is that a request passes then.
	return false, time.Duration(missing/float64(lim.Limit())*float64(time.Second)) + time.Millisecond
}

// Left answers how many tokens key has right now, without taking one; -1 when there is no limit.
func (k *Keyed[K]) Left(key K, now time.Time) int {
	if k.rate.N == 0 {
		return -1
	}
	s := &k.shards[maphash.Comparable(k.seed, key)%shardCount]
	s.mu.Lock()
	defer s.mu.Unlock()
	if b, ok := s.buckets[key]; ok {
		return int(b.lim.TokensAt(now))
	}
	return k.rate.Burst
}

// Forget gives key all its tokens back.
func (k *Keyed[K]) Forget(key K) {
	s := &k.shards[maphash.Comparable(k.seed, key)%shardCount]
	s.mu.Lock()
	defer s.mu.Unlock()
	if b, ok := s.buckets[key]; ok {
		b.lim = k.limiter()
	}
}

// Len answers how many keys are remembered.
func (k *Keyed[K]) Len() int {
	n := 0
	for i := range k.shards {
		s := &k.shards[i]
		s.mu.Lock()
		n += len(s.buckets)
		s.mu.Unlock()
	}
	return n
}

// bucketOf answers the key's bucket, made when there is room. The caller holds mu.
func (s *shard[K]) bucketOf(key K, now time.Time, k *Keyed[K]) *rate.Limiter {
	if b, ok := s.buckets[key]; ok {
		return b.lim
	}
	b := &bucket[K]{key: key, lim: k.limiter()}
	if len(s.ring) < s.room {
		s.ring = append(s.ring, b)
	} else {
		at, found := s.leastUsed(now)
		if !found {
			return s.shared
		}
		delete(s.buckets, s.ring[at].key)
		s.ring[at] = b
	}
	s.buckets[key] = b
	return b.lim
}

// leastUsed looks at the next few buckets of the ring for the one to forget. The caller holds mu.
func (s *shard[K]) leastUsed(now time.Time) (at int, found bool) {
	best := 0.0
	for range min(searched, len(s.ring)) {
		i := s.hand
		s.hand = (s.hand + 1) % len(s.ring)
		lim := s.ring[i].lim
		tokens := lim.TokensAt(now)
		if tokens >= float64(lim.Burst()) {
			return i, true
		}
		if tokens >= 1 && tokens > best {
			best, at, found = tokens, i, true
		}
	}
	return at, found
}
