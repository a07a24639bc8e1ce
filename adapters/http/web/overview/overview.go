// Package overview is the first page of the dashboard: what needs somebody, how much there is, what expires when.
//
//	overview.Register(k, overview.Deps{Overview: service})
package overview

import (
	"cmp"
	"net/http"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/core/app/overview"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/tenant"
)

const (
	section   = "overview"
	needsPath = "/dashboard/needs"
)

// Deps of Register.
type Deps struct {
	Overview *overview.Service
	Vault    *vault.Service
}

type handlers struct{ Deps }

// Register adds the routes.
func Register(k *kit.Kit, d Deps) {
	h := &handlers{d}
	k.Get("/dashboard", section, tenant.OverviewRead, h.home)
	k.Get(needsPath, section, tenant.OverviewRead, h.needs)
	k.Get("/dashboard/calendar", section, tenant.OverviewRead, h.calendar)
	k.Get("/dashboard/search", section, tenant.ArtifactRead, h.search)
}

// home shows the page. With ?day= or ?month= the calendar is opened there, for browsers without our script.
func (h *handlers) home(rq *kit.Request) error {
	o, cal, err := h.Overview.Whole(rq.Context(), rq.Who.Actor, rq.View.Zone)
	if err != nil {
		return err
	}
	c := drawn(cal, rq.View.Now)
	if err := h.open(rq, &c); err != nil {
		return err
	}
	if o.Counts.Total() == 0 {
		return rq.Render(http.StatusOK, welcome(rq.View, o))
	}
	return rq.Render(http.StatusOK, page(rq.View, o, c))
}

// needs shows all that waits for somebody.
func (h *handlers) needs(rq *kit.Request) error {
	a, err := h.Overview.Needs(rq.Context(), rq.Who.Actor)
	if err != nil {
		return err
	}
	return rq.Render(http.StatusOK, allNeeds(rq.View, a))
}

// calendar answers the calendar alone, opened at a day or a month.
func (h *handlers) calendar(rq *kit.Request) error {
	if !rq.View.Script {
		return rq.Go(cmp.Or(kit.Local("/dashboard?"+rq.URL.RawQuery), "/dashboard") + "#cal-day")
	}
	cal, err := h.Overview.Calendar(rq.Context(), rq.Who.Actor, rq.View.Zone)
	if err != nil {
		return err
	}
	c := drawn(cal, rq.View.Now)
	if err := h.open(rq, &c); err != nil {
		return err
	}
	return rq.Render(http.StatusOK, layout(rq.View, c))
}

// open reads the certificates of the day or month that is asked for; of the first day with any otherwise.
func (h *handlers) open(rq *kit.Request, c *calendar) error {
	day, month := rq.Text("day"), rq.Text("month")
	switch {
	case month != "":
		from, err := overview.ParseDate(month + "-01")
		if err != nil {
			return err
		}
		c.openMonth(from)
	case cmp.Or(day, c.firstDay()) != "":
		d, err := overview.ParseDate(cmp.Or(day, c.firstDay()))
		if err != nil {
			return err
		}
		c.openDay(d)
	default:
		return nil
	}
	var err error
	c.Open.Rows, err = h.Overview.Between(rq.Context(), rq.Who.Actor, rq.View.Zone, c.Open.From, c.Open.Until)
	return err
}

// hello is what a person without a name is called: nothing.
func hello(name string) string {
	if name == "" {
		return "Welcome"
	}
	return "Welcome, " + firstWord(name)
}

func firstWord(s string) string {
	for i, r := range s {
		if r == ' ' {
			return s[:i]
		}
	}
	return s
}

func monthOf(d overview.Date) time.Time { return time.Date(d.Year, d.Month, 1, 0, 0, 0, 0, time.UTC) }
