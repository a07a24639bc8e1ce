package kit

import (
	"errors"
	"net/http"

	"github.com/ignisfox/ignisfox/core/fault"
)

// RefusedFor is Refused for a form with a field that names something, such as a group: when that is not there, it is the field
// that is wrong, and no page is missing.
func (rq *Request) RefusedFor(err error, field string) (status int, ok bool) {
	var f *fault.Fault
	if errors.As(err, &f) && f.Kind == fault.NotFound && f.Fields[field] != "" {
		return http.StatusUnprocessableEntity, true
	}
	return rq.Refused(err)
}
