package archtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
)

// Package is what the rules want to know of a package.
type Package struct {
	ImportPath string
	Imports    []string // of non-test files
	Error      *struct{ Err string }
}

// List reads the packages of the module whose root is dir.
func List(dir string) ([]Package, error) {
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Imports,Error", "./...")
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return nil, fmt.Errorf("go list: %w\n%s", err, exit.Stderr)
		}
		return nil, fmt.Errorf("go list: %w", err)
	}
	var all []Package
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p Package
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		all = append(all, p)
	}
}

// testSupport says whether a package serves tests alone: internal/…, or named for it as ports/storagetest is.
func testSupport(pkg string) bool {
	return strings.HasPrefix(pkg, "internal/") || strings.HasSuffix(pkg, "test")
}

// CheckImports answers what is wrong with the imports of a package.
func CheckImports(p Package) []string {
	if p.Error != nil {
		return []string{p.ImportPath + ": " + p.Error.Err}
	}
	name := strings.TrimPrefix(p.ImportPath, Module+"/")
	r, ok := find(name)
	if !ok {
		return []string{name + ": no row in the table of internal/archtest names it: say what it may import, and why"}
	}
	var bad []string
	for _, imported := range p.Imports {
		refused := false
		if ours, is := strings.CutPrefix(imported, Module+"/"); is {
			imported, refused = ours, !allows(r.ours, name, ours)
			if testSupport(ours) && !testSupport(name) {
				bad = append(bad, fmt.Sprintf("%s may not import %s: test support never ships", name, ours))
				continue
			}
		} else if first, _, _ := strings.Cut(imported, "/"); strings.Contains(first, ".") {
			refused = !allowsThird(r.third, imported)
		} else {
			refused = slices.Contains(r.std, imported) && !testSupport(name)
		}
		if refused {
			bad = append(bad, fmt.Sprintf("%s may not import %s: %s", name, imported, r.why))
		}
	}
	return bad
}
