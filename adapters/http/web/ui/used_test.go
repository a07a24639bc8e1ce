package ui

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var declared = regexp.MustCompile(`(?m)^templ ([A-Z]\w*)\(`)

// What no page draws is not kept for its story alone.
func TestEveryComponentIsOnSomePage(t *testing.T) {
	own, pages := "", ""
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if d != nil && (d.Name() == "node_modules" || d.Name() == "testdata") {
				return fs.SkipDir
			}
			return err
		}
		if filepath.Ext(path) != ".templ" && (filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_templ.go") || strings.HasSuffix(path, "_test.go")) {
			return nil
		}
		text, err := os.ReadFile(path)
		if filepath.Dir(path) == filepath.Join("..", "ui") {
			own += string(text)
		} else {
			pages += string(text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	found := declared.FindAllStringSubmatch(own, -1)
	if len(found) < 30 {
		t.Fatalf("only %d components were found", len(found))
	}
	for _, m := range found {
		if !strings.Contains(pages, "ui."+m[1]+"(") && !strings.Contains(own, "@"+m[1]+"(") {
			t.Errorf("no page draws %s", m[1])
		}
	}
}
