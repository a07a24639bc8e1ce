// Package story keeps pages and components as they are meant to look: a story is one component in one state, and its HTML lies in
// testdata/<name>.html beside the test, compared byte for byte.
//
//	func TestStories(t *testing.T) {
//		story.Check(t, []story.Story{
//			{Name: "vault-empty", Component: Vault(story.View(tenant.Owner), nil)},
//		})
//	}
//
// `go test ./adapters/http/web/... -update` writes the files anew; the difference is then read as any other change.
package story

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/a-h/templ"
)

var update = flag.Bool("update", false, "write the HTML of stories to testdata instead of comparing it")

// Story is one component in one state.
type Story struct {
	Name      string // lower case words joined with "-": the name of its file
	Component templ.Component
}

var (
	nameForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	// What the content security policy would refuse, and addresses that run something. Text of users is escaped and matches none.
	forbidden = regexp.MustCompile(`(?i)<style|<script[^>]*>\s*[^<\s]|\sstyle="|\son[a-z]+="|(href|src|action|hx-[a-z-]+)="javascript:`)
)

// Check draws each story and compares it with its file. A story may hold no inline style, script or handler, and no id twice.
func Check(t *testing.T, stories []Story) {
	t.Helper()
	seen := map[string]bool{}
	for _, s := range stories {
		if !nameForm.MatchString(s.Name) || seen[s.Name] {
			t.Fatalf("story %q: names are lower case words joined with -, and unique", s.Name)
		}
		seen[s.Name] = true
		t.Run(s.Name, func(t *testing.T) { check(t, s) })
	}
	leftOver(t, seen)
}

func check(t *testing.T, s Story) {
	t.Helper()
	got := Draw(t, s.Component)
	if bad := forbidden.FindString(got); bad != "" {
		t.Errorf("the policy of the dashboard refuses %q", bad)
	}
	for _, id := range twice(got) {
		t.Errorf("the id %q is there twice", id)
	}
	file := filepath.Join("testdata", s.Name+".html")
	if *update {
		write(t, file, got)
		return
	}
	want, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("%s is missing: run the test with -update and read what it wrote", file)
	}
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run the test with -update and read the difference\n%s", file, firstDifference(got, string(want)))
	}
}

// Draw answers the HTML of a component, a tag on each line.
func Draw(t *testing.T, c templ.Component) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return lines(b.String())
}

// lines breaks HTML before each tag that follows another, which no browser minds where nothing keeps white space, so that a
// difference is one line. The inside of pre and textarea stays as it is.
func lines(html string) string {
	var b strings.Builder
	for html != "" {
		at := kept.FindStringIndex(html)
		if at == nil {
			b.WriteString(strings.ReplaceAll(html, "><", ">\n<"))
			break
		}
		b.WriteString(strings.ReplaceAll(html[:at[0]], "><", ">\n<"))
		b.WriteString(html[at[0]:at[1]])
		html = html[at[1]:]
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

var (
	kept  = regexp.MustCompile(`(?s)<(pre|textarea)[ >].*?</(pre|textarea)>`)
	idsOf = regexp.MustCompile(`\sid="([^"]*)"`)
)

func twice(html string) []string {
	var out []string
	seen := map[string]bool{}
	for _, m := range idsOf.FindAllStringSubmatch(html, -1) {
		if seen[m[1]] {
			out = append(out, m[1])
		}
		seen[m[1]] = true
	}
	return out
}

func write(t *testing.T, file, html string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(html), 0o644); err != nil {
		t.Fatal(err)
	}
}

// leftOver finds files of stories that are no more. Check is so called once in a package.
func leftOver(t *testing.T, seen map[string]bool) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "*.html"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if name := strings.TrimSuffix(filepath.Base(f), ".html"); !seen[name] {
			if !*update {
				t.Errorf("%s belongs to no story", f)
			} else if err := os.Remove(f); err != nil {
				t.Error(err)
			}
		}
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range g {
		if i >= len(w) || g[i] != w[i] {
			old := "(nothing)"
			if i < len(w) {
				old = w[i]
			}
			return "- " + old + "\n+ " + g[i]
		}
	}
	return "lines at the end are gone"
}
