// Package settings has the pages on which people look after themselves and their workspace: profile, preferences, members
// and invites, API tokens, and sign-in security.
//
//	settings.Register(k, settings.Deps{SignIn: signIn, Account: accounts, BaseURL: "https://…"})
package settings

import (
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/app/deploy"
	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/tenant"
)

const section = "settings"

// Addresses of the pages.
const (
	home            = "/dashboard/settings"
	profilePath     = home + "/profile"
	preferencesPath = home + "/preferences"
	membersPath     = home + "/members"
	tokensPath      = home + "/api-tokens"
	securityPath    = home + "/security"
	pluginsPath     = home + "/plugins"
	leavePath       = home + "/leave"
	deletePath      = home + "/delete"
)

// Deps of Register.
type Deps struct {
	SignIn  *signin.Service
	Account *account.Service
	Deploy  *deploy.Service // whose plugins are shown to platform admins; nil for none
	BaseURL string          // links of invites begin with it
}

type handlers struct{ Deps }

// Register adds the routes.
func Register(k *kit.Kit, d Deps) {
	h := &handlers{d}
	k.Get(home, section, tenant.ProfileRead, func(rq *kit.Request) error { return rq.Go(profilePath) })
	h.ownRoutes(k)
	h.memberRoutes(k)
	h.tokenRoutes(k)
	h.securityRoutes(k)
	k.Get(pluginsPath, section, tenant.PluginRead, h.plugins)
}

func (h *handlers) ownRoutes(k *kit.Kit) {
	k.Get(profilePath, section, tenant.ProfileRead, h.profile)
	k.Post(profilePath, section, tenant.ProfileUpdate, h.saveProfile)
	k.Get(leavePath, section, tenant.ProfileUpdate, h.leaveForm)
	k.Post(leavePath, section, tenant.ProfileUpdate, h.leave)
	k.Get(deletePath, section, tenant.TenantDelete, h.deleteForm)
	k.Post(deletePath, section, tenant.TenantDelete, h.delete)
	k.Get(preferencesPath, section, tenant.ProfileRead, h.preferences)
	k.Post(preferencesPath, section, tenant.ProfileUpdate, h.savePreferences)
}

func (h *handlers) memberRoutes(k *kit.Kit) {
	k.Get(membersPath, section, tenant.MemberRead, h.members)
	k.Get(membersPath+"/{id}/role", section, tenant.MemberUpdate, h.roleForm)
	k.Post(membersPath+"/{id}/role", section, tenant.MemberUpdate, h.setRole)
	k.Get(membersPath+"/{id}/remove", section, tenant.MemberDelete, h.removeForm)
	k.Post(membersPath+"/{id}/remove", section, tenant.MemberDelete, h.remove)
	k.Get(membersPath+"/invite", section, tenant.InviteCreate, h.inviteForm)
	k.Post(membersPath+"/invite", section, tenant.InviteCreate, h.invite)
	k.Get(membersPath+"/invites/{id}/renew", section, tenant.InviteCreate, h.renewForm)
	k.Post(membersPath+"/invites/{id}/renew", section, tenant.InviteCreate, h.renew)
	k.Get(membersPath+"/invites/{id}/cancel", section, tenant.InviteDelete, h.cancelForm)
	k.Post(membersPath+"/invites/{id}/cancel", section, tenant.InviteDelete, h.cancel)
}

func (h *handlers) tokenRoutes(k *kit.Kit) {
	k.Get(tokensPath, section, tenant.APITokenRead, h.tokens)
	k.Get(tokensPath+"/new", section, tenant.APITokenCreate, h.tokenForm)
	k.Post(tokensPath+"/new", section, tenant.APITokenCreate, h.newToken)
	k.Get(tokensPath+"/{id}/delete", section, tenant.APITokenDelete, h.deleteTokenForm)
	k.Post(tokensPath+"/{id}/delete", section, tenant.APITokenDelete, h.deleteToken)
}

// securityRoutes are about the person's own credentials: they stay open while a second factor has to be made first.
func (h *handlers) securityRoutes(k *kit.Kit) {
	own := func(path string, action tenant.Action, get, post kit.Handler) {
		if get != nil {
			k.Unfinished(http.MethodGet, securityPath+path, section, action, get)
		}
		if post != nil {
			k.Unfinished(http.MethodPost, securityPath+path, section, action, post)
		}
	}
	own("", tenant.ProfileUpdate, h.security, nil)
	own("/password", tenant.CredentialUpdate, h.passwordForm, h.changePassword)
	own("/authenticator", tenant.CredentialUpdate, h.authenticatorForm, h.beginAuthenticator)
	own("/authenticator/confirm", tenant.CredentialUpdate, h.confirmForm, h.confirmAuthenticator)
	own("/authenticator/remove", tenant.CredentialUpdate, h.removeAuthenticatorForm, h.removeAuthenticator)
	own("/passkeys/new", tenant.CredentialUpdate, h.passkeyForm, nil)
	own("/passkeys/begin", tenant.CredentialUpdate, nil, h.beginPasskey)
	own("/passkeys/finish", tenant.CredentialUpdate, nil, h.finishPasskey)
	own("/passkeys/{id}/rename", tenant.ProfileUpdate, h.renamePasskeyForm, h.renamePasskey)
	own("/passkeys/{id}/remove", tenant.CredentialUpdate, h.removePasskeyForm, h.removePasskey)
	own("/recovery-codes", tenant.CredentialUpdate, h.codesForm, h.newCodes)
	own("/sessions/{id}/end", tenant.ProfileUpdate, h.endSessionForm, h.endSession)
	own("/sessions/end-others", tenant.ProfileUpdate, nil, h.endOthers)
	k.Post(securityPath+"/require", section, tenant.TenantUpdate, h.require)
}
