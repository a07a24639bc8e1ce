package signin

import (
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	core "github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/fault"
)

// errCode refuses a proof by password alone where the second factor is asked for too.
var errCode = fault.New(fault.Invalid, "code_needed", "Give a code too, or use a passkey.").
	Field("code", "Give the newest code of your app, or a recovery code that you have not used.")

func (h *handlers) confirmForm(rq *kit.Request) error {
	form, err := rq.ConfirmForm(rq.Next(), rq.Checked("strong"))
	if err != nil {
		return err
	}
	return rq.Render(http.StatusOK, part.Confirm(rq.View, form))
}

// confirm takes the password, and the code where one is asked for. The script that asked on behalf of another request is
// told that it may repeat it; everybody else goes on to where they wanted to be.
func (h *handlers) confirm(rq *kit.Request) error {
	opened, err := h.proof(rq)
	if status, ok := rq.Refused(err); ok {
		form, failed := rq.ConfirmForm(rq.Next(), rq.Checked("strong"))
		if failed != nil {
			return failed
		}
		form.Again, form.Error = rq.Checked("again"), err
		return rq.Render(status, part.Confirm(rq.View, form))
	}
	if err != nil {
		return err
	}
	rq.RightProof()
	rq.SignedIn(opened)
	tellGuesses(rq, opened)
	if rq.Checked("again") && rq.View.Script {
		rq.W.Header().Set("X-Confirmed", "1")
		rq.W.WriteHeader(http.StatusNoContent)
		return nil
	}
	return rq.Go(rq.Next())
}

func (h *handlers) proof(rq *kit.Request) (core.Opened, error) {
	p := core.Proof{Password: rq.Secret("password"), Code: rq.Text("code")}
	if p.Code == "" && rq.Checked("strong") && rq.Who.SecondFactor {
		return core.Opened{}, errCode
	}
	if err := rq.TryProof(); err != nil {
		return core.Opened{}, err
	}
	return h.SignIn.Confirm(rq.Context(), rq.Who, p, rq.Visit())
}
