package script

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"mvdan.cc/sh/v3/syntax"
	"pgregory.net/rapid"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
)

var update = flag.Bool("update", false, "write the golden files anew")

var systems = []OS{LinuxCron, LinuxSystemd, Windows}

func plain() Pull {
	return Pull{
		BaseURL: "https://ignisfox.example.com", Target: "web 1", Group: "www.example.com",
		Token: secret.NewString("pt_7Qm4xVb0sYt9KcR2hLw8ZpE3nJf6uXo1gTi5vHk7aBqWd9DaG"),
	}
}

// hostile is a pull whose every value tries to be code; it has no token.
func hostile(os OS) Pull {
	p := Pull{
		BaseURL: "https://ignisfox.example.com:8443/a;b&c$(id)*~!", Schedule: Daily,
		Target: "x\ntouch owned # $(touch owned)`touch owned`'\"; #> \u2019; calc \u202e\x1b[31m", Group: "it's \"$(touch owned)\" \u2018\u0111\r\n; exit",
		Dest: "/srv/it's $(touch owned) `touch owned` \"x\" ;&|*? \\ \u00fc\u0111", Reload: "echo \"it's $HOME\" '%s' `date` \u2018 && true # \\",
	}
	if os == Windows {
		p.Dest = "C:\\it's $(calc) ;& \u2018; calc; \u2019 \u0111"
	}
	return p
}

func render(t testing.TB, os OS, p Pull) string {
	t.Helper()
	_, _, body, err := Render(os, p)
	if err != nil {
		t.Fatal(err)
	}
	return string(body.Reveal())
}

func TestGolden(t *testing.T) {
	for _, system := range systems {
		for kind, p := range map[string]Pull{"plain": plain(), "hostile": hostile(system)} {
			file := filepath.Join("testdata", string(system)+"-"+kind+".golden")
			got := render(t, system, p)
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s differs; look at it, then run go test -update", file)
			}
		}
	}
}

func TestBashParsesAndShellcheckIsContent(t *testing.T) {
	if _, err := exec.LookPath("shellcheck"); err != nil {
		t.Fatal("shellcheck is not installed; run make test-deps")
	}
	for _, system := range []OS{LinuxCron, LinuxSystemd} {
		for kind, p := range map[string]Pull{"plain": plain(), "hostile": hostile(system)} {
			source := render(t, system, p)
			if _, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(source), string(system)); err != nil {
				t.Errorf("%s %s: %v", system, kind, err)
			}
			cmd := exec.Command("shellcheck", "--norc", "--shell=bash", "--severity=style", "--exclude="+about(kind), "-")
			cmd.Stdin = strings.NewReader(source)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s %s: %v\n%s", system, kind, err, out)
			}
		}
	}
}

// about names what shellcheck may think of values that look like code: that single quotes keep them from being run, which
// is what they are there for, and that a typographic quote or a backslash before a quote may be a mistake.
func about(kind string) string {
	if kind == "hostile" {
		return "SC1003,SC1112,SC2016"
	}
	return "SC9999"
}

func TestPowerShellParses(t *testing.T) {
	for _, p := range []Pull{plain(), hostile(Windows)} {
		source := render(t, Windows, p)
		if !isASCII(source) {
			t.Error("the script is not ASCII: Windows PowerShell would read it in the ANSI code page")
		}
		list := parsePowerShell(t, source)
		if len(list) < 100 {
			t.Errorf("only %d string literals: was it parsed?", len(list))
		}
		for _, l := range list {
			if !strings.HasPrefix(l.Kind, "verbatim_") {
				t.Errorf("a string that can run code: %s", l.Text)
			}
		}
	}
}

// assigned is a line that holds a value: a name and one literal.
var assigned = regexp.MustCompile(`^(slug|dest)='[^']*'$|^\$(Slug|Dest) = '[^']*'$`)

// TestNamesStayInComments renders with every name of the corpus and many more: only comments and the values made of a
// slug may differ from the script of an innocent target.
func TestNamesStayInComments(t *testing.T) {
	p := plain()
	check := func(t interface{ Errorf(string, ...any) }, name string) {
		for _, system := range systems {
			_, _, body, err := Render(system, Pull{BaseURL: p.BaseURL, Target: name, Group: name, Token: p.Token})
			if err != nil {
				t.Errorf("%q: %v", name, err)
				continue
			}
			_, _, innocent, _ := Render(system, p)
			got, want := strings.Split(string(body.Reveal()), "\n"), strings.Split(string(innocent.Reveal()), "\n")
			if len(got) != len(want) {
				t.Errorf("%q adds lines to %s", name, system)
				continue
			}
			for i := range got {
				if got[i] != want[i] && !strings.HasPrefix(got[i], "# ") && !assigned.MatchString(got[i]) {
					t.Errorf("%s, name %q: line %q", system, name, got[i])
				}
			}
			if strings.ContainsAny(string(body.Reveal()), "\x00\r\x1b\u2028\u202e") {
				t.Errorf("%s, name %q: hidden characters", system, name)
			}
		}
	}
	for _, name := range corpus {
		check(t, name)
	}
	rapid.Check(t, func(t *rapid.T) { check(t, rapid.String().Draw(t, "name")) })
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		field, code string
		os          OS
		change      func(*Pull)
	}{
		{"os", "bad_os", "plan9", func(*Pull) {}},
		{"base_url", "bad_base_url", LinuxCron, func(p *Pull) { p.BaseURL = "" }},
		{"base_url", "bad_base_url", LinuxCron, func(p *Pull) { p.BaseURL = "ftp://canary.example.com" }},
		{"base_url", "bad_base_url", LinuxCron, func(p *Pull) { p.BaseURL = "https://canary.example.com\nid" }},
		{"base_url", "bad_base_url", Windows, func(p *Pull) { p.BaseURL = "https://canary.example.com\x00" }},
		{"base_url", "bad_base_url", Windows, func(p *Pull) { p.BaseURL = "https://canary:x@example.com" }},
		{"base_url", "bad_base_url", Windows, func(p *Pull) { p.BaseURL = "https://example.com/?canary=1" }},
		{"dest", "bad_dest", LinuxCron, func(p *Pull) { p.Dest = "canary" }},
		{"dest", "bad_dest", LinuxCron, func(p *Pull) { p.Dest = "/" }},
		{"dest", "bad_dest", LinuxCron, func(p *Pull) { p.Dest = "/srv/../canary" }},
		{"dest", "bad_dest", LinuxCron, func(p *Pull) { p.Dest = "/canary\r" }},
		{"dest", "bad_dest", LinuxCron, func(p *Pull) { p.Dest = "/canary\x00" }},
		{"dest", "bad_dest", LinuxCron, func(p *Pull) { p.Dest = "/canary\u202e" }},
		{"dest", "bad_dest", LinuxCron, func(p *Pull) { p.Dest = "/canary" + strings.Repeat("x", 2000) }},
		{"dest", "bad_dest", Windows, func(p *Pull) { p.Dest = "/canary" }},
		{"dest", "bad_dest", Windows, func(p *Pull) { p.Dest = `C:\` }},
		{"dest", "bad_dest", Windows, func(p *Pull) { p.Dest = `C:\ssl\canary\..` }},
		{"dest", "bad_dest", Windows, func(p *Pull) { p.Dest = "C:\\canary\n" }},
		{"dest", "bad_dest", Windows, func(p *Pull) { p.Dest = `C:\canary[1]` }},
		{"reload", "bad_reload", LinuxSystemd, func(p *Pull) { p.Reload = "true\ncanary" }},
		{"token", "bad_token", LinuxSystemd, func(p *Pull) { p.Token = secret.NewString("canary\" \nurl = x") }},
		{"schedule", "bad_schedule", LinuxSystemd, func(p *Pull) { p.Schedule = "canary" }},
	} {
		p := plain()
		c.change(&p)
		_, _, body, err := Render(c.os, p)
		var f *fault.Fault
		if !errors.As(err, &f) || f.Kind != fault.Invalid || f.Code != c.code || f.Fields[c.field] == "" || body.Len() != 0 {
			t.Errorf("%s: %v, want %s on %s", c.os, err, c.code, c.field)
			continue
		}
		if strings.Contains(f.Error()+f.Fields[c.field], "canary") {
			t.Errorf("%s: the value is echoed: %v", c.code, f)
		}
	}
}

func TestNamesDefaultsAndPlaceholder(t *testing.T) {
	p := plain()
	p.BaseURL += "/"
	p.Token = secret.String{}
	for system, want := range map[OS][]string{
		LinuxCron:    {"ignisfox-pull-www.example.com.sh", "text/x-shellscript; charset=utf-8", "\ndest='/etc/ssl/ignisfox/www.example.com'\n", "\nreload_command='systemctl reload nginx'\n", "\npush_token='" + placeholder + "'\n"},
		LinuxSystemd: {"ignisfox-pull-www.example.com.sh", "text/x-shellscript; charset=utf-8", "\nevery='hourly'\n", "OnCalendar="},
		Windows:      {"ignisfox-pull-www.example.com.ps1", "text/plain; charset=utf-8", "\n$Dest = 'C:\\ssl\\www.example.com'\n", "\n$ReloadCommand = ''\n", "\n$PushToken = '" + placeholder + "'\n", "\n$BaseUrl = 'https://ignisfox.example.com'\n"},
	} {
		name, contentType, body, err := Render(system, p)
		if err != nil || name != want[0] || contentType != want[1] {
			t.Errorf("%s: %s, %s, %v", system, name, contentType, err)
		}
		for _, part := range append(want[2:], "quotes, or leave this line:") {
			if !bytes.Contains(body.Reveal(), []byte(part)) {
				t.Errorf("%s lacks %q", system, part)
			}
		}
	}
}

func TestSlugsAreSafeAndNeverShared(t *testing.T) {
	shape := regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,60}[a-z0-9])?$`)
	for name, want := range map[string]string{
		"www.example.com": "www.example.com", "a": "a", "*.example.com": "example.com-", "WWW": "www-", "": "group-",
		"\u6771\u4eac": "group-", "con": "group-con-", "nul.txt": "group-nul.txt-", "../../etc": "etc-", "-rf": "rf-", "a..b": "a..b-",
		strings.Repeat("x", 200): strings.Repeat("x", maxSlug) + "-",
	} {
		got := slug(name)
		if !strings.HasPrefix(got, want) || (got != want && len(got) != len(want)+8) {
			t.Errorf("slug(%q) = %q, want %q", name, got, want)
		}
	}
	seen := map[string]string{}
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.String(), rapid.StringMatching(`[A-Ba-b.* -]{0,5}`)).Draw(t, "name")
		got := slug(name)
		if !shape.MatchString(got) || reservedName.MatchString(got) {
			t.Fatalf("slug(%q) = %q", name, got)
		}
		if other, taken := seen[got]; taken && other != name {
			t.Fatalf("%q and %q share %q", name, other, got)
		}
		seen[got] = name
	})
}
