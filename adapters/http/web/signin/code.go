package signin

import (
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	core "github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/fault"
)

// codeForm asks for the second factor.
type codeForm struct {
	core.Asked
	Next string
}

func (h *handlers) codeForm(rq *kit.Request) error {
	if rq.View.SignedIn {
		return rq.Go(rq.Next())
	}
	return h.ask(rq, nil)
}

// ask shows the form for the second factor; refused is why the one before was not taken.
func (h *handlers) ask(rq *kit.Request, refused error) error {
	asked, err := h.SignIn.Asked(rq.Context(), rq.SessionCookie())
	if fault.KindOf(err) == fault.Unauthenticated { // over: it begins again with the password
		return rq.Render(http.StatusUnauthorized, signInPage(rq.View, h.form(rq), err))
	}
	if err != nil {
		return err
	}
	status := http.StatusOK
	if refused != nil {
		status, _ = rq.Refused(refused)
	}
	return rq.Render(status, codePage(rq.View, codeForm{Asked: asked, Next: rq.Next()}, refused))
}

func (h *handlers) code(rq *kit.Request) error {
	opened, err := h.SignIn.SecondFactor(rq.Context(), rq.SessionCookie(), rq.Text("code"), rq.Visit())
	if _, ok := rq.Refused(err); ok {
		return h.ask(rq, err)
	}
	if err != nil {
		return err
	}
	rq.SignedIn(opened)
	if who, err := h.SignIn.Authenticate(rq.Context(), opened.Cookie, rq.Addr); err == nil {
		if try, err := rq.TryOf(who.Person.Email); err == nil {
			try.Right()
		}
	}
	tellGuesses(rq, opened)
	return rq.Go(rq.Next())
}
