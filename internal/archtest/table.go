// Package archtest holds the rules of the house as tests: what may import what, where connections may be opened, where wiring lives.
//
// The rules read the tree, not the compiled packages: CheckImports takes what `go list` says of a package, CheckFile the source of
// one file. Each finding names its reason. A rule that is in the way is changed here, in the open, with its reason.
//
// Run with -count=1: go test does not see that `go list` read other files, and would answer from its cache.
package archtest

import "strings"

// Module is the import path of the tree.
const Module = "github.com/ignisfox/ignisfox"

// row says what the packages it names may import, in non-test files. Names end in "/" to mean everything below as well; "self"
// is the adapter, plugin or use case that the package belongs to; a leading "!" takes away what an entry before it gave.
type row struct {
	pkg   string   // the package, or the folder it is in
	ours  []string // packages of this module
	third []string // prefixes of import paths of others; "*" for any
	std   []string // packages of the standard library that are refused
	why   string
}

var (
	nouns = []string{"core/", "!core/app/"}
	noIO  = []string{"os", "os/exec", "net/http", "database/sql", "syscall"}
)

func with(first []string, more ...string) []string {
	return append(append([]string{}, first...), more...)
}

// table is searched from the top; the first row that names a package binds it.
var table = []row{
	{"core/app/intake/", with(nouns, "ports", "sdk/schema", "self"), nil, noIO,
		"intake serves all other use cases, so it imports none of them; side effects go through ports"},
	{"core/app/form/", with(nouns, "ports", "core/app/intake/", "self"), nil, noIO,
		"what a device gets is built in one place for the pull API and the vault, so it imports neither of them; rows are opened as intake does"},
	{"core/app/people/", with(nouns, "ports", "self"), nil, noIO,
		"how a workspace and its owner are made is one way for the browser and the command line, so it imports neither use case"},
	{"core/app/", with(nouns, "ports", "sdk/schema", "core/app/intake/", "core/app/form/", "core/app/people/", "self"), nil, noIO,
		"a use case speaks nouns and ports; one that calls another would tie their transactions and tests together"},
	{"core/cert/", nouns, []string{"software.sslmate.com/src/go-pkcs12", "golang.org/x/crypto/", "golang.org/x/net/idna"}, noIO,
		"the domain does no I/O; parsing certificates is the one thing it needs libraries for"},
	{"core/", nouns, nil, noIO,
		"a noun knows other nouns and nothing else, so that it can be read and tested alone"},
	{"ports/", with(nouns, "sdk/schema", "ports"), nil, noIO,
		"ports are interfaces in domain types; a library here would bind every adapter to it"},
	{"sdk/schema/", nil, nil, noIO,
		"the schema is plain data that core, forms and plugins share"},
	{"sdk/egress/", []string{"sdk/"}, nil, nil,
		"the guarded dialer is what security rests on; it must be readable without knowing a library"},
	{"sdk/", []string{"sdk/"}, []string{"github.com/hashicorp/go-plugin", "github.com/hashicorp/go-hclog", "google.golang.org/grpc", "google.golang.org/protobuf"}, nil,
		"plugin authors import the SDK; what it imports becomes theirs"},
	{"plugins/", []string{"sdk/", "self"}, []string{"*"}, nil,
		"a plugin is a program of its own and knows the host only through the SDK"},
	{"examples/", []string{"sdk/", "self"}, nil, nil,
		"an example is copied by strangers: it shows that the SDK is enough"},
	{"docs", nil, nil, nil, "the manual is embedded; it holds no code"},
	{"adapters/http/", with(nouns, "core/app/", "sdk/schema", "self"),
		[]string{"github.com/danielgtaylor/huma/", "github.com/a-h/templ", "github.com/yuin/goldmark", "golang.org/x/time/",
			"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"}, []string{"database/sql"},
		"handlers parse, call one use case and render; never ports, never another adapter"},
	{"adapters/", with(nouns, "ports", "sdk/", "self"), []string{"*"}, nil,
		"an adapter joins ports to one library; what joins adapters is cmd"},
	{"cmd/", []string{"", "!internal/"}, []string{"go.uber.org/fx", "github.com/alecthomas/kong", "golang.org/x/sys/"}, nil,
		"cmd wires the parts and reads settings; work with libraries is the adapters', and test support never ships"},
	{"internal/archtest/", nil, nil, nil, "the rules depend on nothing they judge"},
	{"internal/pgtest/", nil, []string{"github.com/jackc/pgx/"}, nil, "any package's tests may use it, so it imports none of ours"},
	{"internal/", []string{""}, []string{"*"}, nil, "test support and measuring"},
}

// find answers the row that binds a package.
func find(pkg string) (row, bool) {
	for _, r := range table {
		if names(r.pkg, pkg) {
			return r, true
		}
	}
	return row{}, false
}

// names says whether an entry names a package.
func names(entry, pkg string) bool {
	if entry == "" {
		return true
	}
	folder, below := strings.CutSuffix(entry, "/")
	return pkg == folder || below && strings.HasPrefix(pkg, entry)
}

// allows says whether entries allow an import of ours by a package; the last entry that names it decides.
func allows(entries []string, pkg, imported string) bool {
	ok := false
	for _, e := range entries {
		e, taken := strings.CutPrefix(e, "!")
		if e == "self" {
			e = family(pkg) + "/"
		}
		if names(e, imported) {
			ok = !taken
		}
	}
	return ok
}

// family answers the folder a package belongs to: adapters/http for adapters/http/web/page, core/app/push for what is below it.
func family(pkg string) string {
	depth := 2
	if strings.HasPrefix(pkg, "core/app/") {
		depth = 3
	}
	parts := strings.Split(pkg, "/")
	return strings.Join(parts[:min(depth, len(parts))], "/")
}

// allowsThird says whether prefixes allow an import path of somebody else's module.
func allowsThird(prefixes []string, path string) bool {
	for _, p := range prefixes {
		if p == "*" || path == strings.TrimSuffix(p, "/") || strings.HasPrefix(path, strings.TrimSuffix(p, "/")+"/") {
			return true
		}
	}
	return false
}
