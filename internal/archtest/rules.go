package archtest

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// rule finds one thing in the syntax of the files it binds.
type rule struct {
	binds func(file string) bool
	finds func(s *source, n ast.Node) (what string) // "" when n is fine
	why   string
}

var rules = []rule{
	{ships, opensConnection,
		"everything outbound goes through sdk/egress, which checks each address at the moment of connecting"},
	{func(file string) bool { return file != "cmd/ignisfox/wire.go" }, importsFx,
		"fx lives in cmd/ignisfox/wire.go alone; constructors are plain functions that a test can call"},
	{below("core/"), readsClock,
		"the domain is handed its clock, one now per transaction, so that tests decide what time it is"},
	{below("adapters/storage/"), buildsSQL,
		"SQL is written out with $n parameters; text pasted into it is how injections begin"},
}

func below(folder string) func(string) bool {
	return func(file string) bool { return strings.HasPrefix(file, folder) }
}

// ships says whether a file is part of the product and not the guarded dialer itself. Test support and measuring below internal/
// is never linked into the product: the import table sees to that.
func ships(file string) bool {
	return !strings.HasPrefix(file, "sdk/egress/") && !strings.HasPrefix(file, "internal/")
}

var httpShortcuts = []string{"DefaultClient", "DefaultTransport", "Get", "Post", "Head", "PostForm"}

// opensConnection finds the ways of the standard library and x/crypto to connect past the guarded dialer. The types net.Dialer and
// tls.Dialer are refused by name, since their methods cannot be told apart without types; an http.Client or http.Transport that
// is not told how to connect uses them silently.
func opensConnection(s *source, n ast.Node) string {
	if lit, ok := n.(*ast.CompositeLit); ok {
		switch pkg, name := s.selected(lit.Type); {
		case pkg == "net/http" && name == "Client" && !sets(lit, "Transport"):
			return "an http.Client without Transport"
		case pkg == "net/http" && name == "Transport" && !sets(lit, "DialContext"):
			return "an http.Transport without DialContext"
		}
		return ""
	}
	pkg, name := s.selected(n)
	switch {
	case pkg == "net" && strings.HasPrefix(name, "Dial"), pkg == "crypto/tls" && strings.HasPrefix(name, "Dial"),
		pkg == "golang.org/x/crypto/ssh" && name == "Dial",
		pkg == "net/http" && slices.Contains(httpShortcuts, name):
		return pkg + "." + name
	}
	return ""
}

// sets says whether a composite literal gives a field.
func sets(lit *ast.CompositeLit, field string) bool {
	return slices.ContainsFunc(lit.Elts, func(e ast.Expr) bool {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			return false
		}
		key, ok := kv.Key.(*ast.Ident)
		return ok && key.Name == field
	})
}

func importsFx(_ *source, n ast.Node) string {
	if spec, ok := n.(*ast.ImportSpec); ok {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil && (p == "go.uber.org/fx" || strings.HasPrefix(p, "go.uber.org/fx/")) {
			return "import of " + p
		}
	}
	return ""
}

func readsClock(s *source, n ast.Node) string {
	if pkg, name := s.selected(n); pkg == "time" && slices.Contains([]string{"Now", "Since", "Until"}, name) {
		return "time." + name
	}
	return ""
}

var sqlVerb = regexp.MustCompile(`(?i)^\s*(select|insert|update|delete|with|merge|replace|create|alter|drop|truncate|pragma|grant|revoke)\s`)

// buildsSQL finds fmt.Sprintf and its kin whose text begins as a statement does.
func buildsSQL(s *source, n ast.Node) string {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return ""
	}
	pkg, name := s.selected(call.Fun)
	formats := slices.ContainsFunc([]string{"Sprint", "Fprint", "Append"}, func(p string) bool { return strings.HasPrefix(name, p) })
	if pkg != "fmt" || !formats {
		return ""
	}
	for _, arg := range call.Args {
		if sqlVerb.MatchString(leading(arg)) {
			return "SQL built by fmt." + name
		}
	}
	return ""
}

// leading answers the string literal that an expression begins with, "" when it begins otherwise.
func leading(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BinaryExpr:
		return leading(e.X)
	case *ast.ParenExpr:
		return leading(e.X)
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			text, _ := strconv.Unquote(e.Value)
			return text
		}
	}
	return ""
}
