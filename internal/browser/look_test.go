package browser

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const lookPage = `<h1>Looks</h1><noscript><p id="ns">Without script</p></noscript><p id="s">Plain</p><div id="tall"></div>
<link rel="stylesheet" href="/a.css"><script src="/a.js"></script>`

const lookStyle = `body { margin: 0; background: white } #tall { block-size: 2000px }
@media (prefers-color-scheme: dark) { body { background: rgb(0, 0, 32); color: white } }`

func lookSite(t *testing.T) string {
	return site(t, map[string]string{"/": lookPage, "/a.css": lookStyle, "/a.js": `s.textContent = "With script"`})
}

func TestLooksAreWhatThePageSees(t *testing.T) {
	p := Open(t, lookSite(t), Options{Dark: true})
	p.Goto("/")
	see := func() any {
		return p.Eval(`() => [innerWidth, innerHeight, document.documentElement.clientWidth, getComputedStyle(document.body).backgroundColor,
			...["(prefers-color-scheme: dark)", "(pointer: coarse)", "(hover: hover)", "(prefers-reduced-motion: reduce)"].map(q => matchMedia(q).matches ? 1 : 0)].join(" ")`)
	}
	if got := see(); got != "1440 900 1440 rgb(0, 0, 32) 1 0 1 1" {
		t.Errorf("a dark desktop: %v", got)
	}
	p.Look(Phone)
	if got := see(); got != "390 844 390 rgb(255, 255, 255) 0 1 0 1" {
		t.Errorf("a telephone: %v", got)
	}
	p.Look(Options{Width: 800, Height: 600, Motion: true})
	p.Reload()
	if got := see(); got != "800 600 800 rgb(255, 255, 255) 0 0 1 0" {
		t.Errorf("a small window with motion: %v", got)
	}
}

func TestNoScriptReallyHasNone(t *testing.T) {
	base := lookSite(t)
	p := Open(t, base, Options{NoScript: true})
	p.Goto("/")
	if got := p.Text("#s"); got != "Plain" || !p.Sees("#ns") {
		t.Errorf("a script ran: %q", got)
	}
	p.WaitText("Without script")
	p.Axe()
	p.Reload()
	if got := p.Text("#s"); got != "Plain" {
		t.Errorf("after Axe a script ran: %q", got)
	}
	with := Open(t, base, Options{})
	with.Goto("/")
	if got := with.Text("#s"); got != "With script" || with.Sees("#ns") {
		t.Errorf("no script ran: %q", got)
	}
}

func TestSideScrollIsFound(t *testing.T) {
	base := site(t, map[string]string{
		"/":       `<h1>Fits</h1><div id="scroller"><div class="wide">inside a scroller</div></div><link rel="stylesheet" href="/a.css">`,
		"/wide":   `<h1>Does not</h1><section><div class="wide" id="culprit">400 px</div></section><link rel="stylesheet" href="/a.css">`,
		"/a.css":  `#scroller { overflow-x: auto } .wide { inline-size: 400px }`,
		"/hidden": `<h1>Wide and out of sight</h1><div class="wide" hidden>400 px</div><link rel="stylesheet" href="/a.css">`,
	})
	p := Open(t, base, Phone)
	for _, path := range []string{"/", "/hidden"} {
		p.Goto(path)
		p.NoSideScroll()
	}
	try(t, func(tb testing.TB) {
		p := Open(tb, base, Narrow)
		p.Goto("/wide")
		p.NoSideScroll()
	}).wantFailure(t, `/wide scrolls sideways: 408 px wide in a window of 320: ["<div#culprit \"400 px\">"]`)
}

func TestAxeFindsWhatIsPlanted(t *testing.T) {
	const seen = `<h1>Form</h1><div id="part"><p class="faint">Hard to read</p></div><input id="bare"><link rel="stylesheet" href="/a.css">`
	base := site(t, map[string]string{
		"/bad": seen, "/good": `<h1>Form</h1><label>Name <input></label><p class="inert">Read me</p><link rel="stylesheet" href="/a.css">`,
		"/dark":  `<h1>Form</h1><p class="night">Hard to read at night</p><link rel="stylesheet" href="/a.css">`,
		"/a.css": `.faint { color: #ccc } body { background: white } @media (prefers-color-scheme: dark) { .night { color: #ddd } }`,
	})
	visit := func(path string, check func(*Page)) *sink {
		return try(t, func(tb testing.TB) {
			p := Open(tb, base, Options{})
			p.Goto(path)
			check(p)
		})
	}
	visit("/good", (*Page).Accessible).wantNone(t)
	bad := visit("/bad", (*Page).Axe)
	bad.wantSome(t, "axe on /bad (1440x900 light): label (critical): ")
	bad.wantSome(t, `["#bare"]`)
	bad.wantSome(t, "color-contrast (serious): ")
	if len(bad.errors) != 2 {
		t.Errorf("axe failed the test for %q", bad.errors)
	}
	visit("/bad", func(p *Page) { p.In("#part").Axe() }).wantFailure(t, "color-contrast")
	visit("/dark", func(p *Page) { p.Axe() }).wantNone(t)
	visit("/dark", (*Page).Accessible).wantFailure(t, "axe on /dark (1440x900 dark): color-contrast")
}

func TestPicturesShowTheWholePage(t *testing.T) {
	p := Open(t, lookSite(t), Options{Width: 1000, Height: 700})
	p.Goto("/")
	dir := filepath.Join(t.TempDir(), "shots")
	p.Shots(dir, "looks")
	for name, want := range map[string]struct {
		width int
		dark  bool
	}{"light": {1440, false}, "dark": {1440, true}, "phone-light": {390, false}, "phone-dark": {390, true}} {
		b, err := os.ReadFile(filepath.Join(dir, "looks-"+name+".png"))
		if err != nil {
			t.Error(err)
			continue
		}
		img, err := png.Decode(bytes.NewReader(b))
		if err != nil {
			t.Error(err)
			continue
		}
		size := img.Bounds().Size()
		if size.X != want.width || size.Y < 2000 {
			t.Errorf("%s is %v", name, size)
		}
		if r, _, _, _ := img.At(size.X-1, size.Y-1).RGBA(); (r == 0) != want.dark {
			t.Errorf("%s has red %d at its end", name, r)
		}
	}
	if got := p.Eval("() => innerWidth"); got != 1000.0 {
		t.Errorf("afterwards the window is %v wide", got)
	}
}

func TestAFailureKeepsAPicture(t *testing.T) {
	p := Open(t, lookSite(t), Options{})
	p.Goto("/")
	s, cancel := p.call()
	defer cancel()
	if got := p.picture(s); !strings.Contains(got, "-artifacts") {
		name := strings.TrimPrefix(got, "picture: ")
		if b, err := os.ReadFile(name); err != nil || !bytes.HasPrefix(b, []byte("\x89PNG")) {
			t.Errorf("%s: %v", got, err)
		}
	}
}

func TestTransferredCountsWhatCameOverTheWire(t *testing.T) {
	base := site(t, map[string]string{
		"/":       `<h1>Heavy</h1><script src="/a.js"></script>`,
		"/a.js":   "// " + strings.Repeat("x", 50_000),
		"/second": `<h1>Light</h1>`,
	})
	p := Open(t, base, Options{})
	p.Goto("/")
	if n := p.Transferred(); n < 50_000 || n > 52_000 {
		t.Errorf("the heavy page took %d bytes", n)
	}
	p.Goto("/second")
	if n := p.Transferred(); n < 200 || n > 2000 {
		t.Errorf("the light page took %d bytes", n)
	}
}
