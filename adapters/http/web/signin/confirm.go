package signin

import (
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	core "github.com/ignisfox/ignisfox/core/app/signin"
)

func (h *handlers) confirmForm(rq *kit.Request) error {
	form, err := rq.ConfirmForm(rq.Next(), false)
	if err != nil {
		return err
	}
	return rq.Render(http.StatusOK, part.Confirm(rq.View, form))
}

// confirm takes the password. The script that asked on behalf of another request is told that it may repeat it; everybody
// else goes on to where they wanted to be.
func (h *handlers) confirm(rq *kit.Request) error {
	again := rq.Checked("again")
	err := rq.TryPassword(rq.Who.Person.Email)
	var opened core.Opened
	if err == nil {
		opened, err = h.SignIn.Confirm(rq.Context(), rq.Who, core.Proof{Password: rq.Secret("password"), Code: rq.Text("code")}, rq.Visit())
	}
	if status, ok := rq.Refused(err); ok {
		form, failed := rq.ConfirmForm(rq.Next(), again)
		if failed != nil {
			return failed
		}
		form.Error = err
		return rq.Render(status, part.Confirm(rq.View, form))
	}
	if err != nil {
		return err
	}
	rq.RightPassword(rq.Who.Person.Email)
	rq.SignedIn(opened)
	if again && rq.View.Script {
		rq.W.Header().Set("X-Confirmed", "1")
		rq.W.WriteHeader(http.StatusNoContent)
		return nil
	}
	return rq.Go(rq.Next())
}
