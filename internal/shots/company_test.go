package shots_test

import (
	"bytes"
	"context"
	"net/netip"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/app/ingest"
	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/internal/webtest"
	"github.com/ignisfox/ignisfox/ports"
)

const day = 24 * time.Hour

// company is a workspace with something in it.
type company struct {
	*webtest.Rig
	t     *testing.T
	ctx   context.Context
	mara  *webtest.Person
	owner tenant.Actor
	root  *testcert.Pair
	inter *testcert.Pair
}

func furnish(t *testing.T, r *webtest.Rig) *company {
	c := &company{Rig: r, t: t, ctx: context.Background(), root: testcert.Root("Aldermoor Root R1")}
	c.inter = c.root.Intermediate("Aldermoor TLS CA 2")
	c.found()
	_, err := r.Vault.Upload(c.ctx, c.owner, intake.Request{Files: []intake.File{{Filename: "root.pem", Name: "Aldermoor Root R1", Data: c.root.CertPEM}}})
	c.ok(err)
	for _, h := range []struct {
		host, name string
		from, days int
		names      []string
	}{
		{"portal.aldermoor.example", "Partner portal", -247, 118, []string{"partners.aldermoor.example"}}, {"api.aldermoor.example", "Customer API", -26, 64, nil},
		{"shop.aldermoor.example", "Storefront", -57, 33, []string{"www.aldermoor.example", "checkout.aldermoor.example"}},
		{"vpn.aldermoor.example", "VPN concentrator", -338, 27, nil}, {"intranet.aldermoor.example", "IIS intranet", -346, 19, nil},
		{"scan.wh.aldermoor.example", "Depot scanners", -353, 12, nil}, {"as2.carriers.aldermoor.example", "Carrier EDI", -362, 3, nil},
		{"mail.aldermoor.example", "Mail gateway", -92, -2, nil}, {"*.edge.aldermoor.example", "Edge short-lived", -2, 4, nil},
		{"status.example.com", "Status page", -19, 71, nil}, {"sw-core-01.net.aldermoor.example", "Core switches", -64, 301, nil},
	} {
		c.put(h.host, h.name, h.from, h.days, h.names...)
		c.Pass(37 * time.Minute)
	}
	c.serves("web-eu-02")
	c.Device.Set(func() {
		c.Device.Fail["check"] = []error{&ports.PluginProblem{Code: "check_failed", Message: `nginx: [emerg] unknown directive "ssl_certificat" in /etc/nginx/nginx.conf:12`}}
	})
	c.renewed()
	c.WorkFor(c.t, 20*time.Second) // its check fails, and what was there before is served again
	c.serves("web-eu-01")
	c.devices()
	c.people()
	c.mara = c.Of(t, c.mara.User) // the proof of identity is a recent one again
	return c
}

func (c *company) ok(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *company) leaf(host string, from, days int, names ...string) *testcert.Pair {
	valid := testcert.Valid(c.Now().Add(time.Duration(from)*day), c.Now().Add(time.Duration(days)*day+time.Hour))
	return c.inter.Leaf(host, testcert.Names(append([]string{host}, names...)...), valid)
}

func (c *company) put(host, name string, from, days int, names ...string) {
	p := c.leaf(host, from, days, names...)
	_, err := c.Vault.Upload(c.ctx, c.owner, intake.Request{Files: []intake.File{
		{Filename: host + ".pem", Name: name, Data: bytes.Join([][]byte{p.CertPEM, c.inter.CertPEM}, nil)}, {Filename: host + ".key", Name: name + " key", Data: p.KeyPEM},
	}})
	c.ok(err)
}

// renewed gives one group a history, one a certificate that waits for its key, one a generation that waits for a person.
func (c *company) renewed() {
	shop := c.leaf("shop.aldermoor.example", -1, 89, "www.aldermoor.example", "checkout.aldermoor.example")
	c.into("shop.aldermoor.example", "shop-2026-11.pem", bytes.Join([][]byte{shop.CertPEM, shop.KeyPEM}, nil))
	c.into("vpn.aldermoor.example", "vpn-renewed.crt", c.leaf("vpn.aldermoor.example", -1, 364).CertPEM)
	fewer := c.leaf("portal.aldermoor.example", -1, 200)
	c.into("portal.aldermoor.example", "portal-new.pem", bytes.Join([][]byte{fewer.CertPEM, fewer.KeyPEM}, nil))
}

func (c *company) into(name, file string, data []byte) {
	_, err := c.Vault.Upload(c.ctx, c.owner, intake.Request{Group: name, Files: []intake.File{{Filename: file, Data: data}}})
	c.ok(err)
}

// devices makes targets: one up to date, one behind, one that never fetched.
func (c *company) devices() {
	for _, d := range []struct {
		name, group string
		generation  int
	}{{"web-dmz-01", "shop.aldermoor.example", 2}, {"web-dmz-02", "shop.aldermoor.example", 1}, {"api-gw", "api.aldermoor.example", 1}, {"status", "status.example.com", 0}} {
		tgt, _, err := c.Push.Create(c.ctx, c.owner, push.NewTarget{Name: d.name, Type: target.TypePull, Group: d.group})
		c.ok(err)
		if d.generation == 0 {
			continue
		}
		c.ok(c.Store.Jobs().RecordFetches(c.ctx, []target.Fetch{{
			Tenant: c.owner.Tenant, Target: tgt.ID, Token: tgt.Tokens[0].ID, At: c.Now().Add(-40 * time.Minute), Address: netip.MustParseAddr("198.51.100.17"),
			Kind: group.FormBundle, Generation: d.generation,
		}}))
	}
	_, _, err := c.Ingest.Create(c.ctx, c.owner, ingest.NewToken{Name: "ci-prod", Group: "api.aldermoor.example"})
	c.ok(err)
}

func (c *company) people() {
	for _, p := range []struct {
		name, email string
		role        tenant.Role
		comes       bool
	}{{"Jonas Ferrer", "jonas@aldermoor.example", tenant.Owner, true}, {"Adaeze Okonjo", "adaeze@aldermoor.example", tenant.Editor, true},
		{"Katrin P\u00f5der", "audit@poder-partners.example", tenant.Viewer, true}, {"", "lena@aldermoor.example", tenant.Editor, false}} {
		_, link, err := c.Account.CreateInvite(c.ctx, c.owner, account.NewInvite{Email: p.email, Role: p.role})
		c.ok(err)
		if p.comes {
			_, err = c.SignIn.AcceptInvite(c.ctx, link, signin.NewPerson{Name: p.name, Password: secret.NewString(webtest.Password)}, visit)
			c.ok(err)
		}
	}
}

var visit = signin.Visit{Address: netip.MustParseAddr("198.51.100.4"), Agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}

// found makes the workspace and its owner, and signs her in.
func (c *company) found() {
	made, err := c.Account.CreateOwner(c.ctx, account.NewOwner{
		Email: "mara@aldermoor.example", Name: "Mara Lindqvist", Tenant: "Aldermoor Logistics", Password: secret.NewString(webtest.Password),
	})
	c.ok(err)
	c.mara = c.Of(c.t, tenant.User{ID: made.User, Email: "mara@aldermoor.example"})
	who, err := c.SignIn.Authenticate(c.ctx, secret.NewString(c.mara.Cookie().Value), visit.Address)
	c.ok(err)
	c.owner = who.Actor
	zone, name := "Europe/Stockholm", "Aldermoor Logistics"
	_, err = c.Account.ChangeWorkspace(c.ctx, c.owner, account.WorkspaceChange{Name: &name, TimeZone: &zone})
	c.ok(err)
}
