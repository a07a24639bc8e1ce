package signin

import (
	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	core "github.com/ignisfox/ignisfox/core/app/signin"
)

const passwordPath = "/dashboard/settings/security/password"

// tellGuesses has the next page say that somebody tried codes with this person's password, as long as it is not known to have
// been this browser.
func tellGuesses(rq *kit.Request, o core.Opened) {
	if o.WrongCodes > 0 {
		rq.Toast(guessed(o.WrongCodes))
	}
}

// guessed is said of n wrong codes.
func guessed(n int) view.Toast {
	what := view.Count(n, "wrong code") + " of an authenticator app "
	if n == 1 {
		what += "was"
	} else {
		what += "were"
	}
	return view.Toast{
		Text: what + " given for your account since you last signed in or confirmed who you are. If that was not you, somebody else knows your password: change it now.",
		Href: passwordPath, Link: "Change the password", Keep: true,
	}
}
