package pgtest

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const victimDir = "PGTEST_VICTIM_DIR"

// victim is a process that starts a server, says where and waits to be killed.
func victim(dir string) {
	s, err := Start(dir, Options{})
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	fmt.Println(s.proc.pid, s.port)
	select {}
}

func startVictim(t *testing.T, dir string) (cmd *exec.Cmd, pid, port int) {
	t.Helper()
	cmd = exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), victimDir+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, _ := bufio.NewReader(out).ReadString('\n')
	if _, err := fmt.Sscan(line, &pid, &port); err != nil {
		t.Fatalf("the other process did not start a server: %s", line)
	}
	return cmd, pid, port
}

// runs says whether a process is there and not a zombie.
func runs(pid int) bool {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && strings.Fields(string(b[strings.LastIndex(string(b), ")")+1:]))[0] != "Z"
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if is() {
			return
		}
	}
	t.Fatalf("not within 30 s: %s", what)
}

func TestTheServerDiesWithAKilledProcessAndItsFolderIsNotInTheWay(t *testing.T) {
	dir := t.TempDir()
	cmd, pid, port := startVictim(t, dir)
	if _, err := Start(dir, Options{}); err == nil {
		t.Fatal("a second server took the folder of a living one")
	}
	children := livingChildren(pid)
	if len(children) == 0 {
		t.Fatal("the postmaster has no children")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for _, p := range append(children, pid) {
		eventually(t, fmt.Sprintf("process %d of the server ends", p), func() bool { return !runs(p) })
	}
	if c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
		_ = c.Close()
		t.Error("the port still answers")
	}
	s, err := Start(dir, Options{})
	if err != nil {
		t.Fatalf("the folder of a killed run is in the way: %v", err)
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
}

func TestSweepRemovesOnlyWhatNobodyHolds(t *testing.T) {
	parent := t.TempDir()
	made := func(name string) string {
		d := filepath.Join(parent, dirPrefix+name)
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
		return d
	}
	held, stale, unlocked := made("held"), made("stale"), made("unlocked")
	for _, d := range []string{held, stale} {
		s := &Server{dir: d}
		if err := s.takeLock(); err != nil {
			t.Fatal(err)
		}
		if d == stale {
			s.unlock()
		}
		defer s.unlock()
	}
	there := func(d string) bool { _, err := os.Stat(d); return err == nil }
	sweep(parent, time.Now())
	if !there(held) || there(stale) || !there(unlocked) {
		t.Errorf("after a sweep: held %v, stale %v, just made %v; want true, false, true", there(held), there(stale), there(unlocked))
	}
	sweep(parent, time.Now().Add(2*time.Hour))
	if !there(held) || there(unlocked) {
		t.Errorf("two hours later: held %v, without a lock %v; want true, false", there(held), there(unlocked))
	}
}

func TestWhatIsCommittedSurvivesKillAndRestart(t *testing.T) {
	for _, durable := range []bool{false, true} {
		t.Run(fmt.Sprintf("durable=%v", durable), func(t *testing.T) {
			s, err := Start(t.TempDir(), Options{Durable: durable})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Stop()
			url, drop, err := s.NewDatabase(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			c := connect(t, url)
			if on := one[string](t, c, `SHOW fsync`) == "on"; on != durable {
				t.Errorf("fsync is on: %v", on)
			}
			if _, err := c.Exec(t.Context(), `CREATE TABLE kept AS SELECT generate_series(1, 1000) AS id`); err != nil {
				t.Fatal(err)
			}
			pids := append(livingChildren(s.proc.pid), s.proc.pid)
			port := s.Port()
			s.Kill()
			for _, pid := range pids {
				if runs(pid) {
					t.Errorf("process %d is alive after Kill", pid)
				}
			}
			if err := s.Restart(); err != nil {
				t.Fatal(err)
			}
			if s.Port() != port {
				t.Error("the port changed, so that URLs in use are void")
			}
			if n := one[int](t, connect(t, url), `SELECT count(*) FROM kept`); n != 1000 {
				t.Errorf("%d rows survived, want 1000", n)
			}
			if !strings.Contains(s.logTail(), "automatic recovery in progress") {
				t.Error("the server was not killed but stopped in order")
			}
			if err := s.Stop(); err != nil {
				t.Fatal(err)
			}
			if err := s.Restart(); err != nil {
				t.Fatal(err)
			}
			if err := drop(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestNoUnixSocketIsOpened(t *testing.T) {
	s, err := shared.get()
	if err != nil {
		t.Fatal(err)
	}
	c := connect(t, s.SuperURL())
	if got := one[string](t, c, `SHOW unix_socket_directories`); got != "" {
		t.Errorf("unix sockets in %q", got)
	}
	if got := one[string](t, c, `SHOW listen_addresses`); got != "127.0.0.1" {
		t.Errorf("listens on %q", got)
	}
	if os.Geteuid() == 0 {
		var st syscall.Stat_t
		if err := syscall.Stat("/proc/"+strconv.Itoa(s.proc.pid), &st); err != nil || st.Uid == 0 {
			t.Errorf("the server runs as uid %d, %v", st.Uid, err)
		}
	}
}

func TestMissingBinariesNameTheCure(t *testing.T) {
	_, err := findBinaries(t.TempDir(), filepath.Join(t.TempDir(), "*/bin"))
	if err == nil || !strings.Contains(err.Error(), "make test-deps") {
		t.Errorf("%v, want words that name make test-deps", err)
	}
}

func TestTheHighestVersionIsTaken(t *testing.T) {
	root := t.TempDir()
	for _, version := range []string{"9.6", "15", "17"} {
		for _, name := range []string{"initdb", "postgres"} {
			file := filepath.Join(root, version, "bin", name)
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, nil, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	b, err := findBinaries("", filepath.Join(root, "*/bin"))
	if err != nil || b.postgres != filepath.Join(root, "17/bin/postgres") {
		t.Errorf("took %s, %v", b.postgres, err)
	}
}

func TestFoldersOutsideTheTemporaryOneAreLeftAlone(t *testing.T) {
	private := filepath.Join(t.TempDir(), "private")
	if err := os.Mkdir(private, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := openPath(private, filepath.Join(t.TempDir(), "elsewhere")); err == nil || !strings.Contains(err.Error(), private) {
		t.Errorf("%v, want an error that names the folder", err)
	}
	if info, err := os.Stat(private); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder's mode was changed: %v, %v", info.Mode(), err)
	}
}
