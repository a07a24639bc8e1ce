package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../.."

// pages answers the Markdown files of the repository that are ours to keep right, by path.
func pages(t *testing.T) map[string]string {
	t.Helper()
	names, err := filepath.Glob(root + "/*.md")
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(root+"/docs", func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".md") {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = string(b)
	}
	return out
}

func TestLinksLeadSomewhere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	for page, text := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", page, m[1])
			}
		}
	}
}

// sourceText answers the Go code of the program as one text.
func sourceText(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, dir := range []string{"adapters", "cmd", "core"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for line := range strings.Lines(string(text)) {
				code, _, _ := strings.Cut(line, "// ")
				b.WriteString(code)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// An error code or a metric that a guide names is one the program has.
func TestGuidesNameWhatIsThere(t *testing.T) {
	code := sourceText(t)
	word := regexp.MustCompile("`([a-z]+(?:_[a-z0-9]+)+)`")
	known := map[string]bool{ // what is put together at run time, or is no code of ours
		"read_scope_needed": true, "write_scope_needed": true, "export_scope_needed": true,
		"ssl_certificate": true, "allowed_cidrs": true, "time_zone": true, "pg_dump": true,
	}
	for _, page := range []string{"docs/troubleshooting.md", "docs/pull.md", "docs/ingest.md", "docs/operations.md", "docs/api.md"} {
		b, err := os.ReadFile(filepath.Join(root, page))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, m := range word.FindAllStringSubmatch(string(b), -1) {
			n++
			if !known[m[1]] && !strings.Contains(code, `"`+m[1]+`"`) {
				t.Errorf("%s names %s, which the program does not know", page, m[1])
			}
		}
		if n == 0 {
			t.Errorf("%s names nothing: the pattern is wrong", page)
		}
	}
}
