package vault_test

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/pgtest"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/internal/testkit"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var (
	ctx   = context.Background()
	inter = testcert.Root("Vault Root").Intermediate("Vault CA")
)

func upload(t *testing.T, k *testkit.Kit, groupName, filename string, parts ...[]byte) []artifact.Artifact {
	t.Helper()
	r, err := k.Vault.Upload(ctx, k.Owner, intake.Request{Group: groupName, Files: []intake.File{{Filename: filename, Data: bytes.Join(parts, nil)}}})
	if err != nil {
		t.Fatal(err)
	}
	if r.Files[0].Status == intake.Refused {
		t.Fatalf("%s: %s", r.Files[0].Code, r.Files[0].Message)
	}
	return r.Files[0].Artifacts
}

func code(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || fault.CodeOf(err) != want {
		t.Errorf("error %v, want code %s", err, want)
	}
}

func groupID(t *testing.T, k *testkit.Kit, name string) string {
	t.Helper()
	g, err := k.Vault.Group(ctx, k.Owner, name)
	if err != nil {
		t.Fatal(err)
	}
	return g.ID
}

func TestDownloadsAreTheSameBytesUnderEachEnding(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	leaf := inter.Leaf("dl.example.com")
	rows := upload(t, k, "", "dl.pem", leaf.CertPEM)
	for _, ext := range []string{"", "pem", "crt", "cer"} {
		d, err := k.Vault.Download(ctx, k.Owner, rows[0].ID, ext)
		if err != nil || !bytes.Equal(d.Body.Reveal(), leaf.CertPEM) {
			t.Fatalf("%q: %v", ext, err)
		}
		if want := "dl." + cmp.Or(ext, "pem"); d.Filename != want {
			t.Errorf("name %q, want %q", d.Filename, want)
		}
	}
	_, err := k.Vault.Download(ctx, k.Owner, rows[0].ID, "exe")
	code(t, err, "bad_extension")
}

func TestKeysLeaveOnlyWithExportAndAreWrittenDown(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		leaf := inter.Leaf("key.example.com")
		rows := upload(t, k, "", "key.pem", leaf.CertPEM, leaf.KeyPEM)
		viewer, writer := k.Owner, k.Owner
		viewer.Role = tenant.Viewer
		writer.Scopes = []tenant.Scope{tenant.ScopeRead, tenant.ScopeWrite}
		for _, a := range rows {
			_, err := k.Vault.Download(ctx, viewer, a.ID, "")
			if a.HoldsKey {
				code(t, err, "forbidden")
				_, err = k.Vault.Download(ctx, writer, a.ID, "")
				code(t, err, "export_scope_needed")
				code(t, k.Vault.Zip(ctx, writer, []artifact.ID{a.ID}, new(bytes.Buffer)), "export_scope_needed")
			} else if err != nil {
				t.Errorf("a viewer may have %s: %v", a.Kind, err)
			}
			if _, err := k.Vault.Download(ctx, k.Owner, a.ID, ""); err != nil {
				t.Errorf("owner, %s: %v", a.Kind, err)
			}
		}
	})
}

func TestOtherTenantsRowsDoNotExist(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		leaf := inter.Leaf("mine.example.com")
		rows := upload(t, k, "mine", "m.pem", leaf.CertPEM, leaf.KeyPEM)
		gid := groupID(t, k, "mine")
		other := k.NewTenant(t, "Other")
		name := "stolen"
		for what, err := range map[string]error{
			"get":      second(k.Vault.Get(ctx, other, rows[0].ID)),
			"download": second(k.Vault.Download(ctx, other, rows[0].ID, "")),
			"rename":   second(k.Vault.Change(ctx, other, rows[0].ID, vault.Change{Name: &name})),
			"delete":   k.Vault.Delete(ctx, other, rows[0].ID, true),
			"group":    second(k.Vault.Group(ctx, other, gid)),
			"by name":  second(k.Vault.Group(ctx, other, "mine")),
			"gens":     second(k.Vault.Generations(ctx, other, gid)),
			"activate": second(k.Vault.Activate(ctx, other, gid, 1)),
			"pfx":      second(k.Vault.BuildPFX(ctx, other, gid, secret.NewString("x"), "modern")),
			"list":     second(k.Vault.List(ctx, other, vault.ListQuery{Group: gid})),
			"into":     second(k.Vault.Upload(ctx, other, intake.Request{Group: gid, Files: []intake.File{{Filename: "x", Data: leaf.CertPEM}}})),
		} {
			if fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s: %v", what, err)
			}
		}
		if a, err := k.Vault.Get(ctx, k.Owner, rows[0].ID); err != nil || a.Name != rows[0].Name {
			t.Errorf("changed: %+v %v", a, err)
		}
	})
}

func second[T any](_ T, err error) error { return err }

func TestPFXIsBuiltOnceForEachPasswordAndPreset(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		leaf := inter.Leaf("pfx.example.com")
		upload(t, k, "pfx", "p.pem", leaf.CertPEM, leaf.KeyPEM, inter.CertPEM)
		gid := groupID(t, k, "pfx")
		_, err := k.Vault.BuildPFX(ctx, k.Owner, gid, secret.String{}, "modern")
		code(t, err, "no_password")
		build := func(password, preset string) []byte {
			t.Helper()
			d, err := k.Vault.BuildPFX(ctx, k.Owner, gid, secret.NewString(password), preset)
			if err != nil {
				t.Fatal(err)
			}
			return d.Body.Reveal()
		}
		one, again, legacy, other := build("one", "modern"), build("one", "modern"), build("one", "legacy"), build("two", "modern")
		if !bytes.Equal(one, again) || bytes.Equal(one, legacy) || bytes.Equal(one, other) {
			t.Error("the same question must give the same file, another one another")
		}
		key, crt, chain, err := pkcs12.DecodeChain(legacy, "one")
		if err != nil || key == nil || crt.Subject.CommonName != "pfx.example.com" || len(chain) != 1 {
			t.Errorf("legacy does not open: %v", err)
		}
		pw := secret.NewString("one")
		if _, err := k.Vault.ChangeGroup(ctx, k.Owner, gid, vault.GroupChange{Password: &pw}); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(build("", "modern"), one) {
			t.Error("the group's own password is the same password")
		}
		for _, bad := range []string{"tab\there", "emoji \U0001F98A", strings.Repeat("x", 257)} {
			_, err := k.Vault.BuildPFX(ctx, k.Owner, gid, secret.NewString(bad), "modern")
			code(t, err, "bad_password")
		}
		_, err = k.Vault.BuildPFX(ctx, k.Owner, gid, pw, "ancient")
		code(t, err, "bad_preset")
	})
}

func TestCSVHoldsNoFormulaAndNoSecret(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	for i, cn := range []string{"=cmd|'/c calc'!A1", "+1", "-1+2", "@SUM(A1)", "plain,\"quoted\"", "line\nbreak", "\tTAB"} {
		leaf := inter.Leaf(cn, testcert.Names(fmt.Sprintf("csv%d.example.com", i)))
		upload(t, k, "", "f.pem", leaf.CertPEM, leaf.KeyPEM)
	}
	var out bytes.Buffer
	if err := k.Vault.CSV(ctx, k.Owner, vault.ListQuery{}, &out); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "PRIVATE KEY") {
		t.Error("key material in the CSV")
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil || len(rows) != 1+7*3 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows {
		for _, c := range row {
			if c != "" && strings.ContainsRune("=+-@\t\r", rune(c[0])) {
				t.Errorf("a cell begins with %q: %q", c[0], c)
			}
			if strings.ContainsAny(c, "\n\r\t\x00") {
				t.Errorf("a cell holds a control character: %q", c)
			}
		}
	}
}

func TestZipNamesStayInsideAndApart(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	var ids []artifact.ID
	for range 2 {
		leaf := inter.Leaf("z.example.com")
		rows := upload(t, k, "", "same.pem", leaf.CertPEM)
		name := "../../etc/passwd"
		if _, err := k.Vault.Change(ctx, k.Owner, rows[0].ID, vault.Change{Name: &name}); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, rows[0].ID)
	}
	var out bytes.Buffer
	if err := k.Vault.Zip(ctx, k.Owner, ids, &out); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
		if at := f.Modified; at.Year() < 2026 || time.Since(at).Abs() > time.Hour { // when it came into the vault
			t.Errorf("entry of %s", at)
		}
		if strings.ContainsAny(f.Name, `/\`) || strings.HasPrefix(f.Name, ".") {
			t.Errorf("entry %q", f.Name)
		}
	}
	if len(names) != 2 || names[0] == names[1] {
		t.Errorf("entries %q", names)
	}
}

// Whatever rows are called, an archive holds each under a name of its own that is no path, not hidden and not empty.
func TestZipNamesAreNeverGivenTwice(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	var ids []artifact.ID
	given := []string{"x", "x", "x (2)", "X (2)", "x (3)", "...", "....", ". .", "a.pem", "a.pem", "a (2).pem"}
	for i, name := range given {
		ids = append(ids, upload(t, k, "", name, fmt.Appendf(nil, "unreadable %d", i))[0].ID)
	}
	var out bytes.Buffer
	if err := k.Vault.Zip(ctx, k.Owner, ids, &out); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, f := range z.File {
		key := strings.ToLower(f.Name)
		if seen[key] || f.Name == "" || strings.HasPrefix(f.Name, ".") || strings.HasPrefix(f.Name, " ") {
			t.Errorf("entry %q", f.Name)
		}
		seen[key] = true
	}
	if len(seen) != len(given) {
		t.Errorf("%d names for %d rows: %v", len(seen), len(given), seen)
	}
}

func TestMovingARowMovesItsGeneration(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		leaf := inter.Leaf("mv.example.com")
		certRow := upload(t, k, "from", "c.pem", leaf.CertPEM)[0]
		keyRow := upload(t, k, "from", "k.pem", leaf.KeyPEM)[0]
		if _, err := k.Vault.CreateGroup(ctx, k.Owner, "to", secret.String{}); err != nil {
			t.Fatal(err)
		}
		to := "to"
		_, err := k.Vault.Change(ctx, k.Owner, certRow.ID, vault.Change{Group: &to})
		code(t, err, "in_use")
		if err := k.Vault.MoveMany(ctx, k.Owner, []artifact.ID{certRow.ID, keyRow.ID}, "to", true); err != nil {
			t.Fatal(err)
		}
		left, err := k.Vault.Generations(ctx, k.Owner, groupID(t, k, "from"))
		if err != nil || len(left) != 0 {
			t.Errorf("%d generations left behind, %v", len(left), err)
		}
		got, err := k.Vault.Generations(ctx, k.Owner, groupID(t, k, "to"))
		if err != nil || len(got) != 1 || got[0].State != group.Current || got[0].Key == nil {
			t.Errorf("%+v %v", got, err)
		}
	})
}

func TestChangesShowWhatActivationAlters(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	first := inter.Leaf("ch.example.com", testcert.Days(30), testcert.Names("ch.example.com", "old.example.com"))
	upload(t, k, "ch", "1.pem", first.CertPEM, first.KeyPEM)
	next := inter.Leaf("ch.example.com", testcert.Days(60), testcert.Names("ch.example.com", "new.example.com"), testcert.RSA(2048))
	upload(t, k, "ch", "2.pem", next.CertPEM, next.KeyPEM)
	list, err := k.Vault.Generations(ctx, k.Owner, groupID(t, k, "ch"))
	if err != nil || list[0].State != group.Staged || list[0].Changes == nil || list[1].Changes != nil {
		t.Fatalf("%+v %v", list, err)
	}
	c := list[0].Changes
	if !slices.Equal(c.NamesAdded, []string{"new.example.com"}) || !slices.Equal(c.NamesRemoved, []string{"old.example.com"}) ||
		c.KeyType == nil || c.KeyType.From != "ECDSA 256" || c.KeyType.To != "RSA 2048" || c.Issuer != nil || c.NotAfter == nil ||
		c.Chain != nil || c.Usage != nil || c.Trusted != nil || c.Key != nil {
		t.Errorf("%+v", c)
	}
}

func TestListsNarrowAndRefuse(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	leaf := inter.Leaf("www.search-me.example.com")
	upload(t, k, "found", "Some File.pem", leaf.CertPEM, leaf.KeyPEM)
	for q, want := range map[string]int{"SEARCH": 2, "me.exam": 2, "some file": 3, "www.search-me.example.com": 2, "earch": 0, "vault": 2, "%": 0, "_": 0, " ": 3} {
		page, err := k.Vault.List(ctx, k.Owner, vault.ListQuery{Search: q, Group: "found"})
		if err != nil || len(page.Items) != want {
			t.Errorf("search %q: %d rows, want %d, %v", q, len(page.Items), want, err)
		}
	}
	_, err := k.Vault.List(ctx, k.Owner, vault.ListQuery{Sort: "colour"})
	code(t, err, "bad_query")
	_, err = k.Vault.List(ctx, k.Owner, vault.ListQuery{Kind: "jar"})
	code(t, err, "bad_query")
	page, err := k.Vault.List(ctx, k.Owner, vault.ListQuery{Kind: cert.KindKey, Group: "none"})
	if err != nil || len(page.Items) != 0 {
		t.Errorf("%d ungrouped keys, %v", len(page.Items), err)
	}
}
