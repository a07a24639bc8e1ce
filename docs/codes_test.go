package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/docs"
)

// tables are the pages that say what to do about a code.
var tables = []string{"troubleshooting.md", "pull.md", "ingest.md"}

// Whatever code somebody can be answered with is on a page that says what to do about it.
func TestEveryCodeIsExplained(t *testing.T) {
	said := ""
	for _, name := range tables {
		b, err := fs.ReadFile(docs.Pages, name)
		if err != nil {
			t.Fatal(err)
		}
		said += string(b)
	}
	codes := codesOf(t, "../core", "../adapters", "../cmd")
	if len(codes) < 150 {
		t.Fatalf("only %d codes are found: faults are made in another way now", len(codes))
	}
	for code, at := range codes {
		if !strings.Contains(said, "`"+code+"`") {
			t.Errorf("%s, of %s, is on none of %v", code, at, tables)
		}
	}
}

// codesOf answers the codes of all faults that are made below the folders, each with a place where it is. One of kind Internal is
// answered as an incident, without its code.
func codesOf(t *testing.T, folders ...string) map[string]string {
	t.Helper()
	out := map[string]string{}
	files := token.NewFileSet()
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			for code, at := range made(file) {
				out[code] = files.Position(at).String()
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// made answers the codes that a file gives to fault.New and fault.Wrap: as they are, or by a constant of the same file.
func made(file *ast.File) map[string]token.Pos {
	out, constants := map[string]token.Pos{}, map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			for i, name := range spec.Names {
				if i < len(spec.Values) {
					constants[name.Name] = text(spec.Values[i], nil)
				}
			}
		}
		return true
	})
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		at := 1
		switch of(call.Fun) {
		case "fault.New":
		case "fault.Wrap":
			at = 2
		default:
			return true
		}
		if len(call.Args) > at && of(call.Args[at-1]) != "fault.Internal" {
			if code := text(call.Args[at], constants); code != "" {
				out[code] = call.Pos()
			}
		}
		return true
	})
	return out
}

// of answers "package.Name" for such an expression.
func of(e ast.Expr) string {
	s, ok := e.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	x, ok := s.X.(*ast.Ident)
	if !ok {
		return ""
	}
	return x.Name + "." + s.Sel.Name
}

// text answers the text that an expression stands for, empty when that is known only when it runs.
func text(e ast.Expr, constants map[string]string) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, _ := strconv.Unquote(e.Value)
		return s
	case *ast.Ident:
		return constants[e.Name]
	}
	return ""
}
