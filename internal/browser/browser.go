// Package browser lets tests use our pages in a real Chromium, as a person would, and fails them for whatever the browser complains
// about on the way.
//
// One Chromium is started for a test process when the first test asks, and ends with it, even when the process is killed:
//
//	func TestMain(m *testing.M) { browser.Main(m) } // with PostgreSQL as well: browser.Main(pgtest.With(m))
//
//	func TestRename(t *testing.T) {
//		p := browser.Open(t, server.URL, browser.Options{})
//		p.Goto("/dashboard/vault")
//		p.ClickText("button", "Rename")
//		p.In("#dialog").Fill("Name", "Mail")
//		p.ClickText("button", "Save")
//		p.WaitText("Mail")
//		p.Accessible()
//	}
//
// Every page has cookies and storage of its own, so that tests may run side by side and one test may be several people. The server
// must be started before the page is opened, so that the page is closed first.
//
// # Names and selectors
//
// ClickText and TabTo take an ARIA role and the whole accessible name, both as Chromium computes them; Fill, Check, Value and Upload
// the label of a field, or else a CSS selector. All other methods take CSS selectors. What acts on one element wants exactly one that is seen;
// In narrows the page to a part of it.
//
// # Waiting
//
// Each method waits until what it needs is there, up to Options.Patience. Goto and the methods that act return when the navigation
// they began has loaded; what a script fetches and swaps in is waited for with WaitText, WaitFor, WaitGone or WaitURL. Has, Sees and
// Count answer at once.
//
// # Complaints
//
// A test fails at its end when the page logged an error, threw an exception, broke its content security policy, asked another origin
// for anything, opened a dialog of the browser or a tab, or got an answer of 400 or more. Expect and AllowConsole say which of that
// was wanted; wanted things that did not come fail the test too. A failed test tells the address, the title and the text of the page;
// with `go test -artifacts` it keeps a picture.
//
// The program comes from Debian's chromium package, axe-core from build/axe. When one is missing tests fail and name
// `make test-deps`; nothing is skipped, and nothing is downloaded here.
package browser

import (
	"encoding/json"
	"errors"
	"os"
	"sync"
	"testing"

	"github.com/go-rod/rod/lib/proto"
)

// M is what *testing.M offers.
type M interface{ Run() int }

// Main runs the tests of a package, then ends the browser if one was started, removes its folder and exits.
func Main(m M) { os.Exit(With(m).Run()) }

// With wraps m so that its Run also ends the browser. It is for a TestMain that hands m to something else.
func With(m M) M { return wrapped{m} }

type wrapped struct{ inner M }

// Run implements M.
func (w wrapped) Run() int {
	shared.begin()
	defer shared.end()
	return w.inner.Run()
}

// shared is the lazily started browser of this process.
var shared lazy

type lazy struct {
	mu    sync.Mutex
	open  bool // between begin and end
	tried bool
	dir   *heldDir
	b     *browser
	err   error
}

func (l *lazy) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open = true
}

func (l *lazy) get() (*browser, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.open {
		return nil, errors.New("browser: the package needs func TestMain(m *testing.M) { browser.Main(m) }, so that Chromium ends with its tests")
	}
	if l.tried {
		return l.b, l.err
	}
	l.tried = true
	if l.dir, l.err = freshDir(os.TempDir()); l.err != nil {
		return nil, l.err
	}
	l.b, l.err = start(l.dir.path)
	return l.b, l.err
}

func (l *lazy) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.b != nil {
		l.b.stop()
	}
	if l.dir != nil {
		l.dir.remove()
	}
	l.open, l.tried, l.dir, l.b, l.err = false, false, nil, nil, nil
}

// browser is a running Chromium and the pages that are open in it.
type browser struct {
	*chromium

	mu    sync.Mutex
	pages map[proto.TargetTargetID]*Page
}

func start(dir string) (*browser, error) {
	c, err := startChromium(dir)
	if err != nil {
		return nil, err
	}
	b := &browser{chromium: c, pages: map[proto.TargetTargetID]*Page{}}
	c.handle("", b.note)
	return b, nil
}

// note hands events of the browser to the page they are about.
func (b *browser) note(method string, params json.RawMessage) {
	switch method {
	case "Browser.downloadWillBegin":
		e := load[proto.BrowserDownloadWillBegin](params)
		if p := b.page(func(p *Page) bool { return p.frame == e.FrameID }); p != nil {
			p.downloads.begin(e.GUID, e.SuggestedFilename)
		}
	case "Browser.downloadProgress":
		e := load[proto.BrowserDownloadProgress](params)
		if p := b.page(func(p *Page) bool { return p.downloads.has(e.GUID) }); p != nil {
			p.downloads.progress(e.GUID, string(e.State))
		}
	case "Target.targetCrashed":
		e := load[proto.TargetTargetCrashed](params)
		if p := b.page(func(p *Page) bool { return p.target == e.TargetID }); p != nil {
			p.watch.complain(other, "the page crashed: "+e.Status)
		}
	}
}

// page answers the page for which is is true, or nil.
func (b *browser) page(is func(*Page) bool) *Page {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.pages {
		if is(p) {
			return p
		}
	}
	return nil
}

// load decodes the parameters of an event; fields that changed their form since are left empty.
func load[E any](params json.RawMessage) E {
	var e E
	_ = json.Unmarshal(params, &e)
	return e
}

// get answers the browser of this process, or fails the test.
func get(t testing.TB) *browser {
	t.Helper()
	b, err := shared.get()
	if err != nil {
		t.Fatal(err)
	}
	return b
}
