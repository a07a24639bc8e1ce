package overview

import (
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/overview"
	"github.com/ignisfox/ignisfox/core/artifact"
)

// many is from how many certificates on a day the cell is drawn stronger.
const many = 5

// calendar is the calendar as it is drawn: a row is a month, a column a day.
type calendar struct {
	Caption string
	Months  []month
	Most    int // of a month
	Open    opened
	Today   overview.Date
}

type month struct {
	ID    string // "2026-12"
	Label string // "Dec", with the year where it is the first of one
	Full  string // "Dec 2026"
	Tone  string
	N     int
	Days  []day // 31
	On    bool
}

type day struct {
	ID      string // "2026-12-04"; empty where the month has no such day
	N       int
	Tone    string
	Weekend bool
	Today   bool
	On      bool
	Label   string // "4 Dec 2026: 5 expire", "20 Nov 2026: 1 expired"
}

// opened is the day or month whose certificates are listed.
type opened struct {
	Title       string
	From, Until overview.Date
	Rows        []artifact.Artifact
	Count       int
	Past        bool // all of it lies before today
}

// drawn lays the counts out.
func drawn(c overview.Calendar, now time.Time) calendar {
	today := overview.DateOf(now, c.Zone)
	out := calendar{Today: today, Caption: "Certificates by expiry day, " + monthOf(c.From).Format("January 2006") + " to " +
		monthOf(c.Until.Add(-1)).Format("January 2006")}
	for first := monthOf(c.From); first.Before(monthOf(c.Until)); first = first.AddDate(0, 1, 0) {
		m := month{ID: first.Format("2006-01"), Full: first.Format("Jan 2006"), Label: first.Format("Jan"), Tone: view.ToneInfo}
		if len(out.Months) == 0 || first.Month() == time.January {
			m.Label = first.Format("Jan ’06")
		}
		for n := range 31 {
			m.add(c, first.AddDate(0, 0, n), first.Month(), now)
		}
		out.Most = max(out.Most, m.N)
		out.Months = append(out.Months, m)
	}
	return out
}

func (m *month) add(c overview.Calendar, at time.Time, of time.Month, now time.Time) {
	if at.Month() != of {
		m.Days = append(m.Days, day{})
		return
	}
	date := overview.DateOf(at, time.UTC)
	w, today := at.Weekday(), overview.DateOf(now, c.Zone)
	d := day{
		ID: date.String(), N: c.Days[date], Tone: toneOf(c.Turns[date], now), Weekend: w == time.Saturday || w == time.Sunday,
		Today: date == today,
	}
	d.Label = at.Format("2 Jan 2006") + ": " + expire(d.N, date.Compare(today) < 0)
	if d.N > 0 && worse(d.Tone, m.Tone) {
		m.Tone = d.Tone
	}
	m.N += d.N
	m.Days = append(m.Days, d)
}

// toneOf answers how urgent a day is: as urgent as the most urgent of its certificates.
func toneOf(t overview.Turn, now time.Time) string {
	switch {
	case !now.Before(t.Red):
		return view.ToneBad
	case !now.Before(t.Amber):
		return view.ToneWarn
	default:
		return view.ToneInfo
	}
}

func worse(a, b string) bool {
	rank := map[string]int{view.ToneBad: 2, view.ToneWarn: 1}
	return rank[a] > rank[b]
}

// firstDay answers the first day that anything expires on, empty for none.
func (c *calendar) firstDay() string {
	for _, m := range c.Months {
		for _, d := range m.Days {
			if d.N > 0 {
				return d.ID
			}
		}
	}
	return ""
}

func (c *calendar) openDay(d overview.Date) {
	at := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
	c.Open = opened{Title: at.Format("Monday 2 January 2006"), From: d, Until: d.Add(1), Past: d.Compare(c.Today) < 0}
	if m, ok := c.month(d); ok && d.Day <= len(m.Days) {
		m.Days[d.Day-1].On = true // the month is not opened: where its row stands for it, one day is listed all the same
		c.Open.Count = m.Days[d.Day-1].N
	}
}

func (c *calendar) openMonth(first overview.Date) {
	at := monthOf(first)
	c.Open = opened{Title: at.Format("January 2006"), From: first, Until: overview.DateOf(at.AddDate(0, 1, 0), time.UTC)}
	if m, ok := c.month(first); ok {
		m.On = true
		c.Open.Count = m.N
	}
}

func (c *calendar) month(d overview.Date) (*month, bool) {
	id := monthOf(d).Format("2006-01")
	for i := range c.Months {
		if c.Months[i].ID == id {
			return &c.Months[i], true
		}
	}
	return nil, false
}
