// Package zone offers the time zones of the world as the options of a field.
//
//	@ui.Select(v, ui.SelectProps{Label: "Time zone", Name: "time_zone", Value: form.TimeZone, Options: zone.Options(v.Now, form.TimeZone)})
package zone

import (
	"fmt"
	"slices"
	"sync"
	"time"
	_ "time/tzdata" // zones are known wherever the program runs

	"github.com/ignisfox/ignisfox/adapters/http/web/ui"
)

// known are the zones that the program can load.
var known = sync.OnceValue(func() []*time.Location {
	var out []*time.Location
	for _, n := range names() {
		if l, err := time.LoadLocation(n); err == nil {
			out = append(out, l)
		}
	}
	return out
})

// Options answers all zones with what they are ahead of UTC at now. One in use that is an older name of another is there
// too, so that saving a form never changes it.
func Options(now time.Time, current string) []ui.Option {
	out := make([]ui.Option, 0, len(known())+1)
	for _, l := range known() {
		out = append(out, ui.Option{Value: l.String(), Label: label(now, l)})
	}
	if current == "" || slices.ContainsFunc(out, func(o ui.Option) bool { return o.Value == current }) {
		return out
	}
	if l, err := time.LoadLocation(current); err == nil {
		out = append(out, ui.Option{Value: current, Label: label(now, l)})
	}
	return out
}

// Label answers one zone by name with what it is ahead of UTC at now.
func Label(now time.Time, name string) string {
	l, err := time.LoadLocation(name)
	if err != nil || name == "" {
		return name
	}
	return label(now, l)
}

func label(now time.Time, l *time.Location) string {
	_, seconds := now.In(l).Zone()
	if l.String() == "UTC" {
		return "UTC"
	}
	sign := "+"
	if seconds < 0 {
		sign, seconds = "\u2212", -seconds
	}
	hours, minutes := seconds/3600, seconds%3600/60
	switch {
	case hours == 0 && minutes == 0:
		return l.String() + " (UTC)"
	case minutes == 0:
		return fmt.Sprintf("%s (UTC%s%d)", l, sign, hours)
	default:
		return fmt.Sprintf("%s (UTC%s%d:%02d)", l, sign, hours, minutes)
	}
}
