package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/ignisfox/ignisfox/internal/pgtest"
	"github.com/ignisfox/ignisfox/internal/sshtest"
	"github.com/ignisfox/ignisfox/internal/testcert"
)

// builtPlugins is a directory with every plugin and the manifest, as make build makes it.
var builtPlugins = sync.OnceValues(func() (string, error) {
	bin, err := buildBinary()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(bin, "built", "plugins") // not beside the program: the other tests do without
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	for _, args := range [][]string{
		{"build", "-o", dir + "/", "../../plugins/..."}, {"run", "../../sdk/cmd/plugin-manifest", dir},
	} {
		cmd := exec.Command("go", args...)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("go %s: %w\n%s", args[0], err, out)
		}
	}
	return dir, nil
})

// deploySite is a server with its plugins, an API token, and a CA.
type deploySite struct {
	*site
	api     *caller
	ca      *testcert.Pair
	days    int
	running *child
}

func newDeploySite(t *testing.T, databaseURL string, extra ...string) *deploySite {
	t.Helper()
	dir, err := builtPlugins()
	if err != nil {
		t.Fatal(err)
	}
	s := &deploySite{
		site: newSite(t, databaseURL, append(extra, "IGNISFOX_PLUGIN_DIR="+dir, "IGNISFOX_EGRESS_ALLOW=127.0.0.0/8")...),
		ca:   testcert.Root("Deploy Root").Intermediate("Deploy CA"), days: 30,
	}
	if err := s.serve(); err != nil {
		t.Fatal(err)
	}
	s.mustRun("correct horse battery\n", "admin", "create-owner", "--email", "kim@example.com", "--name", "Kim", "--tenant", "Acme", "--password-file", "-")
	s.api = &caller{t: t, url: s.running.url, token: s.mustRun("", "admin", "token", "--email", "kim@example.com", "--tenant", "Acme", "--name", "test")}
	return s
}

// serve starts the server, at the address that it had if it ran before, and returns when it listens.
func (s *deploySite) serve() (err error) {
	again := s.running != nil
	if s.running, err = s.spawn("serve"); err != nil {
		return err
	}
	if err := s.running.listening(); err != nil || again {
		return err
	}
	s.env = append(s.env, "IGNISFOX_LISTEN="+strings.TrimPrefix(s.running.url, "http://"))
	return nil
}

// issue uploads a new certificate of www.example.com and answers it with the id of its group.
func (s *deploySite) issue() (*testcert.Pair, string) {
	s.t.Helper()
	s.days++
	leaf := s.ca.Leaf("www.example.com", testcert.Days(s.days))
	return leaf, s.api.upload(leaf, s.ca)
}

// target makes a target that brings files to a host.
func (s *deploySite) target(h *sshtest.Host, svc *sshtest.Service, group string, paths map[string]any) map[string]any {
	s.t.Helper()
	settings := map[string]any{
		"host": h.Hostname, "port": h.Port, "username": h.User, "auth": "key", "private_key": string(h.ClientKey), "host_key": h.HostKey,
		"check_command": svc.Check, "reload_command": svc.Reload,
	}
	for name, v := range paths {
		settings[name] = v
	}
	return s.api.post("/targets", map[string]any{
		"name": "web " + fmt.Sprint(h.Port), "type": "deploy.ssh", "group": group, "settings": settings,
		"endpoints": []string{svc.Addr()}, "sni": "www.example.com",
	})
}

func (s *deploySite) get(path string) (out map[string]any) {
	s.t.Helper()
	if err := json.Unmarshal(s.api.get(path), &out); err != nil {
		s.t.Fatal(err)
	}
	return out
}

// reaches waits for a state of a target.
func (s *deploySite) reaches(id, state string) map[string]any {
	s.t.Helper()
	var last map[string]any
	if !eventually(func() bool { last = s.get("/targets/" + id); return last["state"] == state }) {
		text, _ := json.MarshalIndent(s.get("/targets/"+id+"/deployments"), "", "  ")
		s.t.Fatalf("the target is %v, not %s: %v\n%s", last["state"], state, last["reason"], text)
	}
	return last
}

// layouts are the examples of docs/deploy-ssh.md: which files a service wants, and the configuration that reads them.
var layouts = map[string]struct {
	files  map[string]string
	config string
}{
	"nginx": {
		map[string]string{"fullchain_path": "www.crt", "key_path": "www.key"},
		"server { listen 127.0.0.1:{port} ssl; server_name www.example.com; ssl_certificate {dir}/www.crt; ssl_certificate_key {dir}/www.key; return 204; }\n",
	},
	"apache": {
		map[string]string{"fullchain_path": "www.crt", "key_path": "www.key"},
		"<VirtualHost 127.0.0.1:{port}>\nServerName www.example.com\nSSLEngine on\nSSLCertificateFile {dir}/www.crt\nSSLCertificateKeyFile {dir}/www.key\n</VirtualHost>\n",
	},
	"haproxy": {
		map[string]string{"combined_path": "www.pem"},
		"frontend www\n\tbind 127.0.0.1:{port} ssl crt {dir}/www.pem\n\thttp-request return status 204\n",
	},
}

// serve starts a service with a first, self-signed pair in place, as a machine has before anybody deploys to it.
func serve(t *testing.T, h *sshtest.Host, name string) (*sshtest.Service, map[string]any) {
	t.Helper()
	svc, layout := h.Service(name), layouts[name]
	old := testcert.SelfSigned("www.example.com")
	paths := map[string]any{}
	for field, file := range layout.files {
		data := map[string][]byte{"fullchain_path": old.CertPEM, "key_path": old.KeyPEM, "combined_path": bytes.Join([][]byte{old.CertPEM, old.KeyPEM}, nil)}[field]
		paths[field] = h.Write(filepath.Join(filepath.Base(svc.Dir), file), data, 0o600)
	}
	svc.Start(strings.NewReplacer("{port}", fmt.Sprint(svc.Port), "{dir}", svc.Dir).Replace(layout.config))
	return svc, paths
}

// TestDeployed is the main job of the closed loop: what is uploaded or ingested is served by the device, with nobody's hand.
func TestDeployed(t *testing.T) {
	for engine, url := range map[string]func(testing.TB) string{"sqlite": func(testing.TB) string { return "" }, "postgres": pgtest.URL} {
		for name := range layouts {
			t.Run(engine+"/"+name, func(t *testing.T) {
				t.Parallel()
				s := newDeploySite(t, url(t))
				host := sshtest.Start(t, sshtest.Options{})
				svc, paths := serve(t, host, name)
				first, group := s.issue()
				id := s.target(host, svc, group, paths)["id"].(string)
				tg := s.reaches(id, "up_to_date")
				svc.WaitFor(first.Cert.Raw)
				if tg["observed"] != tg["wanted"] || tg["observed"] != float64(1) {
					t.Errorf("observed %v, wanted %v", tg["observed"], tg["wanted"])
				}

				second, _ := s.issue()
				svc.WaitFor(second.Cert.Raw)
				s.reaches(id, "up_to_date")

				s.days++
				third := s.ca.Leaf("www.example.com", testcert.Days(s.days))
				token := s.api.post("/ingest-tokens", map[string]any{"name": "ci", "group": group})["token"].(string)
				s.ingest(token, third)
				svc.WaitFor(third.Cert.Raw)
				s.reaches(id, "up_to_date")

				s.api.post("/groups/"+group+"/generations/2/activate", nil)
				svc.WaitFor(second.Cert.Raw)
				tg = s.reaches(id, "up_to_date")
				served := tg["served"].([]any)[0].(map[string]any)
				if served["generation"] != float64(2) {
					t.Errorf("served %v", served)
				}
				if text := string(s.api.get("/targets/" + id)); strings.Contains(text, "PRIVATE KEY") {
					t.Error("the target shows a secret")
				}
			})
		}
	}
}

func (s *deploySite) ingest(token string, leaf *testcert.Pair) {
	s.t.Helper()
	body := bytes.Join([][]byte{leaf.CertPEM, s.ca.CertPEM, leaf.KeyPEM}, nil)
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.running.url+"/api/ingest", bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/x-pem-file")
	a, err := send(http.DefaultClient, r)
	if err != nil || a.status != http.StatusCreated {
		s.t.Fatalf("ingest: %d %s %v", a.status, a.body, err)
	}
}
