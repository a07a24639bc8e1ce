package settings_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/testauthn"
	"github.com/ignisfox/ignisfox/internal/webtest"
)

var script = map[string]string{"Content-Type": "application/json", "Accept": "application/json", "HX-Request": "true"}

// ceremony has a browser answer a challenge, as our script does.
func ceremony(t *testing.T, p *webtest.Person, begin, finish, name string, answer func(options []byte) ([]byte, error)) webtest.Answer {
	t.Helper()
	a := p.DoBody("POST", begin, "{}", script)
	var c struct {
		Options  json.RawMessage
		Ceremony string
	}
	if err := json.Unmarshal([]byte(a.Body), &c); err != nil || a.Status != 200 {
		t.Fatalf("%d %s: %v", a.Status, a.Body, err)
	}
	made, err := answer(c.Options)
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(map[string]any{"ceremony": c.Ceremony, "answer": json.RawMessage(made), "name": name})
	if err != nil {
		t.Fatal(err)
	}
	return p.DoBody("POST", finish, string(body), script)
}

func TestPasskeysAreAddedUsedRenamedAndRemoved(t *testing.T) {
	r := webtest.New(t, register)
	kim := r.As(t, tenant.Viewer)
	laptop := testauthn.New(r.URL)
	kim.Get(security+"/passkeys/new").Want(200, `data-passkey="enrol"`, `data-name="#passkey-name"`)
	a := ceremony(t, kim, security+"/passkeys/begin", security+"/passkeys/finish", "MacBook <b>", laptop.Create)
	var shown struct{ Show string }
	if err := json.Unmarshal([]byte(a.Body), &shown); err != nil || !strings.Contains(shown.Show, "Store your recovery codes") || strings.Contains(shown.Show, "<b>") && strings.Contains(shown.Show, "MacBook <b>") {
		t.Errorf("%d %s: %v", a.Status, a.Body, err)
	}
	if strings.Contains(shown.Show, "<html") || !strings.Contains(shown.Show, `class="dlg"`) {
		t.Error("the codes do not fit into the dialog")
	}
	page := kim.Get(security)
	page.Want(200, "MacBook &lt;b&gt;", "never used", "10 of 10 left")

	// The second one has no codes to show.
	r.Pass(time.Minute) // the list is in the order in which they were made
	key := testauthn.New(r.URL)
	a = ceremony(t, kim, security+"/passkeys/begin", security+"/passkeys/finish", "", key.Create)
	a.Want(200, `{"redirect":"/dashboard/settings/security"}`)
	kim.Get(security).Want(200, "Passkey is added.")

	phone := r.Stranger(t)
	a = ceremony(t, phone, "/sign-in/passkey/begin", "/sign-in/passkey/finish?next=%2Fdashboard%2Fsettings%2Fmembers", "", laptop.Get)
	a.Want(200, `{"redirect":"/dashboard/settings/members"}`)
	phone.Get(profile).Want(200, kim.User.Email, "MacBook")

	r.Pass(tenant.FreshFor + time.Second)
	kim.Get("/dashboard/confirm").Want(200, `data-passkey="confirm"`)
	before := kim.Cookie().Value
	a = ceremony(t, kim, "/dashboard/confirm/passkey/begin", "/dashboard/confirm/passkey/finish?next=%2Fdashboard%2Fsettings%2Fsecurity", "", laptop.Get)
	a.Want(200, `{"redirect":"/dashboard/settings/security"}`)
	if kim.Cookie().Value == before {
		t.Error("the cookie is the old one")
	}

	id := found(t, kim.Get(security), `passkeys/([^/]+)/rename`)
	kim.Post(security+"/passkeys/"+id+"/rename", form("name", "")).Want(422, `id="f-name-e"`)
	kim.Post(security+"/passkeys/"+id+"/rename", form("name", "Work laptop")).WantGo(security)
	kim.Get(security+"/passkeys/"+id+"/remove").Want(200, "Remove Work laptop?", "Keep it")
	other := r.As(t, tenant.Owner)
	other.Get(security + "/passkeys/" + id + "/remove").Want(404)
	other.Post(security+"/passkeys/"+id+"/remove", nil).Want(404)
	other.Post(security+"/passkeys/"+id+"/rename", form("name", "mine")).Want(404)
	kim.Post(security+"/passkeys/"+id+"/remove", nil).WantGo(security)
	eve := r.Stranger(t)
	ceremony(t, eve, "/sign-in/passkey/begin", "/sign-in/passkey/finish", "", laptop.Get).Want(401, "The passkey was not accepted")
}

func TestPasskeysCompleteASecondStep(t *testing.T) {
	r := webtest.New(t, register)
	kim := r.As(t, tenant.Viewer)
	laptop := testauthn.New(r.URL)
	ceremony(t, kim, security+"/passkeys/begin", security+"/passkeys/finish", "x", laptop.Create).Want(200)
	phone := r.Stranger(t)
	phone.Post("/sign-in", form("email", kim.User.Email, "password", webtest.Password)).WantGo("/sign-in/code")
	phone.Get("/sign-in/code").Want(200, `data-passkey="sign-in"`, "Recovery code")
	ceremony(t, phone, "/sign-in/passkey/begin", "/sign-in/passkey/finish", "", laptop.Get).Want(200, `"/dashboard"`)
	phone.Get(profile).Want(200)
}

func TestWhoNeededAFactorGoesOnToTheDashboard(t *testing.T) {
	r := webtest.New(t, register)
	on := true
	if _, err := r.Account.ChangeWorkspace(ctx, tenant.Operator(r.Tenant), require(&on)); err != nil {
		t.Fatal(err)
	}
	kim := r.As(t, tenant.Viewer)
	kim.Get(profile).WantGo(security)
	a := ceremony(t, kim, security+"/passkeys/begin", security+"/passkeys/finish", "x", testauthn.New(r.URL).Create)
	a.Want(200, `action=\"/dashboard\"`)
	kim.Get(profile).Want(200)
}

func TestPasskeysOfAnotherOriginAreRefused(t *testing.T) {
	r := webtest.New(t, register)
	kim := r.As(t, tenant.Viewer)
	evil := testauthn.New("https://evil.example")
	evil.Careless = true
	ceremony(t, kim, security+"/passkeys/begin", security+"/passkeys/finish", "x", evil.Create).Want(401, `{"error":"The passkey was not accepted`)
	kim.Get(security).Want(200, "None yet. A passkey lives in")
	kim.DoBody("POST", security+"/passkeys/finish", `{`, script).Want(400, `{"error":`)
}
