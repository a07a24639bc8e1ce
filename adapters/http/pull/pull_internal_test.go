package pull

import (
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/core/group"
)

func TestRouteOf(t *testing.T) {
	for path, want := range map[string][2]string{
		"/api/push/pt_x/fetch":    {routePath, "pt_x"},
		"/api/push/pt_x/fetch/":   {routePath, "pt_x"},
		"/api/push/pt_x/fetch///": {routePath, "pt_x"},
		"/api/push/fetch":         {routeBearer, ""},
		"/api/push/fetch/":        {routeBearer, ""},
		"/api/push/fetch/fetch":   {routePath, "fetch"},
		"/api/ingest":             {routeIngest, ""},
		"/api/ingest/":            {routeIngest, ""},
		"/api/push":               {routeNone, ""},
		"/api/push/":              {routeNone, ""},
		"/api/push/pt_x":          {routeNone, ""},
		"/api/push/pt_x/get":      {routeNone, ""},
		"/api/push//fetch":        {routeNone, ""},
		"/api/push/a/b/fetch":     {routeNone, ""},
		"/api/ingest/x":           {routeNone, ""},
		"/":                       {routeNone, ""},
	} {
		if route, tok := routeOf(path); route != want[0] || tok != want[1] {
			t.Errorf("%s: %s %q, want %v", path, route, tok, want)
		}
	}
}

func TestWantOf(t *testing.T) {
	for query, want := range map[string]want{
		"kind=cert":                   {kind: group.FormCert},
		"kind=key&generation=3":       {kind: group.FormPrivateKey, pin: 3},
		"generation=1&kind=pfx":       {kind: group.FormPFX, pin: 1},
		"kind=%62undle":               {kind: group.FormBundle},
		"x=1&kind=chain&&y":           {kind: group.FormChain},
		"kind=fullchain&token=pt_abc": {kind: group.FormFullchain},
	} {
		if got, refusal := wantOf(query); refusal != nil || got != want {
			t.Errorf("%s: %+v %s", query, got, refusal)
		}
	}
	for query, code := range map[string]string{
		"": "bad_kind", "kind=": "bad_kind", "kind": "bad_kind", "kind=KEY": "bad_kind", "kind=key&kind=cert": "bad_kind", "kind=%zz": "bad_kind",
		"kind=cert&generation=": "bad_generation", "kind=cert&generation=0": "bad_generation", "kind=cert&generation=-1": "bad_generation",
		"kind=cert&generation=x": "bad_generation", "kind=cert&generation=1&generation=1": "bad_generation",
		"kind=cert&generation=99999999999999999999": "bad_generation",
	} {
		if _, refusal := wantOf(query); !strings.Contains(string(refusal), `"`+code+`"`) {
			t.Errorf("%s: %s, want %s", query, refusal, code)
		}
	}
}

func TestMatches(t *testing.T) {
	const etag = `"form_1"`
	for _, header := range [][]string{{`"form_1"`}, {`W/"form_1"`}, {`*`}, {`"a", "form_1"`}, {`"a"`, `"b" ,W/"form_1"`}, {` "form_1" `}} {
		if !matches(header, etag) {
			t.Errorf("%q does not match", header)
		}
	}
	for _, header := range [][]string{nil, {""}, {`form_1`}, {`"form_2"`}, {`"form_1`}, {`"form_11"`}, {`,,,`}} {
		if matches(header, etag) {
			t.Errorf("%q matches", header)
		}
	}
}
