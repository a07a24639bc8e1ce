package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/internal/sshtest"
	"github.com/ignisfox/ignisfox/sdk/deploy"
	"github.com/ignisfox/ignisfox/sdk/schema"
)

func manual(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/deploy-ssh.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// block answers the code of a language in a section of the manual.
func block(t *testing.T, section, language string) string {
	t.Helper()
	_, text, ok := strings.Cut(manual(t), "\n## "+section+"\n")
	text, _, _ = strings.Cut(text, "\n## ")
	_, text, found := strings.Cut(text, "\n```"+language+"\n")
	text, _, ended := strings.Cut(text, "\n```")
	if !ok || !found || !ended {
		t.Fatalf("the manual has no %s in %q", language, section)
	}
	return text + "\n"
}

// example sets a target and a service up as the manual says, in a folder of the test instead of /etc.
func example(t *testing.T, section, language, service string) (*rig, *sshtest.Service, string) {
	t.Helper()
	r := newRig(t, sshtest.Options{})
	s := r.host.Service(service)
	s.Dir = r.host.Mkdir(service)
	certs := r.host.Mkdir("certs")
	var settings map[string]any
	if err := json.Unmarshal([]byte(block(t, section, "json")), &settings); err != nil {
		t.Fatal(err)
	}
	elsewhere := regexp.MustCompile(`/etc/[a-z0-9]+/certs`)
	for name, value := range settings {
		r.settings[name] = elsewhere.ReplaceAllString(value.(string), certs)
	}
	r.settings["check_command"], r.settings["reload_command"] = s.Check, s.Reload
	config := elsewhere.ReplaceAllString(block(t, section, language), certs)
	return r, s, strings.Replace(config, "443", strconv.Itoa(s.Port), 1)
}

func der(m deploy.Material) []byte {
	block, _ := pem.Decode(m.Certificate)
	return block.Bytes
}

// proves goes through the life of a service: it starts with the first generation, takes the next, survives one that its check
// refuses. Apache's looks at the configuration alone and opens no key.
func proves(t *testing.T, section, language, service string) {
	t.Parallel()
	r, s, config := example(t, section, language, service)
	first, second := generation(1, "www.example.com"), generation(2, "www.example.com")
	reload, check := r.settings["reload_command"], r.settings["check_command"]
	delete(r.settings, "reload_command") // it does not run yet
	delete(r.settings, "check_command")
	r.deployment("d1", first).whole()
	s.Start(config)
	s.WaitFor(der(first))

	r.settings["reload_command"], r.settings["check_command"] = reload, check
	stop := probe(t, s, first, second)
	r.deployment("d2", second).whole()
	s.WaitFor(der(second))

	broken := generation(3, "www.example.com")
	site := filepath.Join(service, "site.conf")
	if service == "apache" {
		r.host.Write(site, []byte(config+"Mistake\n"), 0o644)
	} else {
		broken.Key = first.Key
	}
	d := r.deployment("d3", broken)
	d.step(deploy.Stage)
	d.step(deploy.Swap)
	d.fails(deploy.Check, "check_failed")
	r.host.Write(site, []byte(config), 0o644)
	for _, step := range []deploy.Step{deploy.Restore, deploy.Check, deploy.Reload, deploy.Clean} {
		d.step(step)
	}
	stop()
	s.WaitFor(der(second))
}

// probe connects from outside all the time: what is served is always one of the generations. HAProxy and Apache may refuse a
// connection at the moment of a reload; none may serve something else.
func probe(t *testing.T, s *sshtest.Service, of ...deploy.Material) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	seen := 0
	all.Go(func() {
		for ; ctx.Err() == nil; time.Sleep(2 * time.Millisecond) {
			state, err := s.Look("www.example.com")
			if err != nil {
				continue
			}
			seen++
			if !servesOne(state, of) {
				t.Error("a certificate of no generation was served")
				return
			}
		}
	})
	return func() {
		cancel()
		all.Wait()
		if seen < 10 {
			t.Errorf("looked %d times only", seen)
		}
	}
}

func servesOne(state tls.ConnectionState, of []deploy.Material) bool {
	for _, m := range of {
		if string(state.PeerCertificates[0].Raw) == string(der(m)) {
			return true
		}
	}
	return false
}

func TestNginxAsTheManualSetsItUp(t *testing.T)   { proves(t, "nginx", "nginx", "nginx") }
func TestApacheAsTheManualSetsItUp(t *testing.T)  { proves(t, "Apache", "apache", "apache") }
func TestHAProxyAsTheManualSetsItUp(t *testing.T) { proves(t, "HAProxy", "haproxy", "haproxy") }

// TestTheManualNamesWhatThereIs compares the page with the schema, the problems and the sudoers lines with the commands.
func TestTheManualNamesWhatThereIs(t *testing.T) {
	text := manual(t)
	var names func(fields []schema.Field)
	names = func(fields []schema.Field) {
		for _, f := range fields {
			if !strings.Contains(text, "`"+f.Name+"`") {
				t.Errorf("the manual does not name the setting %s", f.Name)
			}
			names(f.Fields)
		}
	}
	names(settingsSchema().Fields)

	code := regexp.MustCompile(`Code: +"([a-z_]+)"|Problemf\("([a-z_]+)"|p\.Code(?:, p\.\w+)* = "([a-z_]+)"|code := "([a-z_]+)"|code = "([a-z_]+)"|, "([a-z]+_failed)"`)
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, f := range files {
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		for _, m := range code.FindAllStringSubmatch(string(src), -1) {
			found++
			if name := strings.Join(m[1:], ""); !strings.Contains(text, "`"+name+"`") {
				t.Errorf("the manual does not name the problem %s of %s", name, f)
			}
		}
	}
	if found < 15 {
		t.Errorf("found %d problems in the source only", found)
	}

	for section, sudoers := range map[string]string{"nginx": "Prepare the device", "Apache": "Apache", "HAProxy": "HAProxy"} {
		var settings map[string]string
		if err := json.Unmarshal([]byte(block(t, section, "json")), &settings); err != nil {
			t.Fatal(err)
		}
		lines := block(t, sudoers, "sudoers")
		for _, name := range []string{"check_command", "reload_command"} {
			command, ok := strings.CutPrefix(settings[name], "sudo -n ")
			if !ok || !regexp.MustCompile(`(?m)^deploy ALL=\(root\) NOPASSWD: /usr/s?bin/`+regexp.QuoteMeta(command)+`$`).MatchString(lines) {
				t.Errorf("%s: no line of sudoers allows %q", section, settings[name])
			}
		}
	}
}
