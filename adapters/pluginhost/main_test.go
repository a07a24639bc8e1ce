package pluginhost

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/fault"
	core "github.com/ignisfox/ignisfox/core/plugin"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/ports"
	"github.com/ignisfox/ignisfox/sdk/plugin"
)

// patience bounds every wait of a test. Nothing is expected to take so long.
const patience = 60 * time.Second

func TestMain(m *testing.M) {
	if os.Getenv(hostVariable) != "" {
		hostUntilKilled()
		return
	}
	code := m.Run()
	if built.dir != "" {
		_ = os.RemoveAll(built.dir)
	}
	if left := leaked(); code == 0 && left != "" {
		fmt.Println("goroutines are left:\n" + left)
		code = 1
	}
	os.Exit(code)
}

// leaked answers the goroutines that are still there but this one and those of package testing, after a moment.
func leaked() string {
	var left string
	for range 500 {
		left = ""
		buf := make([]byte, 4<<20)
		for i, stack := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
			if i > 0 && !strings.Contains(stack, "os/signal.") && !strings.Contains(stack, "testing.(*M)") {
				left += stack + "\n\n"
			}
		}
		if left == "" {
			return ""
		}
		<-time.After(10 * time.Millisecond)
	}
	return left
}

// built is the program of testdata/plugin.
var built struct {
	once  sync.Once
	dir   string
	bytes []byte
	err   error
}

func program(t testing.TB) []byte {
	t.Helper()
	built.once.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "pluginhost-test-"); built.err != nil {
			return
		}
		file := filepath.Join(built.dir, "plugin")
		out, err := exec.Command("go", "build", "-ldflags=-s -w", "-o", file, "./testdata/plugin").CombinedOutput()
		if err != nil {
			built.err = fmt.Errorf("%w\n%s", err, out)
			return
		}
		built.bytes, built.err = os.ReadFile(file)
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.bytes
}

// told is what testdata/plugin finds behind its program.
type told struct {
	ID, Version string
	SlowMS      int
	Mark        string
	NoSwap      bool
}

// shelf is a directory of plugins.
type shelf struct {
	t        testing.TB
	dir      string
	manifest plugin.Manifest
}

func newShelf(t testing.TB) *shelf {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "plugins")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return &shelf{t: t, dir: dir}
}

func (s *shelf) file(name string, data []byte) string {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	_ = os.Remove(path)
	if err := os.WriteFile(path, data, 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Chmod(path, 0o755); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// bytesOf are the plugin that does as told.
func bytesOf(t testing.TB, what told) []byte {
	t.Helper()
	data, err := json.Marshal(what)
	if err != nil {
		t.Fatal(err)
	}
	return append(append(bytes.Clone(program(t)), "#-told-#"...), data...)
}

// add puts a plugin onto the shelf and names it in the manifest.
func (s *shelf) add(id string, data []byte) {
	s.t.Helper()
	kind, name, _ := strings.Cut(id, ".")
	s.file(name, data)
	sum := sha256.Sum256(data)
	s.manifest.Plugins = append(s.manifest.Plugins,
		plugin.ManifestEntry{ID: id, Kind: kind, Version: "1.0.0", File: name, SHA256: hex.EncodeToString(sum[:])})
	s.write()
}

func (s *shelf) write() {
	s.t.Helper()
	data, err := json.Marshal(s.manifest)
	if err != nil {
		s.t.Fatal(err)
	}
	s.text(string(data))
}

func (s *shelf) text(manifest string) {
	s.t.Helper()
	path := filepath.Join(s.dir, plugin.ManifestName)
	if err := os.WriteFile(path, []byte(manifest), 0o644); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// script makes a plugin of a shell script.
func script(lines ...string) []byte {
	return []byte("#!/bin/sh\n" + strings.Join(lines, "\n") + "\n")
}

// journal keeps what was logged.
type journal struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.String()
}

// stand is a host under test.
type stand struct {
	*Host
	t    testing.TB
	log  *journal
	work string
}

// open makes a host that is not started; change changes its limits and its dependencies.
func (s *shelf) open(change ...func(*Host)) *stand {
	s.t.Helper()
	log := &journal{}
	work := filepath.Join(s.t.TempDir(), "work")
	h, err := New(Deps{Dir: s.dir, WorkDir: work, Now: time.Now, Log: slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		s.t.Fatal(err)
	}
	h.limits.settle = patience
	for _, c := range change {
		c(h)
	}
	st := &stand{h, s.t, log, work}
	s.t.Cleanup(func() {
		if err := h.Stop(context.Background()); err != nil {
			s.t.Error(err)
		}
		if s.t.Failed() {
			s.t.Logf("the log:\n%.8000s", log.String())
		}
	})
	return st
}

// start makes a host and starts it.
func (s *shelf) start(change ...func(*Host)) *stand {
	s.t.Helper()
	h := s.open(change...)
	if err := h.Start(context.Background()); err != nil {
		s.t.Fatal(err)
	}
	return h
}

func hastily(h *Host) {
	h.after = func(d time.Duration) <-chan time.Time {
		if d == h.limits.ping {
			return nil // nobody looks
		}
		return time.After(min(d, 5*time.Millisecond))
	}
}

// one is a host with one plugin, deploy.one, that is ready.
func one(t testing.TB, change ...func(*Host)) *stand {
	t.Helper()
	s := newShelf(t)
	s.add("deploy.one", bytesOf(t, told{ID: "deploy.one", Version: "1.0.0"}))
	h := s.start(append([]func(*Host){hastily}, change...)...)
	h.mustBe("deploy.one", core.StateReady)
	return h
}

// mustBe waits until a plugin is in a state, and answers what is known of it.
func (h *stand) mustBe(id string, state core.State) core.Info {
	h.t.Helper()
	return h.await(id, string(state), func(i core.Info) bool { return i.State == state })
}

func (h *stand) await(id, what string, is func(core.Info) bool) core.Info {
	h.t.Helper()
	m := h.member(id)
	late := time.After(patience)
	for {
		m.mu.Lock()
		info, changed := m.info, m.changed
		m.mu.Unlock()
		if is(info) {
			return info
		}
		select {
		case <-changed:
		case <-late:
			h.t.Fatalf("%s is not %s: it is %s: %s", id, what, info.State, info.Reason)
		}
	}
}

func (h *stand) deployer(id string) ports.Deployer {
	h.t.Helper()
	d, err := h.Deployer(id)
	if err != nil {
		h.t.Fatal(err)
	}
	return d
}

const password = "hunter2-canary-Zm9v"

// doing is a call that tells testdata/plugin what to do.
func doing(what, arg string) ports.PluginCall {
	return ports.PluginCall{Settings: map[string]any{"do": what, "arg": arg},
		Secrets: map[string]secret.Bytes{"password": secret.NewBytes([]byte(password))}}
}

// calls are the four calls, each with the same settings.
var calls = map[string]func(context.Context, ports.Deployer, ports.PluginCall) error{
	"validate": func(ctx context.Context, d ports.Deployer, c ports.PluginCall) error {
		_, err := d.Validate(ctx, c)
		return err
	},
	"test": func(ctx context.Context, d ports.Deployer, c ports.PluginCall) error {
		_, err := d.Test(ctx, c)
		return err
	},
	"plan": func(ctx context.Context, d ports.Deployer, c ports.PluginCall) error {
		_, err := d.Plan(ctx, c, ports.DeployMaterial{})
		return err
	},
	"step": func(ctx context.Context, d ports.Deployer, c ports.PluginCall) error {
		_, err := d.Step(ctx, c, ports.DeployStep{Deployment: "d", Step: "stage", Attempt: 1}, nil)
		return err
	},
}

func wantFault(t testing.TB, err error, code string) {
	t.Helper()
	if fault.CodeOf(err) != code || fault.KindOf(err) == fault.Internal {
		t.Fatalf("got %v, want a fault %s", err, code)
	}
}

// appears waits for a file.
func appears(t testing.TB, path string) {
	t.Helper()
	until(t, path+" to appear", func() bool { _, err := os.Stat(path); return err == nil })
}

// until waits for what tells nobody when it happens.
func until(t testing.TB, what string, is func() bool) {
	t.Helper()
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	late := time.After(patience)
	for !is() {
		select {
		case <-again.C:
		case <-late:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
