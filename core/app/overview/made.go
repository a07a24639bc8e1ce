package overview

import (
	"maps"
	"sync"

	"github.com/ignisfox/ignisfox/core/tenant"
)

// maxMade bounds how many calendars are remembered; beyond it all are made anew.
const maxMade = 500

// leafKey names a calendar: the months from one on, as days are in a zone.
type leafKey struct {
	tenant tenant.ID
	zone   string
	from   Date
}

// made remembers calendars, since adding up the ends of a large vault takes longer than all else on the page. Each holds for
// exactly the number that the store raises with every certificate that comes or goes, so that it is never out of date, on
// whatever replica the change was made.
type made struct {
	mu   sync.Mutex
	list map[leafKey]leaf
}

type leaf struct {
	ends int
	Calendar
}

func (m *made) get(k leafKey, ends int) (Calendar, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l, ok := m.list[k]
	if !ok || l.ends != ends {
		return Calendar{}, false
	}
	c := l.Calendar
	c.Days, c.Turns = maps.Clone(c.Days), maps.Clone(c.Turns)
	return c, true
}

func (m *made) put(k leafKey, ends int, c Calendar) {
	c.Days, c.Turns = maps.Clone(c.Days), maps.Clone(c.Turns)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.list == nil || len(m.list) >= maxMade {
		m.list = map[leafKey]leaf{}
	}
	m.list[k] = leaf{ends, c}
}
