package push

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/target"
)

// graces are the hours for which the old token may go on working, as they are offered.
var graces = []int{0, 1, 2, 4, 8, 12, 24, 48, int(target.MaxGrace / time.Hour)}

// rotatePage is the question whether to rotate.
type rotatePage struct {
	Target target.Target
	Grace  string // hours
	Error  error
}

func (h *handlers) rotateForm(rq *kit.Request) error {
	t, err := h.Push.Get(rq.Context(), rq.Who.Actor, rq.ID())
	if err != nil {
		return err
	}
	return rq.Render(http.StatusOK, rotate(rq.View, rotatePage{Target: t, Grace: "0"}))
}

// rotate answers the new token, which nobody can ask for again.
func (h *handlers) rotate(rq *kit.Request) error {
	hours, err := strconv.Atoi(rq.Text("grace"))
	if err != nil {
		err = fault.New(fault.Invalid, "bad_grace", "The old token can live on for 0 to 72 hours.").Field("grace", "Give whole hours from 0 to 72.")
		return h.notRotated(rq, err)
	}
	hours = min(max(hours, -1), int(target.MaxGrace/time.Hour)+1) // so that no product overflows
	before, err := h.living(rq)
	if err != nil {
		return err
	}
	var tok secret.String
	err = rq.Once(func(ctx context.Context) (_ string, err error) {
		tok, err = h.Push.Rotate(ctx, rq.Who.Actor, rq.ID(), time.Duration(hours)*time.Hour)
		return path(rq.ID()), err
	})
	if err != nil {
		return h.notRotated(rq, err)
	}
	t, err := h.Push.Get(rq.Context(), rq.Who.Actor, rq.ID())
	if err != nil {
		return err
	}
	p, err := h.once(rq, t, tok)
	if err != nil {
		return err
	}
	p.Rotated = len(p.Old) > 0 || before > 0
	return rq.RenderSecret(http.StatusOK, rotated(rq.View, p))
}

// living answers how many tokens the target has; a first one is not in the place of another.
func (h *handlers) living(rq *kit.Request) (int, error) {
	t, err := h.Push.Get(rq.Context(), rq.Who.Actor, rq.ID())
	if t.Deploy == nil {
		return 1, err // one that fetches has had one, whether it lives or not
	}
	return len(t.Tokens), err
}

func (h *handlers) notRotated(rq *kit.Request, err error) error {
	status, ok := rq.Refused(err)
	if !ok {
		return err
	}
	t, gone := h.Push.Get(rq.Context(), rq.Who.Actor, rq.ID())
	if gone != nil {
		return gone
	}
	return rq.Render(status, rotate(rq.View, rotatePage{t, rq.Text("grace"), err}))
}
