package ingest_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/pull"
	"github.com/ignisfox/ignisfox/core/app/ingest"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/internal/testkit"
)

func snippet(t *testing.T, base, id string) ingest.Snippet {
	t.Helper()
	all, err := ingest.Snippets(base)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(s ingest.Snippet) bool { return s.ID == id })
	if i < 0 {
		t.Fatalf("there is no snippet %s", id)
	}
	return all[i]
}

func TestTheDocumentShowsTheSnippets(t *testing.T) {
	doc, err := os.ReadFile("../../../docs/ingest.md")
	if err != nil {
		t.Fatal(err)
	}
	all, err := ingest.Snippets("https://certs.example.com")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		text := "    " + strings.ReplaceAll(strings.TrimSuffix(s.Text, "\n"), "\n", "\n    ") + "\n"
		if !strings.Contains(string(doc), "\n\n"+text) {
			t.Errorf("docs/ingest.md shows another %s than\n%s", s.ID, text)
		}
	}
	if n := strings.Count(string(doc), "/api/ingest"); n < len(all) {
		t.Errorf("only %d commands", n)
	}
}

func TestAddressesOfSnippets(t *testing.T) {
	if s := snippet(t, "http://[::1]:8080/", "curl"); !strings.HasSuffix(s.Text, " \"http://[::1]:8080/api/ingest\"\n") {
		t.Error(s.Text)
	}
	for _, bad := range []string{"", "ftp://x", "https://x/$(id)", "https://x/a b", "https://x/'", `https://x/"`, "https://x/`id`", "https://x/\n", "https://x?y"} {
		if _, err := ingest.Snippets(bad); fault.CodeOf(err) != "bad_base_url" {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// script answers what of a snippet a shell runs.
func script(s ingest.Snippet) string {
	if s.Language != "yaml" {
		return s.Text
	}
	_, block, _ := strings.Cut(s.Text, "  run: |\n    ")
	return strings.ReplaceAll(block, "\n    ", "\n")
}

func TestShellcheckFindsNothing(t *testing.T) {
	if _, err := exec.LookPath("shellcheck"); err != nil {
		t.Fatal("shellcheck is not installed; run make test-deps")
	}
	all, err := ingest.Snippets("https://certs.example.com")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		text := script(s)
		checks := []string{text}
		// SC2016: what stands in single quotes is for another shell to expand, so that one is checked as well.
		if _, inner, quoted := strings.Cut(text, "'\n"); quoted {
			checks = append(checks, strings.TrimSuffix(inner, "'\n")+"\n")
		}
		for _, c := range checks {
			cmd := exec.Command("shellcheck", "--norc", "--shell=bash", "--severity=style", "--exclude=SC2016", "-")
			cmd.Stdin = strings.NewReader(c)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s\n%s", s.ID, err, out, c)
			}
		}
	}
}

// machine is one that a pipeline runs on: directories of its own, a curl that notes its arguments, and a token.
type machine struct {
	t     *testing.T
	k     *testkit.Kit
	url   string
	dir   string
	token string
	env   []string
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	k := testkit.Open(t, testkit.SQLite(t), nil)
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	s := ingest.New(ingest.Deps{Store: k.Store, Sealer: k.Sealer, Intake: k.Intake, Now: time.Now, Log: log})
	_, tok, err := s.Create(ctx, k.Owner, ingest.NewToken{Name: "ci"})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(pull.New(pull.Deps{Ingest: s, Now: time.Now, Log: log}))
	t.Cleanup(srv.Close)
	m := &machine{t: t, k: k, url: srv.URL, dir: t.TempDir(), token: tok.Reveal()}
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Fatal("curl is not installed; run make test-deps")
	}
	m.file("bin/curl", "#!/bin/sh\nprintf '%s\\n' \"$@\" >> "+m.dir+"/arguments\nexec "+curl+" \"$@\"\n")
	m.file("bin/sudo", "#!/bin/sh\nexec \"$@\"\n")
	m.env = []string{"PATH=" + m.dir + "/bin:" + os.Getenv("PATH"), "HOME=" + m.dir, "LC_ALL=C"}
	return m
}

func (m *machine) file(name, content string) string {
	m.t.Helper()
	path := filepath.Join(m.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o700); err != nil { //nolint:gosec // scripts among them
		m.t.Fatal(err)
	}
	return path
}

// run has a shell run the snippet, which finds its files below the machine's own directory.
func (m *machine) run(id, stdin string, env []string, shell ...string) string {
	m.t.Helper()
	text := strings.ReplaceAll(script(snippet(m.t, m.url, id)), "/etc/ignisfox", m.dir+"/etc/ignisfox")
	cmd := exec.Command(shell[0], append(shell[1:], m.file("script-"+id, text))...)
	if strings.HasPrefix(text, "#!") {
		cmd = exec.Command(m.file("script-"+id, text))
	}
	cmd.Dir, cmd.Env, cmd.Stdin = m.dir, append(slices.Clone(m.env), env...), strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		m.t.Fatalf("%s: %v\n%s", id, err, out)
	}
	return string(out)
}

func (m *machine) keepToken() {
	m.t.Helper()
	m.run("token", m.token+"\n", nil, "sh")
	info, err := os.Stat(m.dir + ingest.HeaderFile)
	if err != nil || info.Mode() != 0o600 {
		m.t.Fatalf("the header file: %v, %v", info.Mode(), err)
	}
}

// arrived fails unless certificate and key are in the vault and paired, and no command line held the token.
func (m *machine) arrived(what, name string) {
	m.t.Helper()
	g, err := m.k.Vault.Group(ctx, m.k.Owner, name)
	if err != nil || g.Current != 1 || !g.HasKey {
		m.t.Errorf("%s: %+v, %v", what, g, err)
	}
	page, err := m.k.Vault.List(ctx, m.k.Owner, vault.ListQuery{Group: name, Limit: 50})
	if err != nil {
		m.t.Fatal(err)
	}
	for _, a := range page.Items {
		if a.Source != artifact.SourceIngest {
			m.t.Errorf("%s: %s came by %s", what, a.Name, a.Source)
		}
	}
	args, err := os.ReadFile(filepath.Join(m.dir, "arguments"))
	if err != nil || !bytes.Contains(args, []byte("/api/ingest")) || bytes.Contains(args, []byte(m.token)) {
		m.t.Errorf("%s: arguments of curl: %s, %v", what, args, err)
	}
}

func TestTheSnippetsWork(t *testing.T) {
	m := newMachine(t)
	m.keepToken()
	issue := func(name string) (leaf, chain, key string) {
		p := inter.Leaf(name, testcert.Names(name))
		return string(p.CertPEM), string(inter.CertPEM), string(p.KeyPEM)
	}
	t.Run("curl", func(t *testing.T) {
		leaf, chain, key := issue("curl.example.com")
		m.file("bundle.pem", leaf+chain+key)
		if out := m.run("curl", "", nil, "sh"); !strings.Contains(out, `"generation":1`) {
			t.Error(out)
		}
		m.arrived("curl", "curl.example.com")
		m.run("curl", "", nil, "sh") // and again, which does no harm
		m.arrived("curl, twice", "curl.example.com")
	})
	t.Run("separate files", func(t *testing.T) {
		leaf, chain, key := issue("files.example.com")
		m.file("cert.pem", leaf)
		m.file("chain.pem", chain)
		m.file("privkey.pem", key)
		m.run("curl-files", "", nil, "sh")
		m.arrived("separate files", "files.example.com")
	})
	t.Run("certbot", func(t *testing.T) {
		leaf, chain, key := issue("certbot.example.com")
		lineage := filepath.Dir(m.file("live/certbot.example.com/fullchain.pem", leaf+chain))
		m.file("live/certbot.example.com/privkey.pem", key)
		m.run("certbot", "", []string{"RENEWED_LINEAGE=" + lineage, "RENEWED_DOMAINS=certbot.example.com"}, "sh")
		m.arrived("certbot", "certbot.example.com")
	})
	t.Run("acme.sh", func(t *testing.T) {
		leaf, chain, key := issue("acme.example.com")
		full := m.file("acme/fullchain.cer", leaf+chain)
		m.file("acme/acme.example.com.key", key)
		// It stands for acme.sh, which keeps the command and evaluates it in a subshell with these variables.
		m.file("bin/acme.sh", `#!/bin/sh
while [ $# -gt 0 ]; do [ "$1" = --reloadcmd ] && reload=$2; shift; done
(
	export CERT_FULLCHAIN_PATH='`+full+`' CERT_KEY_PATH='`+filepath.Dir(full)+`/acme.example.com.key'
	cd '`+filepath.Dir(full)+`' && eval "$reload"
)
`)
		m.run("acme-sh", "", nil, "sh")
		m.arrived("acme.sh", "acme.example.com")
	})
	t.Run("GitHub Actions", func(t *testing.T) {
		leaf, chain, key := issue("actions.example.com")
		m.file("fullchain.pem", leaf+chain)
		m.file("privkey.pem", key)
		temp := filepath.Dir(m.file("runner/x", ""))
		m.run("github-actions", "", []string{"RUNNER_TEMP=" + temp, "IGNISFOX_TOKEN=" + m.token}, "bash", "--noprofile", "--norc", "-eo", "pipefail")
		m.arrived("GitHub Actions", "actions.example.com")
		if _, err := os.Stat(temp + "/ingest.header"); !os.IsNotExist(err) {
			t.Errorf("the token stays behind: %v", err)
		}
	})
}

// A refusal is an error of the command, so that the pipeline sees it.
func TestARefusedDeliveryFailsTheHook(t *testing.T) {
	m := newMachine(t)
	m.file("etc/ignisfox/ingest.header", "Authorization: Bearer it_nonsense\n")
	leaf := inter.Leaf("refused.example.com", testcert.Names("refused.example.com"))
	lineage := filepath.Dir(m.file("live/fullchain.pem", string(leaf.CertPEM)))
	hook := strings.ReplaceAll(snippet(t, m.url, "certbot").Text, "/etc/ignisfox", m.dir+"/etc/ignisfox")
	for what, key := range map[string]string{"a token that is not valid": string(leaf.KeyPEM), "a file that is missing": ""} {
		if key != "" {
			m.file("live/privkey.pem", key)
		} else if err := os.Remove(m.dir + "/live/privkey.pem"); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		cmd := exec.Command(m.file("hook", hook))
		cmd.Env = append(slices.Clone(m.env), "RENEWED_LINEAGE="+lineage)
		if out, err := cmd.CombinedOutput(); err == nil || len(out) == 0 {
			t.Errorf("%s: the hook says nothing: %v, %s", what, err, out)
		}
	}
}
