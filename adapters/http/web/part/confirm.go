package part

import "github.com/ignisfox/ignisfox/adapters/http/web/view"

// whyAsked is where the manual says what a proof is asked for.
var whyAsked = view.Manual{Href: manual + "sign-in#confirming-that-it-is-you", Text: "Why you are asked"}

func (p ConfirmForm) lead() string {
	const holds = " It holds for 10 minutes."
	switch {
	case !p.Strong:
		return "What you asked for needs a recent proof." + holds
	case !p.App && !p.Codes:
		return "What you asked for needs a proof with your second factor: use your passkey." + holds
	default:
		return "What you asked for needs a recent proof with your second factor." + holds
	}
}

func (p ConfirmForm) codeLabel() string {
	if p.App {
		return "Code"
	}
	return "Recovery code"
}

func (p ConfirmForm) codeHint() string {
	switch {
	case p.App && p.Codes:
		return "The 6 digits your authenticator app shows, or one of your recovery codes."
	case p.App:
		return "The 6 digits your authenticator app shows."
	default:
		return "One of your recovery codes. A passkey needs none."
	}
}
