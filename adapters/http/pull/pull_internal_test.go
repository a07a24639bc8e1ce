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

func TestAttachment(t *testing.T) {
	for name, want := range map[string]string{
		"www.example.com-cert.pem": `attachment; filename="www.example.com-cert.pem"`,
		"*.example.com.pfx":        `attachment; filename="_.example.com.pfx"; filename*=UTF-8''%2A.example.com.pfx`,
		"bücher.example-key.pem":   `attachment; filename="b_cher.example-key.pem"; filename*=UTF-8''b%C3%BCcher.example-key.pem`,
		`a"; x=y.pem`:              `attachment; filename="a___x_y.pem"; filename*=UTF-8''a%22%3B%20x%3Dy.pem`,
		"../../etc/passwd":         `attachment; filename="_.._etc_passwd"; filename*=UTF-8''.._.._etc_passwd`,
		"-rf.pem":                  `attachment; filename="rf.pem"; filename*=UTF-8''-rf.pem`,
	} {
		if got := attachment(name); got != want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, want)
		}
	}
	if got := attachment("a\r\nSet-Cookie: x=1.pem"); strings.ContainsAny(got, "\r\n") {
		t.Errorf("a line break gets through: %q", got)
	}
}
