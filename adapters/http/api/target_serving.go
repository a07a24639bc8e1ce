package api

import (
	"encoding/json"
	"slices"

	"github.com/ignisfox/ignisfox/core/app/push"
)

// Serving is what a target that is deployed to may be given besides. A pull target takes these fields empty or null.
type Serving struct {
	Endpoints Opt[[]string]        `json:"endpoints,omitempty" maxItems:"100" doc:"host:port where it serves its certificate; empty for a pull target."`
	SNI       Opt[string]          `json:"sni,omitempty" maxLength:"253" doc:"Server name to ask for there; empty for a pull target."`
	Schedule  Opt[json.RawMessage] `json:"schedule,omitempty" doc:"When to deploy; empty for a pull target."`
}

// emptyValues are the ways to say nothing in JSON of any type.
var emptyValues = []string{"", "null", `""`, "[]", "{}"}

func (s Serving) of() push.Serving {
	return push.Serving{
		Endpoints: len(s.Endpoints.Value) > 0, SNI: s.SNI.Value != "",
		Schedule: !slices.Contains(emptyValues, string(s.Schedule.Value)),
	}
}
