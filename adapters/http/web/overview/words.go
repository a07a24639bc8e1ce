package overview

import (
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/overview"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/text"
)

// listed is how many rows a card shows.
const listed = 5

func shortened(rows []artifact.Artifact) []artifact.Artifact { return rows[:min(len(rows), listed)] }

func artifactPath(a artifact.Artifact) string { return "/dashboard/vault/" + string(a.ID) }

// about answers what stands under the name of a row that came in.
func about(a artifact.Artifact) string {
	parts := []string{source(a)}
	switch {
	case a.Kind == cert.KindUnknown:
		parts = []string{a.Reason}
	case a.Subject != "" && a.Subject != a.Name:
		parts = []string{a.Subject, source(a)}
	}
	return strings.Join(parts, " · ")
}

// where answers what stands under a name in the calendar.
func where(a artifact.Artifact) string {
	if a.GroupName != "" {
		return "group " + a.GroupName
	}
	return source(a)
}

func source(a artifact.Artifact) string {
	switch a.Source {
	case artifact.SourceIngest:
		return "ingest, " + a.CreatedBy
	case artifact.SourceUpload:
		return "uploaded by " + a.CreatedBy
	default:
		return string(a.Source)
	}
}

// lead answers the day, and in words how much there is to do.
func lead(v view.View, o overview.Overview) string {
	today := view.Heading(v.Today()) + ". "
	switch n := waits(v, o.Attention); {
	case n == 0 && o.Expiring.Expired > 0:
		return today + ended(o.Expiring.Expired)
	case n == 0:
		return today + "Nothing needs you."
	case n == 1:
		return today + "One thing needs you."
	case n < 10:
		return today + [...]string{"Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine"}[n-2] + " things need you."
	default:
		return today + view.Counted(n) + " things need you."
	}
}

func ended(n int) string {
	if n == 1 {
		return "One certificate has expired."
	}
	return view.Counted(n) + " certificates have expired."
}

// waits answers how many things wait for somebody, listed or not.
func waits(v view.View, a overview.Attention) int {
	if !v.Has("push") {
		return a.GroupCount
	}
	return a.GroupCount + a.BehindCount
}

// ofAll answers how many things are listed, and of how many.
func ofAll(shown, all int) string {
	if shown >= all {
		return view.Count(all, "thing")
	}
	return strconv.Itoa(shown) + " of " + view.Counted(all) + " things"
}

func missing(v view.View) string {
	if v.Person.Name == "" {
		return "Add your name, so that others know who changed what."
	}
	return "Check the organisation and the time zone, so that expiry dates read right."
}

func stored(o overview.Overview) string {
	if o.Counts.Total() == 0 {
		return "nothing stored yet"
	}
	return view.Count(o.Counts.Groups, "group") + ", " + view.Count(o.Counts.Artifacts[cert.KindKey], "key")
}

func due(o overview.Overview) string {
	switch {
	case o.Expiring.Count == 0:
		return "nothing due"
	case o.Expiring.Expired > 0:
		return view.Counted(o.Expiring.Expired) + " of them expired"
	default:
		return "none has expired"
	}
}

// soonest is the list of the vault with what is counted as expiring, soonest first.
const soonest = "/dashboard/vault?expires=due&kind=cert&sort=not_after"

// urgency is amber when something expires soon, red when it has.
func urgency(o overview.Overview) string {
	switch {
	case o.Expiring.Expired > 0:
		return view.ToneBad
	case o.Expiring.Count > 0:
		return view.ToneWarn
	default:
		return ""
	}
}

func delivered(o overview.Overview) string {
	if o.Counts.Targets == 0 {
		return "nothing delivered yet"
	}
	out := strconv.Itoa(o.States[target.StateUpToDate]) + " up to date"
	for _, s := range target.AllStates {
		if n := o.States[s]; n > 0 && s != target.StateUpToDate {
			out += ", " + strconv.Itoa(n) + " " + view.TargetWord(s)
		}
	}
	return out
}

// short answers a number that fits a day of the calendar.
func short(n int) string {
	if n > 99 {
		return "99+"
	}
	return strconv.Itoa(n)
}

func expire(n int, past bool) string {
	if past {
		return strconv.Itoa(n) + " expired"
	}
	if n == 1 {
		return "1 expires"
	}
	return strconv.Itoa(n) + " expire"
}

func yes(on bool) string { return strconv.FormatBool(on) }

// need is one thing that waits for somebody.
type need struct {
	tone, word string
	name, path string
	text       string
	label      string // of its button
}

func (n need) attrs() templ.Attributes {
	return templ.Attributes{"aria-label": n.label + ": " + n.name}
}

// needs answers what waits for somebody: first devices that serve what is old, then groups.
func needs(v view.View, a overview.Attention) []need {
	var out []need
	if v.Has("push") {
		for _, t := range urgent(a.Behind) {
			tone, word := view.TargetState(t)
			out = append(out, need{tone, word, t.Name, "/dashboard/push/" + t.ID, lacks(t, word), "Open"})
		}
	}
	act := func(label string) string {
		if v.Can(tenant.GroupActivate) {
			return label
		}
		return "Open"
	}
	for _, g := range a.Groups {
		n := need{view.ToneInfo, "staged", g.Name, "/dashboard/groups/" + g.ID, "a new generation waits for somebody to activate it", act("Review")}
		if g.Staged > 0 && g.Staged == g.Unfit {
			n.tone, n.word, n.text, n.label = view.ToneWarn, "weak key", "a new certificate has a weak key: have it issued anew", "Open"
		}
		if g.Waiting > 0 {
			n.tone, n.word, n.text, n.label = view.ToneWarn, "waiting", "a certificate waits for its private key", act("Attach key")
			if g.Staged > g.Unfit {
				n.text += ", a new generation for somebody to activate it"
			}
		}
		out = append(out, n)
	}
	return out
}

// failures are the states in which somebody has to look at a device.
var failures = []target.State{target.StateServingOther, target.StateUnreachable, target.StateRolledBack, target.StateFailed}

// failing is red when a device does not serve what it should.
func failing(o overview.Overview) string {
	for _, s := range failures {
		if o.States[s] > 0 {
			return view.ToneBad
		}
	}
	return ""
}

// failingPath answers the list of targets, of those that failed in one way when that is the only one.
func failingPath(o overview.Overview) string {
	const all = "/dashboard/push"
	to := all
	for _, s := range failures {
		switch {
		case o.States[s] == 0:
		case to != all:
			return all
		default:
			to = all + "?state=" + string(s)
		}
	}
	return to
}

// urgent answers targets with those before the rest that serve something else, or failed.
func urgent(list []target.Target) []target.Target {
	out := slices.Clone(list)
	slices.SortStableFunc(out, func(a, b target.Target) int {
		return slices.Index(target.Needing, a.State()) - slices.Index(target.Needing, b.State())
	})
	return out
}

// lacks says what a target does not have or serve.
func lacks(t target.Target, word string) string {
	wanted := "generation " + strconv.Itoa(t.Wanted)
	if t.Deploy == nil {
		if t.LastFetch.Observed == 0 {
			return "has not fetched " + wanted + ", which is current"
		}
		return "fetched generation " + strconv.Itoa(t.LastFetch.Observed) + ", " + wanted + " is current"
	}
	switch why := text.Visible(t.Deploy.Status.Reason, 300); {
	case t.State() == target.StateBehind:
		return "behind: " + wanted + " is current and not on the device yet"
	case why != "":
		return word + ": " + why
	}
	return word
}

// step is one of the way to the first delivery.
type step struct{ title, text, label, icon, path string }

// steps answers those that work here and that the person may take.
func steps(v view.View) []step {
	var out []step
	if v.Can(tenant.ArtifactCreate) {
		out = append(out, step{"Put a certificate in the vault", "Drop a PEM or PFX with its key.", "Upload", "upload", "/dashboard/vault/upload"})
	}
	if v.Has("ingest") && v.Can(tenant.IngestTokenCreate) {
		out = append(out, step{"Or have a pipeline send it", "A token and one line in your certbot hook or CI job.", "New ingest token", "ingest", "/dashboard/ingest"})
	}
	if v.Has("push") && v.Can(tenant.TargetCreate) {
		out = append(out, step{"Deliver to a server", "A pull token and one script; no inbound firewall rule.", "New target", "push", "/dashboard/push/new"})
	}
	if len(out) == 0 && v.Has("vault") {
		out = append(out, step{"Nothing is stored yet", "An editor or owner of the workspace adds the first certificate.", "Open vault", "vault", "/dashboard/vault"})
	}
	return out
}
