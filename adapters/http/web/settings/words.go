package settings

import (
	"errors"
	"strings"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/web/ui"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// named is how many things a line of text names before it counts the rest.
const named = 3

// listed answers names as a sentence names them: "a, b, c and 4 more".
func listed(names []string) string {
	if len(names) <= named {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:named], ", ") + " and " + view.Number(len(names)-named) + " more"
}

func on(f signin.Factors) bool { return f.Authenticator || len(f.Passkeys) > 0 }

func incomplete(p profilePage) string {
	if p.Profile.Member.Name == "" {
		return "Tell the others your name, then save."
	}
	return "No owner has looked at name and time zone of the workspace yet. Save when they are right."
}

func secondStep(p profilePage) string {
	out := "Asks for a code of your authenticator app, or a passkey, after the password."
	switch {
	case p.Profile.Platform:
		return out + " Required for platform admins."
	case p.Profile.Workspace.SecondFactor:
		return out + " This workspace requires it."
	}
	return out
}

func passkeysLine(v view.View, f signin.Factors) string {
	if len(f.Passkeys) == 0 {
		return "None yet. A passkey signs you in without a password."
	}
	names := make([]string, len(f.Passkeys))
	last := f.Passkeys[0].LastAt
	for i, p := range f.Passkeys {
		names[i] = p.Name
		if p.LastAt.After(last) {
			last = p.LastAt
		}
	}
	if last.IsZero() {
		return listed(names) + ". Never used yet."
	}
	return listed(names) + ". Last used " + v.Ago(last) + "."
}

func sessionsLine(list []tenant.Session, here string) string {
	names := make([]string, 0, len(list))
	for _, s := range list {
		if s.ID == here {
			names = append([]string{s.Agent + " (this one)"}, names...)
		} else {
			names = append(names, s.Agent)
		}
	}
	return view.Number(len(list)) + " active: " + listed(names) + "."
}

func tokensLine(list []tenant.APIToken) string {
	if len(list) == 0 {
		return "None. A token lets a program use the REST API as you."
	}
	names := make([]string, len(list))
	for i, t := range list {
		names[i] = t.Name + " (" + scopes(t.Scopes) + ")"
	}
	return view.Count(len(list), "token") + ": " + listed(names) + "."
}

func scopes(list []tenant.Scope) string {
	names := make([]string, len(list))
	for i, s := range list {
		names[i] = string(s)
	}
	return strings.Join(names, ", ")
}

// called answers what a member is called.
func called(m tenant.Member) string {
	if m.Name == "" {
		return m.Email
	}
	return m.Name
}

func roles() []ui.Option {
	return []ui.Option{
		{Value: string(tenant.Viewer), Label: "viewer"}, {Value: string(tenant.Editor), Label: "editor"}, {Value: string(tenant.Owner), Label: "owner"},
	}
}

// left answers how long an invite can still be accepted.
func left(v view.View, i tenant.Invite) string {
	if !v.Now.Before(i.ExpiresAt) {
		return "the link has run out"
	}
	if left := v.Left(i.ExpiresAt); left >= time.Hour {
		return view.Count(int(left/time.Hour), "hour") + " left"
	}
	return v.Until(i.ExpiresAt) + " left"
}

// linked counts the invites that were made.
func linked(all []made) int {
	n := 0
	for _, m := range all {
		if m.Err == nil {
			n++
		}
	}
	return n
}

func links(all []made) string {
	if linked(all) == 1 {
		return "link"
	}
	return "links"
}

// words answers what a person is told about err.
func words(err error) string {
	var f *fault.Fault
	if errors.As(err, &f) {
		return f.Message
	}
	return "It did not work. Try again."
}
