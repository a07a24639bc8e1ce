package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// site is one installation: a data directory, a database, and the built program run on them as processes of its own.
type site struct {
	t    testing.TB
	bin  string
	dir  string // the data directory
	env  []string
	out  *recording // standard output of every process but those of run
	logs *recording // standard error of every process
}

// newSite answers an installation on the database URL, or on SQLite in its data directory when that is empty. Nobody is slowed
// down there.
func newSite(t testing.TB, databaseURL string, extra ...string) *site {
	t.Helper()
	bin, err := buildBinary()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "data")
	s := &site{t: t, bin: filepath.Join(bin, "ignisfox"), dir: dir, out: &recording{}, logs: &recording{}}
	const unlimited = "1000000/s"
	s.env = []string{
		"HOME=" + os.Getenv("HOME"), "PATH=" + os.Getenv("PATH"), "IGNISFOX_DATA_DIR=" + dir, "IGNISFOX_LISTEN=127.0.0.1:0",
		"IGNISFOX_PULL_RATE=" + unlimited, "IGNISFOX_PULL_TARGET_RATE=" + unlimited, "IGNISFOX_API_RATE=" + unlimited,
	}
	if databaseURL != "" {
		s.env = append(s.env, "IGNISFOX_DATABASE_URL="+databaseURL)
	}
	s.env = append(s.env, extra...)
	return s
}

// recording keeps what processes write. It is safe for concurrent use.
type recording struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (r *recording) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.b.Write(p)
}

func (r *recording) bytes() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return bytes.Clone(r.b.Bytes())
}

// tail answers the end, for the report of a failure.
func (r *recording) tail() string {
	b := r.bytes()
	return string(b[max(0, len(b)-3000):])
}

// about answers the lines of the incidents that text names; the end, when it names none.
func (r *recording) about(text string) string {
	var out strings.Builder
	for _, id := range regexp.MustCompile(`inc_[0-9a-z]+`).FindAllString(text, -1) {
		for line := range strings.Lines(string(r.bytes())) {
			if strings.Contains(line, id) {
				out.WriteString(line)
			}
		}
	}
	if out.Len() == 0 {
		return r.tail()
	}
	return out.String()
}

// child is one process of the program.
type child struct {
	site    *site
	cmd     *exec.Cmd
	lines   chan string
	exited  chan struct{} // closed when it was waited for
	err     error         // of Wait, once exited is closed
	url     string        // where it serves
	metrics string        // where it serves metrics; empty when it does not
}

// start starts the program with these arguments. It is killed, if it still runs, when the test ends.
func (s *site) start(args ...string) *child {
	s.t.Helper()
	c, err := s.spawn(args...)
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// spawn is start for other goroutines than the test's.
func (s *site) spawn(args ...string) (*child, error) {
	c := &child{site: s, cmd: exec.Command(s.bin, args...), lines: make(chan string, 100), exited: make(chan struct{})}
	c.cmd.Env, c.cmd.Stderr, c.cmd.Dir = s.env, s.logs, filepath.Dir(s.dir)
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	c.cmd.Stdout = w
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	_ = w.Close()
	go func() {
		defer close(c.exited)
		for scan := bufio.NewScanner(r); scan.Scan(); {
			_, _ = fmt.Fprintln(s.out, scan.Text())
			select {
			case c.lines <- scan.Text():
			default:
			}
		}
		_ = r.Close()
		close(c.lines)
		c.err = c.cmd.Wait()
	}()
	s.t.Cleanup(c.kill)
	return c, nil
}

// listening waits until the server says where it listens.
func (c *child) listening() error {
	for late := time.After(patience); ; {
		select {
		case line, ok := <-c.lines:
			if !ok {
				<-c.exited
				return fmt.Errorf("the server ended: %w; its log ends:\n%s", c.err, c.site.logs.tail())
			}
			if u, ok := strings.CutPrefix(line, "Metrics on "); ok {
				c.metrics = u
			}
			if u, ok := strings.CutPrefix(line, "Listening on "); ok {
				c.url = u
				return nil
			}
		case <-late:
			return fmt.Errorf("the server did not listen within %s; its log ends:\n%s", patience, c.site.logs.tail())
		}
	}
}

// kill ends it as the loss of its machine would, and waits until it is gone.
func (c *child) kill() {
	_ = c.cmd.Process.Kill()
	<-c.exited
}

// stop ends it in order.
func (c *child) stop() error {
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return c.wait()
}

// wait waits for its own end.
func (c *child) wait() error {
	select {
	case <-c.exited:
		return c.err
	case <-time.After(patience):
		return fmt.Errorf("the process did not end within %s", patience)
	}
}

// run runs a command of the program to its end and answers its standard output.
func (s *site) run(stdin string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, s.bin, args...)
	cmd.Env, cmd.Dir, cmd.Stdin = s.env, filepath.Dir(s.dir), strings.NewReader(stdin)
	cmd.Stdout, cmd.Stderr = &out, s.logs
	err := cmd.Run()
	if ctx.Err() != nil {
		s.t.Fatalf("ignisfox %s did not end within %s", args[0], patience)
	}
	if err != nil {
		err = fmt.Errorf("ignisfox %s: %w; the log ends:\n%s", strings.Join(args, " "), err, s.logs.tail())
	}
	return out.String(), err
}

// mustRun is run for commands that have to succeed.
func (s *site) mustRun(stdin string, args ...string) string {
	s.t.Helper()
	out, err := s.run(stdin, args...)
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.TrimSpace(out)
}

// until asks again and again until the answer is yes; it fails the test when that takes too long.
func until(t testing.TB, what string, yes func() bool) {
	t.Helper()
	if !eventually(yes) {
		t.Fatalf("not within %s: %s", patience, what)
	}
}

// eventually says whether something becomes true.
func eventually(yes func() bool) bool {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if yes() {
			return true
		}
	}
	return false
}

// reply is what a server answered, whole.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// code answers the code of an error body.
func (r reply) code() string {
	var e struct{ Code string }
	_ = decodeJSON(r.body, &e)
	return e.Code
}

// errCut says that no whole answer came: nobody knows whether the request was carried out.
var errCut = errors.New("the connection was cut")

// send makes one request and reads the whole answer.
func send(c *http.Client, r *http.Request) (reply, error) {
	res, err := c.Do(r)
	if err != nil {
		return reply{}, fmt.Errorf("%w: %w", errCut, err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return reply{}, fmt.Errorf("%w: %w", errCut, err)
	}
	return reply{res.StatusCode, res.Header, b}, nil
}
