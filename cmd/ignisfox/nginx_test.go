package main

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ignisfox/ignisfox/internal/pgtest"
	"github.com/ignisfox/ignisfox/internal/scripttest"
	"github.com/ignisfox/ignisfox/internal/testcert"
)

// TestNginxServesWhatTheScriptBrings is the whole job on one machine: the built server, the script it hands out, and nginx,
// looked at from outside by a TLS client.
func TestNginxServesWhatTheScriptBrings(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { nginxJob(t, "") })
	t.Run("postgres", func(t *testing.T) { nginxJob(t, pgtest.URL(t)) })
}

func nginxJob(t *testing.T, databaseURL string) {
	s := newSite(t, databaseURL)
	web := newWebServer(t)
	first := s.start("serve")
	if err := first.listening(); err != nil {
		t.Fatal(err)
	}
	s.mustRun("correct horse battery\n", "admin", "create-owner", "--email", "kim@example.com", "--name", "Kim", "--tenant", "Acme", "--password-file", "-")
	api := &caller{t: t, url: first.url, token: s.mustRun("", "admin", "token", "--email", "kim@example.com", "--tenant", "Acme", "--name", "test")}

	ca := testcert.Root("Nginx Root").Intermediate("Nginx CA")
	old, next := ca.Leaf("www.example.com", testcert.Days(30)), ca.Leaf("www.example.com", testcert.Days(60))
	group := api.upload(old, ca)
	target := api.post("/targets", map[string]any{"name": "web 1", "type": "pull", "group": group})
	query := url.Values{"os": {"linux-cron"}, "reload": {web.reload()}}.Encode()
	d := scripttest.NewDevice(t)
	d.Env = []string{"IGNISFOX_RETRIES=2", "IGNISFOX_BACKOFF=1"}
	d.Save("ignisfox-pull-www.example.com.sh", api.get("/targets/"+target["id"].(string)+"/script?"+query))

	run := func(code int, stdin string, args ...string) {
		t.Helper()
		if r := d.Input(stdin, args...); r.Code != code {
			t.Fatalf("exit code %d, want %d: %s", r.Code, code, r.Output)
		}
	}
	run(0, target["token"].(string)+"\n", "install")
	web.start(filepath.Join(d.Root, "etc/ssl/ignisfox/www.example.com"))
	web.serves("the first pair", old)

	run(0, "")
	if n := web.reloads(); n != 0 {
		t.Errorf("%d reloads although nothing changed", n)
	}
	api.upload(next, ca)
	run(0, "")
	web.serves("the renewed pair", next)
	if n := web.reloads(); n != 1 {
		t.Errorf("%d reloads, want 1", n)
	}

	// Whatever goes wrong, nginx keeps what it has.
	rotated := api.post("/targets/"+target["id"].(string)+"/rotate", map[string]any{})
	run(3, "")
	first.kill()
	run(5, "")
	web.serves("the renewed pair, with the server gone", next)
	s.env = append(s.env, "IGNISFOX_LISTEN="+strings.TrimPrefix(first.url, "http://"))
	second := s.start("serve")
	if err := second.listening(); err != nil {
		t.Fatal(err)
	}
	run(0, rotated["token"].(string)+"\n", "token")
	if n := web.reloads(); n != 1 {
		t.Errorf("%d reloads after the same bytes came with another token, want 1", n)
	}

	api.post("/groups/"+group+"/generations/1/activate", nil)
	run(0, "")
	web.serves("the first pair, rolled back to", old)
}

// caller uses the REST API.
type caller struct {
	t     *testing.T
	url   string
	token string
}

func (c *caller) do(method, path, contentType string, body []byte) []byte {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.url+"/api/v1"+path, bytes.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	r.Header.Set("Content-Type", contentType)
	a, err := send(http.DefaultClient, r)
	if err != nil || a.status >= 300 {
		c.t.Fatalf("%s %s: %d %s %v", method, path, a.status, a.body, err)
	}
	return a.body
}

func (c *caller) get(path string) []byte {
	c.t.Helper()
	return c.do(http.MethodGet, path, "application/json", nil)
}

func (c *caller) post(path string, body any) (out map[string]any) {
	c.t.Helper()
	var b []byte
	if body != nil {
		b, _ = json.Marshal(body)
	}
	if err := json.Unmarshal(c.do(http.MethodPost, path, "application/json", b), &out); err != nil {
		c.t.Fatal(err)
	}
	return out
}

// upload sends a leaf with its key and issuer, and answers the id of its group.
func (c *caller) upload(leaf, ca *testcert.Pair) string {
	c.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	f, err := w.CreateFormFile("file", "www.pem")
	if err != nil {
		c.t.Fatal(err)
	}
	_, _ = f.Write(bytes.Join([][]byte{leaf.CertPEM, ca.CertPEM, leaf.KeyPEM}, nil))
	_ = w.Close()
	var out struct {
		Results []struct{ Group struct{ ID string } }
	}
	if err := json.Unmarshal(c.do(http.MethodPost, "/uploads", w.FormDataContentType(), b.Bytes()), &out); err != nil {
		c.t.Fatal(err)
	}
	return out.Results[0].Group.ID
}

// webServer is nginx on a loopback port.
type webServer struct {
	t       *testing.T
	program string
	dir     string
	address string
}

func newWebServer(t *testing.T) *webServer {
	t.Helper()
	program, err := exec.LookPath("nginx")
	if err != nil {
		if program, err = exec.LookPath("/usr/sbin/nginx"); err != nil {
			t.Fatal("nginx is missing; run: make test-deps")
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return &webServer{t: t, program: program, dir: t.TempDir(), address: l.Addr().String()}
}

func (w *webServer) conf() string { return filepath.Join(w.dir, "nginx.conf") }

// reload is the command the script is given: nginx does not run yet when the first pair comes.
func (w *webServer) reload() string {
	return fmt.Sprintf("[ ! -e %s/pid ] || %s -e %s/errors -c %s -s reload", w.dir, w.program, w.dir, w.conf())
}

func (w *webServer) start(certs string) {
	w.t.Helper()
	text := fmt.Sprintf(`daemon off; pid %[1]s/pid; error_log %[1]s/errors notice; worker_processes 1;
events { worker_connections 64; }
http {
  access_log off; client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/p; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
  server { listen %[2]s ssl; server_name www.example.com; ssl_certificate %[3]s/fullchain.pem; ssl_certificate_key %[3]s/privkey.pem; return 204; }
}
`, w.dir, w.address, certs)
	if err := os.WriteFile(w.conf(), []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	var out bytes.Buffer
	cmd := exec.Command(w.program, "-e", filepath.Join(w.dir, "errors"), "-c", w.conf())
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // its workers end with it
		_ = cmd.Wait()
	})
}

// serves waits until nginx shows the certificate to a client outside. A reload leaves old workers to end what they had, so
// the new one may take a moment to show.
func (w *webServer) serves(what string, want *testcert.Pair) {
	w.t.Helper()
	until(w.t, "nginx serves "+what, func() bool {
		conn, err := tls.Dial("tcp", w.address, &tls.Config{InsecureSkipVerify: true, ServerName: "www.example.com"})
		if err != nil {
			return false
		}
		defer func() { _ = conn.Close() }()
		chain := conn.ConnectionState().PeerCertificates
		return sha256.Sum256(chain[0].Raw) == sha256.Sum256(want.Cert.Raw) && len(chain) == 2
	})
}

// reloads answers how often nginx was told to reload.
func (w *webServer) reloads() int {
	log, err := os.ReadFile(filepath.Join(w.dir, "errors"))
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.Count(string(log), "signal 1 (SIGHUP) received")
}
