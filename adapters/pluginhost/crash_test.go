package pluginhost

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	core "github.com/ignisfox/ignisfox/core/plugin"
	"github.com/ignisfox/ignisfox/ports"
)

// now is the clock of tests that need none of their own.
func now() time.Time { return time.Now() }

func TestAPluginKilledInAnyCallIsToldAndStartedAgain(t *testing.T) {
	h := one(t)
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			h.mustBe("deploy.one", core.StateReady)
			what := "wait"
			if name == "validate" { // it gets no context that ends
				what = "hang"
			}
			mark := filepath.Join(t.TempDir(), "called")
			failed := make(chan error, 1)
			before := h.PID("deploy.one")
			go func() { failed <- call(context.Background(), h.deployer("deploy.one"), doing(what, mark)) }()
			appears(t, mark)
			if err := syscall.Kill(before, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			wantFault(t, <-failed, "plugin_crashed")
			h.await("deploy.one", "started again", func(core.Info) bool { pid := h.PID("deploy.one"); return pid != 0 && pid != before })
			if err := call(context.Background(), h.deployer("deploy.one"), doing("", "")); err != nil {
				t.Errorf("the new process answers %v", err)
			}
		})
	}
	if i, _, err := h.Find("deploy.one"); err != nil || i.Restarts != len(calls) {
		t.Errorf("%d restarts, %v", i.Restarts, err)
	}
}

func TestAPluginThatEndsItselfIsACrash(t *testing.T) {
	h := one(t)
	for name, call := range calls {
		h.mustBe("deploy.one", core.StateReady)
		wantFault(t, call(context.Background(), h.deployer("deploy.one"), doing("crash", "")), "plugin_crashed")
		h.await("deploy.one", name, func(i core.Info) bool { return i.Restarts > 0 })
	}
	until(t, "the log to name the exit", func() bool { return strings.Contains(h.log.String(), "exit status 3") })
}

func TestAPanicCostsOneCallOnly(t *testing.T) {
	h := one(t)
	pid := h.PID("deploy.one")
	var p *ports.PluginProblem
	if err := calls["test"](context.Background(), h.deployer("deploy.one"), doing("panic", "")); !errors.As(err, &p) || p.Code != "plugin_panic" {
		t.Fatalf("got %v", err)
	}
	if h.PID("deploy.one") != pid {
		t.Error("the process ended")
	}
	if strings.Contains(p.Message+h.log.String(), password) {
		t.Error("the secret of the call came out with the panic")
	}
}

func TestALateCallThatEndsItselfCostsNobodyElse(t *testing.T) {
	h := one(t, func(h *Host) { h.limits.test = 50 * time.Millisecond; h.limits.grace = patience })
	pid := h.PID("deploy.one")
	wantFault(t, calls["test"](context.Background(), h.deployer("deploy.one"), doing("wait", "")), "plugin_deadline")
	if err := calls["plan"](context.Background(), h.deployer("deploy.one"), doing("", "")); err != nil || h.PID("deploy.one") != pid {
		t.Errorf("the process ended, or answers %v", err)
	}
}

func TestAPluginThatIgnoresItsDeadlineIsKilledAndStartedAgain(t *testing.T) {
	short := func(h *Host) {
		h.limits.validate, h.limits.test, h.limits.plan, h.limits.step = 50*time.Millisecond, 50*time.Millisecond, 50*time.Millisecond, 50*time.Millisecond
		h.limits.grace = 50 * time.Millisecond
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			h := one(t, short)
			pid := h.PID("deploy.one")
			wantFault(t, call(context.Background(), h.deployer("deploy.one"), doing("hang", "")), "plugin_deadline")
			h.await("deploy.one", "started again", func(core.Info) bool { p := h.PID("deploy.one"); return p != 0 && p != pid })
			if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
				t.Errorf("the process that hung is still there: %v", err)
			}
			until(t, "the log to say why", func() bool { return strings.Contains(h.log.String(), "a call did not end in time") })
		})
	}
}

// A caller's own deadline does not keep a plugin that hangs from being found out.
func TestACallersDeadlineFindsOutAPluginThatIgnoresIt(t *testing.T) {
	h := one(t, func(h *Host) { h.limits.grace = 100 * time.Millisecond })
	pid := h.PID("deploy.one")
	ctx, done := context.WithTimeout(context.Background(), time.Second)
	defer done()
	wantFault(t, calls["step"](ctx, h.deployer("deploy.one"), doing("hang", "")), "plugin_deadline")
	h.await("deploy.one", "started again", func(core.Info) bool { p := h.PID("deploy.one"); return p != 0 && p != pid })
}

// Who gave up on a plugin ends it, also when the caller's time is over by then: a machine under load is late with everything.
func TestAPluginThatWasGivenUpIsEndedWhateverBecameOfTheCaller(t *testing.T) {
	h := one(t)
	pid, m := h.PID("deploy.one"), h.member("deploy.one")
	ctx, cancel := context.WithCancel(context.Background())
	inner, give := context.WithCancelCause(ctx)
	give(errGivenUp)
	cancel()
	wantFault(t, m.explain(ctx, inner, m.session(), context.Canceled), "plugin_deadline")
	h.await("deploy.one", "started again", func(core.Info) bool { p := h.PID("deploy.one"); return p != 0 && p != pid })
}

func TestAStoppedProcessIsFoundAndReplaced(t *testing.T) {
	h := one(t, func(h *Host) {
		h.limits.pong = 100 * time.Millisecond
		h.after = func(d time.Duration) <-chan time.Time { return time.After(min(d, 5*time.Millisecond)) }
	})
	pid := h.PID("deploy.one")
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	h.await("deploy.one", "started again", func(core.Info) bool { p := h.PID("deploy.one"); return p != 0 && p != pid })
	if !strings.Contains(h.log.String(), "it did not answer any more") {
		t.Error("the log does not say why")
	}
}

func TestTheCallersCancellationEndsTheCallAtOnce(t *testing.T) {
	h := one(t)
	pid := h.PID("deploy.one")
	mark := filepath.Join(t.TempDir(), "called")
	ctx, cancel := context.WithCancel(context.Background())
	failed := make(chan error, 1)
	go func() { failed <- calls["step"](ctx, h.deployer("deploy.one"), doing("hang", mark)) }()
	appears(t, mark)
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if h.PID("deploy.one") != pid {
		t.Error("who stops waiting ended the plugin of all others")
	}
	late, done := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer done()
	wantFault(t, calls["test"](late, h.deployer("deploy.one"), doing("wait", "")), "plugin_deadline")
}

func TestRestartsBackOffFromOneSecondToOneMinute(t *testing.T) {
	s := newShelf(t)
	s.add("deploy.bad", script("exit 7"))
	var mu sync.Mutex
	var waits []time.Duration
	enough := make(chan struct{})
	h := s.start(func(h *Host) {
		h.after = func(d time.Duration) <-chan time.Time {
			mu.Lock()
			defer mu.Unlock()
			if waits = append(waits, d); len(waits) == 9 {
				close(enough)
			}
			if len(waits) >= 9 {
				return nil
			}
			return time.After(0)
		}
	})
	select {
	case <-enough:
	case <-time.After(patience):
		t.Fatal("it was not tried again")
	}
	var seconds []int
	mu.Lock()
	for _, w := range waits {
		seconds = append(seconds, int(w/time.Second))
	}
	mu.Unlock()
	if !slices.Equal(seconds, []int{1, 2, 4, 8, 16, 32, 60, 60, 60}) {
		t.Errorf("waited %v seconds", seconds)
	}
	info := h.mustBe("deploy.bad", core.StateFailed)
	if !strings.Contains(info.Reason, "It is tried again.") {
		t.Errorf("the reason is %q", info.Reason)
	}
	_, err := h.Deployer("deploy.bad")
	wantFault(t, err, "plugin_unavailable")
}

// A disk that is full for a moment while the server starts is no reason to do without the plugin until the next start.
func TestACopyThatCannotBeMadeIsMadeLater(t *testing.T) {
	s := newShelf(t)
	s.add("deploy.one", bytesOf(t, told{ID: "deploy.one", Version: "1.0.0"}))
	h := s.open(hastily)
	run, err := newRunDir(h.work)
	if err != nil {
		t.Fatal(err)
	}
	h.starter = newStarter()
	inTheWay := filepath.Join(run.path, "plugin-0")
	if err := os.Mkdir(inTheWay, 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var loop sync.WaitGroup
	loop.Go(func() { h.member("deploy.one").supervise(ctx, run) })
	defer func() {
		cancel()
		loop.Wait()
		h.starter.stop()
		if err := run.remove(); err != nil {
			t.Error(err)
		}
	}()
	if info := h.mustBe("deploy.one", core.StateFailed); !strings.Contains(info.Reason, "No copy") || !strings.Contains(info.Reason, "tried again") || info.SHA256 != "" {
		t.Errorf("got %+v", info)
	}
	if err := os.Remove(inTheWay); err != nil {
		t.Fatal(err)
	}
	if info := h.mustBe("deploy.one", core.StateReady); info.SHA256 == "" {
		t.Errorf("got %+v", info)
	}
}

func TestAPluginThatRanLongIsStartedAgainWithoutDelay(t *testing.T) {
	var mu sync.Mutex
	var waits []time.Duration
	h := one(t, func(h *Host) {
		h.limits.steady = 0
		h.after = func(d time.Duration) <-chan time.Time {
			if d == h.limits.ping {
				return nil
			}
			mu.Lock()
			defer mu.Unlock()
			waits = append(waits, d)
			return time.After(0)
		}
	})
	for n := range 3 {
		h.await("deploy.one", "ready", func(i core.Info) bool { return i.State == core.StateReady && i.Restarts == n })
		_ = calls["test"](context.Background(), h.deployer("deploy.one"), doing("crash", ""))
		h.await("deploy.one", "restarted", func(i core.Info) bool { return i.Restarts == n+1 })
	}
	mu.Lock()
	defer mu.Unlock()
	if !slices.Equal(waits, []time.Duration{time.Second, time.Second, time.Second}) {
		t.Errorf("waited %v", waits)
	}
}

func TestACallWaitsAMomentForAStartAndNotForABackOff(t *testing.T) {
	release := make(chan time.Time)
	h := one(t, func(h *Host) {
		h.limits.wait = patience
		h.after = func(d time.Duration) <-chan time.Time {
			if d == h.limits.ping {
				return nil
			}
			return release
		}
	})
	d := h.deployer("deploy.one")
	_ = calls["test"](context.Background(), d, doing("crash", ""))
	h.mustBe("deploy.one", core.StateStarting)
	info, sc, err := h.Find("deploy.one")
	wantFault(t, err, "plugin_unavailable")
	if len(info.Capabilities) == 0 || len(sc.Fields) == 0 {
		t.Error("what it can do was forgotten")
	}
	answered := make(chan error, 1)
	go func() { answered <- calls["test"](context.Background(), d, doing("", "")) }()
	release <- time.Time{}
	if err := <-answered; err != nil {
		t.Errorf("who waited for the start got %v", err)
	}
}

func TestACallDoesNotWaitForAStartThatIsFarAway(t *testing.T) {
	asked := make(chan time.Duration, 1)
	h := one(t, func(h *Host) {
		h.limits.wait = time.Second - 1
		h.after = func(d time.Duration) <-chan time.Time {
			if d != h.limits.ping {
				asked <- d
			}
			return nil
		}
	})
	d := h.deployer("deploy.one")
	_ = calls["test"](context.Background(), d, doing("crash", ""))
	select {
	case <-asked:
	case <-time.After(patience):
		t.Fatal("it is not started again")
	}
	wantFault(t, calls["test"](context.Background(), d, doing("", "")), "plugin_unavailable")
}

func TestNoMoreCallsRunThanThereArePlaces(t *testing.T) {
	h := one(t, func(h *Host) { h.limits.wait = 20 * time.Millisecond })
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	dir := t.TempDir()
	for n := range maxCalls {
		mark := filepath.Join(dir, string(rune('A'+n)))
		wg.Go(func() { _ = calls["test"](ctx, h.deployer("deploy.one"), doing("wait", mark)) })
	}
	until(t, "all to run", func() bool { all, _ := os.ReadDir(dir); return len(all) == maxCalls })
	wantFault(t, calls["test"](context.Background(), h.deployer("deploy.one"), doing("", "")), "plugin_unavailable")
	cancel()
	wg.Wait()
	if err := calls["test"](context.Background(), h.deployer("deploy.one"), doing("", "")); err != nil {
		t.Errorf("with free places it answers %v", err)
	}
}

func TestStopEndsCallsAndProcessesAndLeavesNothing(t *testing.T) {
	h := one(t, func(h *Host) { h.limits.grace = 50 * time.Millisecond })
	pid := h.PID("deploy.one")
	mark := filepath.Join(t.TempDir(), "called")
	failed := make(chan error, 1)
	go func() { failed <- calls["step"](context.Background(), h.deployer("deploy.one"), doing("hang", mark)) }()
	appears(t, mark)
	if err := h.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	wantFault(t, <-failed, "plugin_crashed")
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the process is still there: %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(h.work, runPrefix+"*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
	wantFault(t, calls["test"](context.Background(), deployer{h.member("deploy.one")}, doing("", "")), "plugin_unavailable")
}

func TestWhatAPluginStartedEndsWithIt(t *testing.T) {
	h := one(t)
	test, err := h.deployer("deploy.one").Test(context.Background(), doing("child", ""))
	if err != nil || len(test.Lines) != 1 {
		t.Fatal(test, err)
	}
	_ = calls["test"](context.Background(), h.deployer("deploy.one"), doing("crash", ""))
	stat := "/proc/" + test.Lines[0] + "/stat"
	until(t, "the child to end", func() bool {
		data, err := os.ReadFile(stat)
		return err != nil || strings.Contains(string(data), ") Z ")
	})
}
