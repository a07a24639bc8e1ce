package kit

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"

	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// askToConfirm answers what needs a recent proof of identity. A page is gone to by way of the confirmation; for what
// changes something the confirmation comes as the answer, and the browser's script repeats the request after it. err says
// which proof: tenant.NotFresh or NotStrong.
func (rq *Request) askToConfirm(err error) error {
	strong := errors.Is(err, tenant.NotStrong)
	next := rq.withRows(rq.comeBack())
	if next == "" {
		next = "/dashboard"
	}
	if rq.Method != http.MethodPost && !rq.View.Script {
		to := "/dashboard/confirm?next=" + url.QueryEscape(next)
		if strong {
			to += "&strong=1"
		}
		if err := rq.Go(to); err != nil {
			return err
		}
		return answered
	}
	if err := rq.sections(); err != nil {
		return err
	}
	form, err := rq.ConfirmForm(next, strong)
	if err != nil {
		return err
	}
	form.Again = true
	rq.W.Header().Set("X-Confirm", "1")
	if err := rq.Render(http.StatusForbidden, part.Confirm(rq.View, form)); err != nil {
		return err
	}
	return answered
}

// Keeps says whether err wants a proof of identity for a form that nothing would repeat afterwards: it is then shown again as it was
// typed, with part.ProveFirst. The use case refuses all the same.
func (rq *Request) Keeps(err error) bool {
	if !rq.keeps(err) {
		return false
	}
	rq.W.Header().Set("X-Confirm", "1")
	return true
}

func (rq *Request) keeps(err error) bool {
	return rq.route.Keeps && !rq.View.Script && tenant.NotProved(err)
}

// withRows has the page of a form that was sent, which next is, show the rows again that the form was about: without our script
// nothing repeats it. Rows that fit in no address are chosen once more.
func (rq *Request) withRows(next string) string {
	ids := rq.PostForm["id"]
	if rq.View.Script || len(ids) == 0 || next != rq.URL.Path || rq.PathValue("id") != "" {
		return next
	}
	return cmp.Or(Local(next+"?"+url.Values{"id": ids}.Encode()), rq.pageAbove())
}

// ConfirmForm answers the question who somebody is, as that person can answer it. A strong proof is with the second factor
// of somebody who has one.
func (rq *Request) ConfirmForm(next string, strong bool) (part.ConfirmForm, error) {
	has, err := rq.kit.SignIn.Factors(rq.Context(), rq.Who)
	form := part.ConfirmForm{Next: next, Passkey: len(has.Passkeys) > 0, Strong: strong && rq.Who.SecondFactor}
	if form.Strong {
		form.App, form.Codes = has.Authenticator, has.RecoveryCodes > 0
	}
	return form, err
}
