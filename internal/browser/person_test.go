package browser

import (
	"net/http"
	"testing"
)

func TestPeopleAreApart(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: "one", Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: 3600})
		_, _ = w.Write([]byte(page(`<h1>Cookies</h1>`)))
	})
	mux.HandleFunc("/told", func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(page(`<p id="c">` + r.Header.Get("Cookie") + `</p>`)))
	})
	base := serve(t, mux)
	first, second := Open(t, base, Options{}), Open(t, base, Options{})
	first.Goto("/")
	c := first.Cookie("sid")
	if c == nil || c.Value != "one" || !c.HttpOnly || c.Secure || c.SameSite != http.SameSiteLaxMode || c.Expires.IsZero() {
		t.Errorf("the cookie is %v", c)
	}
	if got := second.Cookies(); len(got) != 0 {
		t.Errorf("the other person has %v", got)
	}
	second.SetCookie(&http.Cookie{Name: "sid", Value: "two", HttpOnly: true})
	second.Goto("/told")
	if got := second.Text("#c"); got != "sid=two" {
		t.Errorf("the server got %q", got)
	}
	second.ClearCookies()
	second.Reload()
	if got := second.Content("#c"); got != "" {
		t.Errorf("after clearing the server got %q", got)
	}
	first.Goto("/told")
	if got := first.Text("#c"); got != "sid=one" {
		t.Errorf("the first person sends %q", got)
	}
}

const passkeyScript = `
const rp = {id: "localhost", name: "Test"}, bytes = n => new Uint8Array(n);
async function make() {
  const c = await navigator.credentials.create({publicKey: {rp, challenge: bytes(32), user: {id: bytes(16), name: "a", displayName: "A"},
    pubKeyCredParams: [{type: "public-key", alg: -7}],
    authenticatorSelection: {residentKey: "required", userVerification: "required", authenticatorAttachment: "platform"}}});
  return c.id;
}
async function use() {
  const c = await navigator.credentials.get({publicKey: {rpId: "localhost", challenge: bytes(32), userVerification: "required"}});
  const flags = new DataView(c.response.authenticatorData).getUint8(32);
  return c.id + (flags & 4 ? " verified" : "");
}
const shown = f => async () => { try { out.textContent = await f() } catch (e) { out.textContent = e.name } };
mk.onclick = shown(make);
us.onclick = shown(use);`

func TestPasskeysAreMadeAndUsed(t *testing.T) {
	base := Localhost(site(t, map[string]string{
		"/": `<h1>Passkeys</h1><button id="mk">Make</button><button id="us">Use</button><p id="out"></p><script src="/a.js"></script>`, "/a.js": passkeyScript,
	}))
	p := Open(t, base, Options{})
	a := p.VirtualAuthenticator()
	p.Goto("/")
	p.Click("#mk")
	p.WaitTrue(`() => out.textContent !== ""`)
	id := p.Text("#out")
	if a.Credentials() != 1 {
		t.Fatalf("the authenticator holds %d passkeys; the page says %s", a.Credentials(), id)
	}
	p.Reload()
	p.Click("#us")
	p.WaitText(id + " verified")

	other := Open(t, base, Options{}) // another device of the same person
	b := other.VirtualAuthenticator()
	other.Goto("/")
	a.CopyTo(b)
	other.Click("#us")
	other.WaitText(id + " verified")

	b.Verifies(false)
	other.Reload()
	other.Click("#us")
	other.WaitText("NotAllowedError")
	a.Remove()
	if p.Count("#out") != 1 {
		t.Error("the page is gone with the authenticator")
	}
}
