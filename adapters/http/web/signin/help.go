package signin

import "github.com/ignisfox/ignisfox/adapters/http/web/view"

const manual = "/docs/sign-in"

// Where the manual explains the pages on which people come in and go.
var (
	aboutSignIn   = view.Manual{Href: manual, Text: "Help with signing in"}
	aboutPassword = view.Manual{Href: manual + "#password", Text: "Help with passwords"}
	aboutCode     = view.Manual{Href: manual + "#second-step", Text: "Help with the second step"}
	aboutSetup    = view.Manual{Href: manual + "#the-first-start", Text: "Help with the first start"}
	aboutSignUp   = view.Manual{Href: manual + "#making-an-account-yourself", Text: "Help with making an account"}
	aboutInvite   = view.Manual{Href: manual + "#invites", Text: "Help with invites"}
	aboutAccount  = view.Manual{Href: "/docs/settings#profile", Text: "Help with deleting an account"}
)
