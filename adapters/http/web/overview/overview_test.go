package overview_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/overview"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/internal/webtest"
)

func rig(t *testing.T) *webtest.Rig {
	r := webtest.New(t, func(k *kit.Kit, r *webtest.Rig) {
		overview.Register(k, overview.Deps{Overview: r.Overview, Vault: r.Vault})
	})
	r.Sections = append(r.Sections, view.Section{ID: "vault", Title: "Cert vault", Path: "/dashboard/vault"},
		view.Section{ID: "push", Title: "Push to devices", Path: "/dashboard/push"})
	return r
}

func put(t *testing.T, r *webtest.Rig, files ...[]byte) {
	t.Helper()
	var req intake.Request
	for _, f := range files {
		req.Files = append(req.Files, intake.File{Filename: "a.pem", Data: f})
	}
	if _, err := r.Vault.Upload(context.Background(), r.Owner, req); err != nil {
		t.Fatal(err)
	}
}

func TestAnEmptyWorkspaceShowsTheWay(t *testing.T) {
	r := rig(t)
	r.As(t, tenant.Owner).Get("/dashboard").Want(http.StatusOK, "Welcome, Kim", "Put a certificate in the vault", "Your profile is incomplete", "nothing stored yet")
	r.As(t, tenant.Viewer).Get("/dashboard").Want(http.StatusOK, "Welcome, Kim", "!Put a certificate in the vault", "Read-only access")
	r.Stranger(t).Get("/dashboard").WantGo("/sign-in")
}

func TestWhatExpiresAndWhatWaitsIsSaid(t *testing.T) {
	r := rig(t)
	root := testcert.Root("Overview Root")
	soon := root.Leaf("soon.example.com", testcert.Names("soon.example.com"), testcert.Valid(r.Now().Add(-80*24*time.Hour), r.Now().Add(5*24*time.Hour)))
	later := root.Leaf("later.example.com", testcert.Names("later.example.com"), testcert.Valid(r.Now().Add(-time.Hour), r.Now().Add(400*24*time.Hour)))
	put(t, r, soon.CertPEM, soon.KeyPEM)
	put(t, r, later.CertPEM, later.KeyPEM)
	keyless := root.Leaf("later.example.com", testcert.Names("later.example.com"), testcert.Valid(r.Now().Add(-time.Hour), r.Now().Add(500*24*time.Hour)))
	if _, err := r.Vault.Upload(context.Background(), r.Owner, intake.Request{Group: "later.example.com", Files: []intake.File{{Filename: "b.pem", Data: keyless.CertPEM}}}); err != nil {
		t.Fatal(err)
	}
	page := r.As(t, tenant.Editor).Get("/dashboard")
	page.Want(http.StatusOK, "One thing needs you", "a certificate waits for its private key", "Attach key", "soon.example.com", "5 days", "Expiry calendar")
	if !strings.Contains(page.Body, `id="d-`+r.Now().Add(5*24*time.Hour).Format(time.DateOnly)+`"`) {
		t.Error("the calendar has no button on the day the certificate ends")
	}
	r.As(t, tenant.Viewer).Get("/dashboard").Want(http.StatusOK, "a certificate waits for its private key", "!Attach key")
}

func TestADayOfTheCalendarOpens(t *testing.T) {
	r := rig(t)
	day := r.Now().Add(40 * 24 * time.Hour)
	leaf := testcert.SelfSigned("day.example.com", testcert.Names("day.example.com"), testcert.Valid(r.Now().Add(-time.Hour), day))
	put(t, r, leaf.CertPEM, leaf.KeyPEM)
	kim := r.As(t, tenant.Viewer)
	kim.Get("/dashboard?day="+day.Format(time.DateOnly)).Want(http.StatusOK, day.Format("Monday 2 January 2006"), "day.example.com", "1 expires", "<html")
	kim.Do(http.MethodGet, "/dashboard/calendar?day="+day.Format(time.DateOnly), nil, map[string]string{"HX-Request": "true"}).
		Want(http.StatusOK, day.Format("Monday 2 January 2006"), "day.example.com", "!<html")
	kim.Get("/dashboard?month="+day.Format("2006-01")).Want(http.StatusOK, day.Format("January 2006"), "day.example.com")
	kim.Get("/dashboard?day=2026-02-30").Want(http.StatusUnprocessableEntity, "There is no such day")
	kim.Get("/dashboard/calendar?day=" + day.Format(time.DateOnly)).WantGo("/dashboard?day=" + day.Format(time.DateOnly) + "#cal-day")
	kim.Get("/dashboard/calendar?day=api_" + strings.Repeat("a", 49)).WantGo("/dashboard#cal-day") // a token in the wrong place goes no further
}

func TestThePaletteFindsCertificatesAndGroups(t *testing.T) {
	r := rig(t)
	leaf := testcert.SelfSigned("palette.example.com", testcert.Names("palette.example.com"))
	put(t, r, leaf.CertPEM, leaf.KeyPEM)
	kim := r.As(t, tenant.Viewer)
	script := map[string]string{"HX-Request": "true"}
	kim.Do(http.MethodGet, "/dashboard/search?q=palet", nil, script).Want(http.StatusOK, "Groups", "Certificates", "/dashboard/groups/", "!<html")
	kim.Do(http.MethodGet, "/dashboard/search?q=nothing", nil, script).Want(http.StatusOK, "!palette.example.com")
	kim.Do(http.MethodGet, "/dashboard/search?q=", nil, script).Want(http.StatusOK, "!palette.example.com")
	kim.Get("/dashboard/search?q=palet").WantGo("/dashboard/vault?search=palet")
	other := r.NewTenant(t, "Other")
	stranger := r.Of(t, r.NewPerson(t, other.Tenant, tenant.Owner))
	stranger.Do(http.MethodGet, "/dashboard/search?q=palet", nil, script).Want(http.StatusOK, "!palette.example.com")
}

func TestAllThatWaitsIsCountedAndLedTo(t *testing.T) {
	r := rig(t)
	root := testcert.Root("Needs Root")
	for i := range 12 {
		name := fmt.Sprintf("g%02d.example.com", i)
		until := func(days time.Duration) testcert.Option {
			return testcert.Valid(r.Now().Add(-time.Hour), r.Now().Add(days*24*time.Hour))
		}
		first, next := root.Leaf(name, testcert.Names(name), until(100)), root.Leaf(name, testcert.Names(name), until(200))
		for _, data := range [][]byte{append(first.CertPEM, first.KeyPEM...), next.CertPEM} { // the key of the second is still to come
			if _, err := r.Vault.Upload(context.Background(), r.Owner, intake.Request{Group: name, Files: []intake.File{{Filename: "a.pem", Data: data}}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	kim := r.As(t, tenant.Viewer)
	kim.Get("/dashboard").Want(http.StatusOK, "12 things need you", "10 of 12 things", `href="/dashboard/needs"`)
	kim.Get("/dashboard/needs").Want(http.StatusOK, "12 things", "g00.example.com</a>", "g11.example.com</a>", "!of 12", "!more, which")
}

// The number of what expires and the list behind it follow one rule: what has ended is in, what was replaced is not.
func TestWhatExpiresLeadsToTheSameList(t *testing.T) {
	r := rig(t)
	root := testcert.Root("Due Root")
	ended := root.Leaf("ended.example.com", testcert.Names("ended.example.com"), testcert.Valid(r.Now().Add(-80*24*time.Hour), r.Now().Add(-time.Hour)))
	put(t, r, ended.CertPEM)
	page := r.As(t, tenant.Viewer).Get("/dashboard")
	page.Want(http.StatusOK, "One certificate has expired.", "!Nothing needs you", "1 of them expired")
	if n := strings.Count(page.Body, `href="/dashboard/vault?expires=due&amp;kind=cert&amp;sort=not_after"`); n != 2 {
		t.Errorf("%d links lead to the list", n)
	}
}

// A day that is chosen is told to who cannot see it, and where a month has one row, that row does not claim to be listed.
func TestAChosenDayIsTold(t *testing.T) {
	r := rig(t)
	day := r.Now().Add(40 * 24 * time.Hour)
	leaf := testcert.SelfSigned("day.example.com", testcert.Names("day.example.com"), testcert.Valid(r.Now().Add(-time.Hour), day))
	put(t, r, leaf.CertPEM, leaf.KeyPEM)
	kim := r.As(t, tenant.Viewer)
	month := `id="m-` + day.Format("2006-01") + `" name="month" value="` + day.Format("2006-01") + `" aria-pressed=`
	kim.Do(http.MethodGet, "/dashboard/calendar?day="+day.Format(time.DateOnly), nil, map[string]string{"HX-Request": "true"}).
		Want(http.StatusOK, "data-say>"+day.Format("Monday 2 January 2006")+": 1 expires<", month+`"false"`)
	kim.Do(http.MethodGet, "/dashboard/calendar?month="+day.Format("2006-01"), nil, map[string]string{"HX-Request": "true"}).
		Want(http.StatusOK, "data-say>"+day.Format("January 2006")+": 1 expires<", month+`"true"`)
}
