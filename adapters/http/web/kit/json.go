package kit

import (
	"encoding/json"
	"errors"

	"github.com/ignisfox/ignisfox/core/fault"
)

// JSON reads what our script sent into v.
func (rq *Request) JSON(v any) error {
	if err := json.NewDecoder(rq.Body).Decode(v); err != nil {
		return fault.New(fault.Malformed, "malformed", "What was sent could not be read. Try again.")
	}
	return nil
}

// AnswerJSON answers our script.
func (rq *Request) AnswerJSON(status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	rq.W.Header().Set("Content-Type", "application/json")
	rq.W.WriteHeader(status)
	_, _ = rq.W.Write(b)
	return nil
}

// RefuseJSON answers our script why it did not work; other errors are the guard's.
func (rq *Request) RefuseJSON(err error) error {
	status, ok := rq.Refused(err)
	var f *fault.Fault
	if !ok || !errors.As(err, &f) {
		return err
	}
	return rq.AnswerJSON(status, map[string]string{"error": f.Message})
}
