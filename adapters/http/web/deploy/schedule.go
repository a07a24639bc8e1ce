package deploy

import (
	"net/http"
	"slices"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/ui"
)

// own is the preset for a schedule that is typed.
const own = "own"

// presets are schedules that most people want.
var presets = []ui.Option{
	{Value: "", Label: "Never"},
	{Value: "17 * * * *", Label: "Every hour"},
	{Value: "30 3 * * *", Label: "Every night at 03:30"},
	{Value: "30 3 * * 1", Label: "Mondays at 03:30"},
	{Value: own, Label: "By a schedule of your own"},
}

// presetOf answers the preset of a schedule, and what is typed when there is none.
func presetOf(schedule string) (preset, typed string) {
	if slices.ContainsFunc(presets, func(o ui.Option) bool { return o.Value == schedule && o.Value != own }) {
		return schedule, ""
	}
	return own, schedule
}

// shownFirings is how many times a form shows.
const shownFirings = 3

// fires is when a schedule fires next, or why it is none.
type fires struct {
	At    []time.Time
	Error error
}

func (p *Pages) fires(rq *kit.Request, schedule string) (fires, error) {
	at, err := p.Deploy.Firings(rq.Context(), rq.Who.Actor, schedule, shownFirings)
	if _, ok := rq.Refused(err); ok {
		return fires{Error: err}, nil
	}
	return fires{At: at}, err
}

// firings answers when what is chosen in a form fires next.
func (p *Pages) firings(rq *kit.Request) error {
	f := form{Preset: rq.Text("recheck"), Schedule: rq.Text("schedule")}
	when, err := p.fires(rq, f.schedule())
	if err != nil {
		return err
	}
	return rq.Render(http.StatusOK, nextFirings(rq.View, when))
}
