package push_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/tenant"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// routes are those that change something, or lead to it.
func routes(id string) []string {
	p := "/dashboard/push/" + id
	return []string{p + "/rotate", p + "/settings", p + "/delete"}
}

func TestViewersSeeAndChangeNothing(t *testing.T) {
	r := serve(t)
	r.keyed(t, r.Owner, "www")
	d, tok := r.device(t, r.Owner, "web", "www")
	kim := r.As(t, tenant.Viewer)
	kim.Get("/dashboard/push").Want(http.StatusOK, ">web<", "never fetched", "!New target", "!Rotate", "!popovertarget=\"m-")
	kim.Get("/dashboard/push/"+d.ID).Want(http.StatusOK, "PASTE_THE_PUSH_TOKEN_HERE", "!Rotate token", "!Delete", "!"+d.ID+"/settings")
	for _, path := range append(routes(d.ID), "/dashboard/push/new") {
		kim.Get(path).Want(http.StatusForbidden)
		kim.Post(path, url.Values{"name": {"x"}, "grace": {"0"}, "group": {"www"}, "type": {"pull"}}).Want(http.StatusForbidden, "!pt_")
	}
	kim.Post("/dashboard/push/"+d.ID+"/script", url.Values{"os": {"windows"}, "token": {tok.Reveal()}}).Want(http.StatusForbidden)
	if got := r.onlyTarget(t); got.Name != "web" || !r.fetch(t, tok.Reveal()) {
		t.Error("something was changed")
	}
}

func TestTargetsOfOthersAreNotThere(t *testing.T) {
	r := serve(t)
	other := r.NewTenant(t, "Other workspace")
	r.keyed(t, other, "theirs")
	d, tok := r.device(t, other, "their device", "theirs")
	kim := r.As(t, tenant.Owner)
	p := "/dashboard/push/" + d.ID
	kim.Get("/dashboard/push").Want(http.StatusOK, "!their device")
	for _, path := range append(routes(d.ID), p, p+"/script?os=windows") {
		kim.Get(path).Want(http.StatusNotFound, "!their device")
	}
	kim.Do(http.MethodGet, p+"/waiting", nil, fromHtmx).Want(http.StatusNotFound, "!their device")
	for _, path := range append(routes(d.ID), p+"/script") {
		f := url.Values{"grace": {"0"}, "name": {"x"}, "group": {d.Group}, "os": {"windows"}, "token": {tok.Reveal()}}
		kim.Post(path, f).Want(http.StatusNotFound, "!their device")
	}
	kim.Get("/dashboard/groups/names?keyed=1&group=t").Want(http.StatusOK, "!theirs")
	kim.Get("/dashboard/push?group="+d.Group).Want(http.StatusOK, "No target fits", "!their device")
	kim.Post("/dashboard/push/new", newForm("x", d.Group)).Want(http.StatusUnprocessableEntity, "!pt_")
	if !r.fetch(t, tok.Reveal()) {
		t.Error("their token was changed")
	}
}

func TestWhatMakesATokenAsksWhoIsThere(t *testing.T) {
	r := serve(t)
	r.keyed(t, r.Owner, "www")
	d, tok := r.device(t, r.Owner, "web", "www")
	kim := r.As(t, tenant.Editor)
	r.Pass(tenant.FreshFor + time.Second)
	for _, path := range []string{"/dashboard/push/new", "/dashboard/push/" + d.ID + "/rotate", "/dashboard/push/" + d.ID + "/delete"} {
		kim.Get(path).WantGo("/dashboard/confirm?next=" + url.QueryEscape(path))
		a := kim.Do(http.MethodPost, path, url.Values{"grace": {"0"}, "name": {"x"}, "group": {"www"}, "type": {"pull"}}, fromHtmx)
		a.Want(http.StatusForbidden, "Confirm that it is you", "!pt_")
		if a.Header.Get("X-Confirm") != "1" {
			t.Errorf("%s: the script is not told to ask", path)
		}
	}
	// Without our script nothing repeats a form: it comes again as it was typed.
	typed := url.Values{"name": {"typed name"}, "group": {"www"}, "type": {"pull"}, "networks": {"203.0.113.0/24"}}
	for _, at := range []string{"/dashboard/push/new", "/dashboard/push/" + d.ID + "/settings"} {
		kim.Post(at, typed).Want(http.StatusForbidden, "Confirm in another tab", `value="typed name"`, "203.0.113.0/24", "!pt_")
	}
	if !r.fetch(t, tok.Reveal()) || len(r.onlyTarget(t).Tokens) != 1 {
		t.Error("something was changed")
	}
}

func TestTheListIsSearchedFilteredAndPaged(t *testing.T) {
	r := serve(t)
	r.keyed(t, r.Owner, "www")
	r.keyed(t, r.Owner, "mail")
	for i := range 55 {
		r.Pass(time.Second)
		r.device(t, r.Owner, fmt.Sprintf("edge-%02d", i), "www")
	}
	r.Pass(time.Second)
	_, tok := r.device(t, r.Owner, "mx", "mail")
	r.fetch(t, tok.Reveal())
	r.Pass(time.Second)
	_, late := r.device(t, r.Owner, "late", "mail")
	r.fetch(t, late.Reveal())
	r.keyed(t, r.Owner, "mail")
	r.fetch(t, tok.Reveal())
	kim := r.As(t, tenant.Viewer)
	get := func(query string, texts ...string) string {
		a := kim.Get("/dashboard/push" + query)
		a.Want(http.StatusOK, texts...)
		return a.Body
	}
	first := get("", "1 to 50 of 57", ">late<", "!>edge-00<", "Behind (1)", "Up to date (1)", "Never fetched (55)")
	get("?state=behind", ">late<", "!>mx<", "has 1, wants 2", "1 to 1 of 1")
	get("?state=up_to_date", ">mx<", "!>late<")
	get("?state=never", "1 to 50 of 55", "!>mx<")
	get("?state=nonsense", "1 to 50 of 57")
	get("?search=EDGE-1", ">edge-19<", "!>edge-20<", "1 to 10 of 10")
	get("?group=mail", ">mx<", ">late<", "!edge-")
	get("?group=mail&state=behind&search=la", ">late<", "!>mx<")
	get("?search=100%25", "No target fits")
	get("?group=nosuch", "No target fits")
	a := kim.Do(http.MethodGet, "/dashboard/push?search=mx&state=&group=", nil, map[string]string{"HX-Request": "true", "HX-Target": "targets"})
	a.Want(http.StatusOK, ">mx<", "!<html", "!toolbar", "1 target shown")
	if got := a.Header.Get("HX-Push-Url"); got != "/dashboard/push?search=mx" {
		t.Errorf("the address becomes %q", got)
	}
	kim.Get("/dashboard/push?at=nonsense").Want(http.StatusUnprocessableEntity)
	onward := link(t, first, "Next page")
	second := get(onward, ">edge-00<", "51 to 57 of 57", "!>late<")
	get(link(t, second, "Previous page"), ">late<", "1 to 50 of 57")
}

// link answers the query of the link with that label.
func link(t *testing.T, body, label string) string {
	t.Helper()
	before, _, ok := strings.Cut(body, `" aria-label="`+label)
	if !ok {
		t.Fatalf("no link %s", label)
	}
	href := before[strings.LastIndex(before, `href="`)+len(`href="`):]
	return strings.ReplaceAll(strings.TrimPrefix(href, "/dashboard/push"), "&amp;", "&")
}
