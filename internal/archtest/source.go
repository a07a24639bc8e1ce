package archtest

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// maxLines is where a file has more than one subject. Half of ours should have no more than 100.
const maxLines = 450

// Walk calls visit with the slash-separated path, from root, and the source of each non-test Go file of the tree.
func Walk(root string, visit func(file string, src []byte)) error {
	return filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := d.Name()
		if d.IsDir() {
			if name != root && (strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || base == "node_modules" || base == "testdata") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(base, ".go") || strings.HasSuffix(base, "_test.go") {
			return nil
		}
		src, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		visit(filepath.ToSlash(rel), src)
		return err
	})
}

// source is one parsed file.
type source struct {
	path  string
	fset  *token.FileSet
	file  *ast.File
	local map[string]string // name in the file → import path
	bad   []string
}

// CheckFile answers what is wrong with the source of one non-test file; name is its path from the root of the module.
func CheckFile(name string, src []byte) []string {
	s := &source{path: name, fset: token.NewFileSet(), local: map[string]string{}}
	var err error
	if s.file, err = parser.ParseFile(s.fset, name, src, parser.ParseComments|parser.SkipObjectResolution); err != nil {
		return []string{err.Error()}
	}
	if lines := bytes.Count(src, []byte("\n")); lines > maxLines && !ast.IsGenerated(s.file) {
		s.bad = append(s.bad, fmt.Sprintf("%s has %d lines, more than %d: it has more than one subject; split it", name, lines, maxLines))
	}
	s.imports()
	for _, rule := range rules {
		if rule.binds(name) {
			ast.Inspect(s.file, func(n ast.Node) bool {
				if n != nil {
					if what := rule.finds(s, n); what != "" {
						s.report(n, what, rule.why)
					}
				}
				return true
			})
		}
	}
	return s.bad
}

func (s *source) report(n ast.Node, what, why string) {
	s.bad = append(s.bad, fmt.Sprintf("%s:%d: %s: %s", s.path, s.fset.Position(n.Pos()).Line, what, why))
}

// imports notes under which names the file knows packages.
func (s *source) imports() {
	for _, spec := range s.file.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		name := path.Base(p)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		if name == "." {
			s.report(spec, "dot import of "+p, "it hides which package a name is from, also from the rules here")
		}
		s.local[name] = p
	}
}

// selected answers the import path and name when n is package.Name, else nothing.
func (s *source) selected(n ast.Node) (pkg, name string) {
	if e, ok := n.(*ast.SelectorExpr); ok {
		if id, ok := e.X.(*ast.Ident); ok {
			return s.local[id.Name], e.Sel.Name
		}
	}
	return "", ""
}
