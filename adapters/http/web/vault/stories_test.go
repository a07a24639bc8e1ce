package vault

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/adapters/http/web/paging"
	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/adapters/http/web/story"
	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/tenant"
)

func TestStories(t *testing.T) {
	story.Check(t, slices.Concat(tableStories(), rowStories(), rowFormStories(), groupStories(), groupFormStories()))
}

func tableStories() []story.Story {
	page := tablePage{Table: tableOf(usual()...), Urgent: urgent(), Groups: choice(part.Groups{Items: urgent()}, "")}
	many := page
	many.Table = tableOf()
	many.Table.Total = 10_000
	for i := range paging.Rows {
		many.Table.Items = append(many.Table.Items, sample(i, cert.KindCert, fmt.Sprintf("host-%02d", i), fmt.Sprintf("host-%02d.aldermoor.example", i)))
	}
	many.List = listing{Sort: "-name", Place: paging.Place{Cursor: "YmNk", Back: []string{"YWJj"}, Skipped: 100}}
	chosen := page
	storefront := samplePage(group.Current, group.Previous)
	chosen.Chosen, chosen.List = &storefront, listing{Group: "grp_storefront", Kind: "cert", Ends: vault.ExpiresSoon, Sort: artifact.SortExpiry}
	chosen.Table.Ends = nil
	empty := tablePage{Table: vault.Table{Known: true}}
	none := page
	none.Table.Items, none.Table.Next, none.Table.Known, none.Table.Ends = nil, "", false, nil
	searched, narrowed := none, none
	searched.List = listing{Search: "shpo " + hostile}
	narrowed.List = listing{Kind: "unknown", Group: noGroup}
	bad := page
	bad.Table = tableOf(
		sample(1, cert.KindCert, hostile, hostile, of(hostile), func(a *artifact.Artifact) { a.Issuer = hostile }),
		sample(2, cert.KindBundle, long, long, of(long), func(a *artifact.Artifact) { a.Issuer = long }),
		sample(3, cert.KindUnknown, hostile, ""),
	)
	bad.Urgent = []group.Group{sampleGroup(hostile), sampleGroup(long)}
	bad.Urgent[0].ID, bad.Urgent[1].ID = "grp_1", "grp_2"
	return []story.Story{
		{Name: "vault", Component: vaultPage(at(tenant.Owner), page)},
		{Name: "vault-viewer", Component: vaultPage(at(tenant.Viewer), page)},
		{Name: "vault-group", Component: vaultPage(at(tenant.Editor), chosen)},
		{Name: "vault-many", Component: vaultPage(at(tenant.Editor), many)},
		{Name: "vault-hostile", Component: vaultPage(at(tenant.Owner), bad)},
		{Name: "vault-empty", Component: vaultPage(at(tenant.Owner), empty)},
		{Name: "vault-empty-viewer", Component: vaultPage(at(tenant.Viewer), empty)},
		{Name: "vault-no-match", Component: vaultPage(at(tenant.Owner), searched)},
		{Name: "vault-narrowed", Component: vaultPage(at(tenant.Viewer), narrowed)},
		{Name: "vault-fragment", Component: tableFragment(at(tenant.Owner), chosen)},
	}
}

func rowStories() []story.Story {
	d := sampleDetail()
	key := vault.Detail{Row: sample(207, cert.KindKey, "storefront.key", "", of("storefront")), Group: d.Group, Generations: d.Generations, Certs: []artifact.Artifact{d.Row}}
	bundle := vault.Detail{Row: sample(307, cert.KindBundle, "storefront", "shop.aldermoor.example")}
	unknown := vault.Detail{Row: sample(7, cert.KindUnknown, "firmware.bin", "")}
	alone := d
	alone.Group, alone.Generations, alone.Targets, alone.Keys, alone.Uses = nil, nil, nil, nil, nil
	alone.Row = sample(9, cert.KindCert, "Old intranet", "intranet.example", valid(10, 40))
	alone.Row.Warnings = []string{"weak_key_rsa_small", "sha1_signature", "something_new"}
	alone.Ancestry = intake.Ancestry{Missing: "Aldermoor CA 2"}
	issuer := alone
	issuer.Row = sample(300, cert.KindCert, "Let's Encrypt YE2", "Let's Encrypt YE2", func(a *artifact.Artifact) { a.CA = true })
	issuer.Ancestry = intake.Ancestry{RootName: "ISRG Root X2"}
	issuer.MoreUses, issuer.Uses = 210, []group.Use{
		{Group: "grp_1", GroupName: "storefront", Number: 7, State: group.Current, As: group.AsChain, Targets: 3},
		{Group: "grp_2", GroupName: hostile, Number: 2, State: group.Staged, As: group.AsChain},
		{Group: "grp_2", GroupName: long, Number: 1, State: group.Previous, As: group.AsKey},
	}
	self := alone
	facts := *d.Facts
	facts.SelfSigned, facts.CA, facts.Names = true, true, nil
	self.Row.CA, self.Row.Warnings, self.Facts, self.Ancestry = true, nil, &facts, intake.Ancestry{}
	served := d
	served.Targets = append(servedTargets(), sampleTargets()[1])
	return []story.Story{
		{Name: "cert", Component: certificatePage(at(tenant.Owner), d, kindsOfTargets)},
		{Name: "cert-viewer", Component: certificatePage(at(tenant.Viewer), d, kindsOfTargets)},
		{Name: "cert-served", Component: certificatePage(at(tenant.Owner), served, kindsOfTargets)},
		{Name: "cert-alone", Component: certificatePage(at(tenant.Editor), alone, kindsOfTargets)},
		{Name: "cert-issuer", Component: certificatePage(at(tenant.Viewer), issuer, kindsOfTargets)},
		{Name: "cert-self-signed", Component: certificatePage(at(tenant.Editor), self, kindsOfTargets)},
		{Name: "cert-hostile", Component: certificatePage(at(tenant.Owner), hostileDetail(), kindsOfTargets)},
		{Name: "key", Component: certificatePage(at(tenant.Owner), key, kindsOfTargets)},
		{Name: "key-viewer", Component: certificatePage(at(tenant.Viewer), key, kindsOfTargets)},
		{Name: "bundle", Component: certificatePage(at(tenant.Editor), bundle, kindsOfTargets)},
		{Name: "unknown", Component: certificatePage(at(tenant.Editor), unknown, kindsOfTargets)},
		{Name: "unknown-viewer", Component: certificatePage(at(tenant.Viewer), unknown, kindsOfTargets)},
	}
}

// hostileDetail has 1,000 names, a subject of 64 KB and signs of HTML in every text.
func hostileDetail() vault.Detail {
	d := sampleDetail()
	d.Row.Name, d.Row.Subject, d.Row.Issuer, d.Row.Filename = hostile, strings.Repeat("x", 64<<10), hostile, hostile
	facts := *d.Facts
	facts.Subject = []vault.Attribute{{Type: hostile, Value: hostile}, {Type: "CN", Value: long}}
	facts.OCSP, facts.Names, facts.MoreNames = []string{"javascript:alert(1)", hostile}, nil, 50
	for i := range 1000 {
		facts.Names = append(facts.Names, vault.Name{Type: "DNS", Value: fmt.Sprintf("%04d-%s", i, hostile)})
	}
	d.Facts, d.Row.SANs = &facts, make([]string, 1000)
	d.Ancestry = intake.Ancestry{Missing: hostile + long}
	for i := range d.Targets {
		d.Targets[i].Name = hostile
	}
	return d
}

func rowFormStories() []story.Story {
	a := usual()[0]
	taken := fault.New(fault.Invalid, "bad_name", "The name is not usable.").Field("name", "Use at most 200 characters.")
	inUse := fault.New(fault.Conflict, "in_use", "2 kept generations rest on this. Look at what would break, then confirm.")
	notTyped := mustType("x", "y")
	locked := fault.New(fault.Invalid, "wrong_password", "It still cannot be read. Nothing was changed.").Field("password", "Check the password: it does not open the file.")
	var many []artifact.Artifact
	for i := range 25 {
		many = append(many, sample(i, cert.KindCert, fmt.Sprintf("host-%02d", i), fmt.Sprintf("host-%02d.example", i), of("web")))
	}
	one := moveInput{Path: home + "/art_001/move", Rows: []artifact.Artifact{a}, Group: part.Groups{Items: urgent()}}
	several := moveInput{Path: home + "/move", Rows: many, Gone: 2, Group: part.Groups{Items: urgent(), Value: "new", More: true}}
	clean := deleteInput{Path: home + "/art_001/delete", Loss: vault.Breakage{Rows: []artifact.Artifact{a}}}
	breaks := deleteInput{Path: home + "/delete", Typed: "delete", Loss: vault.Breakage{
		Rows: usual()[1:3], More: 3, MoreBound: 1, MoreFree: 250, Shown: "5f1c",
		Lost: []intake.Lost{
			{Group: "grp_1", GroupName: "storefront", Number: 7, What: intake.LostGeneration, Current: true},
			{Group: "grp_1", GroupName: "storefront", Number: 6, What: intake.LostGeneration},
			{Group: "grp_2", GroupName: hostile, Number: 2, What: intake.LostKey, Current: true},
			{Group: "grp_3", GroupName: "edge", Number: 4, What: intake.LostLink, Current: true},
		},
		Groups: []vault.GroupLoss{
			{Group: "grp_1", Name: "storefront", What: intake.LostGeneration, Targets: sampleTargets(), Bound: 12},
			{Group: "grp_2", Name: hostile, What: intake.LostKey, Targets: sampleTargets()[:1], Bound: 1},
			{Group: "grp_3", Name: "edge", What: intake.LostLink},
		},
	}}
	several.Loss = &breaks.Loss
	unknown := sample(7, cert.KindUnknown, "firmware.bin", "")
	return []story.Story{
		{Name: "rename-page", Component: renamePage(at(tenant.Owner), a, a.Name, nil)},
		{Name: "rename-dialog-refused", Component: renamePage(inDialog(tenant.Owner), a, hostile, taken)},
		{Name: "move-dialog", Component: movePage(inDialog(tenant.Editor), one, nil)},
		{Name: "move-many-in-use", Component: movePage(at(tenant.Editor), several, inUse)},
		{Name: "delete-dialog", Component: deletePage(inDialog(tenant.Owner), clean, nil)},
		{Name: "delete-many-breaks", Component: deletePage(at(tenant.Owner), breaks, notTyped)},
		{Name: "parse-dialog", Component: parsePage(inDialog(tenant.Editor), unknown, nil)},
		{Name: "parse-page-refused", Component: parsePage(at(tenant.Editor), unknown, locked)},
	}
}

func groupStories() []story.Story {
	list := groupsPageData{Sort: group.SortExpiry, Page: group.Page{Items: urgent(), Next: "bmV4dA"}}
	none := groupsPageData{Sort: group.SortName, Search: hostile}
	full := samplePage(group.Current, group.Previous, group.Previous)
	full.IngestTokens = []tenant.IngestToken{{ID: "itk_1", Name: "ci-prod", Group: "grp_storefront"}}
	waiting := samplePage(group.Waiting)
	waiting.Group, waiting.Targets = sampleGroup("new-site", waits), nil
	staged := samplePage(group.Staged, group.Current)
	staged.Group.Staged = 1
	unfit := samplePage(group.Staged, group.Current)
	unfit.Group.Staged, unfit.Group.Unfit = 1, 1
	unfit.Generations[0].Blocked = []group.Reason{{Code: group.ReasonWeakKey}, {Code: group.ReasonNotLater}}
	unborn := vault.GroupPage{Group: urgent()[5], Rows: []artifact.Artifact{sample(107, cert.KindCert, "lone", "lone.aldermoor.example", of("storefront"))}}
	unborn.Group.Artifacts, unborn.Rows[0].CA = 1, true
	empty := vault.GroupPage{Group: urgent()[5]}
	bad := samplePage(group.Staged, group.Waiting, group.Current)
	bad.Group.Name, bad.Group.Artifacts, bad.Group.Targets = hostile, 10_000, 300
	bad.Rows = nil
	for i := range 200 {
		bad.Rows = append(bad.Rows, sample(i, cert.KindCert, hostile, long))
	}
	for i := range bad.Generations {
		bad.Generations[i].Leaf.Subject, bad.Generations[i].Missing = hostile, long
		if c := bad.Generations[i].Changes; c != nil {
			c.NamesAdded = slices.Repeat([]string{hostile}, 30)
		}
	}
	return []story.Story{
		{Name: "groups", Component: groupsPage(at(tenant.Owner), list)},
		{Name: "groups-viewer", Component: groupsPage(at(tenant.Viewer), list)},
		{Name: "groups-empty", Component: groupsPage(at(tenant.Owner), groupsPageData{Sort: group.SortExpiry})},
		{Name: "groups-no-match", Component: groupsPage(at(tenant.Owner), none)},
		{Name: "group", Component: groupPage(at(tenant.Owner), full, kindsOfTargets)},
		{Name: "group-viewer", Component: groupPage(at(tenant.Viewer), full, kindsOfTargets)},
		{Name: "group-waiting", Component: groupPage(at(tenant.Editor), waiting, kindsOfTargets)},
		{Name: "group-staged", Component: groupPage(at(tenant.Editor), staged, kindsOfTargets)},
		{Name: "group-unfit", Component: groupPage(at(tenant.Editor), unfit, kindsOfTargets)},
		{Name: "activate-unfit", Component: activatePage(inDialog(tenant.Editor), activateInput{unfit, &unfit.Generations[0]}, nil)},
		{Name: "group-unborn", Component: groupPage(at(tenant.Editor), unborn, kindsOfTargets)},
		{Name: "group-empty", Component: groupPage(at(tenant.Owner), empty, kindsOfTargets)},
		{Name: "group-hostile", Component: groupPage(at(tenant.Owner), bad, kindsOfTargets)},
	}
}

func groupFormStories() []story.Story {
	taken := fault.New(fault.Conflict, "name_taken", "There is a group of that name already.").Field("name", "Choose another name.")
	weak := fault.New(fault.Invalid, "bad_password", "The password is not usable for a PFX.").Field("password", "Use at most 256 characters.")
	other := fault.New(fault.Invalid, "other_key", "This key belongs to another certificate, so nothing was stored.").Field("key", "Give the key that the certificate was made with.")
	with := sampleGroup("storefront")
	without := sampleGroup("storefront", func(g *group.Group) { g.PasswordVersion = 0 })
	full := samplePage(group.Staged, group.Current, group.Previous)
	open := full
	open.Group, open.Targets = sampleGroup("storefront", func(g *group.Group) { g.Targets = 0 }), nil
	held := full
	held.IngestTokens = []tenant.IngestToken{{ID: "itk_1", Name: hostile, Group: "grp_storefront"}}
	waiting := samplePage(group.Waiting)
	plain := full
	plain.Group = without
	return []story.Story{
		{Name: "group-new-dialog", Component: newGroupPage(inDialog(tenant.Editor), "", nil)},
		{Name: "group-new-page-refused", Component: newGroupPage(at(tenant.Editor), "storefront", taken)},
		{Name: "group-rename-dialog", Component: renameGroupPage(inDialog(tenant.Editor), with, with.Name, nil)},
		{Name: "group-password-set", Component: passwordPage(inDialog(tenant.Editor), without, nil)},
		{Name: "group-password-refused", Component: passwordPage(at(tenant.Editor), with, weak)},
		{Name: "group-delete-dialog", Component: deleteGroupPage(inDialog(tenant.Owner), open, "", nil)},
		{Name: "group-delete-refused", Component: deleteGroupPage(at(tenant.Owner), open, "store", mustType("store", "storefront"))},
		{Name: "group-delete-bound", Component: deleteGroupPage(inDialog(tenant.Owner), held, "", nil)},
		{Name: "group-delete-bound-page", Component: deleteGroupPage(at(tenant.Owner), held, "", nil)},
		{Name: "group-key-dialog", Component: keyPage(inDialog(tenant.Editor), waiting, nil)},
		{Name: "group-key-refused", Component: keyPage(at(tenant.Editor), waiting, other)},
		{Name: "pfx-dialog", Component: pfxPage(inDialog(tenant.Editor), full, pfxInput{Preset: "modern"}, nil)},
		{Name: "pfx-no-password", Component: pfxPage(at(tenant.Editor), plain, pfxInput{Preset: "legacy", Keep: true}, weak)},
		{Name: "pfx-no-key", Component: pfxPage(inDialog(tenant.Editor), waiting, pfxInput{}, nil)},
		{Name: "activate-dialog", Component: activatePage(inDialog(tenant.Editor), activateInput{full, &full.Generations[0]}, nil)},
		{Name: "roll-back-page", Component: activatePage(at(tenant.Editor), activateInput{full, &full.Generations[2]}, nil)},
		{Name: "activate-current", Component: activatePage(inDialog(tenant.Editor), activateInput{full, &full.Generations[1]}, nil)},
	}
}
