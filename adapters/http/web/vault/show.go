package vault

import (
	"strconv"
	"time"

	"github.com/a-h/templ"

	"github.com/ignisfox/ignisfox/adapters/http/web/paging"
	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/adapters/http/web/ui"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/tenant"
)

func rowPath(a artifact.Artifact) string { return home + "/" + string(a.ID) }

func groupPath(id string) string { return groups + "/" + id }

// vaultCrumb is above every page of a row.
var (
	vaultCrumb  = part.Crumb{Title: "Cert vault", Href: home}
	groupsCrumb = part.Crumb{Title: "Groups", Href: groups}
)

// rowCrumbs are the pages above that of a row.
func rowCrumbs(a artifact.Artifact) []part.Crumb {
	out := []part.Crumb{vaultCrumb}
	if a.Group != "" {
		out = append(out, part.Crumb{Title: a.GroupName, Href: groupPath(a.Group)})
	}
	return out
}

// keyFact answers "RSA 2048", "ECDSA P-256", "Ed25519"; empty for what has no one key.
func keyFact(a artifact.Artifact) string {
	switch a.KeyType {
	case "ECDSA":
		return "ECDSA P-" + strconv.Itoa(a.KeyBits)
	case "Ed25519", "":
		return a.KeyType
	default:
		return a.KeyType + " " + strconv.Itoa(a.KeyBits)
	}
}

// sub is the second line of a row.
func sub(a artifact.Artifact) string {
	switch {
	case a.Kind == cert.KindUnknown:
		return a.Reason
	case a.Kind == cert.KindKey:
		return keyFact(a)
	case a.Subject == "" || a.Subject == a.Name:
		return a.Filename
	default:
		return a.Subject
	}
}

// weak is the short word for what is wrong with a row; empty for nothing.
func weak(a artifact.Artifact) string {
	if len(a.Warnings) == 0 {
		return ""
	}
	return view.WarningOf(a.Warnings[0]).Short
}

// mayDownload says whether the person gets the bytes of the row.
func mayDownload(v view.View, a artifact.Artifact) bool {
	return !a.HoldsKey || v.Can(tenant.ArtifactExport)
}

// ending is one way to get a row.
type ending struct{ Ext, Label, Note string }

// endings answers in which ways a row can be had: certificates under three names, with the same bytes.
func endings(a artifact.Artifact) []ending {
	switch a.Kind {
	case cert.KindCert:
		return []ending{{"pem", "Download .pem", ""}, {"crt", "Download .crt", "same bytes"}, {"cer", "Download .cer", "same bytes"}}
	case cert.KindKey:
		return []ending{{"key", "Download .key", ""}, {"pem", "Download .pem", "same bytes"}}
	case cert.KindPFX:
		return []ending{{"pfx", "Download .pfx", ""}, {"p12", "Download .p12", "same bytes"}}
	default:
		return []ending{{"", "Download as it came", ""}}
	}
}

func downloadPath(a artifact.Artifact, ext string) string {
	if ext == "" {
		return rowPath(a) + "/download"
	}
	return rowPath(a) + "/download?ext=" + ext
}

// rows answers "3 rows".
func rows(n int) string { return view.Count(n, "row") }

// pager says where in the list the page is, and leads onward.
func (p tablePage) pager() ui.PagerProps {
	total := 0
	if p.Table.Known {
		total = p.Table.Total
	}
	return p.List.Place.Props(len(p.Table.Items), total, p.Table.Next, func(at paging.Place) string { return p.List.placed(at).href() })
}

var kindOptions = []ui.Option{
	{Value: "", Label: "All kinds"}, {Value: "cert", Label: "cert"}, {Value: "key", Label: "key"}, {Value: "bundle", Label: "bundle"},
	{Value: "pfx", Label: "PFX"}, {Value: "unknown", Label: "unknown"},
}

// swaps makes a link fetch the list with our script.
func swaps(href, id string) templ.Attributes { return templ.Attributes{"hx-get": href, "id": id} }

// alsoSwapped names an element, and has it take the place of the one of its name when it comes beside the list.
func alsoSwapped(id string, besides bool) templ.Attributes {
	out := templ.Attributes{"id": id}
	if besides {
		out["hx-swap-oob"] = "true"
	}
	return out
}

// state is how a group stands, in a word or two.
type state struct{ Tone, Text string }

func groupState(v view.View, g group.Group) state {
	switch {
	case g.Waiting > 0 && (g.Current == 0 || !g.HasKey):
		return state{view.ToneWarn, "waits for its key"}
	case g.NotAfter.IsZero() && g.Staged > 0 && g.Staged == g.Unfit:
		return state{view.ToneWarn, "weak key"}
	case g.NotAfter.IsZero() && g.Staged > 0:
		return state{view.ToneInfo, "staged"}
	case g.NotAfter.IsZero() && g.Artifacts > 0:
		return state{"", "nothing to serve"}
	case g.NotAfter.IsZero():
		return state{"", "empty"}
	}
	e := view.ExpiryOf(g.NotBefore, g.NotAfter, v.Now)
	return state{e.Tone, e.Text}
}

// validity is a span of days.
func validity(v view.View, from, to time.Time) string { return v.Date(from) + " to " + v.Date(to) }

// current answers the generation that devices get; nil when there is none.
func current(list []vault.Generation) *vault.Generation {
	for i := range list {
		if list[i].State == group.Current {
			return &list[i]
		}
	}
	return nil
}

// noted is what stands behind a download in a menu.
func noted(a artifact.Artifact, e ending) string {
	if a.HoldsKey && e.Note == "" {
		return "confirm it is you"
	}
	return e.Note
}

// spoken is what screen readers hear when the list has changed.
func (p tablePage) spoken() string {
	if len(p.Table.Items) == 0 {
		return "No items"
	}
	return p.pager().Label + " items"
}

// outOf says in how much nothing was found.
func (p tablePage) outOf() string { return "Nothing in " + view.Count(p.all(), "item") + "." }

// waysIn says how something gets into the vault.
func waysIn(v view.View) string {
	if v.Has("ingest") {
		return "Two ways in: upload a file, or let your pipeline post each renewal."
	}
	return "Upload a certificate with its key, and it is sealed and searchable."
}

// ingestCommand is how a pipeline sends what it renewed. The token stays in a file: see the page of the ingest API.
func ingestCommand(v view.View) string {
	return "# after each renewal; the token stays in a file that only root reads\n" +
		"curl --fail --silent --show-error -H @/etc/ignisfox/ingest.header \\\n" +
		"  -H 'Content-Type: application/x-pem-file' \\\n" +
		"  --data-binary @bundle.pem " + v.BaseURL + "/api/ingest"
}

func allGroups(n int) string {
	if n == 1 {
		return "The one group"
	}
	return "All " + strconv.Itoa(n) + " groups"
}

func passwordState(g group.Group) string {
	if g.PasswordVersion == 0 {
		return "not set"
	}
	return "set"
}

func passwordLabel(g group.Group) string {
	if g.PasswordVersion == 0 {
		return "Set PFX password"
	}
	return "Change PFX password"
}

// canBuild says whether a PFX of the group can be made, by this person.
func canBuild(v view.View, g *vault.GroupPage) bool {
	cur := current(g.Generations)
	return cur != nil && cur.Key != nil && v.Can(tenant.GroupExport)
}

// builds says whether the group of a row can be built into a PFX, as far as is known here: the form knows for sure.
func (p tablePage) builds(a artifact.Artifact) bool {
	for _, g := range p.Groups.Items {
		if g.ID == a.Group {
			return g.HasKey
		}
	}
	return a.Group != ""
}
