package vault_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/app/ingest"
	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/internal/testkit"
)

// ofKind answers the first row of that kind.
func ofKind(t *testing.T, rows []artifact.Artifact, k cert.Kind) artifact.Artifact {
	t.Helper()
	i := slices.IndexFunc(rows, func(a artifact.Artifact) bool { return a.Kind == k })
	if i < 0 {
		t.Fatalf("no %s in %+v", k, rows)
	}
	return rows[i]
}

func bind(t *testing.T, k *testkit.Kit, groupName, name string) target.Target {
	t.Helper()
	p := push.New(push.Deps{Store: k.Store, Sealer: k.Sealer, Now: time.Now})
	tgt, _, err := p.Create(ctx, k.Owner, push.NewTarget{Name: name, Type: target.TypePull, Group: groupName})
	if err != nil {
		t.Fatal(err)
	}
	return tgt
}

func TestACertificatePageTellsAllButSecrets(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		root := testcert.Root("Page Root")
		upper := root.Intermediate("Page CA 1")
		lower := upper.Intermediate("Page CA 2")
		first := lower.Leaf("www.example.com", testcert.Names("www.example.com"), testcert.Days(40))
		leaf := lower.Leaf("www.example.com", testcert.Names("www.example.com", "*.example.com"), testcert.With(func(x *x509.Certificate) {
			x.Subject = pkix.Name{CommonName: "www.example.com", Organization: []string{"Aldermoor <b>"}, ExtraNames: []pkix.AttributeTypeAndValue{
				{Type: asn1.ObjectIdentifier{1, 2, 3, 4}, Value: "odd\u202e"},
			}}
			x.IPAddresses, x.EmailAddresses = []net.IP{net.ParseIP("192.0.2.7")}, []string{"kim@example.com"}
			x.URIs = []*url.URL{{Scheme: "spiffe", Host: "example.com"}}
			x.OCSPServer, x.IssuingCertificateURL = []string{"http://ocsp.example.com"}, []string{"javascript:alert(1)"}
			x.CRLDistributionPoints = []string{"http://crl.example.com/1.crl"}
			x.ExtKeyUsage = append(x.ExtKeyUsage, x509.ExtKeyUsageClientAuth)
			x.UnknownExtKeyUsage = []asn1.ObjectIdentifier{{1, 3, 6, 1, 4, 1, 99999, 1}}
		}))
		upload(t, k, "www", "first.pem", first.CertPEM, first.KeyPEM)
		rows := upload(t, k, "www", "w.pem", leaf.CertPEM, leaf.KeyPEM)
		upload(t, k, "cas", "ca.pem", lower.CertPEM, upper.CertPEM, root.CertPEM)
		bind(t, k, "www", "web 1")
		c := ofKind(t, rows, cert.KindCert)
		viewer := k.Owner
		viewer.Role, viewer.Scopes = tenant.Viewer, []tenant.Scope{tenant.ScopeRead}
		d, err := k.Vault.Certificate(ctx, viewer, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		f := d.Facts
		if !slices.Contains(f.Subject, vault.Attribute{Type: "O", Value: "Aldermoor <b>"}) || !slices.Contains(f.Subject, vault.Attribute{Type: "1.2.3.4", Value: `odd\u{202E}`}) ||
			!slices.Contains(f.Issuer, vault.Attribute{Type: "CN", Value: "Page CA 2"}) {
			t.Errorf("names: %v, %v", f.Subject, f.Issuer)
		}
		want := []vault.Name{{"DNS", "www.example.com"}, {"DNS", "*.example.com"}, {"IP", "192.0.2.7"}, {"e-mail", "kim@example.com"}, {"URI", "spiffe://example.com"}}
		if !slices.Equal(f.Names, want) || f.MoreNames != 0 {
			t.Errorf("alternative names: %v", f.Names)
		}
		for what, c := range map[string][2][]string{
			"key usage":          {f.KeyUsage, {"digital signature"}},
			"extended key usage": {f.ExtKeyUsage, {"TLS server", "TLS client", "1.3.6.1.4.1.99999.1"}},
			"OCSP":               {f.OCSP, {"http://ocsp.example.com"}}, "issuer": {f.IssuerURLs, {"javascript:alert(1)"}},
			"CRL": {f.CRLs, {"http://crl.example.com/1.crl"}}, "chain": {subjects(d.Ancestry.Links), {"Page CA 2", "Page CA 1"}},
		} {
			if !slices.Equal(c[0], c[1]) {
				t.Errorf("%s: %q, want %q", what, c[0], c[1])
			}
		}
		if f.Version != 3 || f.CA || f.SelfSigned || f.SignatureAlgorithm != "ECDSA-SHA256" || f.AuthorityKeyID == "" || f.PathLen != nil {
			t.Errorf("%+v", f)
		}
		if a := d.Ancestry; a.Root == nil || a.Root.Subject != "Page Root" || a.RootName != "Page Root" || a.Missing != "" || a.Trusted {
			t.Errorf("ancestry: %+v", a)
		}
		if d.Group == nil || d.Group.Name != "www" || len(d.Generations) < 2 || d.Generations[len(d.Generations)-1].Changes == nil || len(d.Targets) != 1 || d.Targets[0].Tokens != nil {
			t.Errorf("group %+v, %d generations, targets %+v", d.Group, len(d.Generations), d.Targets)
		}
		if len(d.Keys) != 1 || d.Keys[0].Kind != cert.KindKey || len(d.Certs) != 0 {
			t.Errorf("matches: %+v, %+v", d.Keys, d.Certs)
		}
		if len(d.Uses) == 0 || d.Uses[0].As != group.AsLeaf || d.Uses[0].State != group.Current || d.Uses[0].GroupName != "www" || d.Uses[0].Number != d.Generations[0].Number {
			t.Errorf("uses: %+v", d.Uses)
		}
	})
}

func subjects(rows []artifact.Artifact) (out []string) {
	for _, a := range rows {
		out = append(out, a.Subject)
	}
	return out
}

func TestPagesOfOtherRows(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		root := testcert.Root("Other Root")
		ca := root.Intermediate("Other CA")
		leaf := ca.Leaf("other.example.com")
		rows := upload(t, k, "other", "o.pem", leaf.CertPEM, leaf.KeyPEM, ca.CertPEM)
		key, err := k.Vault.Certificate(ctx, k.Owner, ofKind(t, rows, cert.KindKey).ID)
		if err != nil || key.Facts != nil || len(key.Certs) != 1 || len(key.Keys) != 0 || len(key.Uses) != 1 || key.Uses[0].As != group.AsKey {
			t.Errorf("key: %+v, %v", key, err)
		}
		for _, a := range rows {
			if a.Subject != "Other CA" {
				continue
			}
			d, err := k.Vault.Certificate(ctx, k.Owner, a.ID)
			if err != nil || !d.Facts.CA || len(d.Uses) != 1 || d.Uses[0].As != group.AsChain || d.Ancestry.Missing != "Other Root" || d.Ancestry.RootName != "" {
				t.Errorf("intermediate: %+v, %v", d, err)
			}
		}
		loose := upload(t, k, "", "loose.pem", leaf.CertPEM) // known already: the row that is there
		junk := upload(t, k, "", "junk.bin", []byte("no certificate at all"))
		d, err := k.Vault.Certificate(ctx, k.Owner, junk[0].ID)
		if err != nil || d.Facts != nil || d.Group != nil || len(d.Uses) != 0 || len(d.Keys)+len(d.Certs) != 0 {
			t.Errorf("unknown: %+v, %v", d, err)
		}
		self := upload(t, k, "", "root.pem", root.CertPEM)
		if d, err = k.Vault.Certificate(ctx, k.Owner, self[0].ID); err != nil || !d.Facts.SelfSigned || d.Ancestry.Missing != "" || d.Ancestry.RootName != "" {
			t.Errorf("root: %+v, %v", d.Ancestry, err)
		}
		if d, err = k.Vault.Certificate(ctx, k.Owner, loose[0].ID); err != nil || d.Ancestry.Root == nil {
			t.Errorf("the root came: %+v, %v", d.Ancestry, err)
		}
		other := k.NewTenant(t, "Other workspace")
		_, err = k.Vault.Certificate(ctx, other, rows[0].ID)
		code(t, err, "not_found")
	})
}

// What somebody put into a certificate cannot make its page endless.
func TestFactsAreBounded(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	leaf := inter.Leaf("big.example.com", testcert.With(func(x *x509.Certificate) {
		x.DNSNames = nil
		for i := range 1200 {
			x.DNSNames = append(x.DNSNames, fmt.Sprintf("n%d.example.com", i))
		}
		for i := range 300 {
			x.Subject.OrganizationalUnit = append(x.Subject.OrganizationalUnit, fmt.Sprintf("unit %d %s", i, strings.Repeat("x", 60)))
			x.CRLDistributionPoints = append(x.CRLDistributionPoints, fmt.Sprintf("http://crl%d.example.com/%s", i, strings.Repeat("y", 80)))
		}
	}))
	rows := upload(t, k, "", "big.pem", leaf.CertPEM)
	d, err := k.Vault.Certificate(ctx, k.Owner, ofKind(t, rows, cert.KindCert).ID)
	if err != nil {
		t.Fatal(err)
	}
	if f := d.Facts; len(f.Names) != 1000 || f.MoreNames != 200 || len(f.Subject) > 40 || len(f.CRLs) > 20 {
		t.Errorf("%d names, %d more, %d attributes, %d addresses", len(f.Names), f.MoreNames, len(f.Subject), len(f.CRLs))
	}
}

func TestAGroupPage(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		leaf := inter.Leaf("page.example.com")
		upload(t, k, "page", "p.pem", leaf.CertPEM, leaf.KeyPEM)
		upload(t, k, "elsewhere", "e.pem", inter.Leaf("elsewhere.example.com").CertPEM)
		bind(t, k, "page", "web 1")
		in := ingest.New(ingest.Deps{Store: k.Store, Sealer: k.Sealer, Intake: k.Intake, Now: time.Now})
		for _, g := range []string{"page", "elsewhere", ""} {
			if _, _, err := in.Create(ctx, k.Owner, ingest.NewToken{Name: "token of " + g, Group: g}); err != nil {
				t.Fatal(err)
			}
		}
		for _, by := range []string{"page", groupID(t, k, "page")} {
			p, err := k.Vault.GroupPage(ctx, k.Owner, by)
			if err != nil || p.Group.Name != "page" || p.Group.Targets != 1 || len(p.Generations) != 1 || len(p.Rows) != p.Group.Artifacts || len(p.Targets) != 1 {
				t.Fatalf("%+v, %v", p, err)
			}
			if len(p.IngestTokens) != 1 || p.IngestTokens[0].Name != "token of page" || p.Group.NotAfter.IsZero() {
				t.Errorf("%+v", p)
			}
		}
		_, err := k.Vault.GroupPage(ctx, k.NewTenant(t, "Other"), "page")
		code(t, err, "not_found")
		_, err = k.Vault.GroupPage(ctx, tenant.Actor{Principal: tenant.PrincipalIngest, Tenant: k.Tenant}, "page")
		if fault.KindOf(err) != fault.Forbidden {
			t.Error(err)
		}
	})
}

func TestTheTableKnowsHowManyThereAre(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		now := time.Now()
		for i, end := range []int{-3, 10, 20, 60} {
			name := fmt.Sprintf("n%d.example.com", i)
			p := inter.Leaf(name, testcert.Valid(now.AddDate(0, 0, -90), now.AddDate(0, 0, end)))
			upload(t, k, []string{"a", "b"}[i%2], name+".pem", p.CertPEM, p.KeyPEM)
		}
		upload(t, k, "", "junk.bin", []byte("junk"))
		for what, c := range map[string]struct {
			q     vault.ListQuery
			rows  int
			known bool
		}{
			"all":           {vault.ListQuery{}, 13, true},
			"a kind":        {vault.ListQuery{Kind: cert.KindCert}, 4, true},
			"a group":       {vault.ListQuery{Group: "A"}, 6, true},
			"both":          {vault.ListQuery{Kind: cert.KindCert, Group: "a"}, 2, false},
			"ungrouped":     {vault.ListQuery{Group: "none"}, 1, false},
			"a word":        {vault.ListQuery{Search: "n1"}, 3, false},
			"signs":         {vault.ListQuery{Search: "%%"}, 0, false},
			"ends soon":     {vault.ListQuery{Expires: vault.ExpiresSoon, Sort: artifact.SortExpiry}, 2, false},
			"has ended":     {vault.ListQuery{Expires: vault.ExpiresPast}, 1, false},
			"soon, group a": {vault.ListQuery{Expires: vault.ExpiresSoon, Group: "a", Kind: cert.KindCert, Search: "example"}, 1, false},
		} {
			c.q.Limit = 200
			tab, err := k.Vault.Table(ctx, k.Owner, c.q)
			if err != nil || len(tab.Items) != c.rows || tab.Known != c.known || c.known && tab.Total != c.rows || tab.Counts.Total() != 13 {
				t.Errorf("%s: %d rows, %d of %d, known %v, %v", what, len(tab.Items), tab.Total, tab.Counts.Total(), tab.Known, err)
			}
		}
		page, err := k.Vault.Table(ctx, k.Owner, vault.ListQuery{Limit: 5})
		if err != nil || len(page.Items) != 5 || page.Next == "" || page.Total != 13 {
			t.Errorf("%+v, %v", page, err)
		}
		_, err = k.Vault.List(ctx, k.Owner, vault.ListQuery{Expires: "soon"})
		code(t, err, "bad_query")
	})
}
