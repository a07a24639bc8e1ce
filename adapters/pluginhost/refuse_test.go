package pluginhost

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	core "github.com/ignisfox/ignisfox/core/plugin"
	"github.com/ignisfox/ignisfox/sdk/plugin"
)

func logTo(j *journal) *slog.Logger { return slog.New(slog.NewJSONHandler(j, nil)) }

func TestASwappedFileNeverRuns(t *testing.T) {
	s := newShelf(t)
	mark := filepath.Join(t.TempDir(), "ran")
	s.add("deploy.one", bytesOf(t, told{ID: "deploy.one", Version: "1.0.0"}))
	s.add("deploy.two", bytesOf(t, told{ID: "deploy.two", Version: "1.0.0"}))
	s.file("one", bytesOf(t, told{ID: "deploy.one", Version: "1.0.0", Mark: mark}))
	h := s.start(hastily)
	info := h.mustBe("deploy.one", core.StateFailed)
	if !strings.Contains(info.Reason, "SHA-256 differs") || info.SHA256 != "" {
		t.Errorf("got %+v", info)
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("the swapped file ran")
	}
	if err := calls["test"](context.Background(), h.deployer("deploy.two"), doing("", "")); err != nil {
		t.Errorf("the other plugin answers %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(h.work, runPrefix+"*", "plugin-0")); len(left) > 0 {
		t.Errorf("a copy of the swapped file is left: %q", left)
	}
}

func TestAFileSwappedWhileThePluginRunsNeverRuns(t *testing.T) {
	s := newShelf(t)
	mark := filepath.Join(t.TempDir(), "ran")
	s.add("deploy.one", bytesOf(t, told{ID: "deploy.one", Version: "1.0.0"}))
	h := s.start(hastily)
	h.mustBe("deploy.one", core.StateReady)
	s.file("one", bytesOf(t, told{ID: "deploy.one", Version: "1.0.0", Mark: mark}))
	_ = calls["test"](context.Background(), h.deployer("deploy.one"), doing("crash", ""))
	h.await("deploy.one", "restarted", func(i core.Info) bool { return i.State == core.StateReady && i.Restarts == 1 })
	if err := calls["test"](context.Background(), h.deployer("deploy.one"), doing("", "")); err != nil {
		t.Errorf("the verified bytes answer %v", err)
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("the swapped file ran")
	}
}

func TestAChangedCopyNeverRuns(t *testing.T) {
	s := newShelf(t)
	mark := filepath.Join(t.TempDir(), "ran")
	s.add("deploy.one", bytesOf(t, told{ID: "deploy.one", Version: "1.0.0"}))
	h := s.start(hastily)
	h.mustBe("deploy.one", core.StateReady)
	copies, err := filepath.Glob(filepath.Join(h.work, runPrefix+"*", "plugin-0"))
	if err != nil || len(copies) != 1 {
		t.Fatal(copies, err)
	}
	if st, err := os.Stat(copies[0]); err != nil || st.Mode().Perm() != 0o500 {
		t.Errorf("the copy has mode %v, %v", st.Mode(), err)
	}
	if st, err := os.Stat(filepath.Dir(copies[0])); err != nil || st.Mode().Perm() != 0o700 {
		t.Errorf("its directory has mode %v, %v", st.Mode(), err)
	}
	if err := os.Remove(copies[0]); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(copies[0], bytesOf(t, told{ID: "deploy.one", Version: "1.0.0", Mark: mark}), 0o500); err != nil {
		t.Fatal(err)
	}
	_ = calls["test"](context.Background(), h.deployer("deploy.one"), doing("crash", ""))
	info := h.mustBe("deploy.one", core.StateFailed)
	if !strings.Contains(info.Reason, "was changed") {
		t.Errorf("the reason is %q", info.Reason)
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("the changed copy ran")
	}
}

func TestADirectoryThatOthersWriteToIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(s *shelf) (path string, words string){
		"world-writable directory": func(s *shelf) (string, string) { return s.dir, chmod(s.t, s.dir, 0o757) },
		"group-writable directory": func(s *shelf) (string, string) { return s.dir, chmod(s.t, s.dir, 0o775) },
		"world-writable file": func(s *shelf) (string, string) {
			f := filepath.Join(s.dir, "one")
			return f, chmod(s.t, f, 0o757)
		},
		"group-writable manifest": func(s *shelf) (string, string) {
			f := filepath.Join(s.dir, plugin.ManifestName)
			return f, chmod(s.t, f, 0o664)
		},
		"file that no manifest names": func(s *shelf) (string, string) {
			f := s.file("other", nil)
			return f, chmod(s.t, f, 0o646)
		},
		"directory above": func(s *shelf) (string, string) {
			return filepath.Dir(s.dir), chmod(s.t, filepath.Dir(s.dir), 0o777)
		},
		"foreign file": func(s *shelf) (string, string) {
			f := filepath.Join(s.dir, "one")
			return f, chown(s.t, f)
		},
		"foreign directory": func(s *shelf) (string, string) { return s.dir, chown(s.t, s.dir) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newShelf(t)
			s.add("deploy.one", script("exit 1"))
			path, words := spoil(s)
			_, err := New(Deps{Dir: s.dir, Now: now, Log: logTo(&journal{})})
			wantFault(t, err, "plugin_dir")
			if !strings.Contains(err.Error(), path+",") || !strings.Contains(err.Error(), words) {
				t.Errorf("got %q, which should name %s and say %q", err, path, words)
			}
		})
	}
}

func chmod(t testing.TB, path string, mode os.FileMode) string {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return "chmod go-w"
}

// chown gives a file to nobody; without the right to, it is made to look like that of another user by being root's for nobody.
func chown(t testing.TB, path string) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("this test needs root, as the container of make test has it")
	}
	if err := os.Chown(path, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	return "another user"
}

func TestAManifestThatCannotBeReadIsToldAtOnce(t *testing.T) {
	for name, c := range map[string]struct{ manifest, words string }{
		"not JSON": {"plugins: []", "not the JSON"},
		"too big":  {`{"plugins":[]}` + strings.Repeat(" ", maxManifest), "too large"},
		"too many": {`{"plugins":[` + strings.Repeat(`{},`, maxEntries) + `{}]}`, "more than"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShelf(t)
			s.text(c.manifest)
			_, err := New(Deps{Dir: s.dir, Now: now, Log: logTo(&journal{})})
			wantFault(t, err, "plugin_manifest")
			if !strings.Contains(err.Error(), c.words) {
				t.Errorf("got %q", err)
			}
		})
	}
	s := newShelf(t)
	_, err := New(Deps{Dir: s.dir, Now: now, Log: logTo(&journal{})})
	wantFault(t, err, "plugin_manifest")
	if err := os.Symlink("/etc/hostname", filepath.Join(s.dir, plugin.ManifestName)); err != nil {
		t.Fatal(err)
	}
	_, err = New(Deps{Dir: s.dir, Now: now, Log: logTo(&journal{})})
	wantFault(t, err, "plugin_manifest")
}

func TestAWrongEntryFailsAloneWithAReason(t *testing.T) {
	s := newShelf(t)
	good := told{ID: "deploy.good", Version: "1.0.0"}
	s.add("deploy.good", bytesOf(t, good))
	sum := sha256.Sum256(bytesOf(t, good))
	sha := hex.EncodeToString(sum[:])
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.WriteFile(outside, bytesOf(t, good), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(s.dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(s.dir, "pipe"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(s.dir, "folder"), 0o755); err != nil {
		t.Fatal(err)
	}
	words := map[string]string{}
	for id, c := range map[string]struct{ file, sha, version, words string }{
		"deploy.link":    {"link", sha, "1.0.0", "is a link"},
		"deploy.pipe":    {"pipe", sha, "1.0.0", "cannot be read"},
		"deploy.folder":  {"folder", sha, "1.0.0", "cannot be read"},
		"deploy.missing": {"nowhere", sha, "1.0.0", "missing"},
		"deploy.above":   {"../outside", sha, "1.0.0", "not a plain name"},
		"deploy.abs":     {outside, sha, "1.0.0", "not a plain name"},
		"deploy.sum":     {"sum", "abc", "1.0.0", "64 lower-case hex"},
		"deploy.version": {"version", sha, "latest", "version"},
		"Deploy.shape":   {"shape", sha, "1.0.0", "no id"},
	} {
		kind, _, _ := strings.Cut(id, ".")
		s.manifest.Plugins = append(s.manifest.Plugins, plugin.ManifestEntry{ID: id, Kind: kind, Version: c.version, File: c.file, SHA256: c.sha})
		words[id] = c.words
	}
	for range 2 {
		s.manifest.Plugins = append(s.manifest.Plugins, plugin.ManifestEntry{ID: "deploy.twice", Kind: "deploy", Version: "1.0.0",
			File: fmt.Sprint("twice", len(s.manifest.Plugins)), SHA256: sha})
	}
	words["deploy.twice"] = "twice"
	s.write()
	h := s.start(hastily)
	for _, i := range h.All() {
		if i.ID == "deploy.good" {
			if i.State != core.StateReady {
				t.Errorf("the good one is %s: %s", i.State, i.Reason)
			}
			continue
		}
		if i.State != core.StateFailed || !strings.Contains(i.Reason, words[i.ID]) {
			t.Errorf("%s is %s with %q, which should say %q", i.ID, i.State, i.Reason, words[i.ID])
		}
	}
	if got := len(h.All()); got != 12 {
		t.Errorf("%d plugins are listed", got)
	}
}

func TestWhatDoesNotBehaveAsAPluginIsRefused(t *testing.T) {
	other := t.TempDir()
	for name, c := range map[string]struct {
		data  []byte
		words string
		final bool
	}{
		"garbage":        {script("echo I am no plugin", "sleep 600"), "something else than a plugin", false},
		"ends":           {script("exit 0"), "ended", false},
		"binary garbage": {script("head -c 300000 /dev/zero", "sleep 600"), "ended or answered something else", false},
		"says nothing":   {script("exec sleep 600"), "not ready in time", false},
		"TCP":            {script(`echo "1|1|tcp|127.0.0.1:1|grpc|"`, "sleep 600"), "Unix socket", true},
		"foreign socket": {script(fmt.Sprintf(`echo "1|1|unix|%s/s|grpc|"`, other), "sleep 600"), "Unix socket", true},
		"climbs out":     {script(`echo "1|1|unix|$PLUGIN_UNIX_SOCKET_DIR/../../../s|grpc|"`, "sleep 600"), "Unix socket", true},
		"no socket":      {script(`echo "1|1|unix|$PLUGIN_UNIX_SOCKET_DIR/s|grpc|"`, "sleep 600"), "is not there", false},
		"other protocol": {script(`echo "1|99|unix|$PLUGIN_UNIX_SOCKET_DIR/s|grpc|"`, "sleep 600"), "something else than a plugin", false},
		"no program":     {[]byte("neither ELF nor script"), "cannot start it as a program", false},
		"other id":       {bytesOf(t, told{ID: "deploy.other", Version: "1.0.0"}), "its id is deploy.other", true},
		"other version":  {bytesOf(t, told{ID: "deploy.one", Version: "1.0.1"}), "its version is 1.0.1", true},
		"no swap":        {bytesOf(t, told{ID: "deploy.one", Version: "1.0.0", NoSwap: true}), "no step swap", true},
		"slow":           {bytesOf(t, told{ID: "deploy.one", Version: "1.0.0", SlowMS: 600_000}), "not ready in time", false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShelf(t)
			s.add("deploy.one", c.data)
			h := s.start(func(h *Host) {
				h.limits.start = 2 * time.Second
				h.after = func(time.Duration) <-chan time.Time { return nil } // no second try
			})
			info := h.mustBe("deploy.one", core.StateFailed)
			if !strings.Contains(info.Reason, c.words) || strings.Contains(info.Reason, "tried again") == c.final {
				t.Errorf("the reason is %q, which should say %q, and be final: %v", info.Reason, c.words, c.final)
			}
			_, _, err := h.Find("deploy.one")
			wantFault(t, err, "plugin_unavailable")
		})
	}
}

func TestASlowStartIsWaitedFor(t *testing.T) {
	s := newShelf(t)
	s.add("deploy.one", bytesOf(t, told{ID: "deploy.one", Version: "1.0.0", SlowMS: 300}))
	h := s.start(func(h *Host) { h.limits.settle = 0; h.limits.wait = patience })
	if err := calls["test"](context.Background(), h.deployer("deploy.one"), doing("", "")); err != nil {
		t.Errorf("who calls while it starts gets %v", err)
	}
}

func TestAWorkDirectoryThatOthersReachIsRefused(t *testing.T) {
	s := newShelf(t)
	s.add("deploy.one", script("exit 1"))
	h := s.open()
	if err := os.MkdirAll(h.work, 0o755); err != nil {
		t.Fatal(err)
	}
	wantFault(t, h.Start(context.Background()), "plugin_work_dir")

	loose := filepath.Join(t.TempDir(), "loose")
	if err := os.Mkdir(loose, 0o700); err != nil {
		t.Fatal(err)
	}
	chmod(t, loose, 0o777)
	h.deps.WorkDir = filepath.Join(loose, "work")
	wantFault(t, h.Start(context.Background()), "plugin_work_dir")
}

func TestALongWorkDirectoryStillHasSockets(t *testing.T) {
	s := newShelf(t)
	s.add("deploy.one", bytesOf(t, told{ID: "deploy.one", Version: "1.0.0"}))
	long := filepath.Join(t.TempDir(), strings.Repeat("long", 40))
	h := s.start(hastily, func(h *Host) { h.deps.WorkDir = long })
	h.mustBe("deploy.one", core.StateReady)
	links, err := filepath.Glob(filepath.Join(long, runPrefix+"*", linkName))
	if err != nil || len(links) != 1 {
		t.Fatal(links, err)
	}
	short, err := os.Readlink(links[0])
	if err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(short); err != nil || st.Mode().Perm() != 0o700 {
		t.Errorf("the sockets are in %s: %v", short, err)
	}
	if err := h.Stop(context.Background()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(short); err == nil {
		t.Errorf("%s is left behind", short)
	}
}

const hostVariable = "PLUGINHOST_TEST_HOST"

// hostUntilKilled is a server in a process of its own: it says which process its plugin has, and waits to be killed.
func hostUntilKilled() {
	dir, work, _ := strings.Cut(os.Getenv(hostVariable), ":")
	h, err := New(Deps{Dir: dir, WorkDir: work, Now: now, Log: slog.New(slog.DiscardHandler)})
	if err == nil {
		err = h.Start(context.Background())
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(h.PID("deploy.one"))
	<-time.After(patience)
}

func TestAKilledServerLeavesNoPluginAndTheNextOneCleansUp(t *testing.T) {
	s := newShelf(t)
	s.add("deploy.one", bytesOf(t, told{ID: "deploy.one", Version: "1.0.0"}))
	next := s.open(hastily)
	server := exec.Command(os.Args[0])
	server.Env = append(os.Environ(), hostVariable+"="+s.dir+":"+next.work)
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	_, scanned := fmt.Fscan(out, &pid)
	if err := server.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = server.Wait()
	if scanned != nil || pid == 0 {
		t.Fatalf("the server did not start: %v", scanned)
	}
	until(t, "the plugin to end with its server", func() bool {
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		return err != nil || strings.Contains(string(data), ") Z ")
	})
	left, err := filepath.Glob(filepath.Join(next.work, runPrefix+"*"))
	if err != nil || len(left) != 1 {
		t.Fatalf("the killed server left %q, %v", left, err)
	}
	if err := next.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	next.mustBe("deploy.one", core.StateReady)
	if _, err := os.Stat(left[0]); err == nil {
		t.Error("what the killed server left is still there")
	}
}

func TestTwoServersOfOneWorkDirectoryLeaveEachOtherAlone(t *testing.T) {
	a, s := one(t), newShelf(t)
	s.add("deploy.one", bytesOf(t, told{ID: "deploy.one", Version: "1.0.0"}))
	b := s.start(hastily, func(h *Host) { h.deps.WorkDir = a.work })
	b.mustBe("deploy.one", core.StateReady)
	_ = calls["test"](context.Background(), a.deployer("deploy.one"), doing("crash", ""))
	a.await("deploy.one", "restarted", func(i core.Info) bool { return i.State == core.StateReady && i.Restarts == 1 })
	if err := calls["test"](context.Background(), b.deployer("deploy.one"), doing("", "")); err != nil {
		t.Error(err)
	}
}
