package archtest

import (
	"strings"
	"testing"
)

const root = "../.."

func TestImportsFollowTheTable(t *testing.T) {
	packages, err := List(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(packages) < 5 {
		t.Fatalf("go list found %d packages; the rules looked at the wrong tree", len(packages))
	}
	for _, p := range packages {
		for _, bad := range CheckImports(p) {
			t.Error(bad)
		}
	}
}

func TestSourceFollowsTheRules(t *testing.T) {
	files := 0
	err := Walk(root, func(file string, src []byte) {
		files++
		for _, bad := range CheckFile(file, src) {
			t.Error(bad)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 5 {
		t.Fatalf("found %d files; the rules looked at the wrong tree", files)
	}
}

// ours makes import paths of short names.
func ours(name string) string { return Module + "/" + name }

func TestTheTableCanFail(t *testing.T) {
	for _, c := range []struct {
		pkg, imported string
		ok            bool
	}{
		{"core/group", ours("core/cert"), true},
		{"core/group", ours("ports"), false},
		{"core/group", ours("core/app/intake"), false},
		{"core/group", ours("sdk/schema"), false},
		{"core/group", "strings", true},
		{"core/group", "os", false},
		{"core/group", "golang.org/x/crypto/cryptobyte", false},
		{"core/cert", "golang.org/x/crypto/cryptobyte", true},
		{"core/cert", "golang.org/x/net/idna", true},
		{"core/cert", "golang.org/x/net/http2", false},
		{"core/cert", "software.sslmate.com/src/go-pkcs12", true},
		{"core/fault", ours("adapters/http"), false},
		{"core/script", ours("internal/scripttest"), false},
		{"internal/scripttest", "os/exec", true},
		{"internal/scripttest", ours("core/script"), true},
		{"core/app/push", ours("core/app/intake"), true},
		{"core/app/push", ours("core/app/vault"), false},
		{"core/app/push", ours("ports"), true},
		{"core/app/push", ours("ports/storagetest"), false},
		{"core/app/push", ours("adapters/storage"), false},
		{"core/app/push", "github.com/jackc/pgx/v5", false},
		{"core/app/push", "net/http", false},
		{"core/app/intake", ours("core/app/push"), false},
		{"core/app/signin", ours("core/app/people"), true},
		{"core/app/signin", ours("core/app/account"), false},
		{"core/app/people", ours("core/app/intake"), false},
		{"core/app/people", ours("core/app/signin"), false},
		{"core/app/intake", ours("ports"), true},
		{"ports", ours("core/cert"), true},
		{"ports", ours("core/app/push"), false},
		{"ports/storagetest", ours("ports"), true},
		{"ports/storagetest", ours("adapters/storage"), false},
		{"ports", "pgregory.net/rapid", false},
		{"sdk/schema", ours("sdk/egress"), false},
		{"sdk/schema", ours("core/fault"), false},
		{"sdk/egress", ours("sdk/schema"), true},
		{"sdk/egress", "golang.org/x/net/proxy", false},
		{"sdk/plugin", "google.golang.org/grpc/codes", true},
		{"sdk/plugin", "google.golang.org/api/dns/v1", false},
		{"sdk/plugin", ours("core/fault"), false},
		{"plugins/dns-cloudflare", "github.com/cloudflare/cloudflare-go", true},
		{"plugins/dns-cloudflare", ours("plugins/ca-godaddy"), false},
		{"plugins/dns-cloudflare", ours("core/fault"), false},
		{"examples/deploy-template", ours("sdk/deploy"), true},
		{"examples/deploy-template", ours("core/fault"), false},
		{"examples/deploy-template", "github.com/hashicorp/go-plugin", false},
		{"adapters/http", ours("adapters/http/api"), true},
		{"adapters/http/api", ours("core/app/push"), true},
		{"adapters/http/api", ours("adapters/http/web/page"), true},
		{"adapters/http/api", ours("ports"), false},
		{"adapters/http/api", ours("adapters/storage"), false},
		{"adapters/http/api", "github.com/danielgtaylor/huma/v2", true},
		{"adapters/http/pull", "golang.org/x/time/rate", true},
		{"adapters/http/pull", "golang.org/x/crypto/ssh", false},
		{"adapters/storage/sqlstore", ours("ports"), true},
		{"adapters/storage/sqlstore", ours("adapters/storage"), true},
		{"adapters/storage/sqlstore", ours("adapters/seal"), false},
		{"adapters/storage/sqlstore", ours("adapters/storagex"), false},
		{"adapters/seal", ours("core/app/push"), false},
		{"adapters/seal", "github.com/tink-crypto/tink-go/v2/aead", true},
		{"cmd/ignisfox", ours("adapters/storage"), true},
		{"cmd/ignisfox", "go.uber.org/fx", true},
		{"cmd/ignisfox", "github.com/jackc/pgx/v5", false},
		{"cmd/ignisfox", ours("internal/pgtest"), false},
		{"adapters/storage", ours("internal/pgtest"), false},
		{"internal/pgtest", ours("core/fault"), false},
		{"internal/pgtest", "github.com/jackc/pgx/v5", true},
		{"internal/archtest", ours("core/fault"), false},
		{"internal/bench", ours("adapters/storage"), true},
		{"elsewhere", "strings", false},
	} {
		bad := CheckImports(Package{ImportPath: ours(c.pkg), Imports: []string{c.imported}})
		if (len(bad) == 0) != c.ok {
			t.Errorf("%s imports %s: want ok %v, got %q", c.pkg, c.imported, c.ok, bad)
		}
		for _, b := range bad {
			if !strings.Contains(b, ": ") {
				t.Errorf("a failure without a reason: %s", b)
			}
		}
	}
}

func TestABrokenPackageIsReported(t *testing.T) {
	p := Package{ImportPath: ours("core/cert"), Error: &struct{ Err string }{"no such file"}}
	if bad := CheckImports(p); len(bad) != 1 || !strings.Contains(bad[0], "no such file") {
		t.Errorf("got %q", bad)
	}
}
