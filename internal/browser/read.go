package browser

import (
	"net/url"
)

// read waits for what ask of page.js answers.
func (p *Page) read(what string, into any, name string, args ...any) {
	p.t.Helper()
	p.wait(what, func(s session) error { return ask(s, into, name, args...) })
}

// Text answers the visible text of the only element that matches and is seen, runs of white space made one space. With "" it is the
// text of the page, or of the part that In chose.
func (p *Page) Text(selector string) string {
	p.t.Helper()
	var text string
	p.read("Text "+selector, &text, "text", p.root, selector)
	return plain(text)
}

// Texts answers the visible texts of all elements that match and are seen, at once.
func (p *Page) Texts(selector string) []string {
	p.t.Helper()
	var texts []string
	p.read("Texts "+selector, &texts, "texts", p.root, selector)
	for i := range texts {
		texts[i] = plain(texts[i])
	}
	return texts
}

// Content answers the text of the only element that matches exactly as the document has it, seen or not.
func (p *Page) Content(selector string) string {
	p.t.Helper()
	var text string
	p.read("Content "+selector, &text, "content", p.root, selector)
	return text
}

// Attr answers an attribute of the only element that matches; "" when it has none of that name.
func (p *Page) Attr(selector, name string) string {
	p.t.Helper()
	var values []string
	p.read("Attr "+selector, &values, "attribute", p.root, selector, name)
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// Has says whether anything matches now, seen or not.
func (p *Page) Has(selector string) bool {
	p.t.Helper()
	return p.count(selector, false) > 0
}

// Sees says whether anything that matches can be seen now.
func (p *Page) Sees(selector string) bool {
	p.t.Helper()
	return p.count(selector, true) > 0
}

// Count answers how many elements match now, seen or not.
func (p *Page) Count(selector string) int {
	p.t.Helper()
	return p.count(selector, false)
}

func (p *Page) count(selector string, seen bool) int {
	p.t.Helper()
	var n int
	p.read("look for "+selector, &n, "count", p.root, selector, seen)
	return n
}

// HasText says whether there is an element with an ARIA role and an accessible name now. What is hidden has neither.
func (p *Page) HasText(role, name string) bool {
	p.t.Helper()
	found := false
	p.wait("look for "+role+" "+name, func(s session) error {
		nodes, err := p.named(s, role, name)
		found = len(nodes) > 0
		return err
	})
	return found
}

// Title answers the title of the document.
func (p *Page) Title() string {
	p.t.Helper()
	title, _ := p.Eval("() => document.title").(string)
	return title
}

// URL answers where the page is, without scheme and host: path, query and fragment.
func (p *Page) URL() string {
	p.t.Helper()
	address, _ := p.Eval("() => location.href").(string)
	u, err := url.Parse(address)
	if err != nil {
		p.t.Fatalf("browser: the page is at %q: %v", address, err)
	}
	u.Scheme, u.Host, u.User = "", "", nil
	return u.String()
}

// Transferred answers how many bytes came over the wire for the page so far, headers and compression as they were: for the document
// and for what it asked for since. What the browser had in its cache does not count.
func (p *Page) Transferred() int {
	p.t.Helper()
	p.Eval("() => 0") // what came before it has been counted by then
	p.watch.mu.Lock()
	defer p.watch.mu.Unlock()
	return p.watch.bytes
}
