package signin

import (
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	core "github.com/ignisfox/ignisfox/core/app/signin"
)

// personForm is what somebody says about themselves who makes an account.
type personForm struct{ Name, Email string }

func newPerson(rq *kit.Request) core.NewPerson {
	return core.NewPerson{Name: rq.Text("name"), Email: rq.Text("email"), Password: rq.Secret("password")}
}

func (h *handlers) signUpForm(rq *kit.Request) error {
	if rq.View.SignedIn {
		return rq.Go(rq.Next())
	}
	return rq.Render(http.StatusOK, signUpPage(rq.View, personForm{}, nil))
}

func (h *handlers) signUp(rq *kit.Request) error {
	in := newPerson(rq)
	opened, err := h.openAccount(rq, in)
	if status, ok := rq.Refused(err); ok {
		return rq.Render(status, signUpPage(rq.View, personForm{Name: in.Name, Email: in.Email}, err))
	}
	if err != nil {
		return err
	}
	rq.SignedIn(opened)
	return rq.Go(rq.Next())
}

// openAccount looks at the form first: only one that could become an account counts, and whether the address has one is told by
// nothing that does not.
func (h *handlers) openAccount(rq *kit.Request, in core.NewPerson) (core.Opened, error) {
	n, err := h.SignIn.Newcomer(rq.Context(), in)
	if err != nil {
		return core.Opened{}, err
	}
	if err := rq.TrySignUp(); err != nil {
		return core.Opened{}, err
	}
	return h.SignIn.SignUpAs(rq.Context(), n, rq.Visit())
}
