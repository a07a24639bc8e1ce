package ingest_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/app/ingest"
	"github.com/ignisfox/ignisfox/core/tenant"
)

var (
	aHead = regexp.MustCompile(`(?s)<th scope="col" class="[^"]*"( aria-sort="(\w+)")?><a class="sort" href="([^"]*)">(.*?)<svg`)
	aName = regexp.MustCompile(`aria-label="Revoke ([^"]*)"`)
)

func names(page string) (out []string) {
	for _, m := range aName.FindAllStringSubmatch(page, -1) {
		out = append(out, m[1])
	}
	return out
}

// sortedBy answers how the page says to be sorted by a column, and where its head leads.
func sortedBy(t *testing.T, page, column string) (order, href string) {
	t.Helper()
	for _, m := range aHead.FindAllStringSubmatch(page, -1) {
		if strings.TrimSpace(m[4]) == column {
			return m[2], strings.ReplaceAll(m[3], "&amp;", "&")
		}
	}
	t.Fatalf("no column %s", column)
	return "", ""
}

// Each column sorts the tokens by plain links, and turns them round when it is used again; other pages keep the order.
func TestTokensAreSortedByTheColumns(t *testing.T) {
	r := serve(t)
	token := func(name, group string) string {
		r.Pass(time.Second)
		_, tok, err := r.Ingest.Create(ctx, r.Owner, ingest.NewToken{Name: name, Group: group})
		if err != nil {
			t.Fatal(err)
		}
		return tok.Reveal()
	}
	token("beta", "zoo")
	used := token("Alpha", "")
	token("gamma", "Alps")
	sends(t, r, used)
	kim := r.As(t, tenant.Editor)
	first := kim.Get("/dashboard/ingest").Body
	for column, up := range map[string][]string{
		"Name": {"Alpha", "beta", "gamma"}, "Group": {"Alpha", "gamma", "beta"}, "Last used": {"beta", "gamma", "Alpha"}, "Made by": {"beta", "Alpha", "gamma"},
	} {
		_, href := sortedBy(t, first, column)
		page := kim.Get(href).Body
		order, href := sortedBy(t, page, column)
		if got := names(page); order != "ascending" || !slices.Equal(got, up) {
			t.Errorf("by %s: %v, want %v", column, got, up)
		}
		page = kim.Get(href).Body
		order, _ = sortedBy(t, page, column)
		slices.Reverse(up)
		if got := names(page); order != "descending" || !slices.Equal(got, up) {
			t.Errorf("by %s, turned round: %v, want %v", column, got, up)
		}
	}
	kim.Get("/dashboard/ingest?sort=nonsense").Want(http.StatusOK, "gamma", "!aria-sort")

	for i := range 60 {
		token(fmt.Sprintf("runner-%02d", i), "")
	}
	page := kim.Get("/dashboard/ingest?sort=-name").Body
	next := regexp.MustCompile(`href="([^"]+)" aria-label="Next page"`).FindStringSubmatch(page)
	if next == nil {
		t.Fatal("there is no next page")
	}
	rest := kim.Get(strings.ReplaceAll(next[1], "&amp;", "&")).Body
	got := append(names(page), names(rest)...)
	if order, _ := sortedBy(t, rest, "Name"); order != "descending" || len(got) != 63 || got[0] != "runner-59" || got[62] != "Alpha" {
		t.Errorf("on two pages: %v", got)
	}
}
