package vault

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/adapters/http/web/ui"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/text"
)

// warning is a view.Warning as a callout has it.
type warning struct{ Title, Text string }

func warningsOf(a artifact.Artifact) []warning {
	var out []warning
	for _, code := range a.Warnings {
		w := view.WarningOf(code)
		out = append(out, warning{strings.ToUpper(w.Short[:1]) + w.Short[1:], w.Text})
	}
	return out
}

// validState says whether a certificate can be used now.
func validState(v view.View, a artifact.Artifact) state {
	switch {
	case v.Now.Before(a.NotBefore):
		return state{view.ToneWarn, "not yet valid"}
	case !v.Now.Before(a.NotAfter):
		return state{view.ToneBad, "expired"}
	default:
		return state{view.ToneOK, "valid"}
	}
}

// bare says whether there is nothing to tell of a row but its facts.
func bare(d vault.Detail) bool {
	return d.Facts == nil && len(d.Targets)+len(names(d))+len(d.Generations)+len(d.Certs)+len(elsewhere(d)) == 0
}

// has says which generation a device has; here are the numbers of those that rest on the row looked at.
func has(t target.Target, here map[int]bool) state {
	n := view.TargetHas(t)
	switch {
	case n == 0 && t.Deploy != nil && !t.Deploy.Status.ObservedAt.IsZero():
		return state{"", "not known"}
	case n == 0:
		return state{"", "nothing yet"}
	case here[n]:
		return state{view.ToneOK, "this one"}
	}
	return state{view.ToneInfo, "gen " + strconv.Itoa(n)}
}

// restsOn answers the numbers of the generations of the row's group that rest on it.
func restsOn(d vault.Detail) map[int]bool {
	out := map[int]bool{}
	for i := range d.Generations {
		if rests(&d.Generations[i], d.Row.ID) {
			out[d.Generations[i].Number] = true
		}
	}
	return out
}

// elsewhere answers the generations of other groups that rest on the row. Those of its own are listed with that.
func elsewhere(d vault.Detail) []group.Use {
	return slices.DeleteFunc(slices.Clone(d.Uses), func(u group.Use) bool { return u.Group == d.Row.Group })
}

func elsewhereTitle(d vault.Detail) string {
	if len(d.Targets) > 0 {
		return "Used by other groups"
	}
	return "Where it is used"
}

var usedAs = map[string]string{group.AsLeaf: "its certificate", group.AsKey: "its private key", group.AsChain: "in its chain"}

func useWords(u group.Use) string {
	return "generation " + strconv.Itoa(u.Number) + ": " + usedAs[u.As]
}

var useTones = map[group.State]string{group.Current: view.ToneOK, group.Waiting: view.ToneWarn, group.Staged: view.ToneInfo}

var useStates = map[group.State]string{
	group.Current: "current", group.Waiting: "waits for its key", group.Staged: "staged", group.Previous: "earlier",
}

// targetState answers where a target stands. Of one that has what it should it says what that rests on: delivered and served are two
// facts.
func targetState(t target.Target) state {
	tone, word := view.TargetState(t)
	if t.Deploy != nil && t.State() == target.StateUpToDate {
		word = "delivered"
		if len(t.Deploy.Endpoints) > 0 {
			word = "served"
		}
	}
	return state{tone, word}
}

// targetKind says how a target gets its certificate.
func targetKind(t target.Target, kinds part.Kinds) string {
	if t.Deploy == nil {
		return "HTTPS pull"
	}
	title := kinds.Of(t.Type).Title
	if host, _ := t.Deploy.Settings["host"].(string); host != "" {
		return title + " · " + host
	}
	return title
}

// lastThere answers when the device was last seen with what it has: when it fetched, or when we looked.
func lastThere(t target.Target) time.Time {
	if t.Deploy != nil {
		return t.Deploy.Status.ObservedAt
	}
	return t.LastFetch.At
}

// lastTitle says what lastThere is for these targets.
func lastTitle(list []target.Target) string {
	if slices.ContainsFunc(list, func(t target.Target) bool { return t.Deploy != nil }) {
		return "Last seen"
	}
	return "Last fetch"
}

// need is a target that does not have what it should, in words.
type need struct {
	Name, Href, Word, Tone, Text string
}

func (n need) title() string {
	if n.Word == view.TargetWord(target.StateFailed) {
		return n.Name + " could not be deployed to"
	}
	return n.Name + " is " + n.Word
}

// someNeeds is how many are told one by one.
const someNeeds = 3

// needs answers the targets that do not have or serve what they should: first those that serve something else.
func needs(v view.View, list []target.Target) (some []need, more int) {
	var out []need
	for _, s := range target.Needing {
		for _, t := range list {
			if t.State() != s || s == target.StateBehind && t.Deploy == nil { // a device that fetches catches up by itself
				continue
			}
			n := need{Name: t.Name, Href: targetPath(v, t)}
			n.Tone, n.Word = view.TargetState(t)
			switch {
			case s == target.StateBehind: // what is told of its last deployment is about another generation
				n.Text = "Generation " + strconv.Itoa(t.Wanted) + " is current and not on the device yet."
			case t.Deploy != nil:
				n.Text = text.Visible(t.Deploy.Status.Reason, 300)
			}
			out = append(out, n)
		}
	}
	return out[:min(len(out), someNeeds)], max(len(out)-someNeeds, 0)
}

// targetPath answers the page of a target, empty where there is none.
func targetPath(v view.View, t target.Target) string {
	if !v.Has("push") {
		return ""
	}
	return v.Section("push").Path + "/" + t.ID
}

// names are those of the certificate, or of the first leaf of a file.
func names(d vault.Detail) []string {
	if d.Facts == nil {
		return d.Row.SANs
	}
	var out []string
	for _, n := range d.Facts.Names {
		if n.Type == "DNS" || n.Type == "IP" {
			out = append(out, n.Value)
		} else {
			out = append(out, n.Type+" "+n.Value)
		}
	}
	return out
}

func namesCount(d vault.Detail) int {
	n := len(names(d))
	if d.Facts != nil {
		n += d.Facts.MoreNames
	}
	return n
}

// mostCopied bounds what a button on a page copies.
const mostCopied = 32 << 10

// joined answers the names one a line; empty when they are too many for a button.
func joined(list []string) string {
	out := strings.Join(list, "\n")
	if len(out) > mostCopied {
		return ""
	}
	return out
}

func listed(list []string) string { return strings.Join(list, ", ") }

func certsTitle(d vault.Detail) string {
	if d.Row.Kind == cert.KindKey {
		return "Certificates of this key"
	}
	return "Other certificates of the same key"
}

// ends answers the first and last digits of a long number.
func ends(hex string) string {
	if len(hex) <= 20 {
		return hex
	}
	return hex[:8] + "…" + hex[len(hex)-8:]
}

func size(n int) string {
	if n < 1024 {
		return view.Count(n, "byte")
	}
	return fmt.Sprintf("%.1f KB", float64(n)/1024)
}

var sources = map[artifact.Source]string{
	artifact.SourceUpload: "uploaded", artifact.SourceIngest: "sent by a pipeline", artifact.SourceACME: "issued by ACME", artifact.SourceCA: "pulled from a CA",
}

// cameBy says how a row came in, and through whom.
func cameBy(a artifact.Artifact) string {
	out := sources[a.Source]
	if a.CreatedBy != "" {
		out += ", " + a.CreatedBy
	}
	return out
}

func pathLen(f *vault.Facts) string {
	if f.PathLen == nil {
		return "yes"
	}
	return "yes, at most " + view.Count(*f.PathLen, "CA") + " below it"
}

func activatePath(groupID string, n int) string {
	return groupPath(groupID) + "/generations/" + strconv.Itoa(n) + "/activate"
}

// generationSteps are the generations of a group as history, newest first.
func generationSteps(v view.View, groupID string, list []vault.Generation, here artifact.ID) []ui.Step {
	var out []ui.Step
	for i := range list {
		g := &list[i]
		s := ui.Step{
			Title: "Generation " + strconv.Itoa(g.Number), Text: generationText(v, g),
			Body: generationBody(v, g), Aside: generationAside(v, groupID, g),
		}
		switch g.State {
		case group.Current:
			s.Tone = view.ToneOK
		case group.Waiting:
			s.Tone, s.Icon = view.ToneWarn, "key"
		case group.Staged:
			s.Tone, s.Icon = view.ToneInfo, "clock"
			if group.Unfit(g.Blocked) {
				s.Tone, s.Icon = view.ToneWarn, "alert"
			}
		}
		if here != "" && rests(g, here) {
			s.Title += ", with this one"
		}
		out = append(out, s)
	}
	return out
}

func rests(g *vault.Generation, on artifact.ID) bool {
	if g.Leaf.ID == on || g.Key != nil && g.Key.ID == on {
		return true
	}
	for _, a := range g.Chain {
		if a.ID == on {
			return true
		}
	}
	return false
}

func generationText(v view.View, g *vault.Generation) string {
	return g.Leaf.Subject + " · " + sources[g.Source] + " · valid " + validity(v, g.Leaf.NotBefore, g.Leaf.NotAfter)
}

func plain(s string) string { return s }

// dated shows a time of Changes as a day.
func dated(v view.View) func(string) string {
	return func(s string) string {
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return s
		}
		return v.Date(t)
	}
}

var reasonWords = map[string]string{
	group.ReasonNotLater:      "It does not expire later than the current one.",
	group.ReasonExpired:       "It has expired.",
	group.ReasonNotYetValid:   "It is not valid yet.",
	group.ReasonNoServerAuth:  "It may not be used by a server; the current one may.",
	group.ReasonTrustLost:     "Clients do not trust its issuer; they trust that of the current one.",
	group.ReasonWeakKey:       "Its key is weak, so it cannot be activated. Have it issued anew with a stronger one.",
	group.ReasonCurrentHasKey: "It has no key; the current one has.",
}

// reasonNames is how many names a reason names.
const reasonNames = 3

// besidesNames leaves out the reason that the list of changes tells better.
func besidesNames(list []group.Reason) []group.Reason {
	var out []group.Reason
	for _, r := range list {
		if r.Code != group.ReasonNamesMissing {
			out = append(out, r)
		}
	}
	return out
}

// reason says why a generation did not become current by itself.
func reason(r group.Reason) string {
	if r.Code == group.ReasonNamesMissing {
		some := listed(r.Names[:min(len(r.Names), reasonNames)])
		if len(r.Names) > reasonNames {
			some += " and others"
		}
		return "It lacks names of the current one: " + some + "."
	}
	if w, ok := reasonWords[r.Code]; ok {
		return w
	}
	return r.Code
}
