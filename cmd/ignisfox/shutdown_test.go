package main

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// begun starts a server with an owner and answers it with a connection on which an upload is half sent: the server has
// let it in and waits for the rest.
func begun(t *testing.T) (*server, net.Conn, *bufio.Reader, string) {
	t.Helper()
	bin, err := buildBinary()
	if err != nil {
		t.Fatal(err)
	}
	dir, program := t.TempDir(), filepath.Join(bin, "ignisfox")
	env := []string{"PATH=" + os.Getenv("PATH"), "IGNISFOX_DATA_DIR=" + filepath.Join(dir, "data"), "IGNISFOX_LISTEN=127.0.0.1:0"}
	s, err := launch(program, dir, "server", env)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.end)
	if err := s.await(); err != nil {
		t.Fatal(err)
	}
	admin := func(stdin string, args ...string) string {
		cmd := exec.Command(program, append([]string{"admin"}, args...)...)
		cmd.Env, cmd.Dir, cmd.Stdin = env, dir, strings.NewReader(stdin)
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(out))
	}
	admin("correct horse battery\n", "create-owner", "--email", "kim@example.com", "--name", "Kim", "--tenant", "Acme", "--password-file", "-")
	tok := admin("", "token", "--email", "kim@example.com", "--tenant", "Acme", "--name", "t")

	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	const body = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nhello\r\n--b--\r\n"
	fmt.Fprintf(conn, "POST /api/v1/uploads HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: multipart/form-data; boundary=b\r\n"+
		"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n", tok, len(body))
	in := bufio.NewReader(conn)
	line, err := in.ReadString('\n')
	if err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("got %q, %v", line, err)
	}
	_, _ = in.ReadString('\n')
	fmt.Fprint(conn, body[:20])
	return s, conn, in, body[20:]
}

// closed waits until nobody listens at the address any more.
func closed(t *testing.T, address string) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		c, err := net.Dial("tcp", address)
		if err != nil {
			return
		}
		_ = c.Close()
	}
	t.Fatal("the listener stays open")
}

// On SIGTERM the server takes no new connections, and a request that is under way still gets its answer.
func TestShutdownLetsRequestsEnd(t *testing.T) {
	s, conn, in, rest := begun(t)
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	closed(t, conn.RemoteAddr().String())
	fmt.Fprint(conn, rest)
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusCreated {
		t.Errorf("status %d", res.StatusCode)
	}
	if err := s.wait(); err != nil {
		t.Errorf("the server ended with %v", err)
	}
}

// A second signal does not wait for anybody.
func TestASecondSignalEndsAtOnce(t *testing.T) {
	s, conn, _, _ := begun(t)
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	closed(t, conn.RemoteAddr().String()) // it has heard the first
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	if err := s.wait(); err == nil || err.Error() != "signal: terminated" {
		t.Errorf("the server ended with %v", err)
	}
}
