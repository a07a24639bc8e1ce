package web_test

import (
	"net/http"
	"testing"

	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/browser"
	"github.com/ignisfox/ignisfox/internal/webtest/whole"
)

const (
	mostOfFirst = 120_000 // bytes over the wire of a first view: page, style, script, icons and font, with their headers
	mostOfNext  = 12_000  // of a view after that
)

// The first page that somebody sees is small, and the next one is little more than its own text.
func TestAFirstViewIsSmall(t *testing.T) {
	s := whole.New(t)
	for _, path := range []string{"/sign-in", "/dashboard", "/dashboard/vault", "/dashboard/vault/upload"} {
		p := browser.Open(t, s.URL, browser.Options{}) // with an empty cache
		if path != "/sign-in" {
			p.SetCookie(s.As(t, tenant.Owner).Cookie())
		}
		for i, most := range []int{mostOfFirst, mostOfNext} {
			if status := p.Goto(path); status != http.StatusOK {
				t.Fatalf("%s answers %d", path, status)
			}
			p.WaitTrue(`() => document.fonts.status === "loaded"`)
			got := p.Transferred()
			if t.Logf("%s, view %d: %d bytes", path, i+1, got); got > most || i == 0 && got < mostOfNext {
				t.Errorf("view %d of %s transfers %d bytes, want at most %d", i+1, path, got, most)
			}
		}
	}
}
