// Package fault is the one error type that crosses layers.
//
// A use case answers a *Fault when it knows what a person should be told:
//
//	return fault.New(fault.NotFound, "not_found", "There is no such group.")
//	return fault.New(fault.Invalid, "bad_name", "The name is empty.").Field("name", "Give it a name.")
//	return fault.Wrap(err, fault.Unavailable, "store_busy", "The store is busy. Try again in a moment.")
//
// Message and Fields are shown to users, so they never hold a value somebody submitted nor the text of an inner error.
// The wrapped cause is for the log alone. An error that is no Fault is rendered as Internal.
package fault

import (
	"errors"
	"fmt"
	"maps"
	"time"
)

// Kind says what sort of failure it is; each renders to one HTTP status.
type Kind uint8

// The kinds, with the HTTP status the adapters give them.
const (
	Internal        Kind = iota // 500
	Invalid                     // 422, or 400 when Malformed
	Malformed                   // 400: the request could not be read at all
	Unauthenticated             // 401
	Forbidden                   // 403
	NotFound                    // 404, also for what belongs to another tenant
	Conflict                    // 409
	TooLarge                    // 413
	RateLimited                 // 429
	Unavailable                 // 503
)

// Fault is an error with a kind, a stable code for programs and words for people.
type Fault struct {
	Kind       Kind
	Code       string            // snake_case, stable
	Message    string            // plain words: what happened and what to do
	Fields     map[string]string // by field name, what to do about it; nil when none
	RetryAfter time.Duration     // for RateLimited and Unavailable; 0 when unknown
	cause      error
}

// New makes a Fault.
func New(kind Kind, code, message string) *Fault {
	return &Fault{Kind: kind, Code: code, Message: message}
}

// Wrap makes a Fault with an inner cause that only the log may see.
func Wrap(cause error, kind Kind, code, message string) *Fault {
	return &Fault{Kind: kind, Code: code, Message: message, cause: cause}
}

// Field returns a copy with one field's advice added.
func (f *Fault) Field(name, advice string) *Fault {
	g := *f
	g.Fields = maps.Clone(f.Fields)
	if g.Fields == nil {
		g.Fields = map[string]string{}
	}
	g.Fields[name] = advice
	return &g
}

// All answers the first error that is no advice about fields, or else one Fault with the advice of all of them, called as the first
// is: who filled in a form is told everything that is wrong with it at once. Nil when there is none.
func All(errs ...error) error {
	var out *Fault
	for _, err := range errs {
		var f *Fault
		switch {
		case err == nil:
		case !errors.As(err, &f) || f.Kind != Invalid || len(f.Fields) == 0:
			return err
		case out == nil:
			out = f
		default:
			for name, advice := range f.Fields {
				if out.Fields[name] == "" {
					out = out.Field(name, advice)
				}
			}
		}
	}
	if out == nil {
		return nil
	}
	return out
}

// Error is for logs: code, message and cause.
func (f *Fault) Error() string {
	if f.cause != nil {
		return fmt.Sprintf("%s: %s: %v", f.Code, f.Message, f.cause)
	}
	return f.Code + ": " + f.Message
}

// Unwrap answers the inner cause, or nil.
func (f *Fault) Unwrap() error { return f.cause }

// Is makes errors.Is compare by kind and code, so that a Fault can serve as a sentinel.
func (f *Fault) Is(target error) bool {
	t, ok := target.(*Fault)
	return ok && t.Kind == f.Kind && t.Code == f.Code
}

// KindOf answers the kind of err, Internal when it is no Fault.
func KindOf(err error) Kind {
	var f *Fault
	if errors.As(err, &f) {
		return f.Kind
	}
	return Internal
}

// CodeOf answers the code of err, "internal" when it is no Fault.
func CodeOf(err error) string {
	var f *Fault
	if errors.As(err, &f) {
		return f.Code
	}
	return "internal"
}

// Missing is the one answer for "no such thing", whether it never existed or belongs to another tenant.
func Missing(noun string) *Fault {
	return New(NotFound, "not_found", "There is no such "+noun+".")
}

// Renamed answers err with the advice for one field under another name: what a use case calls so stands elsewhere in a form.
func Renamed(err error, from, to string) error {
	var f *Fault
	if !errors.As(err, &f) || f.Fields[from] == "" {
		return err
	}
	g := f.Field(to, f.Fields[from])
	delete(g.Fields, from)
	return g
}

// Wait answers a time to wait in words, in minutes and rounded up: "a minute", "5 minutes".
func Wait(d time.Duration) string {
	d = d.Round(time.Second)
	if d <= time.Minute {
		return "a minute"
	}
	return fmt.Sprint(int((d+time.Minute-1)/time.Minute), " minutes")
}
