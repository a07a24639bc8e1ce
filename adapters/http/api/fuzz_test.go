package api

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/core/app/intake"
)

// What passes the strict reader means one thing: it says the same after being written again.
func FuzzStrictJSON(f *testing.F) {
	for _, s := range []string{
		`{"a":1,"a":2}`, `{"a":{"b":[1,2,{"c":null}]}}`, `[[[[[[[[[[[[[[]]]]]]]]]]]]]]`, `"\u0000"`, `"\ud800"`, `{"a":1}x`, ` 1 `, `1e999`, `{`, "\xff", `{"":{"":""}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var v any
		if unmarshal(data, &v) != nil {
			return
		}
		again, err := json.Marshal(v)
		if err != nil {
			t.Fatalf("%q reads as something that cannot be written: %v", data, err)
		}
		if bytes.Contains(again, []byte(`\u0000`)) && !bytes.Contains(again, []byte(`\\u0000`)) {
			t.Errorf("NUL came through: %q", data)
		}
		var w any
		if err := unmarshal(again, &w); err != nil {
			t.Errorf("%q became %q, which is refused", data, again)
		}
		if d := depthOf(v); d > maxDepth {
			t.Errorf("%d deep: %q", d, data)
		}
	})
}

func depthOf(v any) int {
	deepest := 0
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			deepest = max(deepest, depthOf(e))
		}
	case map[string]any:
		for _, e := range v {
			deepest = max(deepest, depthOf(e))
		}
	default:
		return 0
	}
	return deepest + 1
}

// No form makes more files than allowed or more bytes than it has.
func FuzzUploadForm(f *testing.F) {
	part := func(name, value string) string {
		return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"; filename=\"f\"\r\n\r\n" + value + "\r\n"
	}
	f.Add("multipart/form-data; boundary=b", []byte(part("file", "x")+part("group", "g")+part("password", "p")+"--b--\r\n"))
	f.Add("multipart/form-data; boundary=b", []byte(strings.Repeat(part("file", "x"), 25)+"--b--\r\n"))
	f.Add("multipart/form-data; boundary=b", []byte(strings.Repeat(part("name", "x"), 25)+"--b--\r\n"))
	f.Add("multipart/form-data", []byte("--b"))
	f.Add("multipart/form-data; boundary=\"\"", []byte("--\r\n"))
	f.Add("text/plain", []byte("x"))
	f.Fuzz(func(t *testing.T, typ string, body []byte) {
		req, err := readUpload(&request{body: body, typ: typ})
		if err != nil {
			return
		}
		total := 0
		for _, file := range req.Files {
			total += len(file.Data)
		}
		if len(req.Files) > intake.MaxFiles || total > len(body) || len(req.Group) > maxField {
			t.Errorf("%d files, %d of %d bytes", len(req.Files), total, len(body))
		}
	})
}
