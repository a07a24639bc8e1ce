package overview_test

import (
	"bytes"
	"context"
	"net/netip"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/internal/browser"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/internal/webtest"
	"github.com/ignisfox/ignisfox/internal/webtest/whole"
)

func TestMain(m *testing.M) { browser.Main(m) }

// site is the whole dashboard, with its workspace filled by hand.
type site struct {
	*webtest.Rig
	t    testing.TB
	root *testcert.Pair
	ca   *testcert.Pair
}

func newSite(t testing.TB) *site {
	t.Helper()
	s := &site{Rig: whole.New(t).Rig, t: t, root: testcert.Root("Aldermoor Root")}
	s.ca = s.root.Intermediate("Aldermoor CA 2")
	return s
}

// put uploads a certificate that is days old and ends days from now, with its key, into a group of its own.
func (s *site) put(name, host string, old, left int) intake.FileResult {
	s.t.Helper()
	p := s.ca.Leaf(host, testcert.Names(host, "www."+host), testcert.Valid(s.Now().AddDate(0, 0, -old), s.Now().AddDate(0, 0, left)))
	return s.upload("", intake.File{Filename: host + ".pem", Name: name, Data: bytes.Join([][]byte{p.CertPEM, p.KeyPEM}, nil)})
}

func (s *site) upload(to string, f intake.File) intake.FileResult {
	s.t.Helper()
	s.Pass(time.Minute) // so that it is known which came last
	res, err := s.Vault.Upload(context.Background(), s.Owner, intake.Request{Group: to, Files: []intake.File{f}})
	if err != nil {
		s.t.Fatal(err)
	}
	return res.Files[0]
}

// device makes a target of a group, whose device has fetched a generation; 0 for none.
func (s *site) device(name, of string, generation int) {
	s.t.Helper()
	ctx := context.Background()
	d, _, err := s.Push.Create(ctx, s.Owner, push.NewTarget{Name: name, Type: target.TypePull, Group: of})
	if err == nil && generation > 0 {
		err = s.Store.Jobs().RecordFetches(ctx, []target.Fetch{{
			Tenant: s.Tenant, Target: d.ID, Token: d.Tokens[0].ID, At: s.Now().Add(-time.Hour), Address: netip.MustParseAddr("198.51.100.17"),
			Kind: group.FormBundle, Generation: generation,
		}})
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// furnish fills the workspace: something due, something past, something that waits, devices of every state.
func (s *site) furnish() {
	s.t.Helper()
	s.put("Mail gateway", "mail.aldermoor.example", 92, -2)
	s.put("Carrier EDI", "as2.carriers.aldermoor.example", 362, 3)
	s.put("Depot scanners", "scan.wh.aldermoor.example", 78, 12)
	s.put("Edge", "edge.aldermoor.example", 60, 12)
	s.put("Customer API", "api.aldermoor.example", 26, 64)
	s.put("Partner portal", "portal.aldermoor.example", 20, 400)
	s.put("Storefront", "shop.aldermoor.example", 57, 33)
	s.put("Storefront", "shop.aldermoor.example", 1, 89)
	renewed := s.ca.Leaf("api.aldermoor.example", testcert.Names("api.aldermoor.example", "www.api.aldermoor.example"), testcert.Days(90))
	s.upload("api.aldermoor.example", intake.File{Filename: "api-renewed.crt", Data: renewed.CertPEM})
	s.upload("", intake.File{Filename: "firmware.bin", Data: []byte("no certificate at all")})
	s.device("web-01", "shop.aldermoor.example", 2)
	s.device("web-02", "shop.aldermoor.example", 1)
	s.device("f5", "portal.aldermoor.example", 0)
}
