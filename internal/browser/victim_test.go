package browser

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const victimEnv = "IGNISFOX_BROWSER_VICTIM"

func victimWanted() bool { return os.Getenv(victimEnv) != "" }

// victim is this test binary as a process that has a browser and is about to be killed.
func victim() {
	shared.begin()
	b, err := shared.get()
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(b.dir)
	select {}
}

// shortDir is a temporary folder short enough for Chromium's socket to be made in it.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "fox-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// mentioned lists the processes whose command line names a folder.
func mentioned(dir string) []string {
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	var found []string
	for _, f := range files {
		if b, err := os.ReadFile(f); err == nil && bytes.Contains(b, []byte(dir)) {
			found = append(found, strings.ReplaceAll(string(b), "\x00", " "))
		}
	}
	return found
}

// wantEnded waits until no process names the folder.
func wantEnded(t *testing.T, dir string) {
	t.Helper()
	for end := time.Now().Add(stopTimeout); ; time.Sleep(pollEvery) {
		left := mentioned(dir)
		if len(left) == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("still running: %q", left)
		}
	}
}

func TestTheBrowserDiesWithAKilledTest(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), victimEnv+"=1", "TMPDIR="+shortDir(t))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	dir := strings.TrimSpace(line)
	if err != nil || !strings.Contains(dir, dirPrefix) {
		t.Fatalf("the victim says %q: %v", line, err)
	}
	if len(mentioned(dir)) == 0 {
		t.Error("no process names the folder of the running browser")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	wantEnded(t, dir)
	if _, err := os.Stat(dir); err != nil {
		t.Fatal(err)
	}
	sweep(filepath.Dir(dir), time.Now())
	if _, err := os.Stat(dir); err != nil {
		t.Error("a folder is swept while it could be a new one")
	}
	sweep(filepath.Dir(dir), time.Now().Add(2*time.Hour))
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder of a killed run is not swept: %v", err)
	}
}

func TestTheEndLeavesNothingBehind(t *testing.T) {
	t.Setenv("TMPDIR", shortDir(t))
	var l lazy
	if _, err := l.get(); err == nil || !strings.Contains(err.Error(), "func TestMain(m *testing.M) { browser.Main(m) }") {
		t.Errorf("without Main: %v", err)
	}
	l.begin()
	b, err := l.get()
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := l.get(); again != b {
		t.Error("the second call starts another browser")
	}
	sweep(filepath.Dir(b.dir), time.Now().Add(2*time.Hour))
	if _, err := os.Stat(b.dir); err != nil {
		t.Error("the folder of a running browser is swept")
	}
	l.end()
	wantEnded(t, b.dir)
	if _, err := os.Stat(b.dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is left: %v", err)
	}
	if _, err := l.get(); err == nil {
		t.Error("a browser is started after the end")
	}
}

func TestAMissingBrowserIsAClearFailure(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := start(t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "run `make test-deps`") {
		t.Errorf("the failure is %v", err)
	}
}

func TestAProgramThatIsNoBrowserIsAClearFailure(t *testing.T) {
	dir := t.TempDir()
	script := "#!/bin/sh\necho 'cannot open display' >&2\n"
	if err := os.WriteFile(filepath.Join(dir, programs[0]), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	_, err := start(t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "does not answer") || !strings.Contains(err.Error(), "cannot open display") {
		t.Errorf("the failure is %v", err)
	}
}

func TestABrowserThatEndsFailsWhatWaitsForIt(t *testing.T) {
	dir, err := freshDir(shortDir(t))
	if err != nil {
		t.Fatal(err)
	}
	defer dir.remove()
	b, err := start(dir.path)
	if err != nil {
		t.Fatal(err)
	}
	defer b.stop()
	s := session{client: b.client, ctx: t.Context()}
	if err := b.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Call(t.Context(), "", "Browser.getVersion", nil); err == nil {
		_, err = s.Call(t.Context(), "", "Browser.getVersion", nil) // the first may have been answered before the end
		if err == nil {
			t.Error("an ended browser answers")
		}
	}
}
