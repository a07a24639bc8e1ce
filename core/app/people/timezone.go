package people

import (
	"time"
	_ "time/tzdata" // time zones are known wherever the program runs

	"github.com/ignisfox/ignisfox/core/fault"
)

// CheckTimeZone refuses (Invalid, bad_time_zone, field time_zone) what is no IANA name of a time zone.
func CheckTimeZone(name string) error {
	if _, err := time.LoadLocation(name); err != nil || name == "" || name == "Local" {
		return fault.New(fault.Invalid, "bad_time_zone", "There is no such time zone.").
			Field("time_zone", "Give an IANA name such as Europe/Berlin or UTC.")
	}
	return nil
}
