package kit

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"

	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/core/app/idempotency"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
)

const codeMade = "already_made"

// maxNonce bounds what is taken for the nonce of a form.
const maxNonce = 64

// nonce answers what tells one form that is drawn from every other.
func nonce() string { return rand.Text() }

// Once does what a form asks for whose answer shows a secret: once, however often the form is sent. A reload of the answer
// sends it again. The form carries the nonce (part.OnceField); one without is as good as new each time, and so is that of
// somebody in no workspace: what was done is kept with one.
//
//	err := rq.Once(func(ctx context.Context) (made string, err error) {
//		t, tok, err = h.Push.Create(ctx, rq.Who.Actor, in)
//		return path(t.ID), err
//	})
//
// work answers the page of what it made. What it refuses may be sent again with other input. Another time Once answers an
// error that is shown as a page with a link to what was made, status 409: rq.Refused does not take it for the form's.
func (rq *Request) Once(work func(ctx context.Context) (made string, err error)) error {
	key := rq.Text("once")
	if rq.kit.Once == nil || rq.Who.Tenant == "" || key == "" || len(key) > maxNonce {
		_, err := work(rq.Context())
		return err
	}
	w, before, err := rq.kit.Once.Begin(rq.Context(), rq.Who.Actor, rq.route.Pattern(), key, sha256.Sum256(nil))
	if code := fault.CodeOf(err); code == "in_progress" || code == "already_done" {
		return &repeated{} // it is being done at this moment, or its answer was lost
	}
	if err != nil {
		return err
	}
	if before != nil {
		return &repeated{string(before.Body.Reveal())}
	}
	return finish(w, work)
}

// finish keeps the address of what was made, and never the secret.
func finish(w *idempotency.Work, work func(context.Context) (string, error)) error {
	kept := false
	defer func() {
		if !kept { // refused, or a panic is on its way up
			w.Release()
		}
	}()
	made, err := work(w.Context())
	if err != nil {
		return err
	}
	kept = true
	w.Finish(idempotency.Answer{Status: 200, ContentType: "text/plain", Body: secret.NewBytes([]byte(made))})
	return nil
}

// repeated says that the form was sent before. made is the page of what it made then, empty when that is not known.
type repeated struct{ made string }

func (*repeated) Error() string { return codeMade }

// MadeBefore answers the page of what a form made when it was sent before. A form whose answer shows no secret goes there, instead of
// saying that something was shown once; false for any other error, and where that page is not known.
func MadeBefore(err error) (made string, ok bool) {
	var r *repeated
	if !errors.As(err, &r) {
		return "", false
	}
	made = Local(r.made)
	return made, made != ""
}

func (r *repeated) fault() error {
	return fault.New(fault.Conflict, codeMade, "This form was sent before, and what it asks for was made then. Its secret was shown once, in that answer, "+
		"and cannot be shown again. When you did not keep it, have a new one made.")
}

// madeBefore has the page lead to what was made.
func (rq *Request) madeBefore(p part.Problem) part.Problem {
	p.Title, p.Link, p.Href = "Already made", "Show it", Local(rq.before.made)
	if p.Href == "" {
		p.Link, p.Href = "Show the list", rq.View.Section(rq.route.Section).Path
	}
	if p.Href == "" {
		p.Link = ""
	}
	return p
}
