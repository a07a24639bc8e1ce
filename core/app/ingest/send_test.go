package ingest_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/app/ingest"
	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/audit"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/pgtest"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/internal/testkit"
	"github.com/ignisfox/ignisfox/ports"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var (
	ctx   = context.Background()
	inter = testcert.Root("Ingest Root").Intermediate("Ingest CA 1")
)

func engines(t *testing.T, fn func(t *testing.T, k *testkit.Kit, s *ingest.Service)) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		fn(t, k, ingest.New(ingest.Deps{
			Store: k.Store, Sealer: k.Sealer, Intake: k.Intake, Now: time.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		}))
	})
}

// pipeline answers an actor with a new token, bound to a group unless that is empty.
func pipeline(t *testing.T, k *testkit.Kit, s *ingest.Service, groupName string) tenant.Actor {
	t.Helper()
	_, tok, err := s.Create(ctx, k.Owner, ingest.NewToken{Name: "ci", Group: groupName})
	if err != nil {
		t.Fatal(err)
	}
	a, err := s.Authenticate(ctx, tok, netip.MustParseAddr("192.0.2.1"))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func pems(groupName string, parts ...[]byte) ingest.Delivery {
	d := ingest.Delivery{Group: groupName}
	for _, p := range parts {
		d.Files = append(d.Files, ingest.File{Filename: "part.pem", Data: bytes.Clone(p)})
	}
	return d
}

// seen is what there is of a tenant: rows, groups and entries of the trail.
func seen(t *testing.T, k *testkit.Kit) (rows, groups, entries int) {
	t.Helper()
	page, err := k.Vault.List(ctx, k.Owner, vault.ListQuery{Limit: 200})
	if err != nil {
		t.Fatal(err)
	}
	all, err := k.Vault.Groups(ctx, k.Owner, group.Query{Limit: 200})
	if err != nil {
		t.Fatal(err)
	}
	err = k.Store.Tenant(k.Tenant).View(ctx, func(tx ports.Tx) error {
		list, err := tx.Audit().List(ctx, audit.Query{Limit: 200})
		entries = len(list)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return len(page.Items), len(all.Items), entries
}

func TestADeliveryIsAllOrNothing(t *testing.T) {
	engines(t, func(t *testing.T, k *testkit.Kit, s *ingest.Service) {
		leaf := inter.Leaf("www.example.com", testcert.Names("www.example.com"))
		other := inter.Leaf("other.example.com", testcert.Names("other.example.com"))
		free, bound := pipeline(t, k, s, ""), pipeline(t, k, s, "bound")
		first, err := k.Vault.Upload(ctx, k.Owner, intake.Request{Group: "home", Files: []intake.File{
			{Filename: "a.pem", Data: bytes.Join([][]byte{leaf.CertPEM, leaf.KeyPEM, inter.CertPEM}, nil)},
		}})
		if err != nil || !first.Accepted() {
			t.Fatal(err)
		}
		rows, groups, entries := seen(t, k)
		for name, c := range map[string]struct {
			who  tenant.Actor
			d    ingest.Delivery
			code string
		}{
			"one file is no PEM":            {free, pems("new", other.CertPEM, []byte("hello")), "not_recognised"},
			"one file is too large":         {free, pems("new", other.CertPEM, bytes.Repeat([]byte("A"), 300<<10)), "file_too_large"},
			"a leaf of another group":       {bound, pems("", other.CertPEM, other.KeyPEM, leaf.CertPEM), "in_other_group"},
			"a key of another group":        {bound, pems("", other.CertPEM, leaf.KeyPEM), "in_other_group"},
			"the same, without a bound one": {free, pems("new", other.CertPEM, other.KeyPEM, leaf.CertPEM), "in_other_group"},
			"not its group":                 {bound, pems("new", other.CertPEM), "other_group"},
			"nothing":                       {free, pems("new"), "no_file"},
		} {
			if _, err := s.Send(ctx, c.who, c.d); fault.CodeOf(err) != c.code {
				t.Errorf("%s: %v, want %s", name, err, c.code)
			}
			if r, g, e := seen(t, k); r != rows || g != groups || e != entries {
				t.Errorf("%s: %d rows, %d groups, %d entries; there were %d, %d, %d", name, r, g, e, rows, groups, entries)
			}
		}
		_, err = s.Send(ctx, bound, pems("", leaf.CertPEM))
		if err == nil || !strings.Contains(err.Error(), "use that group's token") {
			t.Errorf("no advice: %v", err)
		}
		// An issuer belongs to everybody: that it lives elsewhere keeps no delivery out.
		out, err := s.Send(ctx, bound, pems("", other.CertPEM, other.KeyPEM, inter.CertPEM))
		if err != nil || !out.New || out.Generation != 1 || out.Group == nil || out.Group.ID != bound.Group || len(out.Certificates) != 2 {
			t.Errorf("%+v, %v", out, err)
		}
	})
}

func TestWhatADeliveryAnswers(t *testing.T) {
	engines(t, func(t *testing.T, k *testkit.Kit, s *ingest.Service) {
		who := pipeline(t, k, s, "www")
		leaf := inter.Leaf("www.example.com", testcert.Names("www.example.com"))
		for i, step := range []struct {
			d            ingest.Delivery
			certs        int
			made, placed bool
		}{
			{pems("", inter.CertPEM), 1, true, false},
			{pems("", leaf.CertPEM), 1, true, true},
			{pems("", leaf.KeyPEM), 0, true, true},
			{pems("", leaf.KeyPEM, leaf.CertPEM, inter.CertPEM), 2, false, true},
			{pems("WWW", bytes.Join([][]byte{leaf.CertPEM, leaf.KeyPEM, inter.CertPEM}, nil)), 2, true, true}, // the file itself is new
			{pems(who.Group, bytes.Join([][]byte{leaf.CertPEM, leaf.KeyPEM, inter.CertPEM}, nil)), 2, false, true},
		} {
			out, err := s.Send(ctx, who, step.d)
			if err != nil {
				t.Fatalf("step %d: %v", i, err)
			}
			if out.New != step.made || out.Group == nil || out.Group.Name != "www" || len(out.Certificates) != step.certs || (out.Generation == 1) != step.placed {
				t.Errorf("step %d: %+v", i, out)
			}
		}
	})
}

func TestAHundredDeliveriesAtOnceHaveOneEffect(t *testing.T) {
	engines(t, func(t *testing.T, k *testkit.Kit, s *ingest.Service) {
		who := pipeline(t, k, s, "")
		leaf := inter.Leaf("www.example.com", testcert.Names("www.example.com"))
		outs, errs := make([]ingest.Outcome, 100), make([]error, 100)
		var wg sync.WaitGroup
		slots := make(chan struct{}, 25)
		for i := range outs {
			wg.Go(func() {
				slots <- struct{}{}
				defer func() { <-slots }()
				outs[i], errs[i] = s.Send(ctx, who, pems("", leaf.CertPEM, leaf.KeyPEM, inter.CertPEM))
			})
		}
		wg.Wait()
		made := 0
		for i, out := range outs {
			if errs[i] != nil {
				t.Errorf("delivery %d: %v", i, errs[i])
				continue
			}
			if out.New {
				made++
			}
			if out.Generation != 1 || out.Group == nil || *out.Group != *outs[0].Group || len(out.Certificates) != 2 || out.Certificates[0].ID != outs[0].Certificates[0].ID {
				t.Errorf("delivery %d: %+v", i, out)
			}
		}
		if rows, groups, _ := seen(t, k); made != 1 || rows != 3 || groups != 1 {
			t.Errorf("%d deliveries made something: %d rows, %d groups", made, rows, groups)
		}
		gens, err := k.Vault.Generations(ctx, k.Owner, outs[0].Group.ID)
		if err != nil || len(gens) != 1 || gens[0].State != group.Current {
			t.Errorf("generations %+v, %v", gens, err)
		}
	})
}
