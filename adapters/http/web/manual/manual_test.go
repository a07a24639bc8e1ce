package manual_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/manual"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/docs"
	"github.com/ignisfox/ignisfox/internal/browser"
	"github.com/ignisfox/ignisfox/internal/webtest"
)

func TestMain(m *testing.M) { browser.Main(m) }

func rig(t *testing.T) *webtest.Rig {
	t.Helper()
	return webtest.New(t, func(k *kit.Kit, _ *webtest.Rig) {
		if err := manual.Register(k, docs.Pages); err != nil {
			t.Fatal(err)
		}
	})
}

// names answers the pages there are.
func names(t *testing.T) []string {
	t.Helper()
	files, err := docs.Pages.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range files {
		out = append(out, strings.TrimSuffix(f.Name(), ".md"))
	}
	return out
}

func TestPagesAreShownToEverybody(t *testing.T) {
	r := rig(t)
	stranger, kim := r.Stranger(t), r.As(t, tenant.Viewer)
	for _, name := range names(t) {
		out := stranger.Get(manual.Root + name)
		out.Want(http.StatusOK, `<article class="prose">`, `!action="/sign-out"`)
		in := kim.Get(manual.Root + name)
		in.Want(http.StatusOK, `<article class="prose">`, `action="/sign-out"`)
		if article(t, out.Body) != article(t, in.Body) {
			t.Errorf("%s is another page for those who are signed in", name)
		}
		for _, page := range []string{out.Body, in.Body} {
			checkPage(t, name, page)
		}
	}
	stranger.Get(manual.Root + "no-such-page").Want(http.StatusNotFound)
	stranger.Get(manual.Root + "embed").Want(http.StatusNotFound)
}

var (
	headOf   = regexp.MustCompile(`(?s)<h1[ >].*?</h1>`)
	idOf     = regexp.MustCompile(`\sid="([^"]*)"`)
	tableOf  = regexp.MustCompile(`(?s)<table>.*?</table>`)
	cellOf   = regexp.MustCompile(`<t[hd][ >]`)
	rowOf    = regexp.MustCompile(`(?s)<tr>.*?</tr>`)
	linkOf   = regexp.MustCompile(`(?s)<a href="([^"]*)"`)
	fenceOf  = regexp.MustCompile(`(?m)^\| ?---`)
	leftOver = regexp.MustCompile(`raw HTML omitted|\]\(|&lt;!--|\sstyle="|<img|<script`)
)

func article(t *testing.T, page string) string {
	t.Helper()
	_, rest, _ := strings.Cut(page, `<article class="prose">`)
	body, _, found := strings.Cut(rest, "</article>")
	if !found {
		t.Fatal("there is no article on the page")
	}
	return body
}

// checkPage checks what holds for every page of the manual.
func checkPage(t *testing.T, name, page string) {
	t.Helper()
	if n := len(headOf.FindAllString(page, -1)); n != 1 {
		t.Errorf("%s has %d headings of the first rank", name, n)
	}
	if bad := leftOver.FindString(article(t, page)); bad != "" {
		t.Errorf("%s: %q is on the page", name, bad)
	}
	seen := map[string]bool{}
	for _, m := range idOf.FindAllStringSubmatch(page, -1) {
		if seen[m[1]] {
			t.Errorf("%s: the id %q is there twice", name, m[1])
		}
		seen[m[1]] = true
	}
}

func TestTablesStayTables(t *testing.T) {
	r := rig(t)
	for _, name := range names(t) {
		source, err := docs.Pages.ReadFile(name + ".md")
		if err != nil {
			t.Fatal(err)
		}
		body := article(t, r.Stranger(t).Get(manual.Root+name).Body)
		tables := tableOf.FindAllString(body, -1)
		if want := len(fenceOf.FindAll(source, -1)); len(tables) != want {
			t.Errorf("%s shows %d tables, want %d", name, len(tables), want)
		}
		for _, table := range tables {
			rows := rowOf.FindAllString(table, -1)
			for _, row := range rows {
				if got, want := len(cellOf.FindAllString(row, -1)), len(cellOf.FindAllString(rows[0], -1)); got != want {
					t.Errorf("%s: %d cells under %d heads: %s", name, got, want, row)
				}
			}
		}
	}
}

// A cell with more "|" in its row than there are heads would be cut without a word; the text of each must arrive.
func TestNoCellIsCut(t *testing.T) {
	for _, name := range names(t) {
		source, err := docs.Pages.ReadFile(name + ".md")
		if err != nil {
			t.Fatal(err)
		}
		want := 0
		for line := range strings.Lines(string(source)) {
			cells := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|") - 1
			switch {
			case !strings.HasPrefix(line, "|"):
				want = 0
			case want == 0:
				want = cells
			case cells != want:
				t.Errorf("%s: %d cells under %d heads: %s", name, cells, want, line)
			}
		}
	}
}

func TestLinksLeadToPagesAndHeadings(t *testing.T) {
	r := rig(t)
	stranger := r.Stranger(t)
	ids := map[string][]string{}
	bodies := map[string]string{}
	for _, name := range names(t) {
		bodies[name] = article(t, stranger.Get(manual.Root+name).Body)
		for _, m := range idOf.FindAllStringSubmatch(bodies[name], -1) {
			ids[name] = append(ids[name], m[1])
		}
	}
	links := 0
	for name, body := range bodies {
		for _, m := range linkOf.FindAllStringSubmatch(body, -1) {
			to, own := strings.CutPrefix(m[1], manual.Root)
			if strings.HasPrefix(m[1], "#") {
				to, own = name+m[1], true
			}
			if !own {
				if !strings.HasPrefix(m[1], "https://") {
					t.Errorf("%s leads to %q", name, m[1])
				}
				continue
			}
			links++
			page, anchor, _ := strings.Cut(to, "#")
			if _, there := bodies[page]; !there {
				t.Errorf("%s leads to the page %q, which is not there", name, page)
			}
			if anchor != "" && !slices.Contains(ids[page], anchor) {
				t.Errorf("%s leads to %q, and %s has no such heading", name, anchor, page)
			}
		}
	}
	if links < 10 {
		t.Errorf("%d links between pages: the pattern is wrong", links)
	}
}

// What the program does not show is text, so that no link leads into nothing.
func TestWhatIsNotShownIsPlainText(t *testing.T) {
	body := article(t, rig(t).Stranger(t).Get(manual.Root+"architecture").Body)
	if strings.Contains(body, "<img") {
		t.Error("the page asks for a picture that the program does not have")
	}
	for _, text := range []string{"decision 4", "decisions/"} {
		if !strings.Contains(body, text) {
			t.Errorf("the page does not say %q", text)
		}
	}
	for _, link := range []string{".md", ".svg"} {
		if regexp.MustCompile(`href="[^"]*` + regexp.QuoteMeta(link)).MatchString(body) {
			t.Errorf("a link leads to a file %s", link)
		}
	}
}

// Wide tables and long lines of code fit the narrowest page.
func TestPagesAreReadInABrowser(t *testing.T) {
	r := rig(t)
	p := browser.Open(t, r.URL, browser.Options{})
	p.Look(browser.Narrow)
	for _, name := range names(t) {
		if p.Goto(manual.Root+name) != http.StatusOK {
			t.Errorf("%s is not shown", name)
		}
		p.NoSideScroll()
	}
	p.Goto(manual.Root + "security")
	p.Accessible()
	p.Goto(manual.Root + "operations#the-kek")
	if got := p.Eval(`() => document.querySelector(":target").textContent`); got != "The KEK" {
		t.Errorf("the heading that the link names is %v", got)
	}
}

// The table of settings has five columns: on a telephone each of its rows is a block whose cells say what they are.
func TestTablesAreReadOnATelephone(t *testing.T) {
	r := rig(t)
	p := browser.Open(t, r.URL, browser.Options{})
	p.SetCookie(r.As(t, tenant.Viewer).Cookie())
	p.Goto(manual.Root + "configuration")
	p.Accessible()
	if got := before(p); got != "none" {
		t.Errorf("on a wide page the third cell says %v before its text", got)
	}
	p.Look(browser.Phone)
	if got := p.Text(".prose tbody tr:first-child td:first-child"); got != "IGNISFOX_LISTEN" {
		t.Errorf("the first setting is %q", got)
	}
	if got := before(p); got != `"default"` {
		t.Errorf("on a telephone the third cell says %v before its text", got)
	}
}

func before(p *browser.Page) any {
	return p.Eval(`() => getComputedStyle(document.querySelector(".prose tbody td:nth-child(3)"), "::before").content`)
}

func TestTheIndexLeadsToEveryPage(t *testing.T) {
	r := rig(t)
	for who, page := range map[string]webtest.Answer{"a stranger": r.Stranger(t).Get(manual.Root), "kim": r.As(t, tenant.Viewer).Get(manual.Root)} {
		page.Want(http.StatusOK, "<h1>Manual</h1>")
		for _, name := range names(t) {
			if n := strings.Count(article(t, page.Body), `href="`+manual.Root+name+`"`); n != 1 {
				t.Errorf("%s: %d links to %s", who, n, name)
			}
		}
	}
	if a := r.Stranger(t).Get("/docs"); a.Header.Get("Location") != manual.Root {
		t.Errorf("%d %v", a.Status, a.Header)
	}
	r.Stranger(t).Get(manual.Root+"vault").Want(http.StatusOK, `href="/docs/"`)
	r.As(t, tenant.Viewer).Get(manual.Root+"vault").Want(http.StatusOK, `href="/docs/"`)
}

// The program has no pictures: nothing is left where they stand in the text.
func TestPicturesLeaveNothing(t *testing.T) {
	page := article(t, rig(t).Stranger(t).Get(manual.Root+"vault").Body)
	if strings.Contains(page, "<img") || strings.Contains(page, "<p></p>") || strings.Contains(page, "The vault, with") {
		t.Errorf("%s", page)
	}
}
