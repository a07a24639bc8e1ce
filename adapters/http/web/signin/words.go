package signin

import (
	"errors"
	"strconv"

	"github.com/a-h/templ"

	core "github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// words answers what a person is told about err.
func words(err error) string {
	var f *fault.Fault
	if errors.As(err, &f) {
		return f.Message
	}
	return "It did not work, and nothing was changed. Try again."
}

// triesLeft answers what comes after a wrong password.
func triesLeft(form signInForm) string {
	switch {
	case !form.Wrong || form.Left < 0:
		return ""
	case form.Left == 0:
		return "Now wait 5 minutes before you try again."
	case form.Left == 1:
		return "After 1 more try you have to wait 5 minutes."
	default:
		return "After " + strconv.Itoa(form.Left) + " more tries you have to wait 5 minutes."
	}
}

// line answers what is said about the server under the heading of the set-up.
func (f facts) line() string {
	out := f.host
	if f.Version != "" {
		out += " · version " + f.Version
	}
	if f.Engine != "" {
		out += " · " + f.Engine
	}
	return out
}

// does answers what a role may do, in words.
func does(r tenant.Role) string {
	switch r {
	case tenant.Owner:
		return "you may do everything"
	case tenant.Editor:
		return "you may change and deploy"
	default:
		return "you may look, and never see a key"
	}
}

func codeLabel(a core.Asked) string {
	if a.Authenticator {
		return "Code"
	}
	return "Recovery code"
}

func codeHint(a core.Asked) string {
	switch {
	case a.Authenticator && a.RecoveryCode:
		return "The 6 digits your authenticator app shows, or one of your recovery codes."
	case a.Authenticator:
		return "The 6 digits your authenticator app shows."
	default:
		return "One of the codes you stored when you added your passkey."
	}
}

// guessZone has the script choose the browser's time zone, as long as nobody has chosen one.
func guessZone(err error) templ.Attributes {
	if err != nil {
		return nil
	}
	return templ.Attributes{"data-time-zone": true}
}
