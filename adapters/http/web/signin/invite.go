package signin

import (
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// invite shows what the link that the browser holds asks its holder into, or asks for a link.
func (h *handlers) invite(rq *kit.Request) error {
	if rq.Link(kit.InviteLink).Empty() {
		return rq.Render(http.StatusOK, linkPage(rq.View, nil))
	}
	return h.showInvite(rq, http.StatusOK, personForm{}, nil)
}

// showInvite shows the invite; refused is why it was not accepted.
func (h *handlers) showInvite(rq *kit.Request, status int, form personForm, refused error) error {
	grant, err := h.SignIn.Invite(rq.Context(), rq.Link(kit.InviteLink))
	if fault.KindOf(err) == fault.NotFound {
		rq.DropLink(kit.InviteLink)
		return rq.Render(http.StatusNotFound, linkPage(rq.View, err))
	}
	if err != nil {
		return err
	}
	return rq.Render(status, invitePage(rq.View, grant, form, refused))
}

// openInvite takes the secret of a link; the browser holds it from here on.
func (h *handlers) openInvite(rq *kit.Request) error {
	link := rq.Secret("link")
	_, err := h.SignIn.Invite(rq.Context(), link)
	if fault.KindOf(err) == fault.NotFound {
		return rq.Render(http.StatusNotFound, linkPage(rq.View, err))
	}
	if err != nil {
		return err
	}
	rq.KeepLink(kit.InviteLink, link)
	return rq.Go("/invite")
}

// acceptInvite makes the account of somebody who has none.
func (h *handlers) acceptInvite(rq *kit.Request) error {
	in := newPerson(rq)
	grant, err := h.SignIn.Invite(rq.Context(), rq.Link(kit.InviteLink))
	if err == nil {
		opened, failed := h.SignIn.AcceptInvite(rq.Context(), rq.Link(kit.InviteLink), in, rq.Visit())
		if err = failed; err == nil {
			rq.SignedIn(opened)
			return joined(rq, grant)
		}
	}
	return h.notAccepted(rq, personForm{Name: in.Name}, err)
}

// joinInvite takes somebody in who is signed in.
func (h *handlers) joinInvite(rq *kit.Request) error {
	grant, err := h.SignIn.Invite(rq.Context(), rq.Link(kit.InviteLink))
	if err == nil {
		if _, err = h.SignIn.JoinInvite(rq.Context(), rq.Who, rq.Link(kit.InviteLink)); err == nil {
			return joined(rq, grant)
		}
	}
	return h.notAccepted(rq, personForm{}, err)
}

func joined(rq *kit.Request, g tenant.InviteGrant) error {
	rq.DropLink(kit.InviteLink)
	return rq.Go("/dashboard", view.Toast{Text: "You are in " + g.Workspace.Name + " now, as " + string(g.Invite.Role) + "."})
}

func (h *handlers) notAccepted(rq *kit.Request, form personForm, err error) error {
	if status, ok := rq.Refused(err); ok {
		return h.showInvite(rq, status, form, err)
	}
	if fault.CodeOf(err) == "invite_dead" {
		return h.showInvite(rq, http.StatusNotFound, form, err)
	}
	return err
}
