package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// table is plain text in columns: the first to the left, the others to the right.
type table struct {
	title string
	notes []string
	rows  [][]string // the first is the heading
}

func newTable(title string, heading ...string) *table {
	return &table{title: title, rows: [][]string{heading}}
}

func (t *table) note(format string, args ...any) {
	t.notes = append(t.notes, fmt.Sprintf(format, args...))
}

func (t *table) row(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) print(w io.Writer) {
	widths := make([]int, len(t.rows[0]))
	for _, r := range t.rows {
		for i, c := range r {
			widths[i] = max(widths[i], utf8.RuneCountInString(c))
		}
	}
	total := -2
	for _, n := range widths {
		total += n + 2
	}
	fmt.Fprintf(w, "\n%s\n", t.title)
	for _, n := range t.notes {
		fmt.Fprintf(w, "  %s\n", n)
	}
	for i, r := range t.rows {
		cells := make([]string, len(r))
		for j, c := range r {
			pad := strings.Repeat(" ", widths[j]-utf8.RuneCountInString(c))
			if cells[j] = pad + c; j == 0 {
				cells[j] = c + pad
			}
		}
		fmt.Fprintf(w, "  %s\n", strings.TrimRight(strings.Join(cells, "  "), " "))
		if i == 0 {
			fmt.Fprintf(w, "  %s\n", strings.Repeat("-", total))
		}
	}
}
