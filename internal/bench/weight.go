package main

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// staticFile finds what a page is made of. A fragment behind it is a part of a drawing.
var staticFile = regexp.MustCompile(`"(/static/[^"#]+)`)

// mostTransferred is what the first view of a page may be, in KB.
const mostTransferred = 120

// weigh adds up what a browser that has nothing yet is sent for the overview.
func (b *bench) weigh(ctx context.Context, engine string, v *visitor) error {
	if _, err := v.open(ctx, sights[0]); err != nil {
		return err
	}
	total := v.packed
	t := newTable(fmt.Sprintf("First view of the overview on %s, with %s artifacts: bytes as they are sent", engine, count(v.size)), "", "KB", "aim", "")
	t.note("without the headers, which are about 0.5 KB for each; later pages bring the first row alone")
	t.row("page", kb(v.packed), "", "")
	var files []string
	for _, m := range staticFile.FindAllSubmatch(v.page, -1) {
		if file := string(m[1]); !slices.Contains(files, file) {
			files = append(files, file)
		}
	}
	slices.Sort(files)
	for _, file := range files {
		res := v.get(ctx, file, http.Header{"Accept-Encoding": {"gzip, deflate, br"}})
		if res.Code != http.StatusOK {
			return fmt.Errorf("%s answers %d", file, res.Code)
		}
		total += res.Body.Len()
		t.row(plainName(file), kb(res.Body.Len()), "", "")
	}
	limit := aim{limit: mostTransferred, most: true}
	t.row("together", kb(total), limit.String(), b.judge(engine+", KB of a first view", float64(total)/1000, limit))
	t.print(b.out)
	return nil
}

// plainName answers the name of a built file without its hash.
func plainName(file string) string {
	parts := strings.Split(file[strings.LastIndex(file, "/")+1:], ".")
	return parts[0] + "." + parts[len(parts)-1]
}
