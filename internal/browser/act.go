package browser

import (
	"errors"
	"fmt"
	"net/url"

	"github.com/go-rod/rod/lib/proto"
)

// Goto loads an address of the server, with query and fragment as they are, and answers the status of the page it ends at.
func (p *Page) Goto(address string) int {
	p.t.Helper()
	s, cancel := p.call()
	defer cancel()
	u, err := url.Parse(address)
	if err != nil {
		p.t.Fatalf("browser: Goto %q: %v", address, err)
	}
	result, err := proto.PageNavigate{URL: p.base.ResolveReference(u).String()}.Call(s)
	if err == nil && result.ErrorText != "" {
		err = errors.New(result.ErrorText)
	}
	if err == nil {
		err = p.settle(s)
	}
	if err != nil {
		p.fail("Goto "+address, err)
	}
	return p.Status()
}

// Reload loads the page anew and answers its status.
func (p *Page) Reload() int {
	p.t.Helper()
	p.act("Reload", func(s session) error { return proto.PageReload{}.Call(s) })
	return p.Status()
}

// Back goes back in the history, as the button of the browser does.
func (p *Page) Back() {
	p.t.Helper()
	p.act("Back", func(s session) error {
		h, err := proto.PageGetNavigationHistory{}.Call(s)
		if err != nil {
			return err
		}
		if h.CurrentIndex == 0 {
			return errors.New("there is nothing to go back to")
		}
		return proto.PageNavigateToHistoryEntry{EntryID: h.Entries[h.CurrentIndex-1].ID}.Call(s)
	})
}

// Status answers the HTTP status of the last document.
func (p *Page) Status() int {
	p.watch.mu.Lock()
	defer p.watch.mu.Unlock()
	return p.watch.status
}

// Click clicks the only element that matches and is seen, with the mouse, in its middle.
func (p *Page) Click(selector string) {
	p.t.Helper()
	p.act("Click "+selector, func(s session) error {
		return clickOn(s, func() (element, error) { return p.bySelector(s, selector, true) })
	})
}

// ClickText clicks the only element with an ARIA role and an accessible name, as ("button", "Save") or ("link", "Vault").
func (p *Page) ClickText(role, name string) {
	p.t.Helper()
	p.act(fmt.Sprintf("ClickText %s %q", role, name), func(s session) error {
		return clickOn(s, func() (element, error) { return p.byName(s, role, name) })
	})
}

// Hover moves the mouse over the only element that matches and is seen.
func (p *Page) Hover(selector string) {
	p.t.Helper()
	p.act("Hover "+selector, func(s session) error {
		at, err := aim(s, func() (element, error) { return p.bySelector(s, selector, true) })
		if err != nil {
			return err
		}
		return mouse(s, proto.InputDispatchMouseEventTypeMouseMoved, at)
	})
}

// act does something a person does, then waits for the navigation it began.
func (p *Page) act(what string, do func(session) error) {
	p.t.Helper()
	s, cancel := p.call()
	defer cancel()
	err := do(s)
	if err == nil {
		err = p.settle(s)
	}
	if err != nil {
		p.fail(what, err)
	}
}

type point struct{ X, Y float64 }

// aim finds an element and the place to click it, which must stay the same for two looks.
func aim(s session, find func() (element, error)) (point, error) {
	var last, at point
	known := false
	err := until(s, func() error {
		el, err := find()
		if err != nil {
			return err
		}
		if err := askOf(s, el, &at, "point"); err != nil {
			return err
		}
		if !known || at != last {
			known, last = true, at
			return errors.New("it is still moving")
		}
		return nil
	})
	return at, err
}

func clickOn(s session, find func() (element, error)) error {
	at, err := aim(s, find)
	if err != nil {
		return err
	}
	for _, t := range []proto.InputDispatchMouseEventType{
		proto.InputDispatchMouseEventTypeMouseMoved,
		proto.InputDispatchMouseEventTypeMousePressed,
		proto.InputDispatchMouseEventTypeMouseReleased,
	} {
		if err := mouse(s, t, at); err != nil {
			return err
		}
	}
	return nil
}

func mouse(s session, t proto.InputDispatchMouseEventType, at point) error {
	e := proto.InputDispatchMouseEvent{Type: t, X: at.X, Y: at.Y, Button: proto.InputMouseButtonNone}
	if t != proto.InputDispatchMouseEventTypeMouseMoved {
		e.Button, e.ClickCount = proto.InputMouseButtonLeft, 1
	}
	return e.Call(s)
}

// settle waits until the navigation that was just asked for, if one was, has loaded, been refused or become a download. Each look
// comes after a question to the page, so that what the page had said by then has been noted. Chromium holds such questions back
// while a navigation waits for its answer.
func (p *Page) settle(s session) error {
	err := until(s, func() error {
		if err := evaluate(s, nil, "() => 0"); err != nil {
			return err
		}
		if p.watch.busy() {
			return errLoading
		}
		return nil
	})
	if err != nil && p.watch.busy() {
		return errLoading
	}
	return err
}

var errLoading = errors.New("the page does not finish loading")
