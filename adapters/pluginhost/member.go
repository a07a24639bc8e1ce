package pluginhost

import (
	"context"
	"log/slog"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	core "github.com/ignisfox/ignisfox/core/plugin"
	"github.com/ignisfox/ignisfox/sdk/plugin"
	"github.com/ignisfox/ignisfox/sdk/schema"
)

// maxCalls is how many calls one plugin gets at a time.
const maxCalls = 64

// member is one plugin of the manifest, whether it runs or not.
type member struct {
	host   *Host
	index  int
	entry  plugin.ManifestEntry
	log    *slog.Logger
	output *output
	places chan struct{} // of running calls
	copied bool          // supervise has made the verified copy

	mu      sync.Mutex
	info    core.Info
	schema  schema.Schema
	live    *session      // nil unless it is ready
	soon    bool          // a start is running or begins in a moment
	tried   bool          // the first start has ended
	closing bool          // the host stops
	changed chan struct{} // closed and replaced when one of these changes
}

func newMember(h *Host, index int, e plugin.ManifestEntry, disabled bool) *member {
	log := h.deps.Log.With("plugin", safe(e.ID))
	m := &member{host: h, index: index, entry: e, log: log, output: newOutput(log, h.deps.Now), places: make(chan struct{}, maxCalls),
		changed: make(chan struct{}), soon: !disabled,
		info: core.Info{ID: safe(e.ID), Kind: core.Kind(safe(e.Kind)), Title: safe(e.ID), Version: safe(e.Version), State: core.StateStarting,
			Reason: "It is being started.", Since: h.deps.Now()}}
	if disabled {
		m.info.State, m.info.Reason, m.tried = core.StateDisabled, "It is switched off in the settings of the server.", true
	}
	return m
}

// fail says that the plugin never runs.
func (m *member) fail(reason string) {
	m.log.Error("a plugin cannot be used", "reason", reason)
	m.set(func() { m.info.State, m.info.Reason, m.soon, m.tried = core.StateFailed, reason, false, true })
}

func (m *member) mayRun() bool {
	info, _ := m.known()
	return info.State == core.StateStarting
}

// set changes what others see.
func (m *member) set(change func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := m.info.State
	change()
	if m.info.State != before {
		m.info.Since = m.host.deps.Now()
	}
	close(m.changed)
	m.changed = make(chan struct{})
}

// known answers a copy of what is known.
func (m *member) known() (core.Info, schema.Schema) {
	m.mu.Lock()
	defer m.mu.Unlock()
	info := m.info
	info.Capabilities = append([]string(nil), info.Capabilities...)
	return info, m.schema
}

func (m *member) session() *session {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.live
}

// settled waits until the first start has ended.
func (m *member) settled(ctx context.Context) {
	for {
		m.mu.Lock()
		tried, changed := m.tried, m.changed
		m.mu.Unlock()
		if tried {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// close lets no further call in.
func (m *member) close() { m.set(func() { m.closing = true }) }

// drain waits for running calls.
func (m *member) drain(ctx context.Context) {
	for range maxCalls {
		select {
		case m.places <- struct{}{}:
		case <-ctx.Done():
			return
		}
	}
}

// supervise keeps the plugin running until ctx ends.
func (m *member) supervise(ctx context.Context, run *runDir) {
	path := filepath.Join(run.path, "plugin-"+strconv.Itoa(m.index))
	l := launch{entry: m.entry, path: path, sockets: filepath.Join(run.sockets, strconv.Itoa(m.index)), starter: m.host.starter,
		output: m.output, limits: m.host.limits}
	var wait backoff
	for ctx.Err() == nil {
		began := m.host.deps.Now()
		if !m.once(ctx, l) {
			return
		}
		if m.host.deps.Now().Sub(began) >= m.host.limits.steady {
			wait = backoff{}
		}
		d := wait.next()
		m.set(func() { m.soon = d <= m.host.limits.wait })
		select {
		case <-ctx.Done():
			return
		case <-m.host.after(d):
		}
		m.set(func() { m.soon = true; m.info.Restarts++ })
	}
}

// once runs the plugin once, to its end. It says whether another start is worth trying.
func (m *member) once(ctx context.Context, l launch) bool {
	if !m.copied {
		if err := copyVerified(m.host.deps.Dir, m.entry, l.path); err != nil {
			return m.failed(ctx, asStart(ctx, err))
		}
		m.copied = true
		m.set(func() { m.info.SHA256 = m.entry.SHA256 })
	}
	if err := empty(l.sockets); err != nil {
		return m.failed(ctx, later("The work directory of the server cannot be written to.", err))
	}
	s, err := begin(ctx, l)
	if err != nil {
		return m.failed(ctx, asStart(ctx, err))
	}
	m.ready(s)
	m.watch(ctx, s)
	m.set(func() {
		m.live, m.soon = nil, true
		m.info.State, m.info.Reason = core.StateStarting, "It ended and is being started again."
	})
	if ctx.Err() != nil {
		s.end(m.host.limits.grace)
		return false
	}
	s.end(0)
	why := "it ended by itself"
	if text := s.why.Load(); text != nil {
		why = *text
	}
	m.log.Warn("a plugin ended and is started again", "why", why, "exit", s.proc.exit())
	return true
}

// failed notes a start that came to nothing.
func (m *member) failed(ctx context.Context, e *startError) bool {
	if ctx.Err() != nil {
		return false
	}
	if e.final {
		m.fail(e.reason)
		return false
	}
	m.log.Error("a plugin did not start; it is tried again", "reason", e.Error())
	m.set(func() {
		m.info.State, m.info.Reason, m.tried = core.StateFailed, e.reason+" It is tried again.", true
	})
	return true
}

func (m *member) ready(s *session) {
	i := s.info
	m.log.Info("a plugin is ready", "version", i.Version, "pid", s.proc.pid())
	m.set(func() {
		m.live, m.schema, m.soon, m.tried = s, i.Schema, false, true
		m.info.Title, m.info.Summary, m.info.Icon, m.info.Version = safe(i.Title), safe(i.Summary), safe(i.Icon), i.Version
		m.info.Capabilities = nil
		for _, c := range i.Capabilities {
			m.info.Capabilities = append(m.info.Capabilities, safe(c))
		}
		m.info.State, m.info.Reason = core.StateReady, ""
	})
}

// watch returns when the plugin has ended or ctx has. One that does not answer twice in a row is killed.
func (m *member) watch(ctx context.Context, s *session) {
	missed := 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.proc.ended:
			return
		case <-m.host.after(m.host.limits.ping):
		}
		if s.alive(ctx, m.host.limits.pong) {
			missed = 0
			continue
		}
		if missed++; missed == 2 {
			s.kill("it did not answer any more")
		}
	}
}

// backoff is how long to wait before the next start: 1 s, doubling to 1 min.
type backoff struct{ last time.Duration }

func (b *backoff) next() time.Duration {
	b.last = min(max(2*b.last, time.Second), time.Minute)
	return b.last
}
