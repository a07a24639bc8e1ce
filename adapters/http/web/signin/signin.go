// Package signin has the pages on which people come in and go: set-up, sign-in with its second step, sign-up, invites,
// the proof of identity, and what somebody in no workspace sees.
//
//	signin.Register(k, signin.Deps{SignIn: service, BaseURL: "https://…", Server: facts})
//
// The forms are plain ones that the browser sends itself: a sign-in must not depend on a script.
package signin

import (
	"net/http"
	"net/url"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	core "github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// Deps of Register.
type Deps struct {
	SignIn  *core.Service
	BaseURL string
	Server  Server
}

// Server is what the set-up page tells about the server.
type Server struct {
	Version string
	Engine  string // "SQLite", "PostgreSQL"
	KEK     string // where the key-encryption key lies, as a sentence: "It is the file /var/lib/ignisfox/kek."
}

type handlers struct {
	Deps
	host string // as people know the server
}

// Register adds the routes.
func Register(k *kit.Kit, d Deps) {
	h := &handlers{Deps: d}
	if u, err := url.Parse(d.BaseURL); err == nil {
		h.host = u.Host
	}
	h.entrances(k)
	h.ownRoutes(k)
}

// entrances are for people who are not signed in.
func (h *handlers) entrances(k *kit.Kit) {
	k.Open(http.MethodGet, "/{$}", func(rq *kit.Request) error { return rq.Go("/dashboard") })
	k.Open(http.MethodGet, "/setup", h.setupForm)
	k.Throttled(http.MethodPost, "/setup", h.setUp)
	k.Open(http.MethodGet, "/sign-in", h.signInForm)
	k.Throttled(http.MethodPost, "/sign-in", h.signIn)
	k.Open(http.MethodGet, "/sign-in/help", h.help)
	k.Open(http.MethodGet, "/sign-in/code", h.codeForm)
	k.Throttled(http.MethodPost, "/sign-in/code", h.code)
	k.Throttled(http.MethodPost, "/sign-in/passkey/begin", h.beginPasskey)
	k.Throttled(http.MethodPost, "/sign-in/passkey/finish", h.finishPasskey)
	k.Open(http.MethodGet, "/invite", h.invite)
	k.Throttled(http.MethodPost, "/invite", h.openInvite)
	k.Throttled(http.MethodPost, "/invite/accept", h.acceptInvite)
	k.Open(http.MethodPost, "/dashboard/theme", h.theme)
	if h.SignIn.Deps.SignUp {
		k.Open(http.MethodGet, "/sign-up", h.signUpForm)
		k.Throttled(http.MethodPost, "/sign-up", h.signUp)
	}
}

// ownRoutes are for people who are signed in, also while something has to be done first.
func (h *handlers) ownRoutes(k *kit.Kit) {
	k.AnyView("/sign-out", tenant.ProfileUpdate, h.signOut)
	k.Unfinished(http.MethodPost, "/invite/join", "", tenant.ProfileUpdate, h.joinInvite)
	k.Unfinished(http.MethodGet, "/dashboard/welcome", "", tenant.ProfileUpdate, h.welcome)
	if h.SignIn.Deps.SignUp {
		k.Unfinished(http.MethodPost, "/dashboard/welcome", "", tenant.ProfileUpdate, h.newWorkspace)
	}
	k.Unfinished(http.MethodGet, "/dashboard/confirm", "", tenant.ProfileUpdate, h.confirmForm)
	k.Unfinished(http.MethodPost, "/dashboard/confirm", "", tenant.ProfileUpdate, h.confirm)
	k.Unfinished(http.MethodPost, "/dashboard/confirm/passkey/begin", "", tenant.ProfileUpdate, h.beginConfirmPasskey)
	k.Unfinished(http.MethodPost, "/dashboard/confirm/passkey/finish", "", tenant.ProfileUpdate, h.finishConfirmPasskey)
	k.AnyView("/dashboard/workspace", tenant.ProfileUpdate, h.workspace)
	k.Unfinished(http.MethodGet, "/dashboard/account/delete", "", tenant.CredentialUpdate, h.deleteAccountForm)
	k.Unfinished(http.MethodPost, "/dashboard/account/delete", "", tenant.CredentialUpdate, h.deleteAccount)
}

// withNext answers path with the address to go on to afterwards, unless that is the overview, where everybody begins.
func withNext(path, next string) string {
	if next == "" || next == "/dashboard" {
		return path
	}
	return path + "?next=" + url.QueryEscape(next)
}
