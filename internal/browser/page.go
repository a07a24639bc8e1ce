package browser

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-rod/rod/lib/proto"
)

const (
	patience     = 30 * time.Second
	closeTimeout = 10 * time.Second
)

// Options say how a page is looked at. The zero value is a desktop window in the light theme.
type Options struct {
	Width, Height int           // CSS pixels; 1440 x 900 when zero
	Dark          bool          // prefers-color-scheme
	Touch         bool          // a coarse pointer that does not hover
	NoScript      bool          // no script of the page runs
	Motion        bool          // animations, which are otherwise off through prefers-reduced-motion
	Patience      time.Duration // how long a method waits; 30 s when zero
}

// Page is one window of one person, or the part of it that In chose. Its methods fail the test, and are for the goroutine of the
// test alone.
type Page struct {
	*window
	root string // selector of the part; "" for the document
}

// window is what a page and its parts share.
type window struct {
	t    testing.TB
	b    *browser
	base *url.URL
	opts Options

	ctx     context.Context // until the page is closed
	context proto.BrowserBrowserContextID
	target  proto.TargetTargetID
	frame   proto.PageFrameID
	session proto.TargetSessionID

	touch     bool // touch is emulated now
	tries     int  // see session; set by the rig's own tests, whose waits in vain should not take long
	watch     *watch
	downloads *downloads
}

// Open opens an empty page with cookies and storage of its own for the server at base, as http://127.0.0.1:1234. It is closed when
// the test ends, and then its complaints are told.
func Open(t testing.TB, base string, o Options) *Page {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil || u.Host == "" {
		t.Fatalf("browser: %q is not the address of a server", base)
	}
	if o.Patience == 0 {
		o.Patience = patience
	}
	p := &Page{window: &window{t: t, b: get(t), base: u, opts: o, watch: newWatch(u)}}
	ctx, cancel := context.WithCancel(context.Background())
	p.ctx = ctx
	if err := p.open(); err != nil {
		cancel()
		t.Fatalf("browser: open a page: %v", err)
	}
	t.Cleanup(func() {
		defer cancel()
		p.close()
	})
	return p
}

// Localhost answers a server's address with the name localhost, which passkeys want: they do not work for numeric addresses.
func Localhost(base string) string { return strings.Replace(base, "127.0.0.1", "localhost", 1) }

// open makes the browser context and the page in it, and begins to listen before anything is loaded.
func (p *Page) open() error {
	ctx, cancel := context.WithTimeout(p.ctx, startTimeout)
	defer cancel()
	b := session{client: p.b.client, ctx: ctx}
	made, err := proto.TargetCreateBrowserContext{DisposeOnDetach: true}.Call(b)
	if err != nil {
		return err
	}
	p.context = made.BrowserContextID
	p.downloads = newDownloads(filepath.Join(p.b.dir, "downloads", string(p.context)))
	err = proto.BrowserSetDownloadBehavior{
		Behavior: proto.BrowserSetDownloadBehaviorBehaviorAllowAndName, BrowserContextID: p.context,
		DownloadPath: p.downloads.dir, EventsEnabled: true,
	}.Call(b)
	if err != nil {
		return err
	}
	target, err := proto.TargetCreateTarget{URL: "about:blank", BrowserContextID: p.context}.Call(b)
	if err != nil {
		return err
	}
	p.target, p.frame = target.TargetID, proto.PageFrameID(target.TargetID)
	attached, err := proto.TargetAttachToTarget{TargetID: p.target, Flatten: true}.Call(b)
	if err != nil {
		return err
	}
	p.session = attached.SessionID
	p.watch.begin(p)
	p.b.handle(p.session, p.watch.note)
	p.b.mu.Lock()
	p.b.pages[p.target] = p
	p.b.mu.Unlock()
	return p.prepare(session{client: p.b.client, ctx: ctx, id: p.session})
}

// prepare switches on the events and the look of a new page.
func (p *Page) prepare(s session) error {
	for _, request := range []interface{ Call(proto.Client) error }{
		proto.PageEnable{}, proto.RuntimeEnable{}, proto.LogEnable{}, proto.NetworkEnable{}, proto.DOMEnable{},
		proto.EmulationSetFocusEmulationEnabled{Enabled: true}, // pages side by side all believe to be in front
		proto.EmulationSetScriptExecutionDisabled{Value: p.opts.NoScript},
	} {
		if err := request.Call(s); err != nil {
			return err
		}
	}
	return p.look(s, p.opts)
}

// close tells what was wrong, then closes the page.
func (p *Page) close() {
	p.t.Helper()
	p.judge()
	ctx, cancel := context.WithTimeout(p.ctx, closeTimeout)
	defer cancel()
	p.b.mu.Lock()
	delete(p.b.pages, p.target)
	p.b.mu.Unlock()
	p.b.handle(p.session, nil)
	err := proto.TargetDisposeBrowserContext{BrowserContextID: p.context}.Call(session{client: p.b.client, ctx: ctx})
	if err != nil {
		p.t.Errorf("browser: close the page: %v", err)
	}
	_ = os.RemoveAll(p.downloads.dir)
}

// In answers the same page narrowed to one element: selectors, names and texts are looked for in it.
//
//	p.In("#dialog").ClickText("button", "Save")
func (p *Page) In(selector string) *Page {
	if p.root != "" {
		selector = p.root + " " + selector
	}
	return &Page{window: p.window, root: selector}
}

// call begins the calls of one method.
func (p *Page) call() (session, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(p.ctx, p.opts.Patience)
	return session{client: p.b.client, ctx: ctx, id: p.session, tries: p.tries}, cancel
}
