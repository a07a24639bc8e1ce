package intake_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/internal/pgtest"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/internal/testkit"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var (
	ctx   = context.Background()
	root  = testcert.Root("Intake Root")
	inter = root.Intermediate("Intake CA 1")
)

func file(name string, parts ...[]byte) intake.File {
	return intake.File{Filename: name, Data: bytes.Join(parts, nil)}
}

func upload(t *testing.T, k *testkit.Kit, groupName string, files ...intake.File) intake.Result {
	t.Helper()
	r, err := k.Vault.Upload(ctx, k.Owner, intake.Request{Group: groupName, Files: files})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// states answers "1 current, 2 waiting" of the group of that name.
func states(t *testing.T, k *testkit.Kit, name string) string {
	t.Helper()
	var out []string
	for _, g := range gens(t, k, name) {
		out = append(out, fmt.Sprintf("%d %s", g.Number, g.State))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

func gens(t *testing.T, k *testkit.Kit, name string) []vault.Generation {
	t.Helper()
	g, err := k.Vault.Group(ctx, k.Owner, name)
	if err != nil {
		t.Fatal(err)
	}
	list, err := k.Vault.Generations(ctx, k.Owner, g.ID)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func want(t *testing.T, k *testkit.Kit, name, states_ string) {
	t.Helper()
	if got := states(t, k, name); got != states_ {
		t.Errorf("generations of %s: %s, want %s", name, got, states_)
	}
}

func blocked(g vault.Generation) []string {
	var out []string
	for _, r := range g.Blocked {
		out = append(out, r.Code)
	}
	return out
}

func TestLeafAndKeyMakeTheirGroup(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		leaf := inter.Leaf("www.example.com")
		r := upload(t, k, "", file("www.pem", leaf.CertPEM), file("www.key", leaf.KeyPEM), file("ca.pem", inter.CertPEM))
		for i, f := range r.Files[:2] {
			if f.Status != intake.Stored || f.Group == nil || f.Group.Name != "www.example.com" || f.Generation != 1 {
				t.Errorf("file %d: %+v", i, f)
			}
		}
		if r.Files[2].Group != nil {
			t.Error("a lone intermediate must stay ungrouped")
		}
		want(t, k, "www.example.com", "1 current")
		if g := gens(t, k, "www.example.com")[0]; len(g.Chain) != 1 || g.Missing != "Intake Root" && g.Missing != "" {
			t.Errorf("chain %d links, missing %q", len(g.Chain), g.Missing)
		}
	})
}

func TestCertificateAloneIsServedUntilTheGroupHasAKey(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		first := inter.Leaf("a.example.com", testcert.Days(30))
		upload(t, k, "a", file("a.pem", first.CertPEM))
		want(t, k, "a", "1 current")
		if gens(t, k, "a")[0].Key != nil {
			t.Error("a key out of nowhere")
		}
		r := upload(t, k, "a", file("a.key", first.KeyPEM))
		if r.Files[0].Generation != 1 {
			t.Errorf("the key belongs to generation 1, not %d", r.Files[0].Generation)
		}
		want(t, k, "a", "1 current")
		if gens(t, k, "a")[0].Key == nil {
			t.Fatal("the generation did not get its key")
		}
		second := inter.Leaf("a.example.com", testcert.Days(60))
		upload(t, k, "a", file("a2.pem", second.CertPEM))
		want(t, k, "a", "1 current, 2 waiting")
		upload(t, k, "", file("a2.key", second.KeyPEM)) // an ungrouped key is found too
		want(t, k, "a", "1 previous, 2 current")
	})
}

func TestWhatMayNotBecomeCurrentByItself(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	now := time.Now()
	cases := map[string]struct {
		next   *testcert.Pair
		reason string
	}{
		"names":     {inter.Leaf("b.example.com", testcert.Days(60)), group.ReasonNamesMissing},
		"not later": {inter.Leaf("a.example.com", testcert.Days(10)), group.ReasonNotLater},
		"expired":   {inter.Leaf("a.example.com", testcert.Valid(now.AddDate(-1, 0, 0), now.Add(-time.Hour))), group.ReasonExpired},
		"future":    {inter.Leaf("a.example.com", testcert.Valid(now.Add(time.Hour), now.AddDate(0, 0, 90))), group.ReasonNotYetValid},
		"eku":       {inter.Leaf("a.example.com", testcert.Days(60), testcert.EKU(x509.ExtKeyUsageClientAuth)), group.ReasonNoServerAuth},
		"weak":      {inter.Leaf("a.example.com", testcert.Days(60), testcert.RSA(1024)), group.ReasonWeakKey},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			first := inter.Leaf("a.example.com", testcert.Days(30))
			upload(t, k, name, file("1.pem", first.CertPEM, first.KeyPEM))
			upload(t, k, name, file("2.pem", c.next.CertPEM, c.next.KeyPEM))
			want(t, k, name, "1 current, 2 staged")
			if got := blocked(gens(t, k, name)[0]); !slices.Contains(got, c.reason) {
				t.Errorf("reasons %v, want %s", got, c.reason)
			}
			grp, _ := k.Vault.Group(ctx, k.Owner, name)
			_, err := k.Vault.Activate(ctx, k.Owner, grp.ID, 2)
			if name == "weak" {
				if fault.CodeOf(err) != "weak_key" {
					t.Errorf("a weak key was activated: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want(t, k, name, "1 previous, 2 current")
			if _, err := k.Vault.Activate(ctx, k.Owner, grp.ID, 1); err != nil {
				t.Fatal(err)
			}
			want(t, k, name, "1 current, 2 previous")
		})
	}
}

func TestTrustIsNotLostByItself(t *testing.T) {
	pool := x509.NewCertPool()
	pool.AddCert(root.Cert)
	k := testkit.Open(t, testkit.SQLite(t), pool)
	trusted := inter.Leaf("a.example.com", testcert.Days(30))
	upload(t, k, "a", file("1.pem", trusted.CertPEM, inter.CertPEM, trusted.KeyPEM))
	own := testcert.SelfSigned("a.example.com", testcert.Days(60))
	upload(t, k, "a", file("2.pem", own.CertPEM, own.KeyPEM))
	want(t, k, "a", "1 current, 2 staged")
	if got := blocked(gens(t, k, "a")[0]); !slices.Equal(got, []string{group.ReasonTrustLost}) {
		t.Errorf("reasons %v", got)
	}
}

func TestAWildcardAndMoreNamesGoLive(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	first := inter.Leaf("www.example.com", testcert.Days(30))
	upload(t, k, "w", file("1.pem", first.CertPEM, first.KeyPEM))
	wild := inter.Leaf("example.com", testcert.Days(60), testcert.Names("example.com", "*.example.com"))
	upload(t, k, "w", file("2.pem", wild.CertPEM, wild.KeyPEM))
	want(t, k, "w", "1 previous, 2 current")
}

func TestALaterIntermediateMakesALongerChain(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		low := inter.Intermediate("Intake CA 2")
		leaf := low.Leaf("c.example.com")
		upload(t, k, "c", file("c.pem", leaf.CertPEM, leaf.KeyPEM, low.CertPEM))
		g := gens(t, k, "c")[0]
		if len(g.Chain) != 1 || g.Missing != "Intake CA 1" {
			t.Fatalf("%d links, missing %q", len(g.Chain), g.Missing)
		}
		upload(t, k, "", file("ca1.pem", inter.CertPEM))
		want(t, k, "c", "1 previous, 2 current")
		if g := gens(t, k, "c")[0]; len(g.Chain) != 2 || g.Chain[0].Subject != "Intake CA 2" || g.Chain[1].Subject != "Intake CA 1" {
			t.Errorf("chain %+v", g.Chain)
		}
	})
}

func TestTheSameThingTwiceIsOneRow(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		leaf := inter.Leaf("d.example.com")
		bundle := file("d.pem", leaf.CertPEM, leaf.KeyPEM, inter.CertPEM)
		a := upload(t, k, "", bundle)
		b := upload(t, k, "", bundle)
		if b.Files[0].Status != intake.Duplicate || b.Files[0].Code != "duplicate" {
			t.Errorf("second time: %+v", b.Files[0])
		}
		for i := range a.Files[0].Artifacts {
			if a.Files[0].Artifacts[i].ID != b.Files[0].Artifacts[i].ID {
				t.Errorf("row %d has another id", i)
			}
		}
		c := upload(t, k, "elsewhere", file("leaf.pem", leaf.CertPEM))
		if c.Files[0].Code != "in_other_group" || c.Files[0].Artifacts[0].GroupName != "d.example.com" {
			t.Errorf("other group: %+v", c.Files[0])
		}
		want(t, k, "d.example.com", "1 current")
		// The key in another encoding is the same key.
		page, err := k.Vault.List(ctx, k.Owner, vault.ListQuery{Kind: cert.KindKey})
		if err != nil || len(page.Items) != 1 {
			t.Errorf("%d keys, %v", len(page.Items), err)
		}
	})
}

func TestARowThatWaitsUngroupedJoinsItsGroup(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	leaf := inter.Leaf("e.example.com")
	if r := upload(t, k, "", file("e.pem", leaf.CertPEM)); r.Files[0].Group != nil {
		t.Fatalf("a leaf alone went to %+v", r.Files[0].Group)
	}
	upload(t, k, "", file("e.pem", leaf.CertPEM), file("e.key", leaf.KeyPEM))
	want(t, k, "e.example.com", "1 current")
}

func TestSelfSignedCACertificatesServeOnceTheirKeyIsHere(t *testing.T) {
	ca := func(x *x509.Certificate) { x.IsCA = true }
	for name, order := range map[string][]int{"together": {0, 1}, "certificate first": {0, 2, 1}, "key first": {1, 2, 0}} {
		t.Run(name, func(t *testing.T) {
			k := testkit.Open(t, testkit.SQLite(t), nil)
			own := testcert.SelfSigned("own.example.com", testcert.With(ca))
			parts := []intake.File{file("own.pem", own.CertPEM), file("own.key", own.KeyPEM)}
			var batch []intake.File
			for _, n := range append(order, 2) {
				if n < 2 {
					batch = append(batch, parts[n])
				} else if len(batch) > 0 {
					upload(t, k, "own", batch...)
					batch = nil
				}
			}
			want(t, k, "own", "1 current")
			if gens(t, k, "own")[0].Key == nil {
				t.Error("no key")
			}
		})
	}
}

func TestACAWithItsKeyIsNoLeafBesideWhatItSigned(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	leaf := root.Leaf("f.example.com")
	upload(t, k, "", file("all.pem", leaf.CertPEM, leaf.KeyPEM, root.CertPEM, root.KeyPEM))
	want(t, k, "f.example.com", "1 current")
	if _, err := k.Vault.Group(ctx, k.Owner, "Intake Root"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("the root got a group of its own: %v", err)
	}
}

func TestOneRefusedFileDoesNotSpoilTheOthers(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	leaf := inter.Leaf("g.example.com")
	r := upload(t, k, "", file("empty.pem"), file("g.pem", leaf.CertPEM, leaf.KeyPEM), file("note.txt", []byte("hello there")))
	got := []intake.Status{r.Files[0].Status, r.Files[1].Status, r.Files[2].Status}
	if !slices.Equal(got, []intake.Status{intake.Refused, intake.Stored, intake.Unknown}) {
		t.Errorf("%v", got)
	}
	if r.Files[0].Code == "" || r.Files[2].Message == "" {
		t.Errorf("no code or reason: %+v", r.Files)
	}
	d, err := k.Vault.Download(ctx, k.Owner, r.Files[2].Artifacts[0].ID, "")
	if err != nil || string(d.Body.Reveal()) != "hello there" || d.Filename != "note.txt" {
		t.Errorf("unknown comes back as %q %v", d.Filename, err)
	}
	again := upload(t, k, "", file("note.txt", []byte("hello there")))
	if again.Files[0].Status != intake.Duplicate {
		t.Errorf("the same unknown file: %+v", again.Files[0])
	}
}

func TestABundleKeepsItsExactBytes(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	leaf := inter.Leaf("h.example.com")
	raw := bytes.Join([][]byte{[]byte("# from the CA\r\n"), leaf.CertPEM, []byte("\nnotes\n"), inter.CertPEM, leaf.KeyPEM}, nil)
	r := upload(t, k, "", intake.File{Filename: `C:\certs\h.pem`, Data: raw})
	rows := r.Files[0].Artifacts
	if rows[0].Kind != cert.KindBundle || rows[0].Filename != "h.pem" || len(rows) != 4 {
		t.Fatalf("%d rows, first %s %q", len(rows), rows[0].Kind, rows[0].Filename)
	}
	for _, row := range rows {
		if row.GroupName != "h.example.com" {
			t.Errorf("%s lies in %q", row.Kind, row.GroupName)
		}
	}
	d, err := k.Vault.Download(ctx, k.Owner, rows[0].ID, "")
	if err != nil || !bytes.Equal(d.Body.Reveal(), raw) {
		t.Errorf("the bundle changed: %v", err)
	}
}

func TestAHostileNameIsVisibleEverywhere(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	bad := inter.Leaf("evil\x00\r\n\u202ename", testcert.Names("x.example.com"))
	r := upload(t, k, "", intake.File{Filename: "a\u202e\nb.pem", Data: append(bad.CertPEM, bad.KeyPEM...)})
	for _, a := range r.Files[0].Artifacts {
		for _, s := range append([]string{a.Name, a.Filename, a.Subject, a.Issuer, a.GroupName}, a.SANs...) {
			if strings.ContainsAny(s, "\x00\r\n\u202e") {
				t.Errorf("%s shows %q", a.Kind, s)
			}
		}
	}
}

func TestLastTenGenerationsAreKept(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	for i := range 13 {
		leaf := inter.Leaf("i.example.com", testcert.Days(30+i))
		upload(t, k, "i", file("i.pem", leaf.CertPEM, leaf.KeyPEM))
	}
	list := gens(t, k, "i")
	if len(list) != group.Keep || list[0].Number != 13 || list[0].State != group.Current || list[9].Number != 4 {
		t.Errorf("%d kept: %s", len(list), states(t, k, "i"))
	}
}

func TestDeletingWhatIsInUseAsksFirst(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		leaf := inter.Leaf("j.example.com")
		r := upload(t, k, "j", file("j.pem", leaf.CertPEM), file("j.key", leaf.KeyPEM))
		keyID, leafID := r.Files[1].Artifacts[0].ID, r.Files[0].Artifacts[0].ID
		for _, id := range []artifact.ID{keyID, leafID} {
			if err := k.Vault.Delete(ctx, k.Owner, id, false); fault.CodeOf(err) != "in_use" {
				t.Errorf("unconfirmed: %v", err)
			}
		}
		want(t, k, "j", "1 current")
		if err := k.Vault.Delete(ctx, k.Owner, keyID, true); err != nil {
			t.Fatal(err)
		}
		if g := gens(t, k, "j")[0]; g.Key != nil || g.State != group.Current {
			t.Errorf("after losing its key: %s, key %v", g.State, g.Key)
		}
		if err := k.Vault.Delete(ctx, k.Owner, leafID, true); err != nil {
			t.Fatal(err)
		}
		want(t, k, "j", "")
	})
}

func TestALeafAndItsKeyThatArriveAtOnceAlwaysMeet(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		for i := range 15 {
			name := fmt.Sprintf("race%d.example.com", i)
			leaf := inter.Leaf(name)
			var wg sync.WaitGroup
			for _, u := range []struct {
				group string
				f     intake.File
			}{{name, file("l.pem", leaf.CertPEM)}, {"", file("k.pem", leaf.KeyPEM)}} {
				wg.Go(func() {
					if _, err := k.Vault.Upload(ctx, k.Owner, intake.Request{Group: u.group, Files: []intake.File{u.f}}); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if g := gens(t, k, name)[0]; g.Key == nil || g.State != group.Current {
				t.Fatalf("%s: %s, key %v", name, g.State, g.Key)
			}
		}
	})
}

func TestAnUnknownFileCanBeReadAgain(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	r := upload(t, k, "", file("x.bin", []byte("neither this nor that")))
	res, err := k.Vault.ParseAgain(ctx, k.Owner, r.Files[0].Artifacts[0].ID, secret.String{})
	if err != nil || res.Status != intake.Unknown || res.Message == "" {
		t.Errorf("%+v %v", res, err)
	}
	if _, err := k.Vault.Get(ctx, k.Owner, r.Files[0].Artifacts[0].ID); err != nil {
		t.Errorf("the row is gone: %v", err)
	}
}

func activate(t *testing.T, k *testkit.Kit, name string, number int) {
	t.Helper()
	g, err := k.Vault.Group(ctx, k.Owner, name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Vault.Activate(ctx, k.Owner, g.ID, number); err != nil {
		t.Fatal(err)
	}
}

func TestASelfSignedRenewalIsNoIssuerOfTheOldOne(t *testing.T) {
	// What "openssl req -x509" makes, twice: the same name, CA:TRUE, another key.
	k := testkit.Open(t, testkit.SQLite(t), nil)
	ca := testcert.With(func(x *x509.Certificate) { x.IsCA = true })
	for i, days := range []int{30, 60, 90} {
		own := testcert.SelfSigned("own.example.com", ca, testcert.Days(days))
		r := upload(t, k, "", file("own.pem", own.CertPEM), file("own.key", own.KeyPEM))
		if r.Files[0].Generation != i+1 || r.Files[1].Generation != i+1 {
			t.Errorf("upload %d made generations %d and %d", i+1, r.Files[0].Generation, r.Files[1].Generation)
		}
	}
	want(t, k, "own.example.com", "1 previous, 2 previous, 3 current")
}

func TestOneKeyServesTheLeavesOfSeveralGroups(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	one := inter.Leaf("one.example.com")
	two := inter.Leaf("two.example.com", testcert.Key(one.Key))
	upload(t, k, "", file("1.pem", one.CertPEM), file("2.pem", two.CertPEM), file("k.pem", one.KeyPEM))
	for _, name := range []string{"one.example.com", "two.example.com"} {
		if g := gens(t, k, name)[0]; g.Key == nil || g.State != group.Current {
			t.Errorf("%s: %s, key %v", name, g.State, g.Key)
		}
	}
	// Naming a third group does not take the key from those that rest on it.
	upload(t, k, "three", file("k.pem", one.KeyPEM))
	next := inter.Leaf("one.example.com", testcert.Key(one.Key), testcert.Days(120))
	upload(t, k, "one.example.com", file("1b.pem", next.CertPEM))
	want(t, k, "one.example.com", "1 previous, 2 current")
}

func TestDeletingAGroupFreesItsKeyForThoseWhoWait(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		leaf := inter.Leaf("w.example.com")
		upload(t, k, "holder", file("k.pem", leaf.KeyPEM))
		upload(t, k, "waiting", file("w.pem", leaf.CertPEM))
		if gens(t, k, "waiting")[0].Key != nil {
			t.Fatal("a key of another group was used")
		}
		g, err := k.Vault.Group(ctx, k.Owner, "holder")
		if err != nil {
			t.Fatal(err)
		}
		if err := k.Vault.DeleteGroup(ctx, k.Owner, g.ID); err != nil {
			t.Fatal(err)
		}
		if gens(t, k, "waiting")[0].Key == nil {
			t.Error("the freed key was not found")
		}
	})
}

func TestMovingAnIssuerBreaksNothing(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		a, b := inter.Leaf("a.example.com"), inter.Leaf("b.example.com")
		rows := upload(t, k, "", file("a.pem", a.CertPEM, a.KeyPEM, inter.CertPEM)).Files[0].Artifacts
		upload(t, k, "", file("b.pem", b.CertPEM, b.KeyPEM))
		link := rows[slices.IndexFunc(rows, func(r artifact.Artifact) bool { return r.CA })]
		to := "b.example.com"
		if _, err := k.Vault.Change(ctx, k.Owner, link.ID, vault.Change{Group: &to}); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"a.example.com", "b.example.com"} {
			want(t, k, name, "1 current")
			if g := gens(t, k, name)[0]; len(g.Chain) != 1 {
				t.Errorf("%s: %d links", name, len(g.Chain))
			}
		}
	})
}

func TestADeletedLinkIsFollowedByAShorterChainAndComesBack(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		leaf := inter.Leaf("l.example.com")
		bundle := file("l.pem", leaf.CertPEM, leaf.KeyPEM, inter.CertPEM)
		rows := upload(t, k, "", bundle).Files[0].Artifacts
		link := rows[slices.IndexFunc(rows, func(r artifact.Artifact) bool { return r.CA })]
		if err := k.Vault.Delete(ctx, k.Owner, link.ID, false); fault.CodeOf(err) != "in_use" {
			t.Fatalf("unconfirmed: %v", err)
		}
		if err := k.Vault.Delete(ctx, k.Owner, link.ID, true); err != nil {
			t.Fatal(err)
		}
		want(t, k, "l.example.com", "2 current")
		if g := gens(t, k, "l.example.com")[0]; g.Key == nil || len(g.Chain) != 0 || g.Missing != "Intake CA 1" {
			t.Errorf("key %v, %d links, missing %q", g.Key, len(g.Chain), g.Missing)
		}
		upload(t, k, "", bundle)
		if g := gens(t, k, "l.example.com")[0]; g.State != group.Current || len(g.Chain) != 1 {
			t.Errorf("after uploading it again: %s, %d links", g.State, len(g.Chain))
		}
	})
}

func TestALeafWhoseGenerationWentGetsOneAgain(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	leaf := inter.Leaf("m.example.com")
	rows := upload(t, k, "m", file("m.pem", leaf.CertPEM), file("m.key", leaf.KeyPEM)).Files
	none := ""
	if _, err := k.Vault.Change(ctx, k.Owner, rows[0].Artifacts[0].ID, vault.Change{Group: &none, Confirm: true}); err != nil {
		t.Fatal(err)
	}
	want(t, k, "m", "")
	upload(t, k, "m", file("m.pem", leaf.CertPEM))
	want(t, k, "m", "2 current")
}

func TestActivationTakesTheChainThatIsHereByThen(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	low := root.Intermediate("Intake CA 9")
	first, other := inter.Leaf("n.example.com", testcert.Days(60)), low.Leaf("other.example.com", testcert.Days(90))
	upload(t, k, "n", file("1.pem", first.CertPEM, first.KeyPEM, inter.CertPEM))
	upload(t, k, "n", file("2.pem", other.CertPEM, other.KeyPEM))
	want(t, k, "n", "1 current, 2 staged")
	upload(t, k, "", file("low.pem", low.CertPEM))
	activate(t, k, "n", 2)
	if g := gens(t, k, "n")[0]; g.State != group.Current || len(g.Chain) != 1 {
		t.Errorf("%s with %d links, missing %q", g.State, len(g.Chain), g.Missing)
	}
}

func TestRollBackTakesTheLongerChainToo(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	low := root.Intermediate("Intake CA 8")
	first, second := low.Leaf("r.example.com", testcert.Days(30)), inter.Leaf("r.example.com", testcert.Days(60))
	upload(t, k, "r", file("1.pem", first.CertPEM, first.KeyPEM))
	upload(t, k, "r", file("2.pem", second.CertPEM, second.KeyPEM, inter.CertPEM))
	upload(t, k, "", file("low.pem", low.CertPEM))
	activate(t, k, "r", 1)
	if g := gens(t, k, "r")[0]; g.State != group.Current || g.Leaf.Fingerprint != gens(t, k, "r")[2].Leaf.Fingerprint || len(g.Chain) != 1 {
		t.Errorf("%s: %s, %d links", states(t, k, "r"), g.State, len(g.Chain))
	}
}

func TestTheRootIsNotMissedOnceItIsHere(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	leaf := inter.Leaf("o.example.com")
	upload(t, k, "o", file("o.pem", leaf.CertPEM, leaf.KeyPEM, inter.CertPEM))
	upload(t, k, "", file("root.pem", root.CertPEM))
	want(t, k, "o", "1 current")
	if g := gens(t, k, "o")[0]; g.Missing != "" {
		t.Errorf("still missing %q", g.Missing)
	}
}

func TestAnExpiredTrustedCertificateIsNotFollowedByASelfSignedOne(t *testing.T) {
	pool := x509.NewCertPool()
	pool.AddCert(root.Cert)
	k := testkit.Open(t, testkit.SQLite(t), pool)
	now := time.Now()
	old := inter.Leaf("p.example.com", testcert.Valid(now.AddDate(0, -2, 0), now.Add(-time.Hour)))
	upload(t, k, "p", file("1.pem", old.CertPEM, inter.CertPEM, old.KeyPEM))
	activate(t, k, "p", 1)
	own := testcert.SelfSigned("p.example.com")
	upload(t, k, "p", file("2.pem", own.CertPEM, own.KeyPEM))
	want(t, k, "p", "1 current, 2 staged")
	if got := blocked(gens(t, k, "p")[0]); !slices.Equal(got, []string{group.ReasonTrustLost}) {
		t.Errorf("reasons %v", got)
	}
}

func TestAGroupThatHadAKeyNeverServesACertificateAlone(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	first := inter.Leaf("q.example.com", testcert.Days(30))
	r := upload(t, k, "q", file("1.pem", first.CertPEM), file("1.key", first.KeyPEM))
	if err := k.Vault.Delete(ctx, k.Owner, r.Files[1].Artifacts[0].ID, true); err != nil {
		t.Fatal(err)
	}
	second := inter.Leaf("q.example.com", testcert.Days(60))
	upload(t, k, "q", file("2.pem", second.CertPEM))
	want(t, k, "q", "1 current, 2 waiting")
	// The key of the first comes back: it is whole again, and nothing else changes.
	upload(t, k, "q", file("1.key", first.KeyPEM))
	want(t, k, "q", "1 current, 2 waiting")
	if gens(t, k, "q")[1].Key == nil {
		t.Error("the key did not come back")
	}
}

func TestAGenerationThatGaveWayGetsItsKeyBackButNotItsPlace(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	first, second := inter.Leaf("s.example.com", testcert.Days(30)), inter.Leaf("s.example.com", testcert.Days(60))
	upload(t, k, "s", file("1.pem", first.CertPEM, first.KeyPEM))
	r := upload(t, k, "s", file("2.pem", second.CertPEM), file("2.key", second.KeyPEM))
	activate(t, k, "s", 1)
	if err := k.Vault.Delete(ctx, k.Owner, r.Files[1].Artifacts[0].ID, true); err != nil {
		t.Fatal(err)
	}
	upload(t, k, "s", file("2.key", second.KeyPEM))
	want(t, k, "s", "1 current, 2 previous")
}

func TestTheFirstGenerationNeedNotBeForServers(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	client := inter.Leaf("client.example.com", testcert.EKU(x509.ExtKeyUsageClientAuth))
	upload(t, k, "", file("c.pem", client.CertPEM, client.KeyPEM))
	want(t, k, "client.example.com", "1 current")
}

func TestNamesThatAreNoGroupNamesAreMadeUsable(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	for _, cn := range []string{"none", "grp_0123456789abcdefghjkmnpqrs", " ", "\u202e", strings.Repeat("x", 300)} {
		leaf := inter.Leaf(cn, testcert.Names("u.example.com"))
		r := upload(t, k, "", file("u.pem", leaf.CertPEM, leaf.KeyPEM))
		if f := r.Files[0]; f.Status != intake.Stored || f.Group == nil || f.Generation != 1 {
			t.Errorf("%q: %+v", cn, f)
		}
	}
}

func TestEachFileTellsItsOwnGeneration(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	old, next := inter.Leaf("t.example.com", testcert.Days(30)), inter.Leaf("t.example.com", testcert.Days(60))
	r := upload(t, k, "t", file("next.pem", next.CertPEM, next.KeyPEM), file("old.pem", old.CertPEM, old.KeyPEM), file("ca.pem", inter.CertPEM))
	if r.Files[0].Generation != 2 || r.Files[1].Generation != 1 || r.Files[2].Generation != 0 {
		t.Errorf("%d %d %d", r.Files[0].Generation, r.Files[1].Generation, r.Files[2].Generation)
	}
	// A key without a group tells where it was missed.
	third := inter.Leaf("t.example.com", testcert.Days(90))
	upload(t, k, "t", file("third.pem", third.CertPEM))
	r = upload(t, k, "", file("third.key", third.KeyPEM))
	if f := r.Files[0]; f.Generation != 3 || f.Group == nil || f.Group.Name != "t" {
		t.Errorf("%+v", f)
	}
}

func TestForgedIssuersDoNotCrowdOutTheTrueOne(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	var forged []intake.File
	for range intake.MaxFiles {
		forged = append(forged, file("f.pem", testcert.Root("Intake CA 1", testcert.Days(7300)).CertPEM))
	}
	for range 3 {
		for i := range forged {
			forged[i] = file("f.pem", testcert.Root("Intake CA 1", testcert.Days(7300)).CertPEM)
		}
		upload(t, k, "forged", forged...)
	}
	leaf := inter.Leaf("v.example.com")
	upload(t, k, "", file("v.pem", leaf.CertPEM, leaf.KeyPEM, inter.CertPEM))
	if g := gens(t, k, "v.example.com")[0]; len(g.Chain) != 1 {
		t.Errorf("%d links", len(g.Chain))
	}
}

func TestTooManyCertificatesStoreNothing(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	var files []intake.File
	for range 3 {
		var data []byte
		for range 40 {
			data = append(data, testcert.Root("Many").CertPEM...)
		}
		files = append(files, file("many.pem", data))
	}
	_, err := k.Vault.Upload(ctx, k.Owner, intake.Request{Files: files})
	if fault.CodeOf(err) != "too_many_certificates" || fault.KindOf(err) != fault.TooLarge {
		t.Errorf("%v", err)
	}
	page, err := k.Vault.List(ctx, k.Owner, vault.ListQuery{})
	if err != nil || len(page.Items) != 0 {
		t.Errorf("%d rows stored, %v", len(page.Items), err)
	}
}

func TestStrictMeansAllOrNothing(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		here, there := inter.Leaf("x.example.com"), inter.Leaf("y.example.com")
		upload(t, k, "there", file("y.pem", there.CertPEM))
		for wantCode, files := range map[string][]intake.File{
			"in_other_group": {file("x.pem", here.CertPEM, here.KeyPEM), file("y.pem", there.CertPEM)},
			"not_recognised": {file("x.pem", here.CertPEM, here.KeyPEM), file("n.txt", []byte("nothing to see"))},
			"empty_file":     {file("x.pem", here.CertPEM, here.KeyPEM), file("e.pem")},
		} {
			_, err := k.Intake.Store(ctx, k.Owner, intake.Request{Group: "here", Files: files, Source: artifact.SourceIngest, Strict: true})
			if fault.CodeOf(err) != wantCode {
				t.Errorf("%v, want %s", err, wantCode)
			}
		}
		page, err := k.Vault.List(ctx, k.Owner, vault.ListQuery{})
		if err != nil || len(page.Items) != 1 {
			t.Errorf("%d rows, want the one of before, %v", len(page.Items), err)
		}
		if _, err := k.Vault.Group(ctx, k.Owner, "here"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("the group was made: %v", err)
		}
	})
}

func TestWhatCouldNotBeReadIsKeptAndSaid(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	leaf := inter.Leaf("cut.example.com")
	cut := append(leaf.CertPEM, []byte("-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----\n")...)
	r := upload(t, k, "", file("cut.pem", cut))
	f := r.Files[0]
	if f.Status != intake.Stored || f.Code != intake.PartsLeftOut || !strings.Contains(f.Message, "key") {
		t.Errorf("%+v", f)
	}
	whole := f.Artifacts[0]
	if whole.Kind != cert.KindBundle || !whole.HoldsKey || !slices.Contains(whole.Warnings, intake.PartsLeftOut) {
		t.Errorf("%+v", whole)
	}
	d, err := k.Vault.Download(ctx, k.Owner, whole.ID, "")
	if err != nil || !bytes.Equal(d.Body.Reveal(), cut) {
		t.Errorf("the whole file is lost: %v", err)
	}
}
