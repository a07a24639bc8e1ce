package deploy

import (
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/deploy"
	"github.com/ignisfox/ignisfox/core/target"
)

// someDeployments is how many the page of a target lists.
const someDeployments = 8

// targetPage is what the page of a target shows.
type targetPage struct {
	Target  target.Target
	Group   string // name
	Kind    kind
	Last    deploy.Deployment // the running one, or the last
	HasLast bool
	History []deploy.Deployment
	Fires   fires
	Poll    poll
}

// Target is the page of one.
func (p *Pages) Target(rq *kit.Request, d push.Detail) error {
	page, err := p.page(rq, d.Target)
	if err != nil {
		return err
	}
	page.Poll = page.wait(rq.View.Now, rq.View.Now)
	return rq.Render(http.StatusOK, targetDetail(rq.View, page))
}

func (p *Pages) page(rq *kit.Request, t target.Target) (targetPage, error) {
	page := targetPage{Target: t, Group: t.GroupName}
	var err error
	if page.Kind, err = p.find(t.Type); err != nil {
		return page, err
	}
	list, _, err := p.Deploy.Deployments(rq.Context(), rq.Who.Actor, t.ID, "", someDeployments)
	if err != nil {
		return page, err
	}
	page.History = list
	if len(list) > 0 {
		page.Last, page.HasLast = list[0], true
	}
	page.Fires, err = p.fires(rq, t.Deploy.Schedule)
	return page, err
}
