package vault

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/adapters/http/web/story"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/deploy"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// hostile is a text that somebody may have put into a certificate, as core/text makes it visible.
const hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)>' {{7*7}} \u202egnp.exe`

var long = strings.Repeat("a-very-long-label-without-a-place-to-break", 12)

func days(n int) time.Time { return story.Now.AddDate(0, 0, n) }

// at is the view of somebody with that role, in this section.
func at(role tenant.Role) view.View {
	v := story.View(role)
	v.Current, v.Path = section, home
	return v
}

func inDialog(role tenant.Role) view.View {
	v := at(role)
	v.Dialog, v.Script = true, true
	return v
}

type option func(*artifact.Artifact)

func of(groupName string) option {
	return func(a *artifact.Artifact) { a.Group, a.GroupName = "grp_"+groupName, groupName }
}

func valid(from, to int) option {
	return func(a *artifact.Artifact) { a.NotBefore, a.NotAfter = days(from), days(to) }
}

// sample is a row of that kind.
func sample(n int, kind cert.Kind, name, subject string, options ...option) artifact.Artifact {
	a := artifact.Artifact{
		ID: artifact.ID(fmt.Sprintf("art_%03d", n)), Kind: kind, Name: name, Filename: name + ".pem", Subject: subject, Size: 2310,
		Source: artifact.SourceUpload, CreatedAt: days(-20), CreatedBy: "mara@aldermoor.example",
	}
	switch kind {
	case cert.KindCert, cert.KindBundle, cert.KindPFX:
		a.SANs, a.Issuer = []string{subject}, "Let's Encrypt YE2"
		a.NotBefore, a.NotAfter = days(-57), days(33)
	}
	switch kind {
	case cert.KindCert:
		a.KeyType, a.KeyBits, a.Serial = "ECDSA", 256, "03a75e119c42b7703e55d80a16c4d1f08d"
		a.Fingerprint, a.SPKI = strings.Repeat("9f2c41d8", 8), strings.Repeat("7be05a97", 8)
	case cert.KindKey:
		a.KeyType, a.KeyBits, a.HoldsKey, a.SPKI, a.Filename = "ECDSA", 256, true, strings.Repeat("7be05a97", 8), name
	case cert.KindBundle, cert.KindPFX:
		a.HoldsKey = true
	case cert.KindUnknown:
		a.HoldsKey, a.Reason, a.Filename = true, "This is no certificate, key or bundle that we know how to read.", name
	}
	for _, o := range options {
		o(&a)
	}
	return a
}

func tableOf(list ...artifact.Artifact) vault.Table {
	return vault.Table{
		Page: artifact.Page{Items: list, Next: "bmV4dA"}, Total: 412, Known: true,
		Counts: artifact.Counts{Artifacts: map[cert.Kind]int{cert.KindCert: 260, cert.KindKey: 100, cert.KindBundle: 52}, Groups: 138, Targets: 18},
		Ends:   map[vault.Expires]int{vault.ExpiresDue: 19, vault.ExpiresSoon: artifact.MostCounted, vault.ExpiresPast: 1},
	}
}

func usual() []artifact.Artifact {
	weak := func(a *artifact.Artifact) {
		a.KeyType, a.KeyBits, a.Warnings = "RSA", 1024, []string{"weak_key_rsa_small"}
	}
	return []artifact.Artifact{
		sample(1, cert.KindCert, "Mail gateway", "mail.aldermoor.example", of("mail"), valid(-92, -2)),
		sample(2, cert.KindCert, "Carrier EDI", "as2.carriers.aldermoor.example", of("edi-as2"), valid(-362, 3)),
		sample(3, cert.KindBundle, "Edge short-lived", "*.edge.aldermoor.example", of("edge"), valid(-2, 4)),
		sample(4, cert.KindCert, "Depot scanners", "scan.wh.aldermoor.example", of("warehouse"), valid(-78, 12), weak),
		sample(5, cert.KindPFX, "IIS intranet", "intranet.aldermoor.example", of("iis-intranet"), valid(-200, 19)),
		sample(6, cert.KindKey, "api-2026.key", "", of("api")),
		sample(7, cert.KindUnknown, "firmware.bin", ""),
		sample(8, cert.KindCert, "ISRG Root X2", "ISRG Root X2", func(a *artifact.Artifact) { a.CA, a.SANs = true, nil }, valid(-2000, 5048)),
	}
}

func sampleGroup(name string, options ...func(*group.Group)) group.Group {
	g := group.Group{
		ID: "grp_" + name, Name: name, Current: 7, Keyed: true, HasKey: true, Generations: 3, Targets: 3, Artifacts: 3, PasswordVersion: 1,
		NotBefore: days(-57), NotAfter: days(33), CreatedAt: days(-900),
	}
	for _, o := range options {
		o(&g)
	}
	return g
}

func expiring(n int) func(*group.Group) {
	return func(g *group.Group) { g.NotBefore, g.NotAfter = days(-90), days(n) }
}

func waits(g *group.Group) {
	g.Current, g.HasKey, g.Keyed, g.Waiting, g.Targets = 0, false, false, 1, 0
}

func urgent() []group.Group {
	return []group.Group{
		sampleGroup("edi-as2", expiring(3)), sampleGroup("mail", expiring(-2)), sampleGroup("warehouse", expiring(12)), sampleGroup("storefront"),
		sampleGroup("new-site", waits, func(g *group.Group) { g.NotAfter = time.Time{} }),
		sampleGroup("empty", func(g *group.Group) {
			g.Current, g.HasKey, g.NotAfter, g.Artifacts, g.Targets = 0, false, time.Time{}, 0, 0
		}),
	}
}

func sampleTargets() []target.Target {
	t := func(id, name string, fetched time.Time, observed int) target.Target {
		return target.Target{
			ID: id, Name: name, Type: target.TypePull, Group: "grp_storefront", GroupName: "storefront", Wanted: 7,
			LastFetch: target.LastFetch{At: fetched, Generation: observed, Observed: observed},
		}
	}
	return []target.Target{
		t("tgt_1", "web-eu-01", story.Now.Add(-14*time.Minute), 7), t("tgt_2", "web-eu-02", days(-3), 6), t("tgt_3", "f5-dmz", time.Time{}, 0),
	}
}

// kindsOfTargets are the plugins of the stories.
var kindsOfTargets = part.Kinds{{Type: "deploy.ssh", Title: "Linux or Unix by SSH", Icon: "server"}}

// servedTargets are those that we deploy to, of which one has what it should.
func servedTargets() []target.Target {
	var out []target.Target
	for i, s := range []deploy.State{deploy.Serving, deploy.ServingOther, deploy.Unreachable, deploy.Failed, deploy.RolledBack, deploy.Superseded} {
		t := sampleTargets()[0]
		t.ID, t.Name, t.Type = "tgt_s"+strconv.Itoa(i), "served-"+strconv.Itoa(i), "deploy.ssh"
		st := target.Status{State: s, Generation: 7, Observed: 7, ObservedAt: story.Now.Add(-time.Hour), Deployment: "dep_1", Reason: "why\u202e <b>it</b>"}
		if i > 0 {
			st.Observed, st.Served = 6, []deploy.Served{{Fingerprint: "ab", Generation: 6}}
		}
		t.Deploy = &target.Deploy{Settings: map[string]any{"host": "10.20.4." + strconv.Itoa(i)}, Status: st, Endpoints: []target.Endpoint{{Host: "shop.example.com", Port: 443}}}
		out = append(out, t)
	}
	return out
}

func generationsOf(states ...group.State) []vault.Generation {
	var out []vault.Generation
	for i, s := range states {
		n := 8 - i
		leaf := sample(100+n, cert.KindCert, "Storefront", "shop.aldermoor.example", of("storefront"), valid(-57-90*i, 33-90*i))
		key := sample(200+n, cert.KindKey, "storefront.key", "", of("storefront"))
		g := vault.Generation{
			Number: n, State: s, Leaf: leaf, Key: &key, CreatedAt: days(-57 - 90*i), Source: artifact.SourceUpload,
			Chain: []artifact.Artifact{sample(300, cert.KindCert, "Let's Encrypt YE2", "Let's Encrypt YE2")},
		}
		switch s {
		case group.Waiting:
			g.Key = nil
		case group.Staged:
			g.Blocked = []group.Reason{{Code: group.ReasonNamesMissing, Names: []string{"m.aldermoor.example"}}, {Code: group.ReasonNotLater}}
		}
		if s != group.Current {
			g.Changes = &vault.Changes{
				NamesAdded: []string{"new.aldermoor.example"}, NamesRemoved: []string{"m.aldermoor.example", "img.aldermoor.example"},
				Issuer:   &vault.FromTo{From: "Let's Encrypt YE2", To: "Sectigo RSA DV"},
				NotAfter: &vault.FromTo{From: days(33).Format(time.RFC3339), To: days(123).Format(time.RFC3339)},
			}
		}
		out = append(out, g)
	}
	return out
}

func samplePage(states ...group.State) vault.GroupPage {
	return vault.GroupPage{
		Group: sampleGroup("storefront"), Generations: generationsOf(states...), Targets: sampleTargets(),
		Rows: []artifact.Artifact{
			sample(107, cert.KindCert, "Storefront", "shop.aldermoor.example", of("storefront")),
			sample(207, cert.KindKey, "storefront.key", "", of("storefront")),
			sample(307, cert.KindBundle, "storefront", "shop.aldermoor.example", of("storefront")),
		},
	}
}

func sampleDetail() vault.Detail {
	p := samplePage(group.Current, group.Previous)
	row := sample(108, cert.KindCert, "Storefront", "shop.aldermoor.example", of("storefront"))
	var names []vault.Name
	for i := range 42 {
		row.SANs = append(row.SANs, fmt.Sprintf("host-%02d.aldermoor.example", i))
		names = append(names, vault.Name{Type: "DNS", Value: fmt.Sprintf("host-%02d.aldermoor.example", i)})
	}
	root := sample(301, cert.KindCert, "ISRG Root X2", "ISRG Root X2", valid(-2000, 5048))
	return vault.Detail{
		Row: row,
		Facts: &vault.Facts{
			Version: 3, Subject: []vault.Attribute{{Type: "CN", Value: "shop.aldermoor.example"}}, Names: names,
			Issuer:   []vault.Attribute{{Type: "C", Value: "US"}, {Type: "O", Value: "Let's Encrypt"}, {Type: "CN", Value: "YE2"}},
			KeyUsage: []string{"digital signature"}, ExtKeyUsage: []string{"TLS server"}, SignatureAlgorithm: "ECDSA-SHA384",
			SubjectKeyID: strings.Repeat("ab", 20), AuthorityKeyID: strings.Repeat("cd", 20), IssuerURLs: []string{"http://ye2.i.lencr.org/"},
		},
		Ancestry:    intake.Ancestry{Links: []artifact.Artifact{sample(300, cert.KindCert, "Let's Encrypt YE2", "Let's Encrypt YE2", valid(-100, 655))}, Root: &root, RootName: "ISRG Root X2", Trusted: true},
		Uses:        []group.Use{{Group: "grp_storefront", GroupName: "storefront", Number: 7, State: group.Current, As: group.AsLeaf}},
		Group:       &p.Group,
		Generations: p.Generations,
		Targets:     p.Targets,
		Keys:        []artifact.Artifact{sample(207, cert.KindKey, "storefront.key", "", of("storefront"))},
	}
}
