package static

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

const hashed = "app.0123456789ab.css"

// built is a small dist/ with everything a manifest must name.
func built() fstest.MapFS {
	return fstest.MapFS{
		"dist/manifest.json": {Data: []byte(`{"app.css":"` + hashed + `","app.js":"app.1.js","icons.svg":"icons.2.svg","logo.svg":"logo.3.svg","inter-latin.woff2":"inter-latin.4.woff2"}`)},
		"dist/" + hashed:     {Data: []byte("plain")}, "dist/" + hashed + ".br": {Data: []byte("brotli")}, "dist/" + hashed + ".gz": {Data: []byte("gzip")},
		"dist/app.1.js": {Data: []byte("js")}, "dist/icons.2.svg": {Data: []byte("<svg/>")}, "dist/logo.3.svg": {Data: []byte("<svg/>")},
		"dist/inter-latin.4.woff2": {Data: []byte("font")}, "dist/secret.txt": {Data: []byte("not in the manifest")},
	}
}

func loaded(t *testing.T) *Static {
	t.Helper()
	s, err := load(built())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func get(t *testing.T, h http.Handler, method, path string, header ...string) (*http.Response, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	res := w.Result()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(b)
}

func TestWithoutABuildItSaysWhatToDo(t *testing.T) {
	if _, err := load(fstest.MapFS{"dist/.keep": {}}); !errors.Is(err, ErrNotBuilt) || !strings.Contains(err.Error(), "make assets") {
		t.Errorf("got %v", err)
	}
	short := built()
	short["dist/manifest.json"] = &fstest.MapFile{Data: []byte(`{"app.css":"` + hashed + `"}`)}
	if _, err := load(short); err == nil || !strings.Contains(err.Error(), "make assets") {
		t.Errorf("a manifest with half of it: %v", err)
	}
	gone := built()
	delete(gone, "dist/app.1.js")
	if _, err := load(gone); err == nil {
		t.Error("a file that the manifest names is missing, and nobody said so")
	}
}

func TestAFileIsKeptForever(t *testing.T) {
	res, body := get(t, loaded(t), "GET", "/static/"+hashed)
	if res.StatusCode != http.StatusOK || body != "plain" {
		t.Fatalf("%d %q", res.StatusCode, body)
	}
	for name, want := range map[string]string{
		"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding", "Content-Type": "text/css; charset=utf-8",
		"Content-Encoding": "", "Content-Length": "5", "X-Content-Type-Options": "nosniff",
	} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string]string{"app.1.js": "text/javascript; charset=utf-8", "icons.2.svg": "image/svg+xml", "inter-latin.4.woff2": "font/woff2"} {
		if res, _ := get(t, loaded(t), "GET", "/static/"+name); res.Header.Get("Content-Type") != want {
			t.Errorf("%s is %q", name, res.Header.Get("Content-Type"))
		}
	}
}

func TestCodings(t *testing.T) {
	for accept, want := range map[string]string{
		"": "plain", "gzip, deflate, br, zstd": "brotli", "gzip": "gzip", "br;q=0.5, gzip;q=0.8": "gzip", "br;q=0, gzip": "gzip", "GZIP ; q=0.3": "gzip",
		"*": "brotli", "*;q=0": "plain", "*, br;q=0": "gzip", "identity, br;q=0.1": "plain", "br;q=nonsense": "plain", "br;q=7": "plain", "deflate": "plain",
	} {
		res, body := get(t, loaded(t), "GET", "/static/"+hashed, "Accept-Encoding", accept)
		if body != want {
			t.Errorf("%q: got %q, want %q", accept, body, want)
		}
		if coded := res.Header.Get("Content-Encoding") != ""; coded != (want != "plain") {
			t.Errorf("%q: Content-Encoding %q", accept, res.Header.Get("Content-Encoding"))
		}
	}
	if _, body := get(t, loaded(t), "GET", "/static/app.1.js", "Accept-Encoding", "br"); body != "js" {
		t.Errorf("a file without a packed copy: %q", body)
	}
}

func TestWhatIsKnownIsNotSentAgain(t *testing.T) {
	s := loaded(t)
	first, _ := get(t, s, "GET", "/static/"+hashed, "Accept-Encoding", "br")
	tag := first.Header.Get("Etag")
	if tag == "" || strings.HasPrefix(tag, "W/") {
		t.Fatalf("no strong tag: %q", tag)
	}
	for _, list := range []string{tag, `"other", ` + tag, "W/" + tag, "*"} {
		res, body := get(t, s, "GET", "/static/"+hashed, "Accept-Encoding", "br", "If-None-Match", list)
		if res.StatusCode != http.StatusNotModified || body != "" || res.Header.Get("Etag") != tag || res.Header.Get("Cache-Control") == "" {
			t.Errorf("%s: %d %q", list, res.StatusCode, body)
		}
	}
	if res, _ := get(t, s, "GET", "/static/"+hashed, "If-None-Match", tag); res.StatusCode != http.StatusOK {
		t.Error("the tag of one coding holds for another")
	}
}

func TestHeadAndOthers(t *testing.T) {
	s := loaded(t)
	if res, body := get(t, s, "HEAD", "/static/"+hashed); res.StatusCode != http.StatusOK || body != "" || res.Header.Get("Content-Length") != "5" {
		t.Errorf("HEAD: %d %q", res.StatusCode, body)
	}
	if res, _ := get(t, s, "POST", "/static/"+hashed); res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") == "" {
		t.Errorf("POST: %d", res.StatusCode)
	}
	for _, path := range []string{"/static/", "/static/secret.txt", "/static/manifest.json", "/static/app.css", "/static/" + hashed + ".br", "/static/../static.go", "/elsewhere/" + hashed} {
		if res, _ := get(t, s, "GET", path); res.StatusCode != http.StatusNotFound || res.Header.Get("Cache-Control") != "" {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
}

// A first page view has to fit into 120 KB with the page itself; the letters of latin-ext are asked for by few.
func TestTheBuiltFilesAreSmall(t *testing.T) {
	s, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	a, sum := s.Assets(), 0
	for _, path := range []string{a.CSS, a.JS, a.Icons, a.Logo, a.Font} {
		res, body := get(t, s, "GET", path, "Accept-Encoding", "gzip")
		if res.StatusCode != http.StatusOK || body == "" {
			t.Fatalf("%s: %d", path, res.StatusCode)
		}
		sum += len(body)
	}
	if sum >= 100_000 {
		t.Errorf("style sheet, script, icons and font are %d bytes, want under 100,000", sum)
	}
	t.Logf("style sheet, script, icons and font: %d bytes packed with gzip", sum)
}

// The policy of the pages allows nothing from elsewhere, and the files ask for nothing there.
func TestTheBuiltFilesAskNobodyElse(t *testing.T) {
	s, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	_, css := get(t, s, "GET", s.Assets().CSS)
	for _, part := range strings.Split(css, "url(")[1:] {
		part = strings.Trim(part[:min(len(part), 40)], `"' `)
		if !strings.HasPrefix(part, "data:") && !strings.HasPrefix(part, "inter-latin") {
			t.Errorf("the style sheet asks for %s", part)
		}
	}
	if strings.Contains(css, "@import") {
		t.Error("the style sheet imports another")
	}
}
