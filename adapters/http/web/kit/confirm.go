package kit

import (
	"net/http"
	"net/url"

	"github.com/ignisfox/ignisfox/adapters/http/web/part"
)

// askToConfirm answers what needs a recent proof of identity. A page is gone to by way of the confirmation; for what
// changes something the confirmation comes as the answer, and the browser's script repeats the request after it.
func (rq *Request) askToConfirm() error {
	next := rq.comeBack()
	if next == "" {
		next = "/dashboard"
	}
	if rq.Method != http.MethodPost && !rq.View.Script {
		if err := rq.Go("/dashboard/confirm?next=" + url.QueryEscape(next)); err != nil {
			return err
		}
		return answered
	}
	if err := rq.sections(); err != nil {
		return err
	}
	form, err := rq.ConfirmForm(next, true)
	if err != nil {
		return err
	}
	rq.W.Header().Set("X-Confirm", "1")
	if err := rq.Render(http.StatusForbidden, part.Confirm(rq.View, form)); err != nil {
		return err
	}
	return answered
}

// ConfirmForm answers the question who somebody is, as that person can answer it.
func (rq *Request) ConfirmForm(next string, again bool) (part.ConfirmForm, error) {
	has, err := rq.kit.SignIn.Factors(rq.Context(), rq.Who)
	return part.ConfirmForm{Next: next, Again: again, Passkey: len(has.Passkeys) > 0}, err
}
