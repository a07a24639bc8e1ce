package settings

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// mostInvited is how many addresses one form takes.
const mostInvited = 20

// inviteForm is whom to ask, and as what.
type inviteForm struct {
	Emails string // separated by commas, spaces or lines
	Role   tenant.Role
}

// addresses answers the addresses of the form, none twice.
func (f inviteForm) addresses() []string {
	var out []string
	seen := map[string]bool{}
	for _, e := range strings.FieldsFunc(f.Emails, func(r rune) bool { return strings.ContainsRune(", ;\t\r\n", r) }) {
		if !seen[tenant.EmailKey(e)] {
			seen[tenant.EmailKey(e)] = true
			out = append(out, e)
		}
	}
	return out
}

// check refuses the form as a whole, before anybody is invited.
func (f inviteForm) check() error {
	list := f.addresses()
	bad := fault.New(fault.Invalid, "bad_email", "Nobody was invited.")
	switch {
	case len(list) == 0:
		return bad.Field("emails", "Give at least one address.")
	case len(list) > mostInvited:
		return bad.Field("emails", "Give at most 20 addresses at a time.")
	}
	for _, e := range list {
		if err := tenant.CheckEmail(e); err != nil {
			return bad.Field("emails", "One of these is no address such as kim@example.com. Separate them by commas.")
		}
	}
	return nil
}

// made is one address with the link it got, or why it got none.
type made struct {
	Email string
	Role  tenant.Role
	Link  secret.String
	Err   error
}

func (h *handlers) inviteForm(rq *kit.Request) error {
	return rq.Render(http.StatusOK, inviteQuestion(rq.View, inviteForm{Role: tenant.Viewer}, nil))
}

// invite makes an invite for each address and shows the links, this once: there is no mail yet to send them with.
func (h *handlers) invite(rq *kit.Request) error {
	form := inviteForm{Emails: rq.Text("emails"), Role: tenant.Role(rq.Text("role"))}
	err := form.check()
	var all []made
	if err == nil {
		err = rq.Once(func(ctx context.Context) (_ string, err error) {
			if all, err = h.inviteAll(ctx, rq, form); anyLink(all) {
				err = nil // the page says of each address that got none why
			}
			return membersPath, fault.Renamed(err, "email", "emails")
		})
	}
	if status, ok := rq.Refused(err); ok {
		return rq.Render(status, inviteQuestion(rq.View, form, err))
	}
	if err != nil {
		return err
	}
	return rq.RenderSecret(http.StatusOK, invited(rq.View, all))
}

// inviteAll goes through the addresses; err is the last refusal, or what ended it.
func (h *handlers) inviteAll(ctx context.Context, rq *kit.Request, form inviteForm) (all []made, err error) {
	for _, e := range form.addresses() {
		i, link, failed := h.Account.CreateInvite(ctx, rq.Who.Actor, account.NewInvite{Email: e, Role: form.Role})
		all = append(all, made{Email: e, Role: i.Role, Link: h.link(link, failed), Err: failed})
		if failed == nil {
			continue
		}
		err = failed
		if _, mild := rq.Refused(failed); !mild {
			return all, err
		}
	}
	return all, err
}

func (h *handlers) link(s secret.String, err error) secret.String {
	if err != nil {
		return secret.String{}
	}
	return secret.NewString(strings.TrimSuffix(h.BaseURL, "/") + "/invite#" + s.Reveal())
}

func anyLink(all []made) bool {
	return slices.ContainsFunc(all, func(m made) bool { return m.Err == nil })
}

// open answers the invite that the address names; fault NotFound for any other.
func (h *handlers) open(rq *kit.Request) (tenant.Invite, error) {
	all, err := h.Account.Invites(rq.Context(), rq.Who.Actor)
	if err != nil {
		return tenant.Invite{}, err
	}
	i := slices.IndexFunc(all, func(i tenant.Invite) bool { return i.ID == rq.ID() })
	if i < 0 {
		return tenant.Invite{}, fault.Missing("invite")
	}
	return all[i], nil
}

func (h *handlers) renewForm(rq *kit.Request) error {
	i, err := h.open(rq)
	if err != nil {
		return err
	}
	return rq.Render(http.StatusOK, renewInvite(rq.View, i, nil))
}

// renew makes a new link in the place of the one that was lost. The invite is another one then.
func (h *handlers) renew(rq *kit.Request) error {
	var i, fresh tenant.Invite
	var link secret.String
	err := rq.Once(func(ctx context.Context) (_ string, err error) {
		if i, err = h.open(rq); err != nil {
			return "", err
		}
		fresh, link, err = h.Account.CreateInvite(ctx, rq.Who.Actor, account.NewInvite{Email: i.Email, Role: i.Role})
		return membersPath, err
	})
	if status, ok := rq.Refused(err); ok {
		return rq.Render(status, renewInvite(rq.View, i, err))
	}
	if err != nil {
		return err
	}
	return rq.RenderSecret(http.StatusOK, invited(rq.View, []made{{Email: fresh.Email, Role: fresh.Role, Link: h.link(link, nil)}}))
}

func (h *handlers) cancelForm(rq *kit.Request) error {
	i, err := h.open(rq)
	if err != nil {
		return err
	}
	return rq.Render(http.StatusOK, cancelInvite(rq.View, i, nil))
}

func (h *handlers) cancel(rq *kit.Request) error {
	i, err := h.open(rq)
	if err != nil {
		return err
	}
	err = h.Account.DeleteInvite(rq.Context(), rq.Who.Actor, i.ID)
	if status, ok := rq.Refused(err); ok {
		return rq.Render(status, cancelInvite(rq.View, i, err))
	}
	if err != nil {
		return err
	}
	return rq.Go(membersPath, view.Toast{Text: "The invite of " + i.Email + " is cancelled. Its link stopped working."})
}
