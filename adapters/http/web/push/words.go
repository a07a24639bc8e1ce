package push

import (
	"slices"
	"strconv"
	"strings"

	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/adapters/http/web/ui"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/target"
)

// over says whether the target has come to its end: its tokens open nothing any more.
func over(v view.View, t target.Target) bool {
	return t.Settings.ExpiresAt != nil && !v.Now.Before(*t.Settings.ExpiresAt)
}

func stateTone(v view.View, t target.Target) string {
	if over(v, t) {
		return view.ToneBad
	}
	tone, _ := view.TargetState(t)
	return tone
}

func stateWord(v view.View, t target.Target) string {
	if over(v, t) {
		return "expired"
	}
	_, word := view.TargetState(t)
	return word
}

// generations answers what the device has and what it should have.
func generations(t target.Target) string {
	has, wants := view.TargetHas(t), t.Wanted
	switch {
	case wants == 0 && t.Deploy != nil:
		return "nothing to deploy"
	case wants == 0:
		return "nothing to fetch"
	case t.State() == target.StateUpToDate && t.Deploy != nil && len(t.Deploy.Endpoints) > 0:
		return "generation " + strconv.Itoa(wants) + ", served"
	case t.State() == target.StateUpToDate && t.Deploy != nil: // nobody has seen more
		return "generation " + strconv.Itoa(wants) + ", delivered"
	case t.State() == target.StateUpToDate, t.Deploy != nil && has == wants:
		return "generation " + strconv.Itoa(wants)
	case has == 0:
		return "wants generation " + strconv.Itoa(wants)
	default:
		return "has " + strconv.Itoa(has) + ", wants " + strconv.Itoa(wants)
	}
}

// explain answers why the target is in its state and what to do about it; empty when all is well.
func explain(v view.View, t target.Target) (title, text string) {
	switch {
	case over(v, t):
		return "This target has expired", "Its tokens get 401. The device keeps the files it has. Change the expiry under Settings to let it fetch again."
	case t.Wanted == 0:
		return "The group has no current certificate", "There is nothing to fetch until one is uploaded or activated. The device keeps the files it has."
	case t.State() == target.StateBehind && t.LastFetch.Observed == 0:
		return "Nobody knows what the device has", "It has fetched neither a key nor a full chain of this group, so its generation is not known. " +
			"A script from this page fetches both."
	case t.State() == target.StateBehind:
		return "The device has generation " + strconv.Itoa(t.LastFetch.Observed) + ", the current one is " + strconv.Itoa(t.Wanted),
			"It catches up with its next fetch. When that stays out, look at its schedule and at what the script says there."
	}
	return "", ""
}

// about answers what a target is, in a line: its kind, and where it is.
func about(kinds part.Kinds, t target.Target) string {
	out := kinds.Of(t.Type).Title
	if t.Deploy == nil {
		return out
	}
	host, _ := t.Deploy.Settings["host"].(string)
	if host == "" && len(t.Deploy.Endpoints) > 0 {
		host = t.Deploy.Endpoints[0].Host
	}
	if host != "" {
		out += " · " + host
	}
	return out
}

// nextTry says when a target that did not end well is tried again, empty for never or at once.
func nextTry(v view.View, t target.Target) string {
	if t.Deploy == nil || t.Deploy.Paused || t.Deploy.Status.Attempts == 0 || !t.Deploy.Status.NextAttemptAt.After(v.Now) {
		return ""
	}
	return "next try in " + v.Until(t.Deploy.Status.NextAttemptAt)
}

// fetched answers what the last fetch was of.
func fetched(f target.LastFetch) string {
	out := string(f.Kind)
	if f.Generation > 0 {
		out += ", generation " + strconv.Itoa(f.Generation)
	}
	return out
}

// living answers how many tokens open the target.
func living(v view.View, t target.Target) string {
	switch n := len(t.Tokens); {
	case n == 0 || over(v, t):
		return "no living token"
	case n == 1:
		return "1 token"
	default:
		return strconv.Itoa(n) + " tokens, " + strconv.Itoa(n-1) + " in grace"
	}
}

// kindIcon answers the icon of a kind of target; plugins have one in common.
func kindIcon(t target.Type) string {
	if t == target.TypePull {
		return "globe"
	}
	return "server"
}

func kindOptions(kinds part.Kinds) []ui.Option {
	var out []ui.Option
	for _, k := range kinds {
		out = append(out, ui.Option{Value: string(k.Type), Label: k.Title, Text: k.Text, Icon: k.Icon})
	}
	return out
}

func stateOptions(p listPage) []ui.Option {
	out := []ui.Option{{Label: "Any state"}}
	states := target.States
	if p.All || p.List.State != "" && !slices.Contains(states, p.List.State) {
		states = target.AllStates
	}
	for _, s := range states {
		word := view.TargetWord(s)
		if s == target.StateNever && p.All {
			word = "never"
		}
		out = append(out, ui.Option{
			Value: string(s), Label: strings.ToUpper(word[:1]) + word[1:] + " (" + strconv.Itoa(p.Table.States[s]) + ")",
		})
	}
	return out
}

// someNetworks is how many networks are shown at once.
const someNetworks = 5

// networks answers from where the token is good: those that are shown at once, and the rest.
func networks(t target.Target) (first, rest []string) {
	for _, n := range t.Settings.AllowedCIDRs {
		first = append(first, n.String())
	}
	if len(first) == 0 {
		return []string{"anywhere"}, nil
	}
	n := min(len(first), someNetworks)
	return first[:n], first[n:]
}

// grace answers until when older tokens live and where they were used.
func grace(v view.View, old []target.Token) string {
	end := old[0].ExpiresAt
	for _, k := range old {
		if k.ExpiresAt.After(end) {
			end = k.ExpiresAt
		}
	}
	s := "Until " + v.DateTime(end) + " at the latest."
	if from := addresses(old); from != "" {
		s += " Last used from " + from + "."
	}
	return s
}

var presets = []ui.Option{
	{Value: string(cert.PresetModern), Label: "Modern (AES-256, SHA-256)"},
	{Value: string(cert.PresetLegacy), Label: "Legacy (3DES, SHA-1), for Windows Server 2016 and older, and Cisco"},
}

func presetName(p cert.Preset) string {
	for _, o := range presets {
		if o.Value == string(p) {
			return o.Label
		}
	}
	return string(p)
}

// prefix keeps the ids of what is shown with a token apart from those of the page that may lie under its dialog.
func prefix(tok string) string {
	if tok != "" {
		return "once-"
	}
	return ""
}

func scriptTabs(v view.View, targetID string, list []pullScript, tok string, rotated bool) []ui.Tab {
	var out []ui.Tab
	for _, s := range list {
		out = append(out, ui.Tab{ID: prefix(tok) + "script-" + string(s.OS), Title: s.Title, Body: scriptBody(v, targetID, s, tok, rotated)})
	}
	return out
}

func generation(n int) string {
	if n == 0 {
		return "none"
	}
	return "generation " + strconv.Itoa(n)
}

func current(newest bool) string {
	if newest {
		return "yes"
	}
	return "yes, an older one"
}

// within answers the crumbs of a form about a target.
func within(t target.Target) []part.Crumb {
	return append(slices.Clone(crumbs), part.Crumb{Title: t.Name, Href: path(t.ID)})
}

func graceOptions() []ui.Option {
	var out []ui.Option
	for _, hours := range graces {
		label := "Works for " + view.Count(hours, "hour") + " more"
		if hours == 0 {
			label = "Stops at once"
		}
		out = append(out, ui.Option{Value: strconv.Itoa(hours), Label: label})
	}
	return out
}

// stops answers who loses access when the tokens of the target stop.
func stops(v view.View, t target.Target) string {
	last := target.Token{}
	for _, k := range t.Tokens {
		if k.LastAt.After(last.LastAt) {
			last = k
		}
	}
	if last.LastAt.IsZero() {
		return "No device has come with the old token yet. Once it stops, whoever has it gets 401 until they have the new one."
	}
	return "The old token was last used " + v.Ago(last.LastAt) + " from " + last.LastAddress.String() +
		". Once it stops, that device gets 401 until it has the new one."
}

// lose answers what stops working with the target.
func lose(v view.View, t target.Target) string {
	if t.Deploy != nil && len(t.Tokens) == 0 {
		return "Its settings, its secrets and its history go with it. While a deployment runs it stays."
	}
	if len(t.Tokens) == 0 || over(v, t) {
		return "None of its tokens works any more."
	}
	s := "Its token stops"
	if len(t.Tokens) > 1 {
		s = "Its " + strconv.Itoa(len(t.Tokens)) + " tokens stop"
	}
	s += " working at once, on every server"
	if from := addresses(t.Tokens); from != "" {
		s += "; last used from " + from
	}
	return s + "."
}

// first says whether a target that we deploy to gets its first token.
func first(t target.Target) bool { return t.Deploy != nil && len(t.Tokens) == 0 }

func rotateTitle(t target.Target) string {
	if first(t) {
		return "Make a token for " + t.Name + "?"
	}
	return "Rotate the token of " + t.Name + "?"
}

func rotateLabel(t target.Target) string {
	if first(t) {
		return "Make token"
	}
	return "Rotate token"
}

func rotateCancel(t target.Target) string {
	if first(t) {
		return "Cancel"
	}
	return "Keep the old one"
}
