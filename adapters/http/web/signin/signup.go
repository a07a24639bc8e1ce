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
	err := rq.TrySignUp()
	var opened core.Opened
	if err == nil {
		opened, err = h.SignIn.SignUp(rq.Context(), in, rq.Visit())
	}
	if status, ok := rq.Refused(err); ok {
		return rq.Render(status, signUpPage(rq.View, personForm{Name: in.Name, Email: in.Email}, err))
	}
	if err != nil {
		return err
	}
	rq.SignedIn(opened)
	return rq.Go(rq.Next())
}
