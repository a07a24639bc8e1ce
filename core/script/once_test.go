package script_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/script"
)

func TestOnceFetchesTheBundleAndKeepsTheTokenToItself(t *testing.T) {
	const token = "pt_7Qm4xVb0sYt9KcR2hLw8ZpE3nJf6uXo1gTi5vHk7aBqWd9DaG"
	var args string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RequestURI() != "/it%27s/api/push/fetch?kind=bundle" || r.Header.Get("Authorization") != "Bearer "+token {
			http.Error(w, "no", http.StatusUnauthorized)
			return
		}
		args = commandLines(t)
		_, _ = w.Write([]byte("the bundle"))
	}))
	defer srv.Close()
	line, err := script.Once(srv.URL + "/it%27s/")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(line, "\n") {
		t.Errorf("more than one line: %q", line)
	}
	dir := t.TempDir()
	run := func(typed string) error {
		cmd := exec.Command("bash", "-c", line)
		cmd.Dir, cmd.Env, cmd.Stdin = dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}, strings.NewReader(typed+"\n")
		return cmd.Run()
	}
	if err := run("pt_wrong"); err == nil {
		t.Error("a refused token is not told")
	}
	if err := run(token); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(dir, "bundle.pem"))
	if err != nil || string(got) != "the bundle" {
		t.Errorf("bundle.pem: %q, %v", got, err)
	}
	if info, err := os.Stat(filepath.Join(dir, "bundle.pem")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others can read the key: %v, %v", info.Mode(), err)
	}
	if args == "" || strings.Contains(args, token) {
		t.Errorf("command lines while it ran: %q", args)
	}
}

// commandLines answers those of the curl processes there are.
func commandLines(t *testing.T) string {
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Error(err)
	}
	var out strings.Builder
	for _, f := range files {
		if b, err := os.ReadFile(f); err == nil && strings.HasPrefix(string(b), "curl") {
			out.Write(b)
		}
	}
	return out.String()
}

func TestOnceRefusesWhatIsNoAddress(t *testing.T) {
	for _, base := range []string{"", "ftp://x", "https://x/$(id)`", "https://x?y", "https://x/'"} {
		if line, err := script.Once(base); fault.CodeOf(err) != "bad_base_url" {
			t.Errorf("%q: %q, %v", base, line, err)
		}
	}
}
