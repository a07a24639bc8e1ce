// Package bearer reads the token that a request proves itself by.
//
//	raw, ok := bearer.Of(r)
//	if !ok { … 401: how to send one … }
package bearer

import (
	"net/http"
	"strings"
)

// Of answers the token of the one Authorization header; ok is false when there is none, when it is empty or of another
// scheme. Of several headers it answers the empty token, which opens nothing: which of them counts would depend on who
// reads the request.
func Of(r *http.Request) (token string, ok bool) {
	values := r.Header["Authorization"]
	switch len(values) {
	case 0:
		return "", false
	case 1:
	default:
		return "", true
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	token = strings.TrimSpace(token)
	if token == "" || !strings.EqualFold(scheme, "Bearer") {
		return "", false
	}
	return token, true
}
