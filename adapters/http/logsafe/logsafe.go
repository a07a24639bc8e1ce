// Package logsafe says of a request and of a panic what may stand in a log or a metric: nothing that somebody outside
// could have made up, and nothing secret.
package logsafe

import (
	"fmt"
	"net/http"
	"runtime"

	"github.com/ignisfox/ignisfox/core/token"
)

// Method answers a known method, "other" for anything else.
func Method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodOptions:
		return m
	}
	return "other"
}

// Panic says what v, which recover answered, was: the words of the runtime, but only the type of a value that a library
// threw, which may hold anything.
func Panic(v any) string {
	if e, ok := v.(runtime.Error); ok {
		return token.Redact(e.Error())
	}
	return fmt.Sprintf("%T", v)
}
