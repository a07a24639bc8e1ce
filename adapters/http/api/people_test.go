package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/token"
	"github.com/ignisfox/ignisfox/ports"
)

func TestProfileAndPreferences(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		viewer, _ := w.tokenFor(w.person(w.Tenant, tenant.Viewer, false, false), time.Time{}, tenant.ScopeRead, tenant.ScopeWrite)
		reader, _ := w.tokenFor(w.Owner, time.Time{}, tenant.ScopeRead)
		r := w.json("PATCH", "/profile", viewer, `{"name":"Vera <b>"}`).want(t, 200, "")
		if field(t, r.body, "name") != "Vera <b>" || field(t, r.body, "role") != "viewer" || field(t, r.body, "incomplete") != "false" {
			t.Error(r.body)
		}
		w.json("PATCH", "/profile", viewer, `{"name":null}`).want(t, 422, "invalid")
		w.json("PATCH", "/profile", viewer, `{"name":" "}`).want(t, 422, "bad_name")
		w.json("PATCH", "/profile", reader, `{"name":"x"}`).want(t, 403, "write_scope_needed")
		w.json("PATCH", "/profile", viewer, `{"role":"owner"}`).want(t, 422, "invalid")

		r = w.json("GET", "/preferences", viewer, "").want(t, 200, "")
		if strings.TrimSpace(r.body) != `{"time_zone":null,"date_format":"long"}` {
			t.Error(r.body)
		}
		r = w.json("PATCH", "/preferences", viewer, `{"time_zone":"Asia/Tokyo","date_format":"iso"}`).want(t, 200, "")
		if strings.TrimSpace(r.body) != `{"time_zone":"Asia/Tokyo","date_format":"iso"}` {
			t.Error(r.body)
		}
		w.json("PATCH", "/preferences", viewer, `{"time_zone":"Nowhere"}`).want(t, 422, "bad_time_zone")
		w.json("PATCH", "/preferences", viewer, `{"date_format":"roman"}`).want(t, 422, "bad_date_format")
		r = w.json("PATCH", "/preferences", viewer, `{"time_zone":null}`).want(t, 200, "")
		if strings.TrimSpace(r.body) != `{"time_zone":null,"date_format":"iso"}` {
			t.Error(r.body)
		}
		if r = w.json("GET", "/preferences", reader, "").want(t, 200, ""); strings.Contains(r.body, "iso") {
			t.Errorf("somebody else's: %s", r.body)
		}
		first := w.keyed("PATCH", "/profile", viewer, `{"name":"Vera"}`, "k").want(t, 200, "")
		w.json("PATCH", "/profile", viewer, `{"name":"Vera 2"}`).want(t, 200, "")
		if again := w.keyed("PATCH", "/profile", viewer, `{"name":"Vera"}`, "k").want(t, 200, ""); again.body != first.body || again.header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("not replayed: %s", again.body)
		}
		if r = w.json("GET", "/profile", viewer, ""); field(t, r.body, "name") != "Vera 2" {
			t.Errorf("a replay had an effect: %s", r.body)
		}
	})
}

func TestInvitesAreLinksShownOnce(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		tok := w.all(w.Owner)
		made := w.keyed("POST", "/invites", tok, `{"email":"lee@example.com","role":"editor"}`, "k").want(t, 201, "")
		link := field(t, made.body, "link")
		raw, good := strings.CutPrefix(link, "https://certs.example.com/invite#")
		kind, hash, form := token.Parse(raw)
		if !good || !form || kind != token.Invite {
			t.Fatalf("link %q", link)
		}
		grant, err := w.Store.Lookup().InviteGrant(t.Context(), hash)
		if err != nil || grant.Invite.Email != "lee@example.com" || grant.Invite.Role != tenant.Editor || grant.Workspace.ID != w.Tenant {
			t.Errorf("%+v, %v", grant, err)
		}
		if again := w.keyed("POST", "/invites", tok, `{"email":"lee@example.com","role":"editor"}`, "k").want(t, 201, ""); again.body != made.body {
			t.Errorf("not replayed: %s", again.body)
		}
		id := field(t, made.body, "id")
		list := w.json("GET", "/invites", tok, "").want(t, 200, "")
		if !strings.Contains(list.body, id) || strings.Contains(list.body, "inv_"+raw[4:12]) || strings.Contains(list.body, `"link"`) {
			t.Errorf("the list: %s", list.body)
		}
		for _, f := range []string{"", "-wal"} {
			if path, file := strings.CutPrefix(w.URL, "sqlite:"); file && strings.Contains(string(readFile(t, path+f)), raw[10:40]) {
				t.Error("the database holds the link")
			}
		}
		if trail := w.json("GET", "/audit", tok, ""); strings.Contains(trail.body, raw[4:]) || !strings.Contains(trail.body, `"invite.create"`) {
			t.Errorf("the trail: %s", trail.body)
		}
		if strings.Contains(w.log.String(), raw[4:]) {
			t.Error("the log holds the link")
		}
		w.json("POST", "/invites", tok, `{"email":"no address","role":"viewer"}`).want(t, 422, "bad_email")
		w.json("POST", "/invites", tok, `{"email":"x@example.com","role":"boss"}`).want(t, 422, "invalid")
		w.json("POST", "/invites", tok, fmt.Sprintf(`{"email":%q,"role":"viewer"}`, w.Owner.Name)).want(t, 409, "already_member")
		w.json("DELETE", "/invites/"+id, tok, "").want(t, 204, "")
		w.json("DELETE", "/invites/"+id, tok, "").want(t, 404, "not_found")
		if _, err := w.Store.Lookup().InviteGrant(t.Context(), hash); err == nil {
			t.Error("a cancelled invite opens")
		}
	})
}

func TestSecondFactorsOfTheWorkspace(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		tok := w.all(w.Owner)
		r := w.json("PATCH", "/tenant", tok, `{"second_factor":true}`).want(t, 409, "own_second_factor_first")
		if !strings.Contains(r.body, `"fields":{"second_factor":`) {
			t.Error(r.body)
		}
		w.must(w.Store.Platform().Update(t.Context(), func(tx ports.PlatformTx) error {
			return tx.Factors().InsertPasskey(t.Context(), tenant.Passkey{
				ID: "pk_1", User: w.Owner.User, Name: "laptop", CredentialID: []byte{7}, Data: []byte("{}"), CreatedAt: tx.Now(),
			})
		}))
		if r = w.keyed("PATCH", "/tenant", tok, `{"second_factor":true}`, "k").want(t, 200, ""); field(t, r.body, "second_factor") != "true" {
			t.Error(r.body)
		}
		w.json("PATCH", "/tenant", tok, `{"second_factor":null}`).want(t, 422, "invalid")
		w.json("PATCH", "/tenant", tok, `{"second_factor":"yes"}`).want(t, 422, "invalid")
		editor := w.all(w.person(w.Tenant, tenant.Editor, false, false))
		w.json("PATCH", "/tenant", editor, `{"second_factor":false}`).want(t, 403, "forbidden")
		if r = w.json("GET", "/tenant", editor, ""); field(t, r.body, "second_factor") != "true" {
			t.Error(r.body)
		}
	})
}

// A token that may only write decides about nobody: whoever joins or becomes an owner gets at the keys.
func TestWritingAloneLetsNobodyIn(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		writer, _ := w.tokenFor(w.Owner, time.Time{}, tenant.ScopeRead, tenant.ScopeWrite)
		both := w.all(w.Owner)
		member := string(w.person(w.Tenant, tenant.Viewer, false, false).User)
		w.must(w.Store.Tenant(w.Tenant).Update(t.Context(), func(tx ports.Tx) error {
			at, err := tx.Workspace().Get(t.Context())
			at.SecondFactor = true
			if err != nil {
				return err
			}
			return tx.Workspace().Update(t.Context(), at)
		}))
		for _, c := range []struct {
			method, path, body string
			status             int
		}{
			{"POST", "/invites", `{"email":"lee@example.com","role":"owner"}`, 201}, {"PATCH", "/members/" + member, `{"role":"owner"}`, 200},
			{"DELETE", "/members/" + member, "", 204}, {"PATCH", "/tenant", `{"second_factor":false}`, 200},
			{"DELETE", "/tenant", `{"name":"Test workspace"}`, 204},
		} {
			w.json(c.method, c.path, writer, c.body).want(t, 403, "export_scope_needed")
			w.json(c.method, c.path, both, c.body).want(t, c.status, "")
		}
	})
}

func TestTheOverview(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		tok := w.all(w.Owner)
		w.json("PATCH", "/tenant", tok, `{"time_zone":"Asia/Kolkata"}`).want(t, 200, "")
		g := w.put(w.Owner, "www", "w.pem", pair(t, "www.example.com"))
		tgt, _ := w.target(w.Owner, g.Group.ID, "web 1")
		w.must(w.Store.Jobs().RecordFetches(t.Context(), []target.Fetch{{
			Tenant: w.Tenant, Target: tgt.ID, Token: tgt.Tokens[0].ID, At: time.Now(), Kind: group.FormBundle, Generation: 1,
		}}))
		viewer := w.person(w.Tenant, tenant.Viewer, false, false)
		raw, _ := w.tokenFor(viewer, time.Time{}, tenant.ScopeRead)
		r := w.json("GET", "/overview", raw, "").want(t, 200, "")
		var o struct {
			Counts   map[string]int
			Expiring struct {
				Count, Expired *int
				Items          []any
			}
			Recent    []struct{ ID string }
			Targets   map[string]int
			Attention struct {
				Groups, Behind []struct {
					Name   string
					Tokens []any
				}
				ProfileIncomplete *bool `json:"profile_incomplete"`
			}
			Calendar struct {
				TimeZone    string `json:"time_zone"`
				From, Until string
				Days        map[string]int
			}
		}
		w.must(json.Unmarshal([]byte(r.body), &o))
		if o.Counts["certificates"] != 1 || o.Counts["keys"] != 1 || o.Counts["bundles"] != 1 || o.Counts["groups"] != 1 || o.Counts["targets"] != 1 || len(o.Counts) != 8 {
			t.Errorf("counts: %v", o.Counts)
		}
		if o.Expiring.Count == nil || *o.Expiring.Count != 0 || o.Expiring.Items == nil || len(o.Recent) != 3 || o.Targets["up_to_date"] != 1 {
			t.Errorf("%s", r.body)
		}
		if o.Attention.ProfileIncomplete == nil || *o.Attention.ProfileIncomplete || o.Attention.Groups == nil || o.Attention.Behind == nil {
			t.Errorf("attention: %s", r.body)
		}
		kolkata := time.FixedZone("IST", 5*3600+1800)
		end := g.Artifacts[0].NotAfter
		for _, a := range g.Artifacts {
			if !a.NotAfter.IsZero() {
				end = a.NotAfter
			}
		}
		if c := o.Calendar; c.TimeZone != "Asia/Kolkata" || len(c.Days) != 1 || c.Days[end.In(kolkata).Format(time.DateOnly)] != 1 ||
			c.From != time.Now().In(kolkata).Format("2006-01")+"-01" {
			t.Errorf("calendar: %+v", c)
		}
		w.json("GET", "/overview?zone=UTC", raw, "").want(t, 422, "invalid")
	})
}

func TestListsNarrowedAndSorted(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		tok := w.all(w.Owner)
		for _, name := range []string{"beta", "Alpha"} {
			w.put(w.Owner, name, name+".pem", pair(t, strings.ToLower(name)+".example.com"))
		}
		empty := w.json("POST", "/groups", tok, `{"name":"gamma"}`).want(t, 201, "")
		if field(t, empty.body, "not_before") != "<nil>" || field(t, empty.body, "not_after") != "<nil>" {
			t.Error(empty.body)
		}
		list := func(path, member string) string {
			t.Helper()
			var page struct{ Items []map[string]any }
			w.must(json.Unmarshal([]byte(w.json("GET", path, tok, "").want(t, 200, "").body), &page))
			var out []string
			for _, i := range page.Items {
				out = append(out, fmt.Sprint(i[member]))
			}
			return strings.Join(out, ",")
		}
		for path, want := range map[string]string{
			"/groups": "gamma,Alpha,beta", "/groups?sort=name": "Alpha,beta,gamma", "/groups?sort=not_after": "beta,Alpha,gamma",
		} {
			if got := list(path, "name"); got != want {
				t.Errorf("%s: %s, want %s", path, got, want)
			}
		}
		if first := list("/groups?sort=name&limit=1", "not_after"); !strings.HasPrefix(first, time.Now().Add(89*24*time.Hour).UTC().Format("2006-01")) &&
			!strings.HasPrefix(first, time.Now().Add(91*24*time.Hour).UTC().Format("2006-01")) {
			t.Errorf("not_after %s", first)
		}
		w.json("GET", "/groups?sort=-name", tok, "").want(t, 422, "invalid")
		for path, want := range map[string]string{"/artifacts?expires=30d": "", "/artifacts?expires=expired": "", "/artifacts?kind=cert&sort=name": "Alpha,beta"} {
			if got := list(path, "name"); got != want {
				t.Errorf("%s: %s, want %s", path, got, want)
			}
		}
		w.json("GET", "/artifacts?expires=soon", tok, "").want(t, 422, "invalid")
		w.json("GET", "/artifacts.csv?expires=expired", tok, "").want(t, 200, "")
		tgt, _ := w.target(w.Owner, "beta", "web")
		if got := list("/targets?state=never", "id"); got != tgt.ID {
			t.Errorf("never: %s", got)
		}
		if got := list("/targets?state=behind", "id"); got != "" {
			t.Errorf("behind: %s", got)
		}
		w.json("GET", "/targets?state=lost", tok, "").want(t, 422, "invalid")
	})
}
