package upload

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/ignisfox/ignisfox/adapters/http/web/ui"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
)

// form is what the page is drawn with again.
type form struct {
	Group  string
	Groups []string // names to choose from
	Rows   []row    // what became of the files that were sent without our script
}

// States of a row.
const (
	ready    = "ready"
	password = "password" // it needs one, or another one
	kept     = "kept"     // stored as it is, since nobody knows what it is
	refused  = "refused"
	done     = "done"
)

// row is one file as it is shown.
type row struct {
	N     int // place in the form
	File  string
	Size  string
	Kind  string
	Facts string // "certificate + 2 intermediates"
	Name  string // friendly name
	Group string // where it goes when no group is given
	State string
	Badge string
	Text  string
	Until *artifact.Artifact // whose end is told behind the text; nil for none
	Href  string
}

// seen answers the rows of files that were looked at.
func seen(in *sent, looks []intake.Look) []row {
	rows := make([]row, len(looks))
	for i, l := range looks {
		r := row{N: i, File: l.File, Size: ui.KB(int64(in.files[i].size)), Kind: string(l.Kind), Facts: facts(l), Name: l.Name, Group: l.Group}
		switch {
		case needsPassword(l.Code):
			r.State, r.Kind, r.Facts, r.Text = password, lockedKind(l.File), "password-protected", ""
			if l.Code == "wrong_password" {
				r.Text = l.Message
			}
		case l.Status == intake.Refused:
			r.State, r.Text = refused, l.Message
		case l.Status == intake.Unknown:
			r.State, r.Badge, r.Text = kept, "not recognised", l.Message+" It can be kept as it is, sealed."
		default:
			r.State, r.Badge, r.Text, r.Until = ready, "ready", found(l), l.Leaf
		}
		rows[i] = r
	}
	return rows
}

func needsPassword(code string) bool { return code == "password_needed" || code == "wrong_password" }

// lockedKind is a guess for the icon alone: what is inside cannot be seen yet.
func lockedKind(file string) string {
	if f := strings.ToLower(file); strings.HasSuffix(f, ".pfx") || strings.HasSuffix(f, ".p12") {
		return string(cert.KindPFX)
	}
	return string(cert.KindKey)
}

// facts answers what is in a file: "certificate + 2 intermediates + key".
func facts(l intake.Look) string {
	var parts []string
	switch n := l.Certificates; {
	case n == 1:
		parts = append(parts, "certificate")
	case n > 1 && l.Leaf != nil && !l.Leaf.CA:
		parts = append(parts, "certificate", view.Count(n-1, "intermediate"))
	case n > 1:
		parts = append(parts, view.Count(n, "certificate"))
	}
	if l.Keys > 0 && l.Key != nil {
		key := strings.TrimSpace(l.Key.KeyType + " " + bits(l.Key.KeyBits) + " private key")
		if l.Keys > 1 {
			key = view.Count(l.Keys, "private key")
		}
		parts = append(parts, key)
	}
	return strings.Join(parts, " + ")
}

func bits(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// found answers in a sentence what the file brings.
func found(l intake.Look) string {
	var parts []string
	if l.Leaf != nil {
		parts = append(parts, names(l.Leaf), l.Leaf.Issuer)
	}
	if l.Match != "" {
		parts = append(parts, "matches "+l.Match)
	}
	if l.Message != "" {
		parts = append(parts, l.Message)
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}

func names(a *artifact.Artifact) string {
	if n := len(a.SANs); n > 1 {
		return a.Subject + " and " + view.Count(n-1, "more name")
	}
	return a.Subject
}

// storedBatch answers what became of the files of a batch.
func storedBatch(in *sent, b batch, result intake.Result) []row {
	var rows []row
	for i, f := range result.Files {
		n := b.at[i]
		r := row{N: n, File: f.File, Size: ui.KB(int64(in.files[n].size)), State: done, Badge: badge(f), Text: told(f)}
		switch {
		case needsPassword(f.Code):
			r.State, r.Kind = password, lockedKind(f.File)
		case f.Status == intake.Refused:
			r.State = refused
		case len(f.Artifacts) > 0:
			r.Kind, r.Href = string(f.Artifacts[0].Kind), "/dashboard/vault/"+string(f.Artifacts[0].ID)
		}
		rows = append(rows, r)
	}
	return rows
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

// refusedBatch answers the rows of files of which none was stored.
func refusedBatch(in *sent, b batch, err error) []row {
	words := "Nothing of it was stored."
	var f *fault.Fault
	if errors.As(err, &f) {
		words = f.Message
		for _, advice := range f.Fields {
			words += " " + advice
		}
	}
	var rows []row
	for _, n := range b.at {
		rows = append(rows, row{N: n, File: in.files[n].label(), Size: ui.KB(int64(in.files[n].size)), State: refused, Text: words})
	}
	return rows
}

func inOrder(rows []row) []row {
	slices.SortFunc(rows, func(a, b row) int { return a.N - b.N })
	return rows
}

// stored answers how many of the files are in the vault now.
func stored(rows []row) int {
	n := 0
	for _, r := range rows {
		if r.State == done {
			n++
		}
	}
	return n
}

func summary(rows []row) string {
	fresh := 0
	for _, r := range rows {
		if r.Badge != "already here" {
			fresh++
		}
	}
	switch {
	case fresh == 0:
		return "All of it was in the vault already."
	case fresh == len(rows):
		return view.Count(fresh, "file") + " stored."
	default:
		return view.Count(fresh, "file") + " stored, " + strconv.Itoa(len(rows)-fresh) + " were here already."
	}
}
