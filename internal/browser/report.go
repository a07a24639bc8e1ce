package browser

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/go-rod/rod/lib/proto"
)

const (
	maxShown    = 800 // bytes of page text told in a failure
	describeFor = 5 * time.Second
)

// expectations are what a test wants the browser to complain about.
type expectations struct {
	statuses []int
	allowed  []*regexp.Regexp
}

// Expect says that the page gets one answer with each of these statuses, all 400 or more, before or after this call. Any other such
// answer fails the test, and so does one that does not come.
func (p *Page) Expect(statuses ...int) {
	p.watch.mu.Lock()
	defer p.watch.mu.Unlock()
	p.watch.wanted.statuses = append(p.watch.wanted.statuses, statuses...)
}

// AllowConsole says that the page logs errors, throws, or breaks its policy with words that match a regular expression. An allowance
// that is not used fails the test.
func (p *Page) AllowConsole(pattern string) {
	p.watch.mu.Lock()
	defer p.watch.mu.Unlock()
	p.watch.wanted.allowed = append(p.watch.wanted.allowed, regexp.MustCompile(pattern))
}

// judge fails the test for what the browser complained about, and tells of the page when the test has failed.
func (p *Page) judge() {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, closeTimeout)
	defer cancel()
	s := session{client: p.b.client, ctx: ctx, id: p.session}
	// by the time of the answer all that came before it has been noted
	if err := errors.Join(p.interrupt(s), evaluate(s, nil, "() => 0")); err != nil {
		p.t.Errorf("browser: the page does not answer at the end: %v", err)
	}
	for _, text := range p.watch.unwanted() {
		p.t.Errorf("browser: %s", text)
	}
	if p.t.Failed() && !p.watch.described {
		p.t.Log(p.describe(ctx))
	}
}

// interrupt ends a navigation that waits for its answer, so that the page can be asked.
func (p *Page) interrupt(s session) error {
	if !p.watch.busy() {
		return nil
	}
	return proto.PageStopLoading{}.Call(s)
}

// unwanted answers all complaints but those that were wanted, and what was wanted and did not come.
func (w *watch) unwanted() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var bad []string
	used := make([]bool, len(w.wanted.allowed))
	for _, c := range w.complaints {
		allowed := false
		for i, pattern := range w.wanted.allowed {
			if c.kind == console && pattern.MatchString(c.text) {
				used[i], allowed = true, true
			}
		}
		if !allowed {
			bad = append(bad, c.text)
		}
	}
	for i, pattern := range w.wanted.allowed {
		if !used[i] {
			bad = append(bad, fmt.Sprintf("AllowConsole(%q) allowed nothing", pattern))
		}
	}
	missing := append([]int{}, w.wanted.statuses...)
	for _, f := range w.failed {
		if i := index(missing, f.status); i >= 0 {
			missing = append(missing[:i], missing[i+1:]...)
			continue
		}
		bad = append(bad, fmt.Sprintf("answer %d to %s", f.status, f.of))
	}
	for _, status := range missing {
		bad = append(bad, fmt.Sprintf("no answer %d came, which was expected", status))
	}
	for _, url := range w.opened {
		bad = append(bad, "opened a tab: "+url)
	}
	if n := len(w.wantDialogs); n > 0 {
		bad = append(bad, fmt.Sprintf("%d dialogs of the browser were expected and did not come", n))
	}
	return bad
}

func index(list []int, n int) int {
	for i, v := range list {
		if v == n {
			return i
		}
	}
	return -1
}

// fail ends the test, telling what was on the page.
func (p *Page) fail(what string, err error) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, describeFor)
	defer cancel()
	p.watch.described = true
	p.t.Fatalf("browser: %s: %v\n%s", what, err, p.describe(ctx))
}

// describe tells where the page is, what it shows and what the browser said so far, and keeps a picture.
func (p *Page) describe(ctx context.Context) string {
	s := session{client: p.b.client, ctx: ctx, id: p.session}
	var at struct{ URL, Title, Text string }
	_ = p.interrupt(s) // if it does not work, neither does the next call
	err := evaluate(s, &at, `() => ({
		URL: location.href, Title: document.title,
		Text: (document.querySelector("dialog[open]") ?? document.querySelector("main") ?? document.body)?.innerText ?? "",
	})`)
	if err != nil {
		return "the page does not answer: " + err.Error()
	}
	if len(at.Text) > maxShown {
		at.Text = strings.ToValidUTF8(at.Text[:maxShown], "") + "…"
	}
	var out strings.Builder
	fmt.Fprintf(&out, "at:     %s (%d)\ntitle:  %s\ntext:   %s", at.URL, p.Status(), at.Title, strings.Join(strings.Fields(at.Text), " "))
	p.watch.mu.Lock()
	for _, c := range p.watch.complaints {
		fmt.Fprintf(&out, "\nsaid:   %s", c.text)
	}
	for _, f := range p.watch.failed {
		fmt.Fprintf(&out, "\nanswer: %d to %s", f.status, f.of)
	}
	p.watch.mu.Unlock()
	fmt.Fprintf(&out, "\n%s", p.picture(s))
	return out.String()
}

// picture keeps a picture of what the window shows, when the artifacts of the tests are kept.
func (p *Page) picture(s session) string {
	if f := flag.Lookup("test.artifacts"); f == nil || f.Value.String() != "true" {
		return "picture: run go test with -artifacts to keep one"
	}
	result, err := proto.PageCaptureScreenshot{Format: proto.PageCaptureScreenshotFormatPng}.Call(s)
	if err != nil {
		return "picture: " + err.Error()
	}
	name := filepath.Join(p.t.ArtifactDir(), string(p.target)+".png")
	if err := os.WriteFile(name, result.Data, 0o600); err != nil {
		return "picture: " + err.Error()
	}
	return "picture: " + name
}
