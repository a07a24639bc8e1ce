package plugin

import "fmt"

// Codes of problems that every kind of plugin answers in the same way. Vendors add their own.
const (
	CodeWrongCredentials  = "wrong_credentials"   // Final; Field names the secret or the user
	CodeAddressNotAllowed = "address_not_allowed" // Final; the operator's rule refuses the address
	CodeTimedOut          = "timed_out"           // the device did not answer in time
	CodeUnreachable       = "unreachable"         // no connection to the device
	CodeFailed            = "failed"              // an error of which no more is known than its text
	CodePanic             = "plugin_panic"        // a mistake in the plugin; the log of the server has more
)

// Problem is an error that a person can do something about. It holds no secret.
type Problem struct {
	Code    string // snake_case, stable: "host_key_changed", "wrong_credentials"
	Message string // plain words that say what to do
	Field   string // path of the field it belongs to; may be empty
	// Final says that trying again is of no use before a person changed something.
	Final bool
}

// Problemf makes a problem that may pass by itself; set Final on it when it cannot.
func Problemf(code, field, format string, args ...any) *Problem {
	return &Problem{Code: code, Field: field, Message: fmt.Sprintf(format, args...)}
}

// WrongCredentials says that the device refused what it was given. The field is that of the secret.
func WrongCredentials(field, format string, args ...any) *Problem {
	return &Problem{Code: CodeWrongCredentials, Field: field, Message: fmt.Sprintf(format, args...), Final: true}
}

func (p *Problem) Error() string { return p.Message }
