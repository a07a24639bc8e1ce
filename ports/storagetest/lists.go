package storagetest

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// manyRows makes 250 rows in which every column has equal and missing values.
func manyRows(k *kit, id tenant.ID) []artifact.Artifact {
	groups := map[string]string{"": ""}
	for _, n := range []string{"Zeta", "alpha", "Beta"} {
		groups[n] = k.group(id, n).ID
	}
	pick := func(i int, of ...string) string { return of[i%len(of)] }
	var out []artifact.Artifact
	for i := range 250 {
		a := k.cert(pick(i, "beta", "Alpha", "ärger", "Zulu", "zulu", "алмаз", "_x"))
		a.Kind = cert.Kind(pick(i, "cert", "key", "bundle", "pfx", "unknown"))
		a.CreatedAt = at(i / 7)
		a.Subject = pick(i/3, "", "www.example.com", "WWW.example.com", "a")
		a.Issuer = pick(i/5, "CA two", "ca One", "")
		a.NotAfter = at(1000 + i%9)
		if i%4 == 0 {
			a.NotAfter = time.Time{}
		}
		a.GroupName = pick(i/2, "Zeta", "", "alpha", "Beta")
		a.Group = groups[a.GroupName]
		out = append(out, a)
	}
	k.store(id, out...)
	return out
}

// byColumn compares as the list of that sort must.
var byColumn = map[artifact.Sort]func(a, b artifact.Artifact) int{
	artifact.SortOldest:  func(a, b artifact.Artifact) int { return a.CreatedAt.Compare(b.CreatedAt) },
	artifact.SortName:    func(a, b artifact.Artifact) int { return compareFolded(a.Name, b.Name) },
	artifact.SortKind:    func(a, b artifact.Artifact) int { return cmp.Compare(a.Kind, b.Kind) },
	artifact.SortSubject: func(a, b artifact.Artifact) int { return compareFolded(a.Subject, b.Subject) },
	artifact.SortIssuer:  func(a, b artifact.Artifact) int { return compareFolded(a.Issuer, b.Issuer) },
	artifact.SortExpiry:  func(a, b artifact.Artifact) int { return expiry(a).Compare(expiry(b)) },
	artifact.SortGroup:   func(a, b artifact.Artifact) int { return compareFolded(a.GroupName, b.GroupName) },
}

func compareFolded(a, b string) int { return cmp.Compare(strings.ToLower(a), strings.ToLower(b)) }

// expiry puts what never expires behind what does.
func expiry(a artifact.Artifact) time.Time {
	if a.NotAfter.IsZero() {
		return time.Unix(1<<40, 0)
	}
	return a.NotAfter
}

// expected answers the ids of the rows that keep holds of, in the order of the sort.
func expected(rows []artifact.Artifact, s artifact.Sort, keep func(artifact.Artifact) bool) []artifact.ID {
	column, desc := strings.CutPrefix(string(s), "-")
	var kept []artifact.Artifact
	for _, a := range rows {
		if keep(a) {
			kept = append(kept, a)
		}
	}
	slices.SortFunc(kept, func(a, b artifact.Artifact) int {
		return cmp.Or(byColumn[artifact.Sort(column)](a, b), cmp.Compare(a.ID, b.ID))
	})
	if desc {
		slices.Reverse(kept)
	}
	return idsOf(kept)
}

func everything(artifact.Artifact) bool { return true }

func artifactOrder(k *kit) {
	id := k.tenant()
	manyRows(k, k.tenant()) // of another tenant
	rows := manyRows(k, id)
	for _, s := range artifact.Sorts {
		want := expected(rows, s, everything)
		for _, limit := range []int{7, 50, 200} {
			got := k.find(id, artifact.Query{Sort: s, Limit: limit})
			if !slices.Equal(got, want) {
				k.Errorf("sort %s in pages of %d is out of order", s, limit)
			}
		}
	}
	same(k, k.find(id, artifact.Query{}), expected(rows, artifact.SortNewest, everything))
	k.view(id, func(tx ports.Tx) error {
		_, err := tx.Artifacts().List(k.ctx, artifact.Query{Sort: "payload"})
		k.fails(err, fault.Invalid, "bad_sort")
		page, err := tx.Artifacts().List(k.ctx, artifact.Query{Limit: 100000})
		k.ok(err)
		same(k, len(page.Items), 200)
		return nil
	})
}

func artifactFilters(k *kit) {
	id := k.tenant()
	rows := manyRows(k, id)
	alpha := ""
	for _, a := range rows {
		if a.GroupName == "alpha" {
			alpha = a.Group
		}
	}
	for _, s := range artifact.Sorts {
		for _, c := range []struct {
			name string
			q    artifact.Query
			keep func(artifact.Artifact) bool
		}{
			{"kind", artifact.Query{Kind: cert.KindKey}, func(a artifact.Artifact) bool { return a.Kind == cert.KindKey }},
			{"group", artifact.Query{Group: alpha}, func(a artifact.Artifact) bool { return a.Group == alpha }},
			{"none", artifact.Query{Group: "none"}, func(a artifact.Artifact) bool { return a.Group == "" }},
			{"both", artifact.Query{Group: alpha, Kind: cert.KindPFX}, func(a artifact.Artifact) bool {
				return a.Group == alpha && a.Kind == cert.KindPFX
			}},
			{"word", artifact.Query{Group: alpha, Words: []string{"zul"}}, func(a artifact.Artifact) bool {
				return a.Group == alpha && strings.EqualFold(a.Name, "zulu")
			}},
			{"nothing", artifact.Query{Group: "gr_nosuch"}, func(artifact.Artifact) bool { return false }},
		} {
			c.q.Sort, c.q.Limit = s, 9
			if got, want := k.find(id, c.q), expected(rows, s, c.keep); !slices.Equal(got, want) {
				k.Errorf("filter %s sorted by %s: %d rows, want %d, or out of order", c.name, s, len(got), len(want))
			}
		}
	}
}

// artifactEnds combines spans of ends with every sort and other filters.
func artifactEnds(k *kit) {
	id := k.tenant()
	rows := manyRows(k, id)
	old := k.certEnding("zulu", time.UnixMicro(-1).UTC()) // before 1970
	k.store(id, old)
	rows = append(rows, old)
	for _, s := range artifact.Sorts {
		for _, span := range [][2]time.Time{
			{at(1002), at(1005)}, {at(1002), at(1003)}, {{}, at(1004)}, {at(1004), {}}, {at(1004), at(1004)}, {at(5000), {}}, {{}, start},
		} {
			for _, q := range []artifact.Query{{}, {Kind: cert.KindCert}, {Kind: cert.KindKey}, {Group: "none"}, {Words: []string{"zul"}},
				{Group: "none", Words: []string{"zul"}}} {
				q.Sort, q.ExpiresFrom, q.ExpiresBefore, q.Limit = s, span[0], span[1], 9
				want := expected(rows, s, func(a artifact.Artifact) bool {
					return a.Kind == cert.KindCert && !a.NotAfter.IsZero() && !a.NotAfter.Before(span[0]) &&
						(span[1].IsZero() || a.NotAfter.Before(span[1])) && (q.Kind == "" || q.Kind == a.Kind) && (q.Group == "" || a.Group == "") &&
						(q.Words == nil || strings.EqualFold(a.Name, "zulu"))
				})
				if got := k.find(id, q); !slices.Equal(got, want) {
					k.Errorf("ends from %v to %v sorted by %s, %+v: %d rows, want %d, or out of order", span[0], span[1], s, q, len(got), len(want))
				}
			}
		}
	}
}

// artifactEndsFarAway asks for ends of which there are too many to be looked up one by one, in lists that begin elsewhere.
func artifactEndsFarAway(k *kit) {
	id := k.tenant()
	var rows []artifact.Artifact
	for i := range 4000 {
		a := k.certEnding(fmt.Sprintf("row %05d", i), at(100))
		if i >= 2800 {
			a.NotAfter = at(200)
		}
		rows = append(rows, a)
	}
	k.store(id, rows...)
	far := func(a artifact.Artifact) bool { return a.NotAfter.Equal(at(200)) }
	for _, s := range []artifact.Sort{artifact.SortName, artifact.SortOldest, artifact.SortNewest, artifact.SortExpiry, artifact.SortExpDesc, artifact.SortKind} {
		for _, words := range [][]string{nil, {"row"}} {
			q := artifact.Query{Sort: s, Words: words, ExpiresFrom: at(150), ExpiresBefore: at(250), Limit: 200}
			if got, want := k.find(id, q), expected(rows, s, far); !slices.Equal(got, want) {
				k.Errorf("sorted by %s, words %v: %d rows, want %d, or out of order", s, words, len(got), len(want))
			}
		}
	}
}

func artifactCursors(k *kit) {
	id := k.tenant()
	var rows []artifact.Artifact
	for i := range 30 {
		rows = append(rows, k.cert(fmt.Sprintf("row %02d", i)))
	}
	k.store(id, rows...)
	var first artifact.Page
	k.view(id, func(tx ports.Tx) (err error) {
		first, err = tx.Artifacts().List(k.ctx, artifact.Query{Sort: artifact.SortName, Limit: 10})
		return err
	})

	// The row that the page ended with goes, another comes before it: what follows neither repeats nor leaves out.
	k.update(id, func(tx ports.Tx) error { return tx.Artifacts().Delete(k.ctx, rows[9].ID) })
	k.store(id, k.cert("row 03 b"))
	got := k.find(id, artifact.Query{Sort: artifact.SortName, Limit: 10, Cursor: first.Next})
	same(k, got, idsOf(rows[10:]))

	raw, err := base64.RawURLEncoding.DecodeString(first.Next)
	k.ok(err)
	for _, bad := range []string{
		"x", "!!!", first.Next + "A", first.Next[:len(first.Next)-3], strings.Repeat("A", 4000),
		base64.RawURLEncoding.EncodeToString([]byte(`{}`)), base64.RawURLEncoding.EncodeToString([]byte(`null`)),
		base64.RawURLEncoding.EncodeToString(append(raw, raw...)),
		base64.RawURLEncoding.EncodeToString([]byte(`{"s":"name","t":"x","i":"'; DROP TABLE artifacts"}`)),
	} {
		k.view(id, func(tx ports.Tx) error {
			_, err := tx.Artifacts().List(k.ctx, artifact.Query{Sort: artifact.SortName, Cursor: bad})
			k.fails(err, fault.Invalid, "bad_cursor")
			return nil
		})
	}
	k.view(id, func(tx ports.Tx) error {
		_, err := tx.Artifacts().List(k.ctx, artifact.Query{Sort: artifact.SortKind, Cursor: first.Next})
		k.fails(err, fault.Invalid, "bad_cursor")
		return nil
	})
}
