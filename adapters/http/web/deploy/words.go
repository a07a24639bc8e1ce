package deploy

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/deploy"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/text"
)

// longestLine bounds what is shown of a text that a plugin or a device said.
const longestLine = 4000

// shown answers a text of a plugin or a device with everything visible in it. What they quote is foreign.
func shown(s string) string { return text.Visible(s, longestLine) }

// shownLines is shown for several lines.
func shownLines(s string) string {
	if s == "" {
		return ""
	}
	var out []string
	for line := range strings.SplitSeq(strings.TrimSuffix(s, "\n"), "\n") {
		out = append(out, shown(strings.ReplaceAll(line, "\t", "    ")))
	}
	return strings.Join(out, "\n")
}

func generation(n int) string {
	if n == 0 {
		return "none"
	}
	return "generation " + strconv.Itoa(n)
}

// result is how a deployment ended, as people read it.
var results = map[deploy.State]struct{ tone, word, text string }{
	deploy.Running:      {view.ToneInfo, "running", "It is being done now."},
	deploy.Unchanged:    {view.ToneOK, "nothing to do", "Everything was in place already."},
	deploy.Delivered:    {view.ToneOK, "delivered", "It is on the device. There is no endpoint that could prove that it is served."},
	deploy.Serving:      {view.ToneOK, "served", "Every endpoint serves it."},
	deploy.ServingOther: {view.ToneBad, "serving another", "An endpoint serves something else, and nobody can say that the previous certificate is back."},
	deploy.Unreachable:  {view.ToneBad, "unreachable", "The device or an endpoint could not be reached."},
	deploy.RolledBack:   {view.ToneBad, "rolled back", "The previous files are back. There is no endpoint that could prove what is served."},
	deploy.Failed:       {view.ToneBad, "failed", "It did not go through."},
	deploy.Superseded:   {"", "overtaken", "Another generation became current before anything was changed."},
}

// outcomeText says how a deployment ended. That the previous certificate is served again is said only when it was seen.
func outcomeText(d deploy.Deployment) string {
	if look := d.Line(deploy.StepReverify); d.State == deploy.RolledBack && look != nil && look.State == deploy.StepDone {
		return "The previous certificate is served again."
	}
	return results[d.State].text
}

func resultTone(s deploy.State) string { return results[s].tone }

func resultWord(s deploy.State) string {
	if r, ok := results[s]; ok {
		return r.word
	}
	return string(s)
}

var stepWords = map[deploy.StepName]string{
	deploy.StepObserve: "Look at what is served", deploy.StepStage: "Bring the new files", deploy.StepSwap: "Put them in place",
	deploy.StepCheck: "Check the configuration", deploy.StepReload: "Reload the service", deploy.StepVerify: "Look whether it is served",
	deploy.StepRestore: "Put the previous files back", deploy.StepReloadOn: "Reload with the previous files",
	deploy.StepReverify: "Look whether the previous certificate is served again", deploy.StepClean: "Clean up",
}

func stepWord(n deploy.StepName) string {
	if w, ok := stepWords[n]; ok {
		return w
	}
	return shown(string(n))
}

// trigger says why a deployment was begun.
func trigger(d deploy.Deployment) string {
	switch d.Trigger {
	case deploy.TriggerHand:
		return "started by " + shown(d.By)
	case deploy.TriggerSchedule:
		return "its schedule found a difference"
	case deploy.TriggerRetry:
		return "tried again, attempt " + strconv.Itoa(d.Attempt)
	case deploy.TriggerLook:
		return "looked at again, attempt " + strconv.Itoa(d.Attempt)
	}
	return "something changed"
}

// servedTone answers the tone of what an address serves; wanted 0: nothing is known to be right.
func servedTone(s deploy.Served, wanted int) string {
	switch {
	case s.Fingerprint == "":
		return view.ToneBad
	case wanted == 0:
		return ""
	case s.Generation == wanted:
		return view.ToneOK
	}
	return view.ToneBad
}

// servedAlone says what an address serves where no group is known that it could be of.
func servedAlone(s deploy.Served) string {
	if s.Fingerprint == "" {
		return place(s) + ": " + shown(s.Error)
	}
	return place(s) + " serves a certificate with SHA-256 " + s.Fingerprint[:min(16, len(s.Fingerprint))] + "…"
}

// servedWords says what an address serves.
func servedWords(s deploy.Served, wanted int) string {
	at := place(s)
	switch {
	case s.Fingerprint == "":
		return at + ": " + shown(s.Error)
	case wanted > 0 && s.Generation == wanted:
		return at + " serves generation " + strconv.Itoa(wanted)
	case s.Generation > 0:
		return at + " serves generation " + strconv.Itoa(s.Generation) + " of the group"
	}
	return at + " serves a certificate that is none of the group, SHA-256 " + s.Fingerprint[:min(16, len(s.Fingerprint))] + "…"
}

func place(s deploy.Served) string {
	if s.Address == "" || strings.HasSuffix(s.Endpoint, s.Address) {
		return s.Endpoint
	}
	return s.Endpoint + " at " + s.Address
}

// took answers how long something took.
func took(from, to time.Time) string {
	if from.IsZero() || to.IsZero() {
		return ""
	}
	switch d := to.Sub(from); {
	case d < time.Second:
		return "under a second"
	case d < time.Minute:
		return view.Count(int(d/time.Second), "second")
	default:
		return view.Count(int(d/time.Minute), "minute") + " " + strconv.Itoa(int(d%time.Minute/time.Second)) + " s"
	}
}

// headline says in a line what a target is and has.
func headline(k kind, t target.Target) string {
	out := shown(k.Title)
	if host, _ := t.Deploy.Settings["host"].(string); host != "" {
		out += " · " + host
	}
	return out
}

// explained is why a target is in its state, and what to do about it.
type explained struct {
	Tone, Title, Text string
	Key               bool // somebody has to look at the key of the device
}

func explain(v view.View, t target.Target, k kind) explained {
	st := t.Deploy.Status
	tone, _ := view.TargetState(t)
	why, again := sentence(shown(st.Reason)), nextWords(v, t)
	e := explained{Tone: tone, Text: strings.TrimSpace(why + " " + again)}
	switch t.State() {
	case target.StateUpToDate:
		if !k.Ready {
			return explained{view.ToneWarn, "The plugin " + shown(k.ID) + " does not run", shown(k.Reason) + " Nothing is deployed and nothing is looked at until it does.", false}
		}
		return explained{}
	case target.StateDeploying:
		return explained{}
	case target.StatePaused:
		return explained{"", "Paused", "Nothing is deployed to this device and nothing is looked at, whatever becomes current, until somebody resumes it.", false}
	}
	if t.Wanted == 0 {
		return explained{view.ToneWarn, "The group has no current certificate", "There is nothing to deploy until one is uploaded or activated. The device keeps what it has.", false}
	}
	if !k.Ready {
		return explained{view.ToneWarn, "The plugin " + shown(k.ID) + " does not run", shown(k.Reason) + " The deployment goes on when it does.", false}
	}
	switch t.State() {
	case target.StateNever:
		e.Tone, e.Title, e.Text = view.ToneInfo, "The first deployment is about to begin", "This page says so when it does."
	case target.StateBehind:
		e.Title, e.Text = "Generation "+strconv.Itoa(t.Wanted)+" is current and not on the device yet", "Its deployment is about to begin."
	case target.StateServingOther:
		e.Title = "The endpoint serves something else"
	case target.StateUnreachable:
		e.Title = "It could not be reached"
	case target.StateRolledBack:
		e.Title = "Rolled back: the previous certificate is served"
		if len(t.Deploy.Endpoints) == 0 {
			e.Title = "Rolled back: the previous files are there, and nothing proves what is served"
		}
	case target.StateFailed:
		e.Title = "The last deployment failed"
	}
	switch st.Code {
	case "host_key_changed":
		e.Key, e.Title = true, "The device shows another key than the one that was confirmed"
	case "host_key_not_confirmed":
		e.Key, e.Title, e.Tone = true, "Nobody has confirmed the key of the device yet", view.ToneWarn
		e.Text = "Nothing was sent to it but the exchange of keys. Look at its key and compare it; the deployment begins when you confirm it."
	}
	return e
}

// sentence makes one of what a plugin says. A name of something, which is no plain word, stays as it is at the beginning.
func sentence(s string) string {
	if first, _, _ := strings.Cut(s, " "); first != "" && strings.Trim(first, "abcdefghijklmnopqrstuvwxyz") == "" {
		s = strings.ToUpper(s[:1]) + s[1:]
	}
	if s == "" || strings.HasSuffix(s, ".") || strings.HasSuffix(s, "!") || strings.HasSuffix(s, "?") || strings.HasSuffix(s, "…") {
		return s
	}
	return s + "."
}

// nextWords says when it is tried again.
func nextWords(v view.View, t target.Target) string {
	at := t.Deploy.Status.NextAttemptAt
	switch {
	case at.IsZero():
		return "It is not tried again by itself: change what is wrong, or retry."
	case at.After(v.Now):
		return "It is tried again in " + v.Until(at) + "."
	}
	return "It is tried again now."
}

func pinTone(r tested) string {
	if r.Title != "" {
		return view.ToneWarn
	}
	return view.ToneInfo
}

func pinAdvice(r tested) string {
	s := "Compare it with what the device itself says, for SSH with ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub. "
	if r.Title != "" {
		return s + "Find out why it changed before you confirm the new one."
	}
	return s + "Nothing was sent to it yet but the exchange of keys: nobody signs in before the key is confirmed."
}

// words answers what an error says to people.
func words(err error) string {
	var f *fault.Fault
	if errors.As(err, &f) {
		return f.Message
	}
	return "It did not work, and nothing was changed. Try again."
}
