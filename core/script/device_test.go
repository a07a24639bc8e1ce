package script

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mvdan.cc/sh/v3/syntax"

	"github.com/ignisfox/ignisfox/core/fault"
)

var everyDevice = map[string]struct {
	System
	Server
	Device
}{
	"debian-nginx": {Debian, Nginx, Device{Target: "web 1"}}, "debian-apache": {Debian, Apache, Device{Target: "web 1"}},
	"debian-haproxy": {Debian, HAProxy, Device{Target: "lb 1"}}, "redhat-nginx": {RedHat, Nginx, Device{}}, "redhat-apache": {RedHat, Apache, Device{}},
	"redhat-haproxy": {RedHat, HAProxy, Device{}},
	"hostile": {Debian, Nginx, Device{
		Target: "x\ntouch owned # $(touch owned)`touch owned`'\"; \u202e\x1b[31m", User: "tls_1", Fullchain: "/srv/it's $(touch owned) `touch owned` \"x\" ;&|*?/a;b.crt",
		Key: `/srv/{${HOME}}\n/a b.key`, Others: []string{"/srv/-rf/x.pem"},
	}},
}

func prepared(t *testing.T, sys System, srv Server, d Device) Prepared {
	t.Helper()
	p, err := Prepare(sys, srv, d)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestRecipesAreAsTheyWereRead(t *testing.T) {
	for name, c := range everyDevice {
		p := prepared(t, c.System, c.Server, c.Device)
		var got strings.Builder
		got.WriteString(p.Script + "--- settings\n")
		for _, s := range p.Settings {
			got.WriteString(s.Name + " = " + s.Value + "\n")
		}
		got.WriteString("--- " + p.Syntax + "\n" + p.Config)
		file := filepath.Join("testdata", "device-"+name+".golden")
		if *update {
			if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got.String() != string(want) {
			t.Errorf("%s differs; look at it, then run go test -update", file)
		}
	}
}

func TestRecipesParseAndShellcheckIsContent(t *testing.T) {
	if _, err := exec.LookPath("shellcheck"); err != nil {
		t.Fatal("shellcheck is not installed; run make test-deps")
	}
	for name, c := range everyDevice {
		source := prepared(t, c.System, c.Server, c.Device).Script
		if _, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(source), name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		cmd := exec.Command("shellcheck", "--norc", "--shell=bash", "--severity=style", "--exclude=SC2016", "-")
		cmd.Stdin = strings.NewReader(source)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// The recipe allows what the manual says, line for line.
func TestRecipesAreThoseOfTheManual(t *testing.T) {
	manual, err := os.ReadFile(filepath.Join("..", "..", "docs", "deploy-ssh.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, srv := range []Server{Nginx, Apache, HAProxy} {
		p := prepared(t, Debian, srv, Device{})
		for _, c := range p.Commands {
			if line := p.User + " ALL=(root) NOPASSWD: " + c + "\n"; !strings.Contains(string(manual), line) {
				t.Errorf("the manual has no %q", line)
			}
		}
		for _, s := range p.Settings {
			if line := `"` + s.Name + `": "` + s.Value + `"`; s.Name != "username" && !strings.Contains(string(manual), line) {
				t.Errorf("the manual has no %s", line)
			}
		}
	}
}

func TestWhatThereIsNoRecipeFor(t *testing.T) {
	for _, c := range []struct {
		sys  System
		srv  Server
		d    Device
		code string
	}{
		{"vms", Nginx, Device{}, "bad_server"}, {Debian, "iis", Device{}, "bad_server"}, {"", "", Device{}, "bad_server"},
		{Debian, Nginx, Device{User: "root"}, "bad_user"}, {Debian, Nginx, Device{User: "ALL"}, "bad_user"}, {Debian, Nginx, Device{User: "a b"}, "bad_user"},
		{Debian, Nginx, Device{User: "%wheel"}, "bad_user"}, {Debian, Nginx, Device{User: "x, ALL"}, "bad_user"}, {Debian, Nginx, Device{User: "#0"}, "bad_user"},
		{Debian, Nginx, Device{Key: "relative"}, "bad_dest"}, {Debian, Nginx, Device{Key: "/a/../b"}, "bad_dest"}, {Debian, Nginx, Device{Key: "/a\nb"}, "bad_dest"},
	} {
		if _, err := Prepare(c.sys, c.srv, c.d); fault.CodeOf(err) != c.code {
			t.Errorf("%s, %s, %+v: %v", c.sys, c.srv, c.d, err)
		}
	}
}

// stub are commands that write down how they were called, and the few that the script needs an answer of.
const stub = `#!/bin/bash
name=${0##*/}
[ "$name" = id ] && { case $1 in -u) if [ $# -eq 1 ]; then echo 0; else [ -d "$ROOT/home/deploy" ]; fi ;; -gn) echo deploy ;; esac; exit; }
[ "$name" = getent ] && { echo "deploy:x:999:999::$ROOT/home/deploy:/bin/sh"; exit; }
{ printf '%s' "$name"; printf ' <%s>' "$@"; echo; } >>"$ROOT/calls"
case $name in
  useradd) mkdir -p "$ROOT/home/deploy" ;;
  visudo) cp "$2" "$ROOT/sudoers" ;;
  install) if [ "$1" = -d ]; then mkdir -p "$ROOT/made"; for last; do :; done; case $last in "$ROOT"/*) mkdir -p "$last" ;; esac
    else for last; do :; done; case $last in "$ROOT"/*) : >"$last" ;; esac; fi ;;
esac
`

// runRecipe runs a recipe with commands that change nothing, and answers what it said, what it called and what it allowed. before, the keys
// that a user has who is there already.
func runRecipe(t *testing.T, source string, before ...string) (said, calls, sudoers, keys string, ok bool) {
	t.Helper()
	root := t.TempDir()
	bin := filepath.Join(root, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"id", "getent", "useradd", "install", "visudo"} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte(stub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, keys := range before {
		home := filepath.Join(root, "home", "deploy", ".ssh")
		if err := os.MkdirAll(home, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(home, "authorized_keys"), []byte(keys), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("bash", "-s")
	cmd.Dir, cmd.Stdin = root, strings.NewReader(source)
	cmd.Env = []string{"PATH=" + bin + ":/usr/bin:/bin", "ROOT=" + root, "TMPDIR=" + root}
	out, err := cmd.CombinedOutput()
	read := func(name string) string {
		b, _ := os.ReadFile(filepath.Join(root, name))
		return strings.ReplaceAll(string(b), root, "")
	}
	if _, err := os.Stat(filepath.Join(root, "owned")); err == nil {
		t.Error("a value was run")
	}
	return string(out), read("calls"), read("sudoers"), read("home/deploy/.ssh/authorized_keys"), err == nil
}

func TestARecipeDoesWhatItSays(t *testing.T) {
	source := prepared(t, Debian, Nginx, Device{Target: "web 1"}).Script
	if said, calls, _, _, ok := runRecipe(t, source); ok || calls != "" || !strings.Contains(said, "Put the public key between the quotes") {
		t.Errorf("without a key it goes on: %s %s", said, calls)
	}
	source = strings.Replace(source, PublicKeyHere, "ssh-ed25519 AAAAC3 ignisfox", 1)
	said, calls, sudoers, keys, ok := runRecipe(t, source)
	if !ok || !strings.Contains(said, "Done.") {
		t.Fatal(said)
	}
	if want := "deploy ALL=(root) NOPASSWD: /usr/sbin/nginx -t\ndeploy ALL=(root) NOPASSWD: /usr/bin/systemctl reload nginx\n"; sudoers != want {
		t.Errorf("it allows\n%s", sudoers)
	}
	if keys != "restrict ssh-ed25519 AAAAC3 ignisfox\n" {
		t.Errorf("the keys are %q", keys)
	}
	for _, want := range []string{
		"useradd <--system> <--create-home> <--shell> </bin/sh> <deploy>", "install <-d> <-o> <root> <-g> <deploy> <-m> <0770> </etc/nginx/certs>", "visudo <-cqf>",
		"</etc/sudoers.d/ignisfox-deploy>",
	} {
		if !strings.Contains(calls, want) {
			t.Errorf("it does not call %s:\n%s", want, calls)
		}
	}
}

// A user who was there before keeps their keys, and is not to be removed by whoever undoes this.
func TestARecipeLeavesAUserWhoIsThere(t *testing.T) {
	source := strings.Replace(prepared(t, Debian, Nginx, Device{Target: "web 1"}).Script, PublicKeyHere, "ssh-ed25519 AAAAC3 ignisfox", 1)
	for before, want := range map[string]string{
		"":                                     "restrict ssh-ed25519 AAAAC3 ignisfox\n",
		"ssh-rsa AAAAB3 kim":                   "ssh-rsa AAAAB3 kim\nrestrict ssh-ed25519 AAAAC3 ignisfox\n",
		"ssh-rsa AAAAB3 kim\n":                 "ssh-rsa AAAAB3 kim\nrestrict ssh-ed25519 AAAAC3 ignisfox\n",
		"restrict ssh-ed25519 AAAAC3 ignisfox": "restrict ssh-ed25519 AAAAC3 ignisfox",
	} {
		said, calls, _, keys, ok := runRecipe(t, source, before)
		if !ok || keys != want || strings.Contains(calls, "useradd") {
			t.Errorf("from %q the keys are %q, after\n%s%s", before, keys, calls, said)
		}
		if strings.Contains(said, "userdel") || !strings.Contains(said, "was there before") {
			t.Errorf("it says %q", said)
		}
	}
	if said, _, _, _, _ := runRecipe(t, source); !strings.Contains(said, "To undo: userdel --remove deploy") {
		t.Errorf("it says %q", said)
	}
}

func TestARecipeRunsNoValue(t *testing.T) {
	c := everyDevice["hostile"]
	source := strings.Replace(prepared(t, c.System, c.Server, c.Device).Script, PublicKeyHere, "ssh-ed25519 AAAAC3 ignisfox", 1)
	_, calls, _, _, _ := runRecipe(t, source)
	for _, folder := range []string{"/srv/it's $(touch owned) `touch owned` \"x\" ;&|*?", `/srv/{${HOME}}\n`, "/srv/-rf"} {
		if !strings.Contains(calls, "<"+folder+">") {
			t.Errorf("the folder %s is not made:\n%s", folder, calls)
		}
	}
}
