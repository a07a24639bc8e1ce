package browser

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestWaitsEndWithWhatTheyWaitFor(t *testing.T) {
	base := site(t, map[string]string{
		"/": `<h1>Old</h1><p id="gone">Going</p><p id="comes" hidden>Coming</p><pre id="raw">a  b` + "\n" + `c</pre><p id="data" data-x="1 < 2">x</p><script src="/a.js"></script>`,
		// each does its work after the test has begun to wait, or before; the outcome is the same
		"/a.js": `const later = f => setTimeout(f, 50);
function rename() { later(() => { document.querySelector("h1").textContent = "New   text" }) }
function drop() { later(() => gone.remove()) }
function show() { later(() => { comes.hidden = false }) }
function leave() { later(() => { location.href = "/push/tgt_1?a=b#c" }) }`,
		"/push/{id...}": `<h1>Target</h1>`,
	})
	p := Open(t, base, Options{})
	p.Goto("/")
	if got := p.Content("#raw"); got != "a  b\nc" {
		t.Errorf("Content is %q", got)
	}
	if got := p.Attr("#data", "data-x") + p.Attr("#data", "data-y"); got != "1 < 2" {
		t.Errorf("Attr is %q", got)
	}
	p.Eval("() => rename()")
	p.WaitText("New text")
	p.WaitNoText("Old")
	p.Eval("() => drop()")
	p.WaitGone("#gone")
	p.Eval("() => show()")
	p.WaitFor("#comes")
	p.Eval("() => leave()")
	p.WaitURL("/push/*?a=b")
	p.WaitURL("/push/tgt_1")
	if got := p.Text("main"); got != "Target" {
		t.Errorf("Text is %q", got)
	}
	p.WaitTrue("(a, b) => a + b === 3", 1, 2)
	if got := p.Title(); got != "A page" {
		t.Errorf("Title is %q", got)
	}
}

func TestWaitsInVainFail(t *testing.T) {
	base := site(t, map[string]string{"/{$}": `<h1>Here</h1><p id="s">Shown</p><p id="h" hidden>Kept back</p><input aria-label="Name" value="x">`})
	for name, c := range map[string]struct {
		wait func(*Page)
		want string
	}{
		"text":     {func(p *Page) { p.WaitText("Kept back") }, `WaitText "Kept back": the text is not shown`},
		"part":     {func(p *Page) { p.In("#s").WaitText("Here") }, `the text is not shown in #s`},
		"no part":  {func(p *Page) { p.In("#x").WaitText("Here") }, `nothing matches #x`},
		"no text":  {func(p *Page) { p.WaitNoText("Shown") }, `the text is still shown`},
		"gone":     {func(p *Page) { p.WaitGone("#s") }, `1 that match are still seen`},
		"for":      {func(p *Page) { p.WaitFor("#h") }, `nothing that matches is seen`},
		"address":  {func(p *Page) { p.WaitURL("/there") }, `WaitURL /there: the page is at /?q`},
		"query":    {func(p *Page) { p.WaitURL("/?r") }, `the page is at /?q`},
		"true":     {func(p *Page) { p.WaitTrue("() => 1") }, `it answers 1`},
		"throws":   {func(p *Page) { p.Eval("() => { throw new Error('no') }") }, `Eval: no`},
		"hidden":   {func(p *Page) { p.Text("#h") }, `#h is there but not seen`},
		"label":    {func(p *Page) { p.Fill("Surname", "x") }, `no field is labelled "Surname", and nothing matches Surname`},
		"no file":  {func(p *Page) { p.Upload("Files") }, `no field is labelled "Files"`},
		"download": {func(p *Page) { p.Download(func() {}) }, `no download began`},
		"tab":      {func(p *Page) { p.Opened(func() {}) }, `no tab was opened`},
		"back":     {func(p *Page) { p.Back(); p.Back(); p.Back() }, `there is nothing to go back to`},
		"key":      {func(p *Page) { p.Press("Hyper") }, `"Hyper" is no key the rig knows`},
		"modifier": {func(p *Page) { p.Press("Hyper+a") }, `"Hyper" is no modifier`},
		"tab to":   {func(p *Page) { p.TabTo("button", "Save") }, `Tab does not lead there, but to: textbox Name`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			try(t, func(tb testing.TB) {
				p := Open(tb, base, Options{})
				p.Goto("/?q")
				p.tries = few
				c.wait(p)
				t.Error("the test goes on")
			}).wantFailure(t, c.want)
		})
	}
}

func TestASlowPageIsWaitedForAndADeadOneFails(t *testing.T) {
	release := make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(page(`<form method="post" action="/slow"><button>Go</button></form><a href="/never">Never</a>`)))
	})
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(200 * time.Millisecond) // slowness is what is tested
		http.Redirect(w, r, "/done", http.StatusSeeOther)
	})
	mux.HandleFunc("/done", func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(page("<h1>Done</h1>"))) })
	mux.HandleFunc("/never", func(w http.ResponseWriter, r *http.Request) { <-release })
	base := serve(t, mux)
	t.Cleanup(func() { close(release) })
	p := Open(t, base, Options{})
	p.Goto("/")
	p.ClickText("button", "Go")
	if got := p.Text("main"); got != "Done" || p.Status() != 200 {
		t.Errorf("after the form the page shows %q (%d)", got, p.Status())
	}
	try(t, func(tb testing.TB) {
		p := Open(tb, base, Options{})
		p.Goto("/")
		p.opts.Patience = 3 * time.Second // nothing else would end it
		p.ClickText("link", "Never")
	}).wantFailure(t, `ClickText link "Never": the page does not finish loading`)
	try(t, func(tb testing.TB) {
		p := Open(tb, "http://127.0.0.1:1", Options{})
		p.Goto("/")
	}).wantSome(t, "Goto /: net::ERR_")
}

func TestALongPageIsCutInTheFailure(t *testing.T) {
	base := site(t, map[string]string{"/": "<p>" + strings.Repeat("long ", 1000) + "</p>"})
	s := try(t, func(tb testing.TB) {
		p := Open(tb, base, Options{})
		p.Goto("/")
		p.tries = few
		p.WaitText("short")
	})
	s.wantFailure(t, "…")
	if len(s.errors) == 1 && len(s.errors[0]) > 2*maxShown {
		t.Errorf("the failure is %d bytes long", len(s.errors[0]))
	}
}
