package script_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/script"
	"github.com/ignisfox/ignisfox/internal/scripttest"
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

// killHook makes bash count the commands of a pull, from the first one inside the function KILL_FROM on, and kill the
// script before the one with the number KILL_AT.
const killHook = `case $0 in *ignisfox-pull*)
  set -o functrace
  killer_n=0
  trap '[[ $killer_n = 0 && " ${FUNCNAME[*]} " != *" $KILL_FROM "* ]] || ((++killer_n != KILL_AT)) || kill -9 $$' DEBUG ;;
esac`

// TestKilledAtAnyCommand kills runs before each of their commands: in long steps over the whole run, in short ones from the
// swap on, and at each one where plain files are taken over too. Whatever the moment, the pair in place is the old or the new one whole,
// nothing is readable by others, and the next run finishes the job and reloads.
func TestKilledAtAnyCommand(t *testing.T) {
	for name, c := range map[string]struct {
		from      string
		step, min int
		plain     bool
	}{
		"anywhere":              {"main", 17, 150, false},
		"from the swap on":      {"swap", 3, 20, false},
		"taking over old files": {"adopt", 1, 25, true},
	} {
		t.Run(name, func(t *testing.T) {
			b := installed(t)
			k := killer{bench: b, now: b.one, next: b.two, generation: 1, hook: filepath.Join(b.Root, "hook"), from: c.from}
			b.write("/hook", killHook)
			b.Tool("sync", "exit 0") // a killed process loses nothing that a flush would save, and flushing is slow
			n := 1
			for ; !k.killedAt(n, c.plain); n += c.step {
			}
			if n < c.min {
				t.Fatalf("only %d commands in a run: the hook does not work", n)
			}
		})
	}
}

// killer is a device on which one run after another is killed; now is the pair in place.
type killer struct {
	*bench
	now, next  scripttest.Pair
	generation int
	hook, from string
}

// killedAt kills one run before its n-th command, looks at what is there, and runs once more. It says whether the run
// ended before its n-th command.
func (k *killer) killedAt(n int, plain bool) (ended bool) {
	k.t.Helper()
	k.generation++
	k.server.Serve(k.generation, fmt.Sprint("form-", k.generation), k.next.Bundle())
	k.write("/reloads", "")
	if plain {
		k.write(dest+"/fullchain.pem", k.now.Chain)
		k.write(dest+"/privkey.pem", k.now.Key)
	}
	k.Env = []string{"BASH_ENV=" + k.hook, fmt.Sprint("KILL_AT=", n), "KILL_FROM=" + k.from}
	r := k.Run()
	if pair := (scripttest.Pair{Chain: k.Read(dest + "/fullchain.pem"), Key: k.Read(dest + "/privkey.pem")}); pair != k.now && pair != k.next {
		k.t.Fatalf("killed before command %d: the pair is torn", n)
	}
	k.private()
	if r.Code == 0 {
		return true
	}
	if r.Code != -1 {
		k.t.Fatalf("killed before command %d: exit code %d\n%s", n, r.Code, r.Output)
	}
	k.Env = []string{"IGNISFOX_LOCK_WAIT=5"}
	k.want(k.Run(), 0, "")
	k.holds(k.next)
	k.clean()
	if k.Read("/reloads") == "" {
		k.t.Errorf("never reloaded")
	}
	if k.t.Failed() {
		k.t.Fatalf("killed before command %d", n)
	}
	k.now, k.next = k.next, k.now
	return false
}

// write puts a plain file on the device in the place of whatever is there.
func (b *bench) write(path, body string) {
	b.t.Helper()
	path = filepath.Join(b.Root, path)
	if err := os.RemoveAll(path); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

func TestADaemonLeftByTheReloadCommandDoesNotHoldTheLock(t *testing.T) {
	b := newBench(t)
	b.pull.Reload = `tail -f /dev/null >/dev/null 2>&1 & echo $! >"$IGNISFOX_ROOT/daemon"`
	b.save(script.LinuxCron)
	b.want(b.Run("install"), 0, "generation 1 is in place")
	pid, err := strconv.Atoi(strings.TrimSpace(b.Read("/daemon")))
	if err != nil {
		t.Fatal(err)
	}
	daemon, err := os.FindProcess(pid)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = daemon.Kill() }()
	b.Env = []string{"IGNISFOX_LOCK_WAIT=0"}
	b.want(b.Run(), 0, "")
	if err := daemon.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("the daemon is gone, so nothing was shown: %v", err)
	}
}
