package api_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/audit"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// pages reads a list to its end, so many items at a time, and answers one member of each item.
func (w *world) pages(tok, path string, limit int, member string) (out []string, requests int) {
	w.t.Helper()
	for cursor := ""; ; {
		var page struct {
			Items []map[string]any
			Next  *string
		}
		r := w.json("GET", fmt.Sprintf("%s?limit=%d&cursor=%s", path, limit, cursor), tok, "").want(w.t, 200, "")
		w.must(json.Unmarshal([]byte(r.body), &page))
		if len(page.Items) > limit {
			w.t.Fatalf("%d items, %d asked for", len(page.Items), limit)
		}
		for _, i := range page.Items {
			out = append(out, fmt.Sprint(i[member]))
		}
		requests++
		if page.Next == nil || requests > 100 {
			return out, requests
		}
		cursor = *page.Next
	}
}

func TestEveryListTakesLimitAndCursor(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		tok := w.all(w.Owner)
		for range 4 {
			w.person(w.Tenant, tenant.Viewer, false, false)
		}
		group := ""
		for range 5 {
			group = w.put(w.Owner, "g", "g.pem", pair(t, "g.example.com")).Group.ID
		}
		for i := range 4 {
			w.json("POST", "/invites", tok, fmt.Sprintf(`{"email":"p%d@example.com","role":"viewer"}`, i)).want(t, 201, "")
		}
		generations := "/groups/" + group + "/generations"
		for path, c := range map[string]struct {
			member          string
			items, requests int
		}{
			"/members": {"id", 5, 3}, "/plugins": {"id", 2, 1}, "/invites": {"email", 4, 2}, generations: {"number", 5, 3},
		} {
			all, _ := w.pages(tok, path, 200, c.member)
			paged, requests := w.pages(tok, path, 2, c.member)
			if !slices.Equal(all, paged) || len(all) != c.items || requests != c.requests {
				t.Errorf("%s: %v in %d requests, want %v", path, paged, requests, all)
			}
			w.json("GET", path+"?cursor=%20", tok, "").want(t, 422, "invalid")
			w.json("GET", path+"?limit=0", tok, "").want(t, 422, "invalid")
			w.json("GET", path+"?cursor="+base64.RawURLEncoding.EncodeToString([]byte(" ")), tok, "").want(t, 200, "")
		}
		if all, _ := w.pages(tok, "/invites", 3, "email"); !strings.HasPrefix(all[0], "p3@") || !strings.HasPrefix(all[3], "p0@") {
			t.Errorf("invites, newest first: %v", all)
		}
		if all, _ := w.pages(tok, generations, 3, "number"); strings.Join(all, ",") != "5,4,3,2,1" {
			t.Errorf("generations, greatest number first: %v", all)
		}
		for _, r := range w.api.Routes() { // and no list forgets
			if r.Method != http.MethodGet || strings.Contains(r.Path, "{") {
				continue
			}
			path := strings.TrimPrefix(r.Path, "/api/v1")
			if all := w.json("GET", path, tok, ""); strings.HasPrefix(all.body, `{"items":`) {
				w.json("GET", path+"?limit=1", tok, "").want(t, 200, "")
				w.json("GET", path+"?limit=1&cursor=", tok, "").want(t, 200, "")
			}
		}
	})
}

// The next page goes on where the last ended, also when what was there is gone.
func TestACursorOutlivesWhatItPointsAt(t *testing.T) {
	w := sqlite(t)
	tok := w.all(w.Owner)
	for range 3 {
		w.person(w.Tenant, tenant.Viewer, false, false)
	}
	all, _ := w.pages(tok, "/members", 200, "id")
	first := w.json("GET", "/members?limit=2", tok, "").want(t, 200, "")
	w.json("DELETE", "/members/"+all[1], tok, "").want(t, 204, "")
	second := w.json("GET", "/members?limit=2&cursor="+field(t, first.body, "next"), tok, "").want(t, 200, "")
	if !strings.Contains(second.body, all[2]) || !strings.Contains(second.body, all[3]) || !strings.Contains(second.body, `"next":null`) {
		t.Errorf("members %v, page: %s", all, second.body)
	}
}

func TestAPullTargetTakesTheFieldsOfOthersEmpty(t *testing.T) {
	w := sqlite(t)
	tok := w.all(w.Owner)
	w.put(w.Owner, "g", "g.pem", pair(t, "g.example.com"))
	const open = `{"name":"web","type":"pull","group":"g"`
	made := w.json("POST", "/targets", tok, open+`,"endpoints":[],"sni":"","schedule":{}}`).want(t, 201, "")
	w.json("POST", "/targets", tok, open+`,"endpoints":null,"sni":null,"schedule":null}`).want(t, 201, "")
	path := "/targets/" + field(t, made.body, "id")
	w.json("PATCH", path, tok, `{"endpoints":[],"sni":null,"schedule":""}`).want(t, 200, "")
	for field, c := range map[string]struct{ value, words string }{
		"endpoints": {`["www.example.com:443"]`, "endpoints"}, "sni": {`"www.example.com"`, "SNI"},
		"schedule": {`{"every":"day"}`, "schedule"},
	} {
		want := `"fields":{"` + field + `":"A pull target has no ` + c.words + ` in this version. Leave it out."}`
		given := fmt.Sprintf(`%q:%s}`, field, c.value)
		for _, r := range []reply{w.json("POST", "/targets", tok, open+","+given), w.json("PATCH", path, tok, `{"name":"other",`+given)} {
			if r.want(t, 422, "bad_settings"); !strings.Contains(r.body, want) || strings.Contains(r.body, "www.") {
				t.Errorf("%s: %s", field, r.body)
			}
		}
	}
	w.json("PATCH", path, tok, `{"schedule":"daily"}`).want(t, 422, "bad_settings")
	w.json("PATCH", path, tok, `{"sni":["www.example.com"]}`).want(t, 422, "invalid")
	if r := w.json("GET", path, tok, ""); field(t, r.body, "name") != "web" {
		t.Errorf("a refused change: %s", r.body)
	}
}

func (w *world) trail() (n int) {
	w.must(w.Store.Tenant(w.Tenant).View(w.t.Context(), func(tx ports.Tx) error {
		list, err := tx.Audit().List(w.t.Context(), audit.Query{Limit: 200})
		n = len(list)
		return err
	}))
	return n
}

func TestAnEmptyPatchAnswersTheResource(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		tok := w.all(w.Owner)
		o := w.furnish(w.Owner, "marker", "Test workspace")
		for _, path := range []string{"/targets/" + o.target, "/members/" + o.member, "/groups/" + o.group, "/artifacts/" + o.cert, "/tenant", "/profile", "/preferences"} {
			before := w.json("GET", path, tok, "")
			if strings.HasPrefix(path, "/members") { // there is no GET of one
				before = w.json("PATCH", path, tok, `{"role":"viewer"}`).want(t, 200, "")
			}
			entries := w.trail()
			if r := w.json("PATCH", path, tok, `{}`).want(t, 200, ""); r.body != before.body {
				t.Errorf("%s: %s, was %s", path, r.body, before.body)
			}
			if n := w.trail() - entries; n != 0 && !strings.HasPrefix(path, "/groups") && !strings.HasPrefix(path, "/artifacts") {
				t.Errorf("%s: %d entries in the trail for nothing", path, n)
			}
		}
		entries := w.trail()
		w.json("PATCH", "/targets/"+o.target, tok, `{"name":"target-marker","settings":{"pfx_preset":"modern"},"tags":[]}`).want(t, 200, "")
		w.json("PATCH", "/tenant", tok, `{"name":"Test workspace"}`).want(t, 200, "")
		if n := w.trail() - entries; n != 0 {
			t.Errorf("%d entries for setting what was set already", n)
		}
		w.json("PATCH", "/members/"+o.member, tok, `{"role":null}`).want(t, 422, "invalid")
		w.json("PATCH", "/members/"+o.member, tok, `{"role":"boss"}`).want(t, 422, "bad_role")
		if r := w.json("PATCH", "/members/"+o.member, tok, `{"role":"editor"}`).want(t, 200, ""); field(t, r.body, "role") != "editor" {
			t.Error(r.body)
		}
	})
}

// A name that could be an id is no way into a path: reading and changing take the same.
func TestPathsTakeIDsOnly(t *testing.T) {
	w := sqlite(t)
	tok := w.all(w.Owner)
	id := field(t, w.json("POST", "/groups", tok, `{"name":"web"}`).want(t, 201, "").body, "id")
	w.json("GET", "/groups/"+id, tok, "").want(t, 200, "")
	for _, c := range [][3]string{
		{"GET", ""}, {"PATCH", "", `{}`}, {"DELETE", ""}, {"GET", "/generations"}, {"POST", "/generations/1/activate"}, {"POST", "/pfx", `{"password":"x"}`},
	} {
		w.json(c[0], "/groups/web"+c[1], tok, c[2]).want(t, 404, "not_found")
	}
	w.json("GET", "/targets?group=nothing", tok, "").want(t, 404, "not_found")
}

func TestDoubledTokensOpenNothing(t *testing.T) {
	w := sqlite(t)
	tok := w.all(w.Owner)
	req, err := http.NewRequest(http.MethodGet, w.url+"/api/v1/profile", nil)
	w.must(err)
	req.Header["Authorization"] = []string{"Bearer " + tok, "Bearer " + tok}
	resp, err := http.DefaultClient.Do(req)
	w.must(err)
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("%d", resp.StatusCode)
	}
}

func TestTextsAreAnsweredAsTheyAre(t *testing.T) {
	w := sqlite(t)
	tok := w.all(w.Owner)
	const words = "Use Authorization: Bearer <api-token>."
	if r := w.json("GET", "/profile", "", ""); !strings.Contains(r.body, words) {
		t.Error(r.body)
	}
	const name = "a <b> & c"
	w.put(w.Owner, name, "g.pem", pair(t, "g.example.com"))
	for _, path := range []string{"/groups", "/artifacts"} { // in the latter the group is an object that may be null
		if r := w.json("GET", path, tok, ""); !strings.Contains(r.body, `"`+name+`"`) {
			t.Errorf("%s: %s", path, r.body)
		}
	}
}

func TestExpiredTokensAreNotListed(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		tok := w.all(w.Owner)
		o := w.furnish(w.Owner, "m", "Test workspace")
		w.json("POST", "/targets/"+o.target+"/rotate", tok, `{"grace":1}`).want(t, 200, "")
		listed := func() (n int) {
			for _, path := range []string{"/targets/" + o.target, "/targets"} {
				n += strings.Count(w.json("GET", path, tok, "").want(t, 200, "").body, `"ptk_`)
			}
			return n
		}
		if n := listed(); n != 4 {
			t.Errorf("%d tokens in grace, want 2 in each of two answers", n)
		}
		w.must(w.Store.Tenant(w.Tenant).Update(t.Context(), func(tx ports.Tx) error {
			old, err := tx.PushTokens().List(t.Context(), o.target)
			if err != nil {
				return err
			}
			for _, k := range old {
				if !k.ExpiresAt.IsZero() {
					err = tx.PushTokens().Expire(t.Context(), k.ID, time.Now().Add(-time.Second))
				}
			}
			return err
		}))
		if n := listed(); n != 2 {
			t.Errorf("%d tokens once the grace is over, want 1 in each of two answers", n)
		}
		if r := w.json("PATCH", "/targets/"+o.target, tok, `{"name":"other"}`).want(t, 200, ""); strings.Count(r.body, `"ptk_`) != 1 {
			t.Error(r.body)
		}
	})
}

// A target keeps its group although that lost its key; it moves to none that has none.
func TestOnlyAnotherGroupMustHoldAKey(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		tok := w.all(w.Owner)
		o := w.furnish(w.Owner, "m", "Test workspace")
		w.json("DELETE", "/artifacts/"+o.key+"?confirm=true", tok, "").want(t, 204, "")
		if r := w.json("GET", "/groups/"+o.group, tok, ""); field(t, r.body, "has_key") != "false" {
			t.Fatalf("the group still has a key: %s", r.body)
		}
		path := "/targets/" + o.target
		w.json("PATCH", path, tok, `{"group":"`+o.group+`","name":"by id"}`).want(t, 200, "")
		w.json("PATCH", path, tok, `{"group":"GROUP-m","name":"by name"}`).want(t, 200, "")
		w.json("POST", "/groups", tok, `{"name":"empty"}`).want(t, 201, "")
		w.json("PATCH", path, tok, `{"group":"empty"}`).want(t, 422, "group_without_key")
		w.json("PATCH", path, tok, `{"group":"nothing"}`).want(t, 404, "not_found")
		w.json("POST", "/targets", tok, `{"name":"x","type":"pull","group":"`+o.group+`"}`).want(t, 422, "group_without_key")
	})
}
