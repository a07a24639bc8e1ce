// Package pluginhost runs the plugins: it verifies them, starts them, watches over them and calls them.
//
//	h, err := pluginhost.New(pluginhost.Deps{Dir: "/usr/lib/ignisfox/plugins", Policy: policy, WorkDir: work, Now: time.Now, Log: log})
//	err = h.Start(ctx)
//	defer h.Stop(ctx)
//	d, err := h.Deployer("deploy.ssh")
//
// What runs: only files that the manifest of the directory names, and only the bytes whose SHA-256 stands there. A file is read once,
// hashed while it is copied into a directory that nobody else can enter, and the copy is what is executed, looked at again before
// every start. Nothing here writes into the directory of the plugins, and nobody but root and the server's user may.
//
// How it runs: one process per plugin for all tenants, in a process group of its own, with no arguments, no input and an environment
// that holds nothing of the server's. It speaks gRPC with mutual TLS over a socket in a directory of its own. On Linux the kernel ends
// it when the server ends, also by SIGKILL. Elsewhere an orphan can stay behind; it is never hunted by its number, which may by then
// be somebody else's: its socket goes away at the next start, and it holds no secret, for these come with each call.
//
// What fails: a plugin that ended is started again, after 1 s and at most 1 min. A call that it lost answers plugin_crashed. A call
// that is too late is told so in the plugin, which has 2 s to end it; a plugin that does not is killed, which costs the calls of others
// too, and is started again. No call waits for a plugin that is down, but for a moment for one that is being started.
package pluginhost

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ignisfox/ignisfox/core/fault"
	core "github.com/ignisfox/ignisfox/core/plugin"
	"github.com/ignisfox/ignisfox/ports"
	"github.com/ignisfox/ignisfox/sdk/egress"
	"github.com/ignisfox/ignisfox/sdk/schema"
)

// Deps are what a host needs.
type Deps struct {
	Dir      string        // of the plugins and their manifest; "" or missing: there are none
	Disabled []string      // ids that are not started
	Policy   egress.Policy // travels with every call
	WorkDir  string        // for verified copies and sockets; made with mode 0700; "" is one in the temporary directory
	Now      func() time.Time
	Log      *slog.Logger
}

// Host runs the plugins of one directory. It is made by New and safe for concurrent use.
type Host struct {
	deps    Deps
	limits  limits
	after   func(time.Duration) <-chan time.Time
	members []*member // in the order of the manifest
	starter *starter

	mu     sync.Mutex
	run    *runDir
	cancel context.CancelFunc // nil unless it runs
	ended  bool               // Stop was called
	loops  sync.WaitGroup
}

var _ ports.Plugins = (*Host)(nil)

// limits are how long things may take.
type limits struct {
	validate, test, plan, step time.Duration // of calls
	grace                      time.Duration // a late call has to end; also all calls, when the host stops
	wait                       time.Duration // a call waits for a plugin that is being started, or for a free place
	start, describe            time.Duration // of a start
	settle                     time.Duration // Start waits for the first starts
	ping, pong                 time.Duration // between two looks at a plugin, and for its answer
	steady                     time.Duration // a plugin that ran so long is restarted without delay again
}

func usual() limits {
	return limits{validate: 5 * time.Second, test: 20 * time.Second, plan: 30 * time.Second, step: 40 * time.Second, grace: 2 * time.Second,
		wait: 3 * time.Second, start: 20 * time.Second, describe: 5 * time.Second, settle: 5 * time.Second,
		ping: 15 * time.Second, pong: 10 * time.Second, steady: time.Minute}
}

// New reads the manifest and checks who may write to the directory. Faults: Unavailable plugin_dir, plugin_manifest. What is wrong
// with one plugin is told by All.
func New(d Deps) (*Host, error) {
	h := &Host{deps: d, limits: usual(), after: time.After}
	if d.Dir == "" {
		return h, nil
	}
	dir, entries, err := readDir(d.Dir)
	if err != nil {
		return nil, err
	}
	if dir == "" {
		d.Log.Info("there are no plugins: the directory does not exist", "dir", d.Dir)
		return h, nil
	}
	h.deps.Dir = dir
	for i, e := range entries {
		m := newMember(h, i, e, slices.Contains(d.Disabled, e.ID))
		if reason := check(entries, i); reason != "" && m.mayRun() {
			m.fail(reason)
		}
		h.members = append(h.members, m)
	}
	for _, id := range d.Disabled {
		if h.member(id) == nil {
			d.Log.Warn("a plugin that is to be switched off is not in the manifest", "plugin", id)
		}
	}
	return h, nil
}

// Start starts the plugins and waits a moment until each runs or has failed. It answers an error only when the work directory cannot
// be used (fault Unavailable plugin_work_dir). The plugins run until Stop, whatever becomes of ctx.
func (h *Host) Start(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.cancel != nil || h.ended || len(h.members) == 0 {
		return nil
	}
	run, err := newRunDir(h.deps.WorkDir)
	if err != nil {
		return err
	}
	h.run, h.starter = run, newStarter()
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	h.cancel = cancel
	for _, m := range h.members {
		if m.mayRun() {
			h.loops.Go(func() { m.supervise(running, run) })
		}
	}
	ctx, done := context.WithTimeout(ctx, h.limits.settle)
	defer done()
	for _, m := range h.members {
		m.settled(ctx)
	}
	return nil
}

// Stop lets running calls end for a moment, ends the plugins and takes away what Start made. It waits for all of it. A host that was
// stopped stays so.
func (h *Host) Stop(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended = true
	if h.cancel == nil {
		return nil
	}
	ctx, done := context.WithTimeout(ctx, h.limits.grace)
	defer done()
	for _, m := range h.members {
		m.close()
	}
	for _, m := range h.members {
		m.drain(ctx)
	}
	h.cancel()
	h.cancel = nil
	h.loops.Wait()
	h.starter.stop()
	return h.run.remove()
}

// All is that of ports.Plugins.
func (h *Host) All() []core.Info {
	all := make([]core.Info, 0, len(h.members))
	for _, m := range h.members {
		info, _ := m.known()
		all = append(all, info)
	}
	slices.SortStableFunc(all, func(a, b core.Info) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), strings.Compare(strings.ToLower(a.Title), strings.ToLower(b.Title)), cmp.Compare(a.ID, b.ID))
	})
	return all
}

// Find is that of ports.Plugins.
func (h *Host) Find(id string) (core.Info, schema.Schema, error) {
	m := h.member(id)
	if m == nil {
		return core.Info{}, schema.Schema{}, unknown()
	}
	info, sc := m.known()
	if info.State != core.StateReady {
		return info, sc, unavailable(info)
	}
	return info, sc, nil
}

// Deployer is that of ports.Plugins. It also answers one that is being started again: its calls wait for it a moment.
func (h *Host) Deployer(id string) (ports.Deployer, error) {
	m := h.member(id)
	if m == nil {
		return nil, unknown()
	}
	info, _ := m.known()
	switch {
	case info.Kind != core.KindDeploy:
		return nil, unknown()
	case info.State != core.StateReady && info.State != core.StateStarting:
		return nil, unavailable(info)
	}
	return deployer{m}, nil
}

// PID answers the number of a plugin's process, 0 when it does not run now.
func (h *Host) PID(id string) int {
	if m := h.member(id); m != nil {
		if s := m.session(); s != nil {
			return s.proc.pid()
		}
	}
	return 0
}

// member answers the plugin of an id, nil when there is none. Of two of the same id, which both failed, it is the first.
func (h *Host) member(id string) *member {
	for _, m := range h.members {
		if m.entry.ID == id {
			return m
		}
	}
	return nil
}

func unknown() error {
	return fault.New(fault.Invalid, "unknown_plugin", "There is no such plugin on this server.")
}

func unavailable(i core.Info) error {
	f := fault.New(fault.Unavailable, "plugin_unavailable", "The plugin "+i.ID+" is not running now. "+i.Reason)
	f.Message = strings.TrimSpace(f.Message)
	f.RetryAfter = 30 * time.Second
	return f
}
