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
	codes := codesOf(t, linked(t, "cmd/ignisfox"))
	if len(codes) < 150 {
		t.Fatalf("only %d codes are found: faults are made in another way now", len(codes))
	}
	for code, at := range codes {
		if !strings.Contains(said, "`"+code+"`") {
			t.Errorf("%s, of %s, is on none of %v: say what it means and what to do", code, at, tables)
		}
	}
}

const module = "github.com/ignisfox/ignisfox/"

// linked answers the folders of the packages that a program is made of: what nothing imports yet answers nobody.
func linked(t *testing.T, program string) []string {
	t.Helper()
	queue, seen := []string{program}, map[string]bool{program: true}
	for i := 0; i < len(queue); i++ {
		for _, file := range parsed(t, token.NewFileSet(), queue[i]) {
			for _, spec := range file.Imports {
				if to, ours := strings.CutPrefix(text(spec.Path, nil), module); ours && !seen[to] {
					seen[to] = true
					queue = append(queue, to)
				}
			}
		}
	}
	return queue
}

// parsed answers the files of a package but those of its tests, for whatever system they are.
func parsed(t *testing.T, files *token.FileSet, folder string) (out []*ast.File) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("..", folder, "*.go"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no files in %s: %v", folder, err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(files, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, file)
	}
	return out
}

// codesOf answers the codes of all faults that are made in the folders, each with a place where it is. One of kind Internal is
// answered as an incident, without its code.
func codesOf(t *testing.T, folders []string) map[string]string {
	t.Helper()
	out := map[string]string{}
	files := token.NewFileSet()
	for _, folder := range folders {
		for _, file := range parsed(t, files, folder) {
			for code, at := range made(file) {
				out[code] = files.Position(at).String()
			}
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
