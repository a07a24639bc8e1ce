package plugin

import (
	"errors"
	"strings"
	"testing"

	pluginv1 "github.com/ignisfox/ignisfox/sdk/proto/ignisfox/plugin/v1"
)

// The field of a problem is one of the schema's, whatever a plugin in another language puts there.
func TestAFieldOfAProblemIsAPath(t *testing.T) {
	for given, want := range map[string]string{
		"password": "password", "jump.host_key": "jump.host_key", "": "", "S3cret-of-the-call": "", "a b": "", "password\n": "",
		"\x1b[31m": "", strings.Repeat("x", 41): "", "a.b.c.d": "",
	} {
		var p *Problem
		err := ProblemError(&pluginv1.Problem{Code: "failed", Message: "no", Field: given}, nil)
		if !errors.As(err, &p) || p.Field != want {
			t.Errorf("%q became %+v", given, p)
		}
	}
}
