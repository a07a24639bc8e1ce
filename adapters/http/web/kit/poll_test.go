package kit_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/tenant"
)

// A page that asks by itself, with nobody before it, does not keep its session alive; when that is over it stays as it is.
func TestPollsAreNoUse(t *testing.T) {
	r := local(t)
	kim := r.As(t, tenant.Viewer)
	poll := func() int {
		a := kim.Do("GET", "/dashboard/poll", nil, map[string]string{"HX-Request": "true", "Accept": "*/*"})
		if over := a.Status != http.StatusNoContent; over != (a.Header.Get("HX-Reswap") == "none") || a.Body != "" || a.Header.Get("HX-Redirect") != "" {
			t.Errorf("%d %v %s", a.Status, a.Header, a.Body)
		}
		return a.Status
	}
	for left := tenant.SessionIdle; left > 0; left -= time.Hour {
		if status := poll(); status != http.StatusNoContent {
			t.Fatalf("%d with %v left", status, left)
		}
		if err := r.SignIn.FlushSeen(context.Background()); err != nil {
			t.Fatal(err)
		}
		r.Pass(time.Hour)
	}
	if status := poll(); status != 286 {
		t.Errorf("%d after the session ran idle", status)
	}
	kim.Get("/dashboard").WantGo("/sign-in")

	// And a look of somebody does.
	kim = r.As(t, tenant.Viewer)
	for range 3 {
		r.Pass(tenant.SessionIdle - time.Hour)
		kim.Get("/dashboard").Want(200)
	}
}

// A tab of another workspace asks no more either, and keeps what it shows.
func TestPollsOfAnotherWorkspaceStop(t *testing.T) {
	r := local(t)
	kim, view, beta := inTwo(t, r)
	header := map[string]string{"HX-Request": "true", "X-View": view}
	kim.Do("GET", "/dashboard/poll", nil, header).Want(http.StatusNoContent)
	kim.Post("/dashboard/workspace", url.Values{"workspace": {string(beta)}}).WantGo("/dashboard")
	a := kim.Do("GET", "/dashboard/poll", nil, header)
	a.Want(286)
	if a.Header.Get("HX-Reswap") != "none" {
		t.Error("the page loses what it shows")
	}
}
