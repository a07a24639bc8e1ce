package browser

import (
	"errors"
	"fmt"

	"github.com/go-rod/rod/lib/proto"
)

// ExpectDialog says that the page will open a dialog of the browser (alert, confirm, prompt, or the question before leaving), and
// what to answer. Dialogs that are not expected are dismissed and fail the test, as do expected ones that do not come.
func (p *Page) ExpectDialog(accept bool) {
	p.watch.mu.Lock()
	defer p.watch.mu.Unlock()
	p.watch.wantDialogs = append(p.watch.wantDialogs, accept)
}

// dialog answers a dialog, which holds the page until then. It is called with the lock held, in the goroutine that would bring the
// answer to the call.
func (w *watch) dialog(kind, text string) {
	accept := false
	if len(w.wantDialogs) > 0 {
		accept, w.wantDialogs = w.wantDialogs[0], w.wantDialogs[1:]
	} else {
		w.add(other, fmt.Sprintf("opened a dialog of the browser: %s %q", kind, text))
	}
	p := w.page
	go func() {
		err := proto.PageHandleJavaScriptDialog{Accept: accept}.Call(session{client: p.b.client, ctx: p.ctx, id: p.session})
		if err != nil && p.ctx.Err() == nil {
			w.complain(other, "a dialog could not be answered: "+err.Error())
		}
	}()
}

// Opened does something that opens a tab, and answers the address that the tab is for. The tab itself is of no use to the test; it
// cannot reach anything outside the machine.
func (p *Page) Opened(do func()) string {
	p.t.Helper()
	p.watch.mu.Lock()
	before := len(p.watch.opened)
	p.watch.mu.Unlock()
	do()
	s, cancel := p.call()
	defer cancel()
	var address string
	err := until(s, func() error {
		p.watch.mu.Lock()
		defer p.watch.mu.Unlock()
		if len(p.watch.opened) <= before {
			return errors.New("no tab was opened")
		}
		address = p.watch.opened[before]
		p.watch.opened = append(p.watch.opened[:before], p.watch.opened[before+1:]...)
		return nil
	})
	if err != nil {
		p.fail("Opened", err)
	}
	return address
}
