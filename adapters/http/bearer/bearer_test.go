package bearer_test

import (
	"net/http"
	"testing"

	"github.com/ignisfox/ignisfox/adapters/http/bearer"
)

func TestOf(t *testing.T) {
	for name, c := range map[string]struct {
		headers []string
		want    string
		ok      bool
	}{
		"usual":          {[]string{"Bearer pt_x"}, "pt_x", true},
		"any case":       {[]string{"bEARER pt_x"}, "pt_x", true},
		"more space":     {[]string{"Bearer   pt_x "}, "pt_x", true},
		"none":           {nil, "", false},
		"empty":          {[]string{""}, "", false},
		"no token":       {[]string{"Bearer "}, "", false},
		"other scheme":   {[]string{"Basic pt_x"}, "", false},
		"no scheme":      {[]string{"pt_x"}, "", false},
		"twice the same": {[]string{"Bearer pt_x", "Bearer pt_x"}, "", true},
		"two tokens":     {[]string{"Bearer pt_x", "Bearer pt_y"}, "", true},
		"two schemes":    {[]string{"Basic pt_x", "Bearer pt_y"}, "", true},
	} {
		got, ok := bearer.Of(&http.Request{Header: http.Header{"Authorization": c.headers}})
		if got != c.want || ok != c.ok {
			t.Errorf("%s: %q %v, want %q", name, got, ok, c.want)
		}
	}
}
