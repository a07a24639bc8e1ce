package storagetest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
)

func search(k *kit) {
	id := k.tenant()
	g := k.group(id, "grouped")
	web := k.cert("Web shop (2030)")
	web.Subject, web.Issuer, web.Filename = "www.Example.com", "O=Let's Encrypt, CN=R10", "shop-cert.pem"
	web.SANs = []string{"www.example.com", "*.api.example.net", "xn--bcher-kva.example"}
	web.Group = g.ID
	mail := k.cert("mail")
	mail.Subject = "mail.example.com"
	cyrillic := k.cert("Почта Союз")
	german := k.cert("ÄRGER über")
	odd := k.cert("a%b_c'd\"e\\f")
	last := k.cert("\U0010FFFD z") // next to the last character there is
	k.store(id, web, mail, cyrillic, german, odd, last)
	twin := k.cert("Web shop (2030)") // of another tenant
	k.store(k.tenant(), twin)

	for typed, want := range map[string][]artifact.ID{
		"":                       {last.ID, odd.ID, german.ID, cyrillic.ID, mail.ID, web.ID},
		"web":                    {web.ID},
		"WEB":                    {web.ID},
		"we":                     {web.ID},
		"eb":                     nil, // not the beginning of a word
		"shop 2030":              {web.ID},
		"2030 shop":              {web.ID},
		"(2030)":                 {web.ID},
		"example":                {mail.ID, web.ID},
		"example.com":            {mail.ID, web.ID},
		"example.com mail":       {mail.ID},
		"www.ex":                 {web.ID},
		"*.api":                  {web.ID},
		"api.example":            {web.ID},
		"*":                      {web.ID},
		"net":                    {web.ID},
		"let's":                  {web.ID},
		"encrypt":                {web.ID},
		"r10":                    {web.ID},
		"cert.pem":               {web.ID},
		"bcher":                  {web.ID},
		"почта":                  {cyrillic.ID},
		"СОЮЗ":                   {cyrillic.ID},
		"ärger":                  {german.ID},
		"Über":                   {german.ID},
		"a%b":                    {odd.ID},
		"b_c":                    {odd.ID},
		"%":                      {last.ID, odd.ID, german.ID, cyrillic.ID, mail.ID, web.ID}, // nothing to look for
		"d\"e":                   {odd.ID},
		"e\\f":                   {odd.ID},
		"grouped":                nil,
		"nosuch":                 nil,
		"mail nosuch":            nil,
		"a a a a":                {odd.ID, web.ID},
		strings.Repeat("w", 500): nil,
	} {
		if got := k.find(id, artifact.Query{Words: artifact.Words(typed)}); !slices.Equal(got, want) {
			k.Errorf("search %q found %v, want %v", typed, got, want)
		}
	}
	long := k.cert(strings.Repeat("long", 100))
	k.store(id, long)
	for _, typed := range []string{long.Name, long.Name[:200], long.Name[:50]} {
		if got := k.find(id, artifact.Query{Words: artifact.Words(typed)}); !slices.Equal(got, []artifact.ID{long.ID}) {
			k.Errorf("search for %d characters of a long name found %v", len(typed), got)
		}
	}
	same(k, k.find(id, artifact.Query{Words: []string{"\U0010FFFF"}}), nil)
	same(k, k.find(id, artifact.Query{Words: []string{"example"}, Kind: cert.KindKey}), nil)
	same(k, k.find(id, artifact.Query{Words: []string{"example"}, Group: g.ID}), []artifact.ID{web.ID})
	same(k, k.find(id, artifact.Query{Words: []string{"example"}, Group: "none"}), []artifact.ID{mail.ID})
}

// searchFarAway looks for frequent words whose rows lie at one end of the order, or never meet.
func searchFarAway(k *kit) {
	id := k.tenant()
	var rows []artifact.Artifact
	for i := range 3400 {
		a := k.cert(fmt.Sprintf("alpha %d", i))
		if i >= 2200 {
			a.Name = fmt.Sprintf("beta %d", i)
			a.Kind = cert.KindBundle
		}
		rows = append(rows, a)
	}
	k.store(id, rows...)
	alpha := func(a artifact.Artifact) bool { return strings.HasPrefix(a.Name, "alpha") }
	beta := func(a artifact.Artifact) bool { return strings.HasPrefix(a.Name, "beta") }
	for _, s := range []artifact.Sort{artifact.SortNewest, artifact.SortOldest, artifact.SortName, artifact.SortNameDesc, artifact.SortExpDesc} {
		for _, c := range []struct {
			q    artifact.Query
			keep func(artifact.Artifact) bool
		}{
			{artifact.Query{Words: []string{"alpha"}}, alpha},
			{artifact.Query{Words: []string{"bet"}}, beta},
			{artifact.Query{Kind: cert.KindBundle}, beta},
			{artifact.Query{Words: []string{"alpha", "beta"}}, func(artifact.Artifact) bool { return false }},
			{artifact.Query{Words: []string{"beta", "33"}}, func(a artifact.Artifact) bool {
				return beta(a) && strings.Contains(a.Name, " 33")
			}},
		} {
			c.q.Sort, c.q.Limit = s, 200
			if got, want := k.find(id, c.q), expected(rows, s, c.keep); !slices.Equal(got, want) {
				k.Errorf("%v sorted by %s: %d rows, want %d, or out of order", c.q.Words, s, len(got), len(want))
			}
		}
	}
}
