package browser

import (
	"fmt"
	"net/url"
	"path"
	"strings"
)

// wait tries until try works, and fails the test when it does not in time.
func (p *Page) wait(what string, try func(session) error) {
	p.t.Helper()
	s, cancel := p.call()
	defer cancel()
	if err := until(s, func() error { return try(s) }); err != nil {
		p.fail(what, err)
	}
}

// WaitText waits until the page, or the part that In chose, shows a text. White space may differ.
func (p *Page) WaitText(text string) {
	p.t.Helper()
	p.wait(fmt.Sprintf("WaitText %q", text), func(s session) error {
		shown, err := p.shown(s)
		if err == nil && !strings.Contains(shown, plain(text)) {
			err = fmt.Errorf("the text is not shown%s", p.where())
		}
		return err
	})
}

// WaitNoText waits until the page, or the part that In chose, no longer shows a text.
func (p *Page) WaitNoText(text string) {
	p.t.Helper()
	p.wait(fmt.Sprintf("WaitNoText %q", text), func(s session) error {
		shown, err := p.shown(s)
		if err == nil && strings.Contains(shown, plain(text)) {
			err = fmt.Errorf("the text is still shown%s", p.where())
		}
		return err
	})
}

func (p *Page) shown(s session) (string, error) {
	var text string
	err := ask(s, &text, "text", p.root, "")
	return plain(text), err
}

// WaitFor waits until something that matches can be seen.
func (p *Page) WaitFor(selector string) {
	p.t.Helper()
	p.wait("WaitFor "+selector, func(s session) error {
		var n int
		err := ask(s, &n, "count", p.root, selector, true)
		if err == nil && n == 0 {
			err = fmt.Errorf("nothing that matches is seen%s", p.where())
		}
		return err
	})
}

// WaitGone waits until nothing that matches can be seen any more.
func (p *Page) WaitGone(selector string) {
	p.t.Helper()
	p.wait("WaitGone "+selector, func(s session) error {
		var n int
		err := ask(s, &n, "count", p.root, selector, true)
		if err == nil && n > 0 {
			err = fmt.Errorf("%d that match are still seen%s", n, p.where())
		}
		return err
	})
}

// WaitURL waits until the page is at a path and has loaded. A * in it stands for anything but a slash, so that ids need not be known:
// /dashboard/push/*. Given with a query, the query must be the same; the fragment never matters.
func (p *Page) WaitURL(pattern string) {
	p.t.Helper()
	want, query, exact := strings.Cut(pattern, "?")
	p.wait("WaitURL "+pattern, func(s session) error {
		var address string
		if err := evaluate(s, &address, "() => location.href"); err != nil {
			return err
		}
		at, err := url.Parse(address)
		if err != nil {
			return err
		}
		if ok, err := path.Match(want, at.Path); err != nil || !ok || exact && at.RawQuery != query {
			return fmt.Errorf("the page is at %s", at.RequestURI())
		}
		return p.settle(s)
	})
}

// WaitTrue waits until a JavaScript function answers true.
func (p *Page) WaitTrue(function string, args ...any) {
	p.t.Helper()
	p.wait("WaitTrue "+function, func(s session) error {
		var v any
		err := evaluate(s, &v, function, args...)
		if err == nil && v != true {
			err = fmt.Errorf("it answers %v", v)
		}
		return err
	})
}
