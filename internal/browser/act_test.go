package browser

import (
	"slices"
	"strings"
	"testing"
)

const actPage = `
<h1>Acts</h1>
<button id="one">One</button> <button id="off" disabled>Off</button>
<button class="twin">Twin</button> <button class="twin">Twin</button>
<button id="hidden" hidden>Hidden</button>
<div id="cover-at"><button id="covered">Covered</button><div id="cover">Lid</div></div>
<button id="icon" aria-label="Close"><svg width="16" height="16" aria-hidden="true"><circle r="8"/></svg></button>
<label class="switch"><input type="checkbox" id="box" class="sr"> Alerts</label>
<label><input type="radio" name="r" value="a"> First way</label> <label><input type="radio" name="r" value="b"> Second way</label>
<a href="/second">To the
  second</a>
<div id="tall"></div>
<button id="far">Far down</button>
<dialog id="dialog"><p>Really?</p><button id="yes">Yes</button></dialog><button id="ask">Ask</button>
<ul id="log"></ul><link rel="stylesheet" href="/a.css"><script src="/a.js"></script>`

const actScript = `
document.addEventListener('click', e => {
  const b = e.target.closest('button');
  if (!b) return;
  const li = document.createElement('li');
  li.textContent = b.id + (e.isTrusted ? '' : ' untrusted');
  log.append(li);
  if (b.id === 'ask') dialog.showModal();
  if (b.id === 'yes') dialog.close();
  if (b.id === 'one') setTimeout(() => { off.disabled = false }, 50);
});`

const actStyle = `
#cover-at { position: relative; inline-size: 10rem } #cover { position: absolute; inset: 0; background: white }
.sr { position: absolute; inline-size: 1px; block-size: 1px; clip-path: inset(50%) } .switch { padding: 1rem; display: inline-block }
#tall { block-size: 3000px }`

func actSite(t *testing.T) string {
	return site(t, map[string]string{
		"/{$}": actPage, "/a.js": actScript, "/a.css": actStyle, "/second": `<h1>Second</h1>`,
	})
}

func TestClicksArriveAsFromAPerson(t *testing.T) {
	p := Open(t, actSite(t), Options{})
	p.Goto("/")
	p.Click("#one")
	p.Click("#off") // once it is enabled
	p.Click("#far") // scrolled to
	p.ClickText("button", "Close")
	p.ClickText("button", "Ask")
	p.In("#dialog").ClickText("button", "Yes")
	if got := p.Texts("#log li"); !slices.Equal(got, []string{"one", "off", "far", "icon", "ask", "yes"}) {
		t.Errorf("clicked: %q", got)
	}
	p.ClickText("link", "To the second")
	if got := p.Text("h1"); got != "Second" { // no wait: the click has waited
		t.Errorf("after the link the page is %q", got)
	}
	p.Back()
	if got := p.Text("h1"); got != "Acts" {
		t.Errorf("after going back the page is %q", got)
	}
}

func TestBoxesAreTickedByTheirLabel(t *testing.T) {
	for _, noScript := range []bool{false, true} {
		p := Open(t, actSite(t), Options{NoScript: noScript})
		p.Goto("/")
		p.Check("Alerts", true)
		p.Check("Alerts", true)
		p.Check("Second way", true)
		if got := p.Eval(`() => [box.checked, document.querySelector("[name=r]:checked").value].join()`); got != "true,b" {
			t.Errorf("ticked: %v", got)
		}
		p.Check("#box", false)
		if p.Eval(`() => box.checked`) != false {
			t.Error("the tick is not taken away")
		}
	}
}

func TestClicksThatAPersonCouldNotDoFail(t *testing.T) {
	base := actSite(t)
	for selector, want := range map[string]string{
		"#covered": `<button#covered "Covered"> is covered by <div#cover "Lid">`,
		"#hidden":  "#hidden is there but not seen",
		"#off":     `<button#off "Off"> is disabled`,
		".twin":    `2 elements match .twin: <button.twin "Twin">, <button.twin "Twin">`,
		"#nowhere": "nothing matches #nowhere",
		"#yes":     "#yes is there but not seen",
		"a..b":     "a..b is no CSS selector",
	} {
		t.Run(selector, func(t *testing.T) {
			t.Parallel()
			s := try(t, func(tb testing.TB) {
				p := Open(tb, base, Options{})
				p.Goto("/")
				p.tries = few
				p.Click(selector)
				t.Error("the test goes on")
			})
			s.wantFailure(t, "browser: Click "+selector+": "+want+"\n")
			for _, told := range []string{"at:     " + base + "/ (200)", "title:  A page", "text:   Acts", "-artifacts"} {
				if !strings.Contains(s.errors[0], told) {
					t.Errorf("the failure does not tell %q: %s", told, s.errors[0])
				}
			}
		})
	}
}

func TestNamesAreWhatAReaderHears(t *testing.T) {
	base := actSite(t)
	for _, c := range []struct{ role, name, want string }{
		{"button", "Twin", `2 elements are a button named "Twin"; narrow it with In`},
		{"button", "Hidden", `there is no button named "Hidden"`},
		{"button", "Yes", `there is no button named "Yes"`},
		{"link", "Close", `there is no link named "Close"`},
	} {
		try(t, func(tb testing.TB) {
			p := Open(tb, base, Options{})
			p.Goto("/")
			p.tries = few
			p.ClickText(c.role, c.name)
		}).wantFailure(t, c.want)
	}
	p := Open(t, base, Options{})
	p.Goto("/")
	if !p.HasText("button", "Far down") || p.HasText("button", "Hidden") || !p.Has("#hidden") || p.Sees("#hidden") || p.Count(".twin") != 2 {
		t.Error("what is there and what is seen are mixed up")
	}
	p.ClickText("button", "Ask")
	if p.HasText("button", "Far down") {
		t.Error("what an open dialog makes inert still has a name")
	}
}

// Links that lead nowhere, to the same page, or to nothing the rig could wait for.
func TestClicksThatDoNotNavigateReturn(t *testing.T) {
	base := site(t, map[string]string{
		"/":     `<p id="here">Here</p><a href="#here">Same</a> <a href="mailto:a@example.com">Mail</a> <a id="j" href="#">Script</a> <form><button id="held">Held</button></form><script src="/a.js"></script>`,
		"/a.js": `document.forms[0].onsubmit = e => e.preventDefault(); j.onclick = e => { e.preventDefault(); j.textContent = "Done" }`,
	})
	p := Open(t, base, Options{})
	p.Goto("/")
	p.ClickText("link", "Same")
	p.Click("#held")
	p.ClickText("link", "Mail")
	p.ClickText("link", "Script")
	p.WaitText("Done")
	if got := p.URL(); got != "/#here" {
		t.Errorf("the page is at %s", got)
	}
}
