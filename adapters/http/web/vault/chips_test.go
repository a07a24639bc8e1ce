package vault_test

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/testcert"
)

var (
	aChip = regexp.MustCompile(`<a class="chip" href="([^"]+)"[^>]*>(\w+)\s*(?:<i>([^<]*)</i>)?`)
	aRow  = regexp.MustCompile(`<td class="c-name two">`)
)

// A chip says how many rows are behind it; where more narrows the list, so that nobody counted, it says nothing.
func TestChipsSayHowManyAreBehindThem(t *testing.T) {
	s := newSite(t)
	ends := func(name string, days int) *testcert.Pair {
		return s.leaf(name, testcert.Valid(s.Now().AddDate(0, 0, -80), s.Now().AddDate(0, 0, days)))
	}
	s.pair(t, ends("later.example.com", 200), "")
	for i, days := range []int{-3, -2, 5, 10, 29} {
		s.put(t, s.Owner, "a.pem", "", ends(strings.Repeat("x", i+1)+".example.com", days).CertPEM)
	}
	s.pair(t, ends("renewed.example.com", 12), "")
	s.pair(t, ends("renewed.example.com", 300), "") // what it replaced is not due
	kim := s.As(t, tenant.Viewer)
	for _, page := range []string{home, home + "?kind=cert", home + "?sort=name", home + "?expires=expired"} {
		chips := aChip.FindAllStringSubmatch(kim.Get(page).Body, -1)
		want := map[string]string{"Due": "5", "Expiring": "4", "Expired": "2"}
		if len(chips) != len(want) {
			t.Fatalf("%s has chips %v", page, chips)
		}
		for _, c := range chips {
			if c[3] != want[c[2]] {
				t.Errorf("%s: %s says %q, want %q", page, c[2], c[3], want[c[2]])
			}
			if page != home {
				continue
			}
			list := kim.Get(strings.ReplaceAll(c[1], "&amp;", "&"))
			list.Want(http.StatusOK)
			if n := len(aRow.FindAllString(list.Body, -1)); strconv.Itoa(n) != c[3] {
				t.Errorf("behind %s are %d rows, and it says %s", c[2], n, c[3])
			}
		}
	}
	for _, page := range []string{"?search=x", "?kind=key", "?group=none", "?group=renewed.example.com"} {
		for _, c := range aChip.FindAllStringSubmatch(kim.Get(home+page).Body, -1) {
			if c[3] != "" {
				t.Errorf("%s: %s says %s", page, c[2], c[3])
			}
		}
	}
}
