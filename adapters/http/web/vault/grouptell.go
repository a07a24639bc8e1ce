package vault

import (
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/adapters/http/web/ui"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
)

// aboutGroups is where the manual explains groups.
var aboutGroups = view.Manual{Href: "/docs/groups", Text: "How groups work"}

var groupOrders = []ui.Option{{Value: "", Label: "Soonest to expire"}, {Value: "name", Label: "By name"}, {Value: newest, Label: "Newest"}}

func groupCrumbs(g group.Group) []part.Crumb {
	return []part.Crumb{vaultCrumb, groupsCrumb, {Title: g.Name, Href: groupPath(g.ID)}}
}

// asking makes the form of a toolbar fetch the list at path with our script: as one types, and when one chooses. Where the answer
// goes is said above the form, for the links in it and beside it too.
func asking(path string) templ.Attributes {
	return templ.Attributes{ // of several triggers by one event htmx heeds the first alone
		"hx-get": path, "hx-trigger": "input target:[type=search] delay:200ms, change target:{select,[name=group]}, submit", "hx-sync": "this:replace",
	}
}

// servesLine says what devices of the group get.
func servesLine(g group.Group) string {
	switch {
	case g.Current == 0 && g.Waiting > 0:
		return "Serves nothing yet: it waits for a key"
	case g.Current == 0:
		return "Serves nothing yet"
	case !g.HasKey:
		return "Serves generation " + strconv.Itoa(g.Current) + ", the certificate alone"
	default:
		return "Serves generation " + strconv.Itoa(g.Current)
	}
}

// groupHealth says what of the group needs somebody; else that it is well.
func groupHealth(v view.View, g group.Group) state {
	switch {
	case g.Waiting > 0:
		return state{view.ToneWarn, "waits for a key"}
	case g.Staged > 0 && g.Staged == g.Unfit:
		return state{view.ToneWarn, "weak key"}
	case g.Staged > 0:
		return state{view.ToneInfo, "staged"}
	case g.Current == 0 && g.Artifacts > 0:
		return state{"", "nothing to serve"}
	case g.Current == 0:
		return state{"", "empty"}
	}
	switch e := view.ExpiryOf(g.NotBefore, g.NotAfter, v.Now); {
	case !g.NotAfter.After(v.Now):
		return state{view.ToneBad, "expired"}
	case e.Tone != view.ToneOK:
		return state{e.Tone, "expires soon"}
	}
	if !g.HasKey {
		return state{view.ToneInfo, "no key"}
	}
	return state{view.ToneOK, "ready"}
}

// keyless says whether the group serves a certificate alone: a key would complete it.
func keyless(g group.Group) bool { return g.Waiting > 0 || g.Current > 0 && !g.HasKey }

func waitText(g group.Group) string {
	if g.Current == 0 {
		return "Devices of this group get nothing until it comes. Paste it, or upload it into the group."
	}
	return "Generation " + strconv.Itoa(g.Current) + " stays current until it comes. Paste it, or upload it into the group."
}

// unbornText says why certificates of a group make no generation, and what would.
func unbornText(list []artifact.Artifact) string {
	if len(list) == 1 {
		return list[0].Subject + " says of itself that it is a CA's, so it may be here as an issuer only. With its private key it becomes generation 1."
	}
	return "Its " + strconv.Itoa(len(list)) + " certificates say of themselves that they are those of CAs, so they may be here as issuers only. " +
		"With its private key one becomes generation 1."
}

func stagedText(g vault.Generation) string {
	if len(g.Blocked) == 0 {
		return "It is complete and waits for somebody to make it current."
	}
	out := reason(g.Blocked[0])
	if more := len(g.Blocked) - 1; more > 0 {
		out += " And " + view.Count(more, "more reason") + "."
	}
	return out
}

func ingestPath(v view.View) string { return v.Section("ingest").Path }

// groupLoss says what goes with a group.
func groupLoss(p vault.GroupPage) string {
	var what []string
	if n := len(p.Generations); n > 0 {
		what = append(what, "its "+view.Count(n, "generation"))
	}
	if p.Group.PasswordVersion != 0 {
		what = append(what, "its PFX password")
	}
	if len(what) == 0 {
		return "Nothing but its name goes."
	}
	return "With it " + goes(len(p.Generations)+len(what)-1) + strings.Join(what, " and ") + ". That cannot be had back."
}

// goes says that so many things go.
func goes(n int) string {
	if n == 1 {
		return "goes "
	}
	return "go "
}

// awaitedWords says which certificates wait for a key.
func awaitedWords(p vault.GroupPage) string {
	for _, g := range p.Generations {
		if g.Key == nil {
			return "For generation " + strconv.Itoa(g.Number) + ": " + g.Leaf.Subject + "."
		}
	}
	if list := p.Unborn(); len(list) == 1 {
		return "For " + list[0].Subject + ", which is generation 1 with it."
	} else if len(list) > 1 {
		return "For one of the " + strconv.Itoa(len(list)) + " certificates of " + p.Group.Name + ", which is generation 1 with it."
	}
	return "No generation of " + p.Group.Name + " waits for a key."
}

func attached(n int) string {
	if n == 0 {
		return "Key stored."
	}
	return "Key attached: generation " + strconv.Itoa(n) + " is complete."
}

func buildWords(g group.Group, cur *vault.Generation) string {
	return g.Name + ": certificate, " + view.Count(len(cur.Chain), "intermediate") + " and private key of generation " + strconv.Itoa(cur.Number) + "."
}

func passwordHint(g group.Group) string {
	if g.PasswordVersion != 0 {
		return "Leave it empty to use the group's password."
	}
	return "Sealed with your tenant key, like a private key. You need it to import the file."
}

func keepLabel(g group.Group) string {
	if g.PasswordVersion != 0 {
		return "Make it the group's password: devices get PFX files under it from then on"
	}
	return "Keep this password for the group, so that devices can fetch PFX files"
}

// back says whether activating the generation is going back to it.
func (in activateInput) back() bool { return in.Next.State == group.Previous }

func activateTitle(in activateInput) string {
	if in.back() {
		return "Roll back to generation " + strconv.Itoa(in.Next.Number)
	}
	return "Activate generation " + strconv.Itoa(in.Next.Number)
}

func activateVerb(in activateInput) string {
	if in.back() {
		return "Roll back"
	}
	return "Activate"
}

func activateIcon(in activateInput) string {
	if in.back() {
		return "undo"
	}
	return "play"
}

func activateLead(v view.View, in activateInput) string {
	return in.Page.Group.Name + ": " + in.Next.Leaf.Subject + ", valid " + validity(v, in.Next.Leaf.NotBefore, in.Next.Leaf.NotAfter) + "."
}

// getsIt says how many devices get what becomes current, and when.
func getsIt(p vault.GroupPage) string {
	all, deployed := p.Group.Targets, deployedTo(p.Targets)
	switch {
	case all == 0:
		return "No target is bound to the group, so no device gets anything else."
	case all == 1 && deployed == 1:
		return "Its one target is deployed to at once."
	case all == 1:
		return "Its one target gets it with its next fetch."
	case deployed == 0:
		return "Its " + strconv.Itoa(all) + " targets get it with their next fetch."
	case deployed == all:
		return "Its " + strconv.Itoa(all) + " targets are deployed to at once."
	}
	return "Its " + strconv.Itoa(all) + " targets get it: those that we deploy to at once, the others with their next fetch."
}

// getNow says the same of what has become current.
func getNow(p vault.GroupPage) string {
	switch deployed := deployedTo(p.Targets); {
	case deployed == 0:
		return "Devices get it with their next fetch."
	case deployed == p.Group.Targets:
		return "It is deployed now."
	}
	return "Devices get it: those that we deploy to now, the others with their next fetch."
}

// deployedTo counts the targets that do not fetch by themselves.
func deployedTo(list []target.Target) (n int) {
	for i := range list {
		if list[i].Deploy != nil {
			n++
		}
	}
	return n
}
