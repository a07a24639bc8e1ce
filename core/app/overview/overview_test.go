package overview_test

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/app/overview"
	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/pgtest"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/internal/testkit"
	"github.com/ignisfox/ignisfox/ports"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var (
	ctx   = context.Background()
	inter = testcert.Root("Overview Root").Intermediate("Overview CA")
)

// desk is the service on a real store, with a clock that can be set.
type desk struct {
	*overview.Service
	t    *testing.T
	kit  *testkit.Kit
	push *push.Service
	now  time.Time
}

func engines(t *testing.T, fn func(d *desk)) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		d := &desk{t: t, kit: k, now: time.Now()}
		d.Service = overview.New(overview.Deps{Store: k.Store, Now: func() time.Time { return d.now }})
		d.push = push.New(push.Deps{Store: k.Store, Sealer: k.Sealer, Now: time.Now})
		fn(d)
	})
}

func (d *desk) ok(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) upload(groupName string, parts ...[]byte) {
	d.t.Helper()
	r, err := d.kit.Vault.Upload(ctx, d.kit.Owner, intake.Request{Group: groupName, Files: []intake.File{{Filename: "x.pem", Data: bytes.Join(parts, nil)}}})
	d.ok(err)
	if !r.Accepted() {
		d.t.Fatalf("%+v", r.Files)
	}
}

func (d *desk) get(who tenant.Actor) overview.Overview {
	d.t.Helper()
	o, err := d.Get(ctx, who)
	d.ok(err)
	return o
}

func names(rows []artifact.Artifact) (out []string) {
	for _, a := range rows {
		out = append(out, a.Subject)
	}
	return out
}

func leaf(name string, end time.Time, opts ...testcert.Option) *testcert.Pair {
	from := end.AddDate(0, 0, -90)
	return inter.Leaf(name, append([]testcert.Option{testcert.Names(name), testcert.Valid(from, end)}, opts...)...)
}

func TestAnEmptyWorkspace(t *testing.T) {
	engines(t, func(d *desk) {
		o := d.get(d.kit.Owner)
		if o.Counts.Total() != 0 || o.Expiring.Count != 0 || len(o.Recent) != 0 || len(o.Attention.Groups) != 0 || len(o.Attention.Behind) != 0 || !o.Incomplete {
			d.t.Errorf("%+v", o)
		}
		c, err := d.Calendar(ctx, d.kit.Owner, nil)
		if err != nil || len(c.Days) != 0 || c.Zone != time.UTC {
			d.t.Errorf("%+v, %v", c, err)
		}
	})
}

func TestWhatTheOverviewShows(t *testing.T) {
	engines(t, func(d *desk) {
		now := time.Now().UTC().Truncate(time.Second)
		at := func(days int) time.Time { return now.AddDate(0, 0, days) }
		gone, soon, later := leaf("gone.example.com", at(-2)), leaf("soon.example.com", at(12)), leaf("later.example.com", at(60))
		d.upload("soon", soon.CertPEM, soon.KeyPEM)
		d.upload("later", later.CertPEM, later.KeyPEM)
		d.upload("gone", gone.CertPEM)
		renewed, next := leaf("renewed.example.com", at(20)), leaf("renewed.example.com", at(80))
		d.upload("renewed", renewed.CertPEM, renewed.KeyPEM)
		d.upload("renewed", next.CertPEM, next.KeyPEM)
		waits := leaf("later.example.com", at(85))
		d.upload("later", waits.CertPEM) // its key is still to come
		staged := leaf("other.example.com", at(70))
		d.upload("renewed", staged.CertPEM, staged.KeyPEM) // names are missing
		for i := range 12 {
			d.upload("", []byte(fmt.Sprintf("unknown %d", i)))
		}

		o := d.get(d.kit.Owner)
		if got := names(o.Expiring.Rows); !slices.Equal(got, []string{"gone.example.com", "soon.example.com"}) || o.Expiring.Count != 2 || o.Expiring.Expired != 1 {
			d.t.Errorf("expiring: %v, %d, %d", got, o.Expiring.Count, o.Expiring.Expired)
		}
		k := o.Counts.Artifacts
		if k[cert.KindCert] != 7 || k[cert.KindKey] != 5 || k[cert.KindUnknown] != 12 || o.Counts.Groups != 4 {
			d.t.Errorf("counts: %+v", o.Counts)
		}
		if len(o.Recent) != overview.Listed || slices.ContainsFunc(o.Recent, func(a artifact.Artifact) bool { return a.Kind != cert.KindUnknown }) {
			d.t.Errorf("recent: %v", names(o.Recent))
		}
		attention := map[string][2]int{}
		for _, g := range o.Attention.Groups {
			attention[g.Name] = [2]int{g.Waiting, g.Staged}
		}
		if all, err := d.Needs(ctx, d.kit.Owner); err != nil || all.GroupCount != 3 || len(all.Groups) != 3 || o.Attention.GroupCount != 3 || all.BehindCount != 0 {
			d.t.Errorf("needs: %+v, %v", all, err)
		}
		if len(attention) != 3 || attention["later"] != [2]int{1, 0} || attention["renewed"] != [2]int{0, 1} {
			d.t.Errorf("attention: %v", attention)
		}
	})
}

func TestDevicesThatAreBehind(t *testing.T) {
	engines(t, func(d *desk) {
		first, second := leaf("www.example.com", time.Now().AddDate(0, 0, 40)), leaf("www.example.com", time.Now().AddDate(0, 0, 80))
		d.upload("www", first.CertPEM, first.KeyPEM)
		var behind target.Target
		for i, gen := range []int{0, 1, 2} {
			tgt, _, err := d.push.Create(ctx, d.kit.Owner, push.NewTarget{Name: fmt.Sprintf("web %d", i), Type: target.TypePull, Group: "www"})
			d.ok(err)
			if gen == 1 {
				behind = tgt
			}
			if gen > 0 {
				d.ok(d.kit.Store.Jobs().RecordFetches(ctx, []target.Fetch{{
					Tenant: d.kit.Tenant, Target: tgt.ID, Token: tgt.Tokens[0].ID, At: time.Now(), Address: netip.MustParseAddr("192.0.2.1"),
					Kind: group.FormBundle, Generation: gen,
				}}))
			}
		}
		d.upload("www", second.CertPEM, second.KeyPEM)
		o := d.get(d.kit.Owner)
		if o.States[target.StateNever] != 1 || o.States[target.StateBehind] != 1 || o.States[target.StateUpToDate] != 1 || o.Counts.Targets != 3 {
			d.t.Errorf("%v, %+v", o.States, o.Counts)
		}
		if len(o.Attention.Behind) != 1 || o.Attention.Behind[0].ID != behind.ID || o.Attention.Behind[0].Tokens != nil {
			d.t.Errorf("%+v", o.Attention.Behind)
		}
	})
}

func TestWhoMayLook(t *testing.T) {
	engines(t, func(d *desk) {
		a := leaf("www.example.com", time.Now().AddDate(0, 0, 5))
		d.upload("www", a.CertPEM, a.KeyPEM)
		uid := tenant.UserID(id.New("usr", time.Now()))
		d.ok(d.kit.Store.Platform().Update(ctx, func(tx ports.PlatformTx) error {
			if err := tx.Users().Insert(ctx, tenant.User{ID: uid, Email: "v@example.com", Name: "Vera", PasswordHash: "x", CreatedAt: tx.Now()}); err != nil {
				return err
			}
			return tx.In(d.kit.Tenant).Members().Insert(ctx, tenant.Member{User: uid, Role: tenant.Viewer, CreatedAt: tx.Now()})
		}))
		viewer := d.kit.Owner
		viewer.User, viewer.Role, viewer.Scopes = uid, tenant.Viewer, []tenant.Scope{tenant.ScopeRead}
		if o := d.get(viewer); o.Expiring.Count != 1 || o.Incomplete { // the workspace is not theirs to confirm
			d.t.Errorf("%+v", o)
		}
		if o := d.get(d.kit.NewTenant(d.t, "Other")); o.Counts.Total() != 0 || o.Expiring.Count != 0 || len(o.Recent) != 0 {
			d.t.Errorf("another workspace sees %+v", o)
		}
		pipeline := tenant.Actor{Principal: tenant.PrincipalIngest, Tenant: d.kit.Tenant}
		_, err := d.Get(ctx, pipeline)
		_, cerr := d.Calendar(ctx, pipeline, time.UTC)
		_, derr := d.Day(ctx, pipeline, time.UTC, overview.Date{Year: 2026, Month: 12, Day: 4})
		for what, err := range map[string]error{"get": err, "calendar": cerr, "day": derr} {
			if fault.KindOf(err) != fault.Forbidden {
				d.t.Errorf("an ingest token and %s: %v", what, err)
			}
		}
	})
}
