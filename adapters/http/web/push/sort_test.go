package push_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/tenant"
)

var (
	aName = regexp.MustCompile(`<a class="clip" href="/dashboard/push/tgt_[0-9A-Za-z]+" title="[^"]*">([^<]*)</a>`)
	aHead = regexp.MustCompile(`(?s)<th scope="col" class="[^"]*"( aria-sort="(\w+)")?><a class="sort" href="([^"]*)">(.*?)<svg`)
)

type head struct{ order, href string }

// heads answers the columns that can be sorted by.
func heads(page string) map[string]head {
	out := map[string]head{}
	for _, m := range aHead.FindAllStringSubmatch(page, -1) {
		out[strings.TrimSpace(m[4])] = head{m[2], strings.ReplaceAll(m[3], "&amp;", "&")}
	}
	return out
}

func names(page string) (out []string) {
	for _, m := range aName.FindAllStringSubmatch(page, -1) {
		out = append(out, m[1])
	}
	return out
}

// Each column sorts the list by plain links, and turns it round when it is used again.
func TestTheListIsSortedByItsColumns(t *testing.T) {
	r := serve(t)
	r.keyed(t, r.Owner, "zoo")
	r.keyed(t, r.Owner, "Alps")
	r.device(t, r.Owner, "beta", "zoo")
	r.Pass(time.Minute)
	_, tok := r.device(t, r.Owner, "Alpha", "zoo")
	r.Pass(time.Minute)
	r.device(t, r.Owner, "gamma", "Alps")
	r.fetch(t, tok.Reveal()) // Alpha is up to date, the others never came
	kim := r.As(t, tenant.Viewer)
	first := kim.Get("/dashboard/push?search=a&state=").Body
	if got := names(first); !slices.Equal(got, []string{"gamma", "Alpha", "beta"}) {
		t.Fatalf("newest first: %v", got)
	}
	for _, c := range []struct {
		column string
		up     []string
	}{
		{"Target", []string{"Alpha", "beta", "gamma"}}, {"Group", []string{"gamma", "beta", "Alpha"}},
		{"State", []string{"beta", "gamma", "Alpha"}}, {"Last fetch", []string{"beta", "gamma", "Alpha"}},
	} {
		page := kim.Get(heads(first)[c.column].href)
		page.Want(http.StatusOK, `<input type="hidden" name="sort" value=`, `name="search" value="a"`)
		if got := names(page.Body); !slices.Equal(got, c.up) {
			t.Errorf("by %s: %v, want %v", c.column, got, c.up)
		}
		for name, h := range heads(page.Body) {
			if want := map[bool]string{true: "ascending"}[name == c.column]; h.order != want {
				t.Errorf("by %s: %s says %q", c.column, name, h.order)
			}
		}
		round := kim.Get(heads(page.Body)[c.column].href).Body
		slices.Reverse(c.up)
		if got := names(round); !slices.Equal(got, c.up) || heads(round)[c.column].order != "descending" {
			t.Errorf("by %s, turned round: %v, want %v", c.column, got, c.up)
		}
	}
	kim.Get("/dashboard/push?sort=nonsense").Want(http.StatusOK, "gamma", "!aria-sort")
	kim.Do(http.MethodGet, "/dashboard/push?sort=-name&search=a", nil, map[string]string{"HX-Request": "true", "HX-Target": "targets"}).
		Want(http.StatusOK, `aria-sort="descending"`, "!<html")
}
