package browser

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// faults are pages with one fault each and what the test must fail for.
var faults = []struct{ name, body, script, click, want string }{
	{"a logged error", ``, `console.error("it is", {a: 1}, "broken")`, "", "the console has an error: it is Object broken"},
	{"a failed assertion", ``, `console.assert(1 > 2, "sums")`, "", "the console has an error: sums"},
	{"an exception", ``, `missing.f()`, "", "uncaught exception: ReferenceError: missing is not defined"},
	{"an exception in a handler", `<button id="b">Do</button>`, `b.onclick = () => { throw new TypeError("no") }`, "#b", "uncaught exception: TypeError: no"},
	{"a rejected promise", ``, `Promise.reject(new Error("gone"))`, "", "uncaught exception: Error: gone"},
	{"an inline script", `<script>document.title = "x"</script>`, ``, "", "security error: Executing inline script violates"},
	{"an inline style", `<p style="color: red">Red</p>`, ``, "", "security error: Applying inline style violates"},
	{"an inline handler", `<button id="b" onclick="f()">Do</button>`, ``, "", "security error: Executing inline event handler violates"},
	{"a form to elsewhere", `<form action="http://example.com/"><button id="b">Send</button></form>`, ``, "#b", "security error: Sending form data to 'http://example.com/?' violates"},
	{"a link to elsewhere", `<a id="b" href="http://example.com/x">Out</a>`, ``, "#b", "a request left the origin: GET http://example.com/x"},
	{"an alert", `<button id="b">Do</button>`, `b.onclick = () => alert("hi")`, "#b", `opened a dialog of the browser: alert "hi"`},
	{"a tab", `<a id="b" href="/faultless" target="_blank" rel="noopener">New</a>`, ``, "#b", "opened a tab: http://"},
	{"a page that is not there", `<a id="b" href="/nothing">Gone</a>`, ``, "#b", "answer 404 to GET /nothing"},
	{"a picture that is not there", `<img src="/nothing.png" alt="">`, ``, "", "answer 404 to GET /nothing.png"},
	{"a server error", `<button id="b">Do</button>`, `b.onclick = () => fetch("/broken", {method: "POST"})`, "#b", "answer 500 to POST /broken"},
	{"a broken connection", `<button id="b">Do</button>`, `b.onclick = () => fetch("/cut").catch(() => b.remove())`, "#b", "network error: Failed to load resource: net::ERR_EMPTY_RESPONSE"},
}

func TestEveryFaultFailsTheTest(t *testing.T) {
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			base := faulty(t, f.body, f.script)
			s := try(t, func(tb testing.TB) {
				p := Open(tb, base, Options{})
				p.Goto("/")
				p.WaitTrue(`() => !document.querySelector("script[src]") || window.ran === true`)
				if f.click != "" {
					p.Click(f.click)
				}
				if f.want != "" && strings.Contains(f.script, "fetch(") {
					p.WaitTrue(`() => performance.getEntriesByType("resource").some(e => /broken|cut/.test(e.name))`)
				}
			})
			s.wantSome(t, f.want)
			if !slices.ContainsFunc(s.logs, func(l string) bool { return strings.Contains(l, base) }) && !strings.Contains(f.name, "link to elsewhere") {
				t.Errorf("the failure does not tell where the page was: %q", s.logs)
			}
		})
	}
}

// wantSome wants the text in one of the errors: some faults make Chromium complain twice.
func (s *sink) wantSome(t *testing.T, text string) {
	t.Helper()
	if !slices.ContainsFunc(s.errors, func(e string) bool { return strings.Contains(e, text) }) {
		t.Errorf("the test failed for %q; want %q in it", s.errors, text)
	}
}

func faulty(t *testing.T, body, script string) string {
	mux := http.NewServeMux()
	mux.HandleFunc("/broken", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500) })
	mux.HandleFunc("/cut", func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) })
	mux.HandleFunc("/app.js", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = w.Write([]byte("window.ran = true;\n" + script))
	})
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		_, _ = w.Write([]byte(page(body + `<script src="/app.js"></script>`)))
	})
	mux.HandleFunc("/faultless", func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(page("<h1>Fine</h1>"))) })
	return serve(t, mux)
}

func TestAFaultlessPageIsFine(t *testing.T) {
	base := site(t, map[string]string{
		"/":       `<link rel="stylesheet" href="/a.css"><h1>Fine</h1><img src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=" alt=""><script src="/a.js"></script>`,
		"/a.css":  `h1 { color: black }`,
		"/a.js":   `console.log("hello"); console.warn("a warning"); fetch("/more")`,
		"/more":   `more`,
		"/second": `<h1>Second</h1>`,
	})
	s := try(t, func(tb testing.TB) {
		p := Open(tb, base, Options{})
		if status := p.Goto("/"); status != 200 {
			t.Errorf("the status is %d", status)
		}
		p.Goto("/second?x=1#here")
		if got := p.URL(); got != "/second?x=1#here" {
			t.Errorf("the page is at %s", got)
		}
	})
	s.wantNone(t)
}

func TestExpectedAnswersAreCounted(t *testing.T) {
	base := site(t, map[string]string{"/{$}": `<h1>Home</h1>`})
	visits := func(n int, expected ...int) *sink {
		return try(t, func(tb testing.TB) {
			p := Open(tb, base, Options{})
			p.Expect(expected...)
			for range n {
				if got := p.Goto("/gone"); got != 404 {
					t.Errorf("the status is %d", got)
				}
			}
		})
	}
	visits(2, 404, 404).wantNone(t)
	visits(2, 404).wantFailure(t, "answer 404 to GET /gone")
	visits(1, 404, 404).wantFailure(t, "no answer 404 came")
	visits(1, 404, 500).wantFailure(t, "no answer 500 came")
}

func TestAllowancesArePrecise(t *testing.T) {
	base := site(t, map[string]string{"/": `<script src="/a.js"></script>`, "/a.js": `console.error("first"); console.error("second")`})
	visit := func(patterns ...string) *sink {
		return try(t, func(tb testing.TB) {
			p := Open(tb, base, Options{})
			for _, pattern := range patterns {
				p.AllowConsole(pattern)
			}
			p.Goto("/")
		})
	}
	visit("first", "^the console has an error: second$").wantNone(t)
	visit("first").wantFailure(t, "second")
	visit("first", "second", "third").wantFailure(t, `AllowConsole("third") allowed nothing`)
}

func TestExpectedDialogsAreAnswered(t *testing.T) {
	base := site(t, map[string]string{
		"/":     `<button id="ask">Ask</button><p id="said"></p><script src="/a.js"></script>`,
		"/a.js": `ask.onclick = () => { said.textContent = confirm("Sure?") ? "yes" : "no" }`,
	})
	for answer, want := range map[bool]string{true: "yes", false: "no"} {
		p := Open(t, base, Options{})
		p.Goto("/")
		p.ExpectDialog(answer)
		p.ClickText("button", "Ask")
		if got := p.Text("#said"); got != want {
			t.Errorf("the page heard %q, want %q", got, want)
		}
	}
	try(t, func(tb testing.TB) {
		p := Open(tb, base, Options{})
		p.Goto("/")
		p.ExpectDialog(true)
	}).wantFailure(t, "1 dialogs of the browser were expected and did not come")
}

func TestOpenedTellsTheAddressOfATab(t *testing.T) {
	base := site(t, map[string]string{
		"/":     `<a href="https://docs.example.org/vault" target="_blank" rel="noopener">Manual</a><button id="w">Window</button><script src="/a.js"></script>`,
		"/a.js": `w.onclick = () => window.open("/second")`, "/second": `<h1>Second</h1>`,
	})
	p := Open(t, base, Options{})
	p.Goto("/")
	if got := p.Opened(func() { p.ClickText("link", "Manual") }); got != "https://docs.example.org/vault" {
		t.Errorf("the link leads to %s", got)
	}
	if got := p.Opened(func() { p.ClickText("button", "Window") }); got != base+"/second" {
		t.Errorf("the script opened %s", got)
	}
}
