package browser

import (
	"fmt"
	"html"
	"net/http"
	"slices"
	"strings"
	"testing"
)

const formPage = `<h1>Form</h1><form method="post" action="/sent">
<label for="name">Name <span>of the group</span></label><input id="name" name="name" value="old" maxlength="20">
<label>Password <input type="password" name="password"></label>
<label>Notes <textarea name="notes"></textarea></label>
<label>Zone <select name="zone"><option value="">Choose one</option><option value="be">Europe/Brussels</option><option disabled>Moon</option></select></label>
<label>Until <input type="date" name="until"></label>
<label>Fixed <input name="fixed" value="x" readonly></label>
<input name="q" aria-label="Search" value="to be cleared">
<button>Send</button></form>`

func formSite(t *testing.T) string {
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, page(formPage)) })
	mux.HandleFunc("/sent", func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		fmt.Fprint(w, page(`<h1>Sent</h1><p id="got">`+html.EscapeString(r.PostForm.Encode())+`</p>`))
	})
	return serve(t, mux)
}

func TestFormsAreFilledAndSent(t *testing.T) {
	base := formSite(t)
	for _, noScript := range []bool{false, true} {
		p := Open(t, base, Options{NoScript: noScript})
		p.Goto("/")
		p.Fill("Name of the group", `a "b" <c> ü`)
		p.Fill("[name=password]", "p w")
		p.Fill("Notes", "one\ntwo")
		p.Fill("Zone", "Europe/Brussels")
		p.Fill("Until", "2026-01-31")
		p.Fill("Search", "")
		if got := p.Value("Name of the group"); got != `a "b" <c> ü` {
			t.Errorf("the field holds %q", got)
		}
		p.ClickText("button", "Send")
		want := "fixed=x&name=a+%22b%22+%3Cc%3E+%C3%BC&notes=one%0D%0Atwo&password=p+w&q=&until=2026-01-31&zone=be"
		if got := p.Text("#got"); got != want {
			t.Errorf("sent:\n%s, want\n%s", got, want)
		}
	}
}

func TestFieldsThatDoNotTakeTheTextFail(t *testing.T) {
	base := formSite(t)
	for _, c := range []struct{ label, text, want string }{
		{"Name of the group", strings.Repeat("x", 21), `the field holds "xxxxxxxxxxxxxxxxxxxx" afterwards`},
		{"Zone", "Atlantis", `has no option Atlantis: Choose one, Europe/Brussels, Moon`},
		{"Zone", "Moon", `the option Moon is disabled`},
		{"Fixed", "y", `cannot be changed`},
		{"h1", "y", `<h1 "Form"> is not a field`},
	} {
		try(t, func(tb testing.TB) {
			p := Open(tb, base, Options{})
			p.Goto("/")
			p.tries = few
			p.Fill(c.label, c.text)
		}).wantFailure(t, c.want)
	}
}

const keysPage = `<h1>Keys</h1><a href="#x">Skip</a><button id="b">Save</button><input id="i" aria-label="Find"><p id="log"></p>
<div id="naked" tabindex="0" role="note" aria-label="No ring">No ring</div><button>Last</button>
<link rel="stylesheet" href="/a.css"><script src="/a.js"></script>`

func TestKeysAreWhatAKeyboardSends(t *testing.T) {
	base := site(t, map[string]string{"/": keysPage, "/a.css": `#naked:focus { outline: none }`, "/a.js": `
document.addEventListener('keydown', e => {
  if (e.ctrlKey && e.key === 'k') { e.preventDefault(); i.focus() }
  log.textContent += [e.ctrlKey ? 'C-' : '', e.shiftKey ? 'S-' : '', e.key === ' ' ? 'Space' : e.key, e.isTrusted ? '' : '!'].join('') + ' ';
});
b.onclick = () => log.textContent += '[saved] ';`})
	p := Open(t, base, Options{})
	p.Goto("/")
	if role, name := p.Focused(); role != "" || name != "" {
		t.Errorf("at first the focus is on %s %q", role, name)
	}
	p.TabTo("button", "Save")
	p.Press("Enter", "Space", "Shift+Tab")
	if role, name := p.Focused(); role != "link" || name != "Skip" {
		t.Errorf("Shift+Tab leads to %s %q", role, name)
	}
	p.Press("Control+k")
	if role, name := p.Focused(); role != "textbox" || name != "Find" {
		t.Errorf("Control+k leads to %s %q", role, name)
	}
	p.Type("Az 9é")
	p.Press("Shift+b", "Backspace", "ArrowLeft", "Delete", "?")
	if got := p.Value("Find"); got != "Az 9?" {
		t.Errorf("typed: %q", got)
	}
	want := "Tab Tab Enter [saved] Space [saved] S-Shift S-Tab C-Control C-k A z Space 9 S-Shift S-B Backspace ArrowLeft Delete ?"
	if got := p.Text("#log"); got != want {
		t.Errorf("the page heard\n%s, want\n%s", got, want)
	}
}

func TestAFocusThatIsNotSeenFails(t *testing.T) {
	base := site(t, map[string]string{"/": keysPage, "/a.css": `#naked:focus { outline: none }`, "/a.js": ``})
	try(t, func(tb testing.TB) {
		p := Open(tb, base, Options{})
		p.Goto("/")
		p.TabTo("button", "Last")
	}).wantFailure(t, `the focus on note "No ring" is not to be seen`)
}

func TestFirstRound(t *testing.T) {
	if got := firstRound([]string{"a", "b", "c", "a", "b"}); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("got %q", got)
	}
}
