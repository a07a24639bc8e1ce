package settings

import (
	"net/http"
	"slices"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// securityPage is what the person's sign-in looks like.
type securityPage struct {
	Factors  signin.Factors
	Sessions []tenant.Session
	Here     string // id of the session that asks
	Must     bool   // a second factor has to be made first
	Required bool   // by this workspace, of everybody
}

func (h *handlers) security(rq *kit.Request) error { return h.showSecurity(rq, http.StatusOK, nil) }

// showSecurity shows the page; refused is why something on it was not done.
func (h *handlers) showSecurity(rq *kit.Request, status int, refused error) error {
	p := securityPage{
		Here: rq.Who.Browser.ID, Must: rq.Who.Must == signin.MustSecondFactor, Required: rq.Who.Workspace.SecondFactor,
	}
	var err error
	if p.Factors, err = h.SignIn.Factors(rq.Context(), rq.Who); err != nil {
		return err
	}
	if p.Sessions, err = h.SignIn.Sessions(rq.Context(), rq.Who); err != nil {
		return err
	}
	return rq.Render(status, security(rq.View, p, refused))
}

func (h *handlers) passwordForm(rq *kit.Request) error {
	return rq.Render(http.StatusOK, changePassword(rq.View, nil))
}

func (h *handlers) changePassword(rq *kit.Request) error {
	err := h.replacePassword(rq)
	if status, ok := rq.Refused(err); ok {
		return rq.Render(status, changePassword(rq.View, err))
	}
	if err != nil {
		return err
	}
	rq.RightProof()
	return rq.Go(securityPath, view.Toast{Text: "Password changed. Your other sessions are over."})
}

// replacePassword looks at the new one first: it is no wrong try when that one is too short.
func (h *handlers) replacePassword(rq *kit.Request) error {
	if err := rq.TryBegin(); err != nil {
		return err
	}
	next, err := h.SignIn.Choose(rq.Context(), rq.Who, rq.Secret("new_password"))
	if err != nil {
		return err
	}
	if err := rq.TryProof(); err != nil {
		return err
	}
	return h.SignIn.ChangePasswordTo(rq.Context(), rq.Who, rq.Secret("password"), next)
}

// endSessionForm asks; fault NotFound for a session of somebody else.
func (h *handlers) endSessionForm(rq *kit.Request) error {
	all, err := h.SignIn.Sessions(rq.Context(), rq.Who)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(s tenant.Session) bool { return s.ID == rq.ID() })
	if i < 0 {
		return fault.Missing("session")
	}
	return rq.Render(http.StatusOK, endSession(rq.View, all[i], rq.ID() == rq.Who.Browser.ID))
}

func (h *handlers) endSession(rq *kit.Request) error {
	if err := h.SignIn.Revoke(rq.Context(), rq.Who, rq.ID()); err != nil {
		return err
	}
	if rq.ID() == rq.Who.Browser.ID {
		rq.SignedOut()
		return rq.Go("/sign-in")
	}
	return rq.Go(securityPath, view.Toast{Text: "That session is over."})
}

func (h *handlers) endOthers(rq *kit.Request) error {
	n, err := h.SignIn.RevokeOthers(rq.Context(), rq.Who)
	if err != nil {
		return err
	}
	return rq.Go(securityPath, view.Toast{Text: others(n)})
}

// require says whether the workspace asks a second factor of everybody.
func (h *handlers) require(rq *kit.Request) error {
	on := rq.Text("second_factor") == "on"
	_, err := h.Account.ChangeWorkspace(rq.Context(), rq.Who.Actor, account.WorkspaceChange{SecondFactor: &on})
	if status, ok := rq.Refused(err); ok {
		return h.showSecurity(rq, status, err)
	}
	if err != nil {
		return err
	}
	text := "A second factor is no longer required."
	if on {
		text = "A second factor is required. Members without one are asked for it with their next request."
	}
	return rq.Go(securityPath, view.Toast{Text: text})
}
