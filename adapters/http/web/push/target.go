package push

import (
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/script"
	"github.com/ignisfox/ignisfox/core/secret"
)

// targetPage is what the page of a target shows.
type targetPage struct {
	push.Detail
	Kinds   part.Kinds
	Scripts []pullScript // with a placeholder
	Try     string
	Wait    waiting
	Waits   bool // the device has never fetched
}

// target shows one target.
func (h *handlers) target(rq *kit.Request) error {
	p := targetPage{Kinds: h.pulled()}
	var err error
	if p.Detail, err = h.Push.Detail(rq.Context(), rq.Who.Actor, rq.ID()); err != nil {
		return err
	}
	if p.Target.Deploy != nil && h.Deployed != nil {
		return h.Deployed.Target(rq, p.Detail)
	}
	if p.Scripts, err = h.scripts(rq, p.Target, secret.String{}); err != nil {
		return err
	}
	if p.Try, err = script.Once(h.BaseURL); err != nil {
		return err
	}
	p.Wait, p.Waits = waitFor(p.Target, rq.View.Now)
	return rq.Render(http.StatusOK, targetDetail(rq.View, p))
}
