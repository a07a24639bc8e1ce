package deploy

import (
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/core/deploy"
	"github.com/ignisfox/ignisfox/core/target"
)

// allDeployments is more than are kept of a target.
const allDeployments = 100

// historyPage lists all deployments of a target that are kept.
type historyPage struct {
	Target target.Target
	List   []deploy.Deployment
}

func (p *Pages) deployments(rq *kit.Request) error {
	t, err := p.target(rq)
	if err != nil {
		return err
	}
	page := historyPage{Target: t}
	if page.List, _, err = p.Deploy.Deployments(rq.Context(), rq.Who.Actor, t.ID, "", allDeployments); err != nil {
		return err
	}
	return rq.Render(http.StatusOK, history(rq.View, page))
}

// deploymentPage is one deployment with its transcript.
type deploymentPage struct {
	Target     target.Target
	Deployment deploy.Deployment
}

func (p *Pages) deployment(rq *kit.Request) error {
	t, err := p.target(rq)
	if err != nil {
		return err
	}
	d, err := p.Deploy.Deployment(rq.Context(), rq.Who.Actor, t.ID, rq.PathValue("deployment"))
	if err != nil {
		return err
	}
	return rq.Render(http.StatusOK, oneDeployment(rq.View, deploymentPage{t, d}))
}
