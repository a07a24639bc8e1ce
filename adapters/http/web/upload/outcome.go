package upload

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/fault"
)

// outcome is what became of the files, batch by batch.
type outcome struct {
	in     *sent
	rows   []row
	groups []intake.Ref // that got something, each once
	fresh  int          // files that were not in the vault before
	errs   []error      // of batches of which nothing was stored
	broke  bool         // a batch was not stored, and nothing in it is wrong
}

// stored notes what became of the files of a batch.
func (o *outcome) stored(b batch, result intake.Result) {
	for i, f := range result.Files {
		r := o.in.row(b.at[i])
		r.File, r.State, r.Badge, r.Text = f.File, done, badge(f), told(f)
		switch {
		case needsPassword(f.Code):
			r.State, r.Kind = password, lockedKind(f.File)
		case f.Status == intake.Refused:
			r.State = refusal(f.Code)
		case len(f.Artifacts) > 0:
			r.Kind, r.Href = string(f.Artifacts[0].Kind), "/dashboard/vault/"+string(f.Artifacts[0].ID)
		}
		if r.State == done {
			o.note(f)
		}
		o.rows = append(o.rows, r)
	}
}

func (o *outcome) note(f intake.FileResult) {
	if f.Status != intake.Duplicate {
		o.fresh++
	}
	if f.Group != nil && !slices.Contains(o.groups, *f.Group) {
		o.groups = append(o.groups, *f.Group)
	}
}

// refused notes that none of the files of a batch was stored. They may be good all the same: most often it is the group.
func (o *outcome) refused(b batch, err error) {
	o.errs = append(o.errs, err)
	words := "Nothing of it was stored."
	var f *fault.Fault
	if errors.As(err, &f) {
		words = f.Message
		for _, field := range sortedKeys(f.Fields) {
			words += " " + f.Fields[field]
		}
	}
	o.unstored(b, words)
}

// failed notes that none of the files of a batch was stored, through no fault of theirs.
func (o *outcome) failed(b batch, words string) {
	o.broke = true
	o.unstored(b, "Not stored. "+words)
}

func (o *outcome) unstored(b batch, words string) {
	for _, n := range b.at {
		r := o.in.row(n)
		r.State, r.Text = again, words
		o.rows = append(o.rows, r)
	}
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (o *outcome) inOrder() []row {
	slices.SortFunc(o.rows, func(a, b row) int { return a.N - b.N })
	return o.rows
}

// complete says whether all of the files are in the vault now.
func (o *outcome) complete() bool { return stored(o.rows) == len(o.rows) }

func stored(rows []row) int {
	n := 0
	for _, r := range rows {
		if r.State == done {
			n++
		}
	}
	return n
}

// status is that of an answer that says that not all was stored: 404 when nothing was because no group was there, 500 when
// something broke.
func (o *outcome) status() int {
	if o.broke {
		return http.StatusInternalServerError
	}
	if len(o.errs) == len(o.in.batches()) && !slices.ContainsFunc(o.errs, func(err error) bool { return fault.KindOf(err) != fault.NotFound }) {
		return http.StatusNotFound
	}
	return http.StatusUnprocessableEntity
}

// toast tells that all was stored, and leads to the group when there is one.
func (o *outcome) toast() view.Toast {
	t := view.Toast{}
	switch all := len(o.rows); {
	case o.fresh == 0:
		t.Text = "All of it was in the vault already."
	case o.fresh == all:
		t.Text = view.Count(o.fresh, "file") + " stored."
	default:
		t.Text = view.Count(o.fresh, "file") + " stored, " + was(all-o.fresh) + " here already."
	}
	if len(o.groups) == 1 {
		t.Href, t.Link = "/dashboard/groups/"+o.groups[0].ID, "Open group"
	}
	return t
}

func was(n int) string {
	if n == 1 {
		return "1 was"
	}
	return strconv.Itoa(n) + " were"
}

func badge(f intake.FileResult) string {
	switch f.Status {
	case intake.Duplicate:
		return "already here"
	case intake.Unknown:
		return "kept as it is"
	default:
		return "stored"
	}
}

func told(f intake.FileResult) string {
	var parts []string
	if f.Message != "" {
		parts = append(parts, f.Message)
	}
	if f.Group != nil {
		where := "In group " + f.Group.Name
		if f.Generation > 0 {
			where += ", generation " + strconv.Itoa(f.Generation)
		}
		parts = append(parts, where+".")
	}
	return strings.Join(parts, " ")
}
