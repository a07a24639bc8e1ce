package signin

import (
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	core "github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/fault"
)

// signInForm is what somebody says who comes in.
type signInForm struct {
	Email  string
	Stay   bool
	Next   string // where they go on to
	Wrong  bool   // the password was
	Left   int    // tries before this address has to wait
	SignUp bool   // anybody may make an account
}

func (h *handlers) form(rq *kit.Request) signInForm {
	return signInForm{Email: rq.Text("email"), Stay: rq.Checked("stay"), Next: rq.Next(), SignUp: h.SignIn.Deps.SignUp}
}

func (h *handlers) signInForm(rq *kit.Request) error {
	if rq.View.SignedIn {
		return rq.Go(rq.Next())
	}
	return rq.Render(http.StatusOK, signInPage(rq.View, h.form(rq), nil))
}

func (h *handlers) signIn(rq *kit.Request) error {
	form := h.form(rq)
	try, err := rq.TryOf(form.Email)
	if err != nil {
		return err
	}
	err = try.Take()
	var opened core.Opened
	if err == nil {
		opened, err = h.SignIn.SignIn(rq.Context(), form.Email, rq.Secret("password"), rq.Visit())
	}
	if status, ok := rq.Refused(err); ok {
		form.Wrong, form.Left = fault.KindOf(err) == fault.Unauthenticated, try.Left()
		return rq.Render(status, signInPage(rq.View, form, err))
	}
	if err != nil {
		return err
	}
	rq.SignedIn(opened)
	if opened.Pending { // a second password in hand must not make codes free to guess: nothing is forgotten yet
		return rq.Go(withNext("/sign-in/code", form.Next))
	}
	try.Right()
	return rq.Go(form.Next)
}

// help tells what to do without the password.
func (h *handlers) help(rq *kit.Request) error {
	return rq.Render(http.StatusOK, helpPage(rq.View))
}

func (h *handlers) signOut(rq *kit.Request) error {
	if err := h.SignIn.SignOut(rq.Context(), rq.Who); err != nil {
		return err
	}
	rq.SignedOut()
	if rq.Text("next") == "/invite" { // another account is to accept what this browser holds
		if link := rq.Link(kit.InviteLink); !link.Empty() {
			rq.KeepLink(kit.InviteLink, link)
		}
		return rq.Go(withNext("/sign-in", "/invite"))
	}
	return rq.Go("/sign-in")
}
