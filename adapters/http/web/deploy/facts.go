package deploy

import (
	"slices"
	"strconv"
	"strings"

	"github.com/ignisfox/ignisfox/adapters/http/web/ui"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/deploy"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/sdk/schema"
)

func badgeTone(t target.Target) string { tone, _ := view.TargetState(t); return tone }

func badgeWord(t target.Target) string { _, word := view.TargetState(t); return word }

// deployLabel says what beginning a deployment means now.
func deployLabel(t target.Target) string {
	if t.Deploy.Status.Attempts > 0 {
		return "Retry now"
	}
	return "Deploy now"
}

func tokenLabel(t target.Target) string {
	if len(t.Tokens) == 0 {
		return "Make a token"
	}
	return "Rotate token"
}

// pins says whether devices of a kind prove who they are by a key that somebody confirms.
func pins(k kind) bool {
	_, ok := k.Schema.Find(hostKey)
	return ok
}

func hasTone(t target.Target) string {
	switch n := t.Deploy.Status.Observed; {
	case n == 0:
		return ""
	case n == t.Wanted:
		return view.ToneOK
	}
	return view.ToneWarn
}

func hasWord(t target.Target) string {
	st := t.Deploy.Status
	switch {
	case st.Observed > 0:
		return generation(st.Observed)
	case st.ObservedAt.IsZero():
		return "nothing yet"
	}
	return "not known"
}

// said is what screen readers hear when the page has changed.
func said(p targetPage) string {
	s := p.Target.Name + " is " + badgeWord(p.Target) + "."
	if p.Target.State() == target.StateDeploying && len(p.Last.Steps) > 0 {
		s += " " + stepWord(p.Last.Steps[len(p.Last.Steps)-1].Name) + "."
	}
	return s
}

func endpointsList(t target.Target) string {
	var out []string
	for _, e := range t.Deploy.Endpoints {
		out = append(out, e.String())
	}
	return strings.Join(out, ", ")
}

func deploymentPath(t target.Target, d deploy.Deployment) string {
	return path(t.ID) + "/deployments/" + d.ID
}

func before(d deploy.Deployment) string {
	if d.Before == 0 {
		return "not known"
	}
	return generation(d.Before)
}

// steps answers the journal of a deployment.
func steps(d deploy.Deployment) []ui.Step {
	var out []ui.Step
	for _, s := range d.Steps {
		one := ui.Step{Title: stepWord(s.Name), Text: shown(s.Message)}
		switch s.State {
		case deploy.StepDone:
			one.Tone = view.ToneOK
		case deploy.StepSkipped:
			one.Tone, one.Icon = view.ToneOK, "check"
		case deploy.StepFailed:
			one.Tone = view.ToneBad
		default:
			one.Tone = view.ToneInfo
		}
		if s.Attempt > 1 {
			one.Text = strings.TrimSpace(one.Text + " (attempt " + strconv.Itoa(s.Attempt) + ")")
		}
		if t := took(s.StartedAt, s.EndedAt); t != "" {
			one.Aside = aside(t)
		}
		out = append(out, one)
	}
	return out
}

// shownSetting is one setting as the page of a target shows it.
type shownSetting struct {
	Title, Value string
	Mono         bool
}

// shownSettings answers the settings that are made, and which secrets are stored.
func shownSettings(sch schema.Schema, t target.Target) []shownSetting {
	var out []shownSetting
	titles := map[string]string{}
	sch.Walk(func(path string, f schema.Field) {
		title := shown(f.Title)
		if i := strings.LastIndexByte(path, '.'); i >= 0 {
			title = titles[path[:i]] + ": " + title
		}
		titles[path] = title
		if f.Secret {
			if slices.Contains(t.Deploy.Secrets, path) {
				out = append(out, shownSetting{Title: title, Value: "stored"})
			}
			return
		}
		v, ok := at(t.Deploy.Settings, path)
		if value := written(v); ok && value != "" && f.Type != schema.Object {
			c := control{Field: f}
			out = append(out, shownSetting{title, shown(named(f, strings.ReplaceAll(value, "\n", ", "))), c.mono() && f.Type != schema.Port && f.Type != schema.Int})
		}
	})
	return out
}

// named answers a value as people call it.
func named(f schema.Field, value string) string {
	for _, o := range f.Options {
		if o.Value == value {
			return o.Title
		}
	}
	if f.Type == schema.Bool {
		return map[string]string{"true": "yes", "false": "no"}[value]
	}
	return value
}
