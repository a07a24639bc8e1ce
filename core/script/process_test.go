package script_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/script"
	"github.com/ignisfox/ignisfox/core/script/scripttest"
)

// processes answers the command line and environment of every process this user may see, as ps would show them.
func processes(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, name := range []string{"cmdline", "environ"} {
		list, err := filepath.Glob("/proc/[0-9]*/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range list {
			b, _ := os.ReadFile(file) // a process may be gone by now
			all.WriteString(strings.ReplaceAll(string(b), "\x00", " ") + "\n")
		}
	}
	return all.String()
}

// held queues an answer that stops half way and answers the channels to wait for that and to let it go on.
func (b *bench) held(p scripttest.Pair) (half <-chan struct{}, release chan<- struct{}) {
	held, hold := make(chan struct{}), make(chan struct{})
	a := scripttest.PEM(p.Bundle())
	a.Hold, a.Held = hold, held
	b.server.Next(a)
	return held, hold
}

func TestTheTokenIsInNoProcessList(t *testing.T) {
	b := newBench(t)
	b.Spy("curl", "openssl", "awk", "sed", "mv", "sync", "sha256sum", "timeout", "mktemp", "head", "stat")
	b.Env = []string{"push_token=exported", "held=exported"} // names that the script uses must not turn its values into environment
	half, release := b.held(b.one)
	b.save(script.LinuxCron)
	cmd, out := b.Command("install")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-half
	list := processes(t)
	close(release)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	b.want(b.Run(), 0, "")
	b.want(b.Input(token+"\n", "token"), 0, "")
	for name, text := range map[string]string{"the process list": list, "what the tools were given": b.Seen()} {
		if !strings.Contains(text, "/api/push/fetch?kind=bundle") {
			t.Errorf("%s does not show curl at all", name)
		}
		if strings.Contains(text, token) {
			t.Errorf("%s shows the token", name)
		}
	}
}

func TestKilledWhileFetchingThenRunAgain(t *testing.T) {
	b := installed(t)
	half, release := b.held(b.two)
	cmd, _ := b.Command()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-half
	b.arrived()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	// The next run finds the lock free although the orphaned curl still waits for its answer.
	b.Env = []string{"IGNISFOX_LOCK_WAIT=0"}
	b.holds(b.one)
	b.server.Serve(2, "form-2", b.two.Bundle())
	b.want(b.Run(), 0, "generation 2 is in place")
	close(release)
	_ = cmd.Wait()
	b.holds(b.two)
	b.reloads(2)
	b.clean()
}

// arrived waits until the first half of an answer is on the device's disk.
func (b *bench) arrived() {
	b.t.Helper()
	for range 2000 {
		files, err := filepath.Glob(filepath.Join(b.Root, dest, ".new-*", "bundle"))
		if err != nil {
			b.t.Fatal(err)
		}
		if len(files) == 1 {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	b.t.Fatal("no part of the answer reached the disk")
}

// clean checks that no temporary file is left.
func (b *bench) clean() {
	b.t.Helper()
	for name := range b.Files(dest) {
		if strings.HasPrefix(name, ".") && name != "." && name != ".lock" {
			b.t.Errorf("left behind: %s", name)
		}
	}
}

func TestTwoRunsDoNotCollide(t *testing.T) {
	b := installed(t)
	b.server.Serve(2, "form-2", b.two.Bundle())
	half, release := b.held(b.two)
	first, out := b.Command()
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	<-half
	second, _ := b.Command()
	if err := second.Start(); err != nil { // waits for the first
		t.Fatal(err)
	}
	b.Env = []string{"IGNISFOX_LOCK_WAIT=0"}
	b.want(b.Run(), 9, "another run is busy")
	b.holds(b.one)
	close(release)
	if err := first.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := second.Wait(); err != nil {
		t.Fatal(err)
	}
	b.holds(b.two)
	b.reloads(2)
	b.clean()
}

// TestKilledAtAnyCommand kills a run before its n-th command for every n that a run has. Whatever n, the pair in place is
// the old or the new one whole, and the next run finishes the job and reloads.
func TestKilledAtAnyCommand(t *testing.T) {
	b := installed(t)
	hook := filepath.Join(b.Root, "hook")
	err := os.WriteFile(hook, []byte(`case $0 in *ignisfox-pull*) set -o functrace; trap '((++killer_n != KILL_AT)) || kill -9 $$' DEBUG ;; esac`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	now, next, generation := b.one, b.two, 1
	for n := 1; ; n += 3 {
		generation++
		b.server.Serve(generation, fmt.Sprint("form-", generation), next.Bundle())
		if err := os.WriteFile(filepath.Join(b.Root, "reloads"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		b.Env = []string{"BASH_ENV=" + hook, fmt.Sprint("KILL_AT=", n), "IGNISFOX_LOCK_WAIT=5"}
		r := b.Run()
		if pair := (scripttest.Pair{Chain: b.Read(dest + "/fullchain.pem"), Key: b.Read(dest + "/privkey.pem")}); pair != now && pair != next {
			t.Fatalf("killed before command %d: the pair is torn", n)
		}
		b.private()
		if r.Code == 0 {
			if n < 100 {
				t.Fatalf("only %d commands in a run: the hook does not work", n)
			}
			return
		}
		if r.Code != -1 {
			t.Fatalf("killed before command %d: exit code %d\n%s", n, r.Code, r.Output)
		}
		b.Env = nil
		b.want(b.Run(), 0, "")
		b.holds(next)
		b.clean()
		if b.Read("/reloads") == "" {
			t.Fatalf("killed before command %d: never reloaded", n)
		}
		now, next = next, now
		if t.Failed() {
			t.Fatalf("killed before command %d", n)
		}
	}
}
