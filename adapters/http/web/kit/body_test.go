package kit_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/core/tenant"
)

func parts(name, value string) (contentType, body string) {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	_ = m.WriteField(name, value)
	_ = m.Close()
	return m.FormDataContentType(), b.String()
}

func TestForms(t *testing.T) {
	r := local(t)
	kim := r.As(t, tenant.Viewer)
	const plain = "application/x-www-form-urlencoded"
	typ, whole := parts("name", " Kim ")
	bigTyp, big := parts("name", strings.Repeat("x", 1<<20))
	nulTyp, nul := parts("name", "a\x00b")
	many := strings.Repeat("a=1&", 20_000) + "name=Kim"
	for what, c := range map[string]struct {
		typ, body string
		status    int
		says      string
	}{
		"plain":                   {plain, "name=+Kim+", 200, "got Kim"},
		"with a charset":          {plain + "; charset=utf-8", "name=Kim", 200, "got Kim"},
		"in parts":                {typ, whole, 200, "got Kim"},
		"empty":                   {plain, "", 200, "got "},
		"twice: the first counts": {plain, "name=Kim&name=Lee", 200, "got Kim"},
		"at the limit":            {plain, "name=" + strings.Repeat("x", 1<<20-5), 200, "got xxx"},
		"beyond the limit":        {plain, "name=" + strings.Repeat("x", 1<<20-4), 413, "The form is too large. Nothing was stored."},
		"parts beyond the limit":  {bigTyp, big, 413, "The form is too large. Nothing was stored."},
		"JSON beyond the limit":   {"application/json", `"` + strings.Repeat("x", 1<<20), 200, "got "},
		"far beyond":              {plain, "name=" + strings.Repeat("x", 9<<20), 413, "too large"},
		"broken escapes":          {plain, "name=%zz", 400, "did not arrive whole"},
		"semicolons":              {plain, "name=Kim;x=1", 400, "did not arrive whole"},
		"too many fields":         {plain, many, 400, "did not arrive whole"},
		"no text":                 {plain, "name=%ff", 400, "holds bytes that are no text"},
		"a zero byte":             {plain, "name=a%00b", 400, "holds bytes that are no text"},
		"a zero byte in parts":    {nulTyp, nul, 400, "holds bytes that are no text"},
		"half of the parts":       {typ, whole[:len(whole)-20], 400, "did not arrive whole"},
		"parts without boundary":  {"multipart/form-data", whole, 400, "did not arrive whole"},
		"other parts":             {strings.Replace(typ, "form-data", "mixed", 1), whole, 200, "got "},
		"no form":                 {"text/plain", "name=Kim", 200, "got "},
		"no type":                 {"", "name=Kim", 200, "got "},
		"a type that is none":     {"a/b/c; ;", "name=Kim", 400, "did not arrive whole"},
		"JSON":                    {"application/json", `{"name":"Kim"}`, 200, "got "},
		"upper case":              {strings.ToUpper(plain), "name=Kim", 200, "got Kim"},
	} {
		a := kim.DoBody("POST", "/dashboard/echo?name=FROMQUERY", c.body, map[string]string{"Content-Type": c.typ})
		if a.Status != c.status || !strings.Contains(a.Body, c.says) || c.says == "got " && a.Body != c.says || strings.Contains(a.Body, "FROMQUERY") {
			t.Errorf("%s: %d %.300s", what, a.Status, a.Body)
		}
	}
	kim.DoBody("POST", "/dashboard/echo", "x", map[string]string{"Content-Encoding": "gzip"}).Want(http.StatusBadRequest, "without compression")
}

// The script of passkeys sends JSON: what is no whole value of a sensible size is told so.
func TestJSONBodies(t *testing.T) {
	r := local(t)
	far := r.Stranger(t)
	json := map[string]string{"Content-Type": "application/json", "HX-Request": "true", "Accept": "application/json"}
	for _, body := range []string{"", "{", "[]", `"x"`, `{"ceremony":1}`, `{"ceremony":"` + strings.Repeat("x", 1<<20) + `"}`, strings.Repeat("[", 100_000), "\x00"} {
		far.DoBody("POST", "/sign-in/passkey/finish", body, json).Want(http.StatusBadRequest, `{"error":"What was sent could not be read`)
	}
	far.DoBody("POST", "/sign-in/passkey/finish", `{"ceremony":"x","answer":{}}`, json).Want(http.StatusUnauthorized, `{"error":"`)
}

// Ids that no row can have never reach a store, and the answer does not repeat them.
func TestIDsThatNoRowHas(t *testing.T) {
	r := local(t)
	kim := r.As(t, tenant.Viewer)
	for _, bad := range []string{"x", "..", "%2e%2e%2f", "%00", "%ff", "grp-x", "'%20or%201=1", "<script>", strings.Repeat("a", 5000), "GRP_01KAJ4Z7T2ABCDEFGHJKMNPQRS"} {
		a := kim.Get(fmt.Sprintf("/dashboard/things/%s", bad))
		if a.Status != 404 && a.Status != 301 && a.Status != 307 || strings.Contains(a.Body, "<script>alert") {
			t.Errorf("%.50q: %d %s", bad, a.Status, a.Body)
		}
	}
}
