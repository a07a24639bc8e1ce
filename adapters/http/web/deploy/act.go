package deploy

import (
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/deploy"
	"github.com/ignisfox/ignisfox/core/target"
)

// target reads the target that the address names; fault Invalid not_deployed for one that fetches.
func (p *Pages) target(rq *kit.Request) (target.Target, error) {
	t, err := p.Deploy.Target(rq.Context(), rq.Who.Actor, rq.ID())
	return t, err
}

// deploy begins a deployment, or shows the one that runs.
func (p *Pages) deploy(rq *kit.Request) error {
	_, err := p.Deploy.Deploy(rq.Context(), rq.Who.Actor, rq.ID())
	if _, ok := rq.Refused(err); ok {
		return p.back(rq, err)
	}
	if err != nil {
		return err
	}
	return rq.Go(path(rq.ID()), view.Toast{Text: "Deployment started."})
}

// back leads to the page of the target, which says what kept something from being done.
func (p *Pages) back(rq *kit.Request, err error) error {
	return rq.Go(path(rq.ID()), view.Toast{Text: words(err), Keep: true})
}

func (p *Pages) pause(rq *kit.Request) error {
	if _, err := p.Deploy.Pause(rq.Context(), rq.Who.Actor, rq.ID()); err != nil {
		return err
	}
	return rq.Go(path(rq.ID()), view.Toast{Text: "Paused. Nothing is deployed to it until somebody resumes it."})
}

func (p *Pages) resume(rq *kit.Request) error {
	if _, err := p.Deploy.Resume(rq.Context(), rq.Who.Actor, rq.ID()); err != nil {
		return err
	}
	return rq.Go(path(rq.ID()), view.Toast{Text: "Resumed. It is looked at now."})
}

// planPage is what a deployment would do.
type planPage struct {
	Target target.Target
	Kind   kind
	Plan   deploy.Planned
	Error  error
}

// plan asks the device what a deployment would do.
func (p *Pages) plan(rq *kit.Request) error {
	t, err := p.target(rq)
	if err != nil {
		return err
	}
	page := planPage{Target: t}
	if page.Kind, err = p.find(t.Type); err != nil {
		return err
	}
	page.Plan, err = p.Deploy.Plan(rq.Context(), rq.Who.Actor, t.ID)
	if err != nil {
		if _, ok := p.refused(rq, err); !ok {
			return err
		}
		page.Error = err
	}
	return rq.Render(http.StatusOK, planned(rq.View, page))
}
