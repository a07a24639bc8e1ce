package push

import (
	"sync"

	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/token"
)

const (
	maxGrants  = 100_000 // remembered; beyond it all are forgotten and read again
	maxUnknown = 10_000
)

// grants remembers what tokens stand for, and which are unknown, under one value of the epoch. Another value, and all of
// it is forgotten. Unknown tokens are kept apart, so that guesses push nothing out.
type grants struct {
	mu      sync.RWMutex
	at      stamp
	known   map[token.Hash]*target.Grant
	unknown map[token.Hash]struct{}
}

// get answers the grant, nil for a token that is unknown; ok says whether anything is remembered under exactly at.
func (g *grants) get(at stamp, h token.Hash) (grant *target.Grant, ok bool) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.at != at {
		return nil, false
	}
	if grant, ok = g.known[h]; ok {
		return grant, true
	}
	_, ok = g.unknown[h]
	return nil, ok
}

// put remembers what a look-up answered that was begun after at was read. A nil grant stands for an unknown token.
func (g *grants) put(at stamp, h token.Hash, grant *target.Grant) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if at.before(g.at) {
		return
	}
	if g.at != at || g.known == nil {
		g.at = at
		g.known, g.unknown = map[token.Hash]*target.Grant{}, map[token.Hash]struct{}{}
	}
	if grant == nil {
		if len(g.unknown) >= maxUnknown {
			clear(g.unknown)
		}
		g.unknown[h] = struct{}{}
		return
	}
	if len(g.known) >= maxGrants {
		clear(g.known)
	}
	g.known[h] = grant
}
