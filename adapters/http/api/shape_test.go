package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/limit"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/testkit"
)

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return b
}

// field answers a member of a JSON object as text.
func field(t *testing.T, body, name string) string {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return fmt.Sprint(m[name])
}

func TestErrorsHaveOneShape(t *testing.T) {
	w := sqlite(t)
	tok := w.all(w.Owner)
	for name, c := range map[string]struct {
		call   call
		status int
		code   string
	}{
		"no route":          {call{method: "GET", path: "/api/v1/nothing", token: tok}, 404, "not_found"},
		"no route at all":   {call{method: "GET", path: "/api/v2/targets", token: tok}, 404, "not_found"},
		"unclean path":      {call{method: "GET", path: "/api/v1//targets", token: tok}, 404, "not_found"},
		"dots":              {call{method: "GET", path: "/api/v1/x/../targets", token: tok}, 404, "not_found"},
		"slash behind":      {call{method: "GET", path: "/api/v1/targets/", token: tok}, 404, "not_found"},
		"wrong method":      {call{method: "PUT", path: "/api/v1/targets", token: tok}, 405, "method_not_allowed"},
		"no such id":        {call{method: "GET", path: "/api/v1/targets/tgt_00000000000000000000000000", token: tok}, 404, "not_found"},
		"nonsense id":       {call{method: "GET", path: "/api/v1/targets/%00%ff", token: tok}, 404, "not_found"},
		"NUL in the query":  {call{method: "GET", path: "/api/v1/groups?search=a%00", token: tok}, 400, "malformed"},
		"broken query":      {call{method: "GET", path: "/api/v1/groups?search=%zz", token: tok}, 400, "malformed"},
		"unknown parameter": {call{method: "GET", path: "/api/v1/groups?limt=5", token: tok}, 422, "invalid"},
		"limit too large":   {call{method: "GET", path: "/api/v1/groups?limit=201", token: tok}, 422, "invalid"},
		"limit no number":   {call{method: "GET", path: "/api/v1/groups?limit=many", token: tok}, 422, "invalid"},
		"bad cursor":        {call{method: "GET", path: "/api/v1/groups?cursor=nonsense", token: tok}, 422, ""},
		"no token":          {call{method: "GET", path: "/api/v1/targets"}, 401, "invalid_token"},
		"malformed JSON":    {call{method: "POST", path: "/api/v1/groups", token: tok, body: []byte(`{"name":"a",`)}, 400, "malformed"},
		"two values":        {call{method: "POST", path: "/api/v1/groups", token: tok, body: []byte(`{"name":"a"}{}`)}, 400, "malformed"},
		"member twice":      {call{method: "POST", path: "/api/v1/groups", token: tok, body: []byte(`{"name":"a","name":"b"}`)}, 400, "malformed"},
		"broken UTF-8":      {call{method: "POST", path: "/api/v1/groups", token: tok, body: []byte("{\"name\":\"\xff\"}")}, 400, "malformed"},
		"NUL in a text":     {call{method: "POST", path: "/api/v1/groups", token: tok, body: []byte(`{"name":"\u0000"}`)}, 400, "malformed"},
		"too deep":          {call{method: "POST", path: "/api/v1/groups", token: tok, body: []byte(`{"name":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`)}, 400, "malformed"},
		"no body":           {call{method: "POST", path: "/api/v1/groups", token: tok}, 400, "malformed"},
		"no object":         {call{method: "POST", path: "/api/v1/groups", token: tok, body: []byte(`[]`)}, 422, "invalid"},
		"unknown member":    {call{method: "POST", path: "/api/v1/groups", token: tok, body: []byte(`{"name":"a","extra":1}`)}, 422, "invalid"},
		"other case":        {call{method: "POST", path: "/api/v1/groups", token: tok, body: []byte(`{"NAME":"a"}`)}, 422, "invalid"},
		"form":              {call{method: "POST", path: "/api/v1/groups", token: tok, body: []byte(`name=a`), contentType: "application/x-www-form-urlencoded"}, 400, "bad_content_type"},
		"too large":         {call{method: "POST", path: "/api/v1/groups", token: tok, body: bytes.Repeat([]byte("x"), 200<<10)}, 413, "too_large"},
		"compressed":        {call{method: "POST", path: "/api/v1/groups", token: tok, body: []byte(`{}`), headers: map[string]string{"Content-Encoding": "gzip"}}, 400, "bad_content_encoding"},
		"upload too large":  {call{method: "POST", path: "/api/v1/uploads", token: tok, body: make([]byte, 7<<20), contentType: "multipart/form-data; boundary=x"}, 413, "too_large"},
		"upload of JSON":    {call{method: "POST", path: "/api/v1/uploads", token: tok, body: []byte(`{}`)}, 400, "bad_content_type"},
		"upload cut off":    {call{method: "POST", path: "/api/v1/uploads", token: tok, body: []byte("--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nabc"), contentType: "multipart/form-data; boundary=x"}, 400, "malformed"},
		"upload of no file": {call{method: "POST", path: "/api/v1/uploads", token: tok, body: []byte("--x--\r\n"), contentType: "multipart/form-data; boundary=x"}, 422, "no_file"},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			r := w.do(c.call).want(t, c.status, c.code)
			var body map[string]any
			if err := json.Unmarshal([]byte(r.body), &body); err != nil {
				t.Fatalf("no JSON: %s", r.body)
			}
			for _, k := range slices.Collect(maps.Keys(body)) {
				if k != "error" && k != "code" && k != "fields" {
					t.Errorf("member %s", k)
				}
			}
			if r.header.Get("Content-Type") != "application/json" || body["error"] == "" || r.header.Get("Set-Cookie") != "" {
				t.Errorf("%v %s", r.header, r.body)
			}
			if c.status == 405 && !strings.Contains(r.header.Get("Allow"), "GET") {
				t.Errorf("Allow %q", r.header.Get("Allow"))
			}
			if c.status == 401 && r.header.Get("WWW-Authenticate") != "Bearer" {
				t.Error("no WWW-Authenticate")
			}
		})
	}
}

// A body that is no object has no fields: the sentence says what is wanted, and refers to none.
func TestABodyThatIsNoObject(t *testing.T) {
	w := sqlite(t)
	tok := w.all(w.Owner)
	for _, body := range []string{`[]`, `null`, `"a"`, `7`, `true`} {
		r := w.do(call{method: "POST", path: "/api/v1/groups", token: tok, body: []byte(body)}).want(t, 422, "invalid")
		if field(t, r.body, "error") != "The body has to be one JSON object." || strings.Contains(r.body, "fields") {
			t.Errorf("%s: %s", body, r.body)
		}
	}
	r := w.do(call{method: "POST", path: "/api/v1/groups", token: tok, body: []byte(`{"name":"a","what is this":1}`)}).want(t, 422, "invalid")
	if strings.Contains(r.body, "See fields") {
		t.Errorf("refers to fields that are not there: %s", r.body)
	}
}

func TestTooManyFilesStoreNothing(t *testing.T) {
	w := sqlite(t)
	tok := w.all(w.Owner)
	files := map[string][]byte{}
	for i := range 21 {
		files[fmt.Sprintf("%d.pem", i)] = pair(t, "many.example.com")
	}
	typ, body := form(files, nil)
	w.do(call{method: "POST", path: "/api/v1/uploads", token: tok, contentType: typ, body: body}).want(t, 413, "too_many_files")
	if r := w.json("GET", "/artifacts", tok, ""); field(t, r.body, "items") != "[]" {
		t.Errorf("stored: %s", r.body)
	}
}

func TestAnUploadWithOneGoodFileIs201AndWithNone422(t *testing.T) {
	w := sqlite(t)
	tok := w.all(w.Owner)
	junk := bytes.Repeat([]byte("x"), 300<<10)
	typ, body := form(map[string][]byte{"good.pem": pair(t, "good.example.com"), "large.bin": junk}, nil)
	r := w.do(call{method: "POST", path: "/api/v1/uploads", token: tok, contentType: typ, body: body}).want(t, 201, "")
	if !strings.Contains(r.body, `"status":"stored"`) || !strings.Contains(r.body, `"status":"refused"`) {
		t.Error(r.body)
	}
	typ, body = form(map[string][]byte{"large.bin": junk}, nil)
	r = w.do(call{method: "POST", path: "/api/v1/uploads", token: tok, contentType: typ, body: body})
	if r.status != 422 || !strings.HasPrefix(r.body, `{"results":[`) {
		t.Errorf("%d %s", r.status, r.body)
	}
}

func TestPagesHangTogether(t *testing.T) {
	w := sqlite(t)
	tok := w.all(w.Owner)
	for i := range 7 {
		w.json("POST", "/groups", tok, fmt.Sprintf(`{"name":"group %d"}`, i)).want(t, 201, "")
	}
	var names []string
	cursor := ""
	for pages := 1; ; pages++ {
		var page struct {
			Items []struct{ Name string }
			Next  *string
		}
		r := w.json("GET", "/groups?limit=3&cursor="+cursor, tok, "").want(t, 200, "")
		w.must(json.Unmarshal([]byte(r.body), &page))
		for _, g := range page.Items {
			names = append(names, g.Name)
		}
		if page.Next == nil {
			if pages != 3 || !strings.Contains(r.body, `"next":null`) {
				t.Errorf("%d pages, the last is %s", pages, r.body)
			}
			break
		}
		cursor = *page.Next
	}
	if strings.Join(names, ",") != "group 6,group 5,group 4,group 3,group 2,group 1,group 0" {
		t.Errorf("newest first, each once: %v", names)
	}
	r := w.json("GET", "/audit?limit=2", tok, "").want(t, 200, "")
	if field(t, r.body, "next") == "<nil>" || strings.Count(r.body, `"group.create"`) != 2 {
		t.Errorf("audit: %s", r.body)
	}
}

func TestMergePatch(t *testing.T) {
	w := sqlite(t)
	tok := w.all(w.Owner)
	w.put(w.Owner, "g", "g.pem", pair(t, "g.example.com"))
	end := time.Now().Add(24 * time.Hour).UTC().Truncate(time.Second).Format(time.RFC3339)
	made := w.json("POST", "/targets", tok, `{"name":"web","type":"pull","group":"g","tags":["a"],"settings":{"pfx_preset":"legacy","allowed_cidrs":["192.0.2.0/24"],"expires_at":"`+end+`"}}`).want(t, 201, "")
	path := "/targets/" + field(t, made.body, "id")
	settings := func(r reply) string {
		t.Helper()
		var m struct{ Settings json.RawMessage }
		w.must(json.Unmarshal([]byte(r.want(t, 200, "").body), &m))
		return string(m.Settings)
	}
	all := `{"pfx_preset":"legacy","allowed_cidrs":["192.0.2.0/24"],"expires_at":"` + end + `"}`
	if got := settings(w.json("PATCH", path, tok, `{}`)); got != all {
		t.Errorf("nothing given: %s", got)
	}
	if got := settings(w.json("PATCH", path, tok, `{"name":"web 2"}`)); got != all {
		t.Errorf("name given: %s", got)
	}
	if got := settings(w.json("PATCH", path, tok, `{"settings":{"allowed_cidrs":["198.51.100.7"]}}`)); got != strings.Replace(all, "192.0.2.0/24", "198.51.100.7/32", 1) {
		t.Errorf("networks given: %s", got)
	}
	if got := settings(w.json("PATCH", path, tok, `{"settings":{"expires_at":null}}`)); got != `{"pfx_preset":"legacy","allowed_cidrs":["198.51.100.7/32"],"expires_at":null}` {
		t.Errorf("expiry removed: %s", got)
	}
	if got := settings(w.json("PATCH", path, tok, `{"settings":null,"tags":null}`)); got != `{"pfx_preset":"modern","allowed_cidrs":[],"expires_at":null}` {
		t.Errorf("settings removed: %s", got)
	}
	r := w.do(call{method: "PATCH", path: "/api/v1" + path, token: tok, body: []byte(`{"tags":["x"]}`), contentType: "application/merge-patch+json"}).want(t, 200, "")
	if field(t, r.body, "name") != "web 2" || field(t, r.body, "tags") != "[x]" {
		t.Error(r.body)
	}
	w.json("PATCH", path, tok, `{"name":null}`).want(t, 422, "invalid")
	w.json("PATCH", path, tok, `{"settings":{"pfx_preset":"other"}}`).want(t, 422, "bad_settings")

	art := w.put(w.Owner, "h", "h.bin", []byte("some unknown bytes")).Artifacts[0].ID
	row := "/artifacts/" + string(art)
	if r := w.json("PATCH", row, tok, `{"name":"renamed"}`).want(t, 200, ""); field(t, r.body, "group") == "<nil>" {
		t.Errorf("left out, yet ungrouped: %s", r.body)
	}
	if r := w.json("PATCH", row, tok, `{"group":null}`).want(t, 200, ""); field(t, r.body, "group") != "<nil>" || field(t, r.body, "name") != "renamed" {
		t.Errorf("null did not ungroup: %s", r.body)
	}
}

func TestGroupPassword(t *testing.T) {
	w := sqlite(t)
	tok := w.all(w.Owner)
	g := w.put(w.Owner, "g", "g.pem", pair(t, "g.example.com")).Group.ID
	w.json("POST", "/groups/"+g+"/pfx", tok, `{}`).want(t, 422, "no_password")
	r := w.json("PATCH", "/groups/"+g, tok, `{"password":"open sesame"}`).want(t, 200, "")
	if field(t, r.body, "has_password") != "true" || strings.Contains(r.body, "sesame") {
		t.Error(r.body)
	}
	a := w.json("POST", "/groups/"+g+"/pfx", tok, `{"preset":"legacy"}`).want(t, 200, "")
	b := w.json("POST", "/groups/"+g+"/pfx", tok, `{"preset":"legacy","password":"open sesame"}`).want(t, 200, "")
	if a.body != b.body || a.header.Get("Content-Type") != "application/x-pkcs12" {
		t.Error("the same generation, password and preset gave other bytes")
	}
	r = w.json("PATCH", "/groups/"+g, tok, `{"password":null}`).want(t, 200, "")
	if field(t, r.body, "has_password") != "false" {
		t.Error(r.body)
	}
}

func TestDownloadsAreSavedNotShown(t *testing.T) {
	w := sqlite(t)
	tok := w.all(w.Owner)
	var certID, keyID string
	for _, a := range w.put(w.Owner, "g", `a"b;ü.pem`, pair(t, "g.example.com")).Artifacts {
		switch a.Kind {
		case "cert":
			certID = string(a.ID)
		case "key":
			keyID = string(a.ID)
		}
	}
	w.json("PATCH", "/artifacts/"+certID, tok, `{"name":"ein \"ü\" 100%"}`).want(t, 200, "")
	r := w.json("GET", "/artifacts/"+certID+"/download?ext=crt", tok, "").want(t, 200, "")
	if got := r.header.Get("Content-Disposition"); got != `attachment; filename="ein_____100_.crt"; filename*=UTF-8''ein%20%22%C3%BC%22%20100%25.crt` {
		t.Errorf("disposition %s", got)
	}
	for k, v := range map[string]string{"Content-Security-Policy": "sandbox", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"} {
		if r.header.Get(k) != v {
			t.Errorf("%s: %q", k, r.header.Get(k))
		}
	}
	if !strings.HasPrefix(r.body, "-----BEGIN CERTIFICATE-----") {
		t.Error(r.body)
	}
	plain, _ := w.tokenFor(w.Owner, time.Time{}, tenant.ScopeRead, tenant.ScopeWrite)
	w.json("GET", "/artifacts/"+keyID+"/download", plain, "").want(t, 403, "export_scope_needed")
	w.json("POST", "/artifacts/zip", plain, `{"ids":["`+keyID+`"]}`).want(t, 403, "export_scope_needed")
	w.json("GET", "/artifacts/"+keyID+"/download", tok, "").want(t, 200, "")
	if r := w.json("GET", "/audit", tok, ""); !strings.Contains(r.body, "artifact.export") {
		t.Error("the download of a key is not in the trail")
	}
	if r := w.json("GET", "/artifacts.csv", tok, "").want(t, 200, ""); strings.Count(r.body, "\n") != 4 {
		t.Errorf("csv: %s", r.body)
	}
}

func TestTheRateIsPerTokenAndRetryAfterIsGiven(t *testing.T) {
	rate, err := limit.Parse("1/h,burst=3")
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, testkit.Open(t, testkit.SQLite(t), nil), rate)
	first, second := w.all(w.Owner), w.all(w.Owner)
	for range 3 {
		w.json("GET", "/profile", first, "").want(t, 200, "")
	}
	r := w.json("GET", "/profile", first, "").want(t, http.StatusTooManyRequests, "rate_limited")
	if r.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	w.json("GET", "/profile", second, "").want(t, 200, "")
	for range 20 { // guesses are counted by address, whatever they present
		r = w.json("GET", "/profile", "api_nonsense", "")
	}
	r.want(t, http.StatusTooManyRequests, "rate_limited")
}

func TestTheLogHoldsTemplatesAndNoTokens(t *testing.T) {
	w := sqlite(t)
	tok := w.all(w.Owner)
	g := w.put(w.Owner, "g", "g.pem", pair(t, "g.example.com")).Group.ID
	w.json("GET", "/groups/"+g+"?CANARYQUERY=1", tok, "")
	w.json("GET", "/CANARYPATH", tok, "")
	log := w.log.String()
	if !strings.Contains(log, `"route":"GET /api/v1/groups/{id}"`) || !strings.Contains(log, `"route":"none"`) {
		t.Errorf("no template: %s", log)
	}
	for _, s := range []string{g, "CANARY", tok} {
		if strings.Contains(log, s) {
			t.Errorf("the log holds %s", s)
		}
	}
}

func TestNewTokensHaveNoMoreScopesThanTheirMaker(t *testing.T) {
	w := sqlite(t)
	writer, _ := w.tokenFor(w.Owner, time.Time{}, tenant.ScopeRead, tenant.ScopeWrite)
	w.json("POST", "/api-tokens", writer, `{"name":"n","scopes":["export"]}`).want(t, 403, "scope_exceeds_own")
	r := w.json("POST", "/api-tokens", writer, `{"name":"n"}`).want(t, 201, "")
	if field(t, r.body, "scopes") != "[read write]" {
		t.Error(r.body)
	}
	w.json("POST", "/api-tokens", writer, `{"name":"n","expires_at":"2020-01-01T00:00:00Z"}`).want(t, 422, "bad_expiry")
	fresh := field(t, r.body, "token")
	w.json("GET", "/profile", fresh, "").want(t, 200, "")
	w.json("DELETE", "/api-tokens/"+field(t, r.body, "id"), fresh, "").want(t, 204, "")
	w.json("GET", "/profile", fresh, "").want(t, 401, "invalid_token")
}

func TestDeletingTheWorkspace(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		tok := w.all(w.Owner)
		w.put(w.Owner, "g", "g.pem", pair(t, "g.example.com"))
		w.json("DELETE", "/tenant", tok, `{"name":"test workspace"}`).want(t, 422, "name_differs")
		w.json("DELETE", "/tenant", tok, `{"name":"Test workspace"}`).want(t, 204, "")
		w.json("GET", "/tenant", tok, "").want(t, 401, "invalid_token")
	})
}

func TestTheLastOwnerStays(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		tok := w.all(w.Owner)
		w.json("PATCH", "/members/"+string(w.Owner.User), tok, `{"role":"editor"}`).want(t, 409, "last_owner")
		w.json("DELETE", "/members/"+string(w.Owner.User), tok, "").want(t, 409, "last_owner")
		second := w.person(w.Tenant, tenant.Owner, false, false)
		secondTok := w.all(second)
		w.json("PATCH", "/members/"+string(second.User), tok, `{"role":"viewer"}`).want(t, 200, "")
		w.json("POST", "/groups", secondTok, `{"name":"x"}`).want(t, 403, "forbidden")
		w.json("DELETE", "/members/"+string(second.User), tok, "").want(t, 204, "")
		w.json("GET", "/groups", secondTok, "").want(t, 401, "invalid_token")
	})
}

// What is uploaded stays in memory: a server without any place for temporary files takes the largest upload.
func TestUploadsNeedNoTemporaryFiles(t *testing.T) {
	w := sqlite(t)
	tok := w.all(w.Owner)
	t.Setenv("TMPDIR", "/nonexistent")
	files := map[string][]byte{}
	for i := range 20 {
		files[fmt.Sprintf("%d.bin", i)] = bytes.Repeat([]byte{byte(i), 'x'}, 125<<10)
	}
	typ, body := form(files, map[string]string{"name": "first"})
	r := w.do(call{method: "POST", path: "/api/v1/uploads", token: tok, contentType: typ, body: body}).want(t, 201, "")
	if n := strings.Count(r.body, `"status":"unknown"`); n != 20 {
		t.Errorf("%d files were kept: %.400s", n, r.body)
	}
}

func TestNamesAndPasswordsGoToTheirFiles(t *testing.T) {
	w := sqlite(t)
	tok := w.all(w.Owner)
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for i, part := range []struct{ field, value string }{
		{"name", "Front door"}, {"file", "first unknown bytes"}, {"file", "second unknown bytes"}, {"name", "Back door"}, {"file", "third unknown bytes"},
	} {
		write := m.CreateFormField
		if part.field == "file" {
			write = func(field string) (io.Writer, error) { return m.CreateFormFile(field, fmt.Sprintf("file%d.bin", i)) }
		}
		p, err := write(part.field)
		w.must(err)
		_, _ = p.Write([]byte(part.value))
	}
	w.must(m.Close())
	r := w.do(call{method: "POST", path: "/api/v1/uploads", token: tok, contentType: m.FormDataContentType(), body: b.Bytes()}).want(t, 201, "")
	var out struct {
		Results []struct {
			File      string
			Artifacts []struct{ Name string }
		}
	}
	w.must(json.Unmarshal([]byte(r.body), &out))
	got := ""
	for _, f := range out.Results {
		if len(f.Artifacts) != 1 {
			t.Fatal(r.body)
		}
		got += f.File + "=" + f.Artifacts[0].Name + " "
	}
	if got != "file1.bin=Front door file2.bin=Back door file4.bin=file4 " {
		t.Errorf("names: %s", got)
	}
	for _, field := range []string{"name", "password"} {
		typ, body := form(map[string][]byte{"a.bin": []byte("a")}, map[string]string{field: "x"})
		body = bytes.Replace(body, []byte(`name="file"`), []byte(`name="`+field+`"`), 1)
		w.do(call{method: "POST", path: "/api/v1/uploads", token: tok, contentType: typ, body: body}).want(t, 422, "invalid")
	}
}

func TestAFileWithoutANameIsTaken(t *testing.T) {
	w := sqlite(t)
	tok := w.all(w.Owner)
	typ, body := form(nil, map[string]string{"file": string(pair(t, "noname.example.com"))})
	r := w.do(call{method: "POST", path: "/api/v1/uploads", token: tok, contentType: typ, body: body}).want(t, 201, "")
	if !strings.Contains(r.body, `"status":"stored"`) {
		t.Error(r.body)
	}
}
