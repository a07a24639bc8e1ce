package api

import (
	"encoding/json"
	"slices"

	"github.com/ignisfox/ignisfox/core/app/push"
)

// Serving is what a target that is deployed to may be given besides. A pull target takes these fields empty or null.
type Serving struct {
	Endpoints Opt[[]string]        `json:"endpoints,omitempty" maxItems:"100" doc:"host:port where it serves its certificate, or smtp://host:port and the like with STARTTLS; empty for a pull target."`
	SNI       Opt[string]          `json:"sni,omitempty" maxLength:"253" doc:"Server name to ask for there; empty for a pull target."`
	Schedule  Opt[json.RawMessage] `json:"schedule,omitempty" doc:"When it is looked at again: five fields as in cron, in the time zone of the workspace; empty for a pull target."`
}

// emptyValues are the ways to say nothing in JSON of any type.
var emptyValues = []string{"", "null", `""`, "[]", "{}"}

func (s Serving) of() push.Serving {
	return push.Serving{
		Endpoints: len(s.Endpoints.Value) > 0, SNI: s.SNI.Value != "",
		Schedule: !slices.Contains(emptyValues, string(s.Schedule.Value)),
	}
}

// cron answers the schedule of a target that is deployed to; nil when it stays.
func (s Serving) cron() (*string, error) {
	out := ""
	switch {
	case !s.Schedule.Set:
		return nil, nil //nolint:nilnil // nil is an answer here: it stays
	case s.Schedule.Null || json.Unmarshal(s.Schedule.Value, &out) == nil, slices.Contains(emptyValues, string(s.Schedule.Value)):
		return &out, nil
	}
	return nil, invalidField("schedule", "Give a text of five fields, such as 0 3 * * *, or leave it out.")
}
