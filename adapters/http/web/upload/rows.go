package upload

import (
	"slices"
	"strconv"
	"strings"

	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/adapters/http/web/ui"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
)

// form is what the page is drawn with again.
type form struct {
	Group  string
	Groups part.Groups // to choose from
	Rows   []row       // what became of the files that were sent without our script
}

// States of a row.
const (
	ready    = "ready"
	password = "password" // it needs one, or another one
	kept     = "kept"     // can be stored as it is, though nobody knows what it is
	again    = "again"    // good, but for its name or its group
	refused  = "refused"
	done     = "done"
)

// row is one file as it is shown.
type row struct {
	N        int // place in the form
	File     string
	Size     string
	Kind     string
	Facts    string // "certificate + 2 intermediates"
	Name     string // friendly name
	Group    string // where it goes when no group of its own is given
	Own      string // group of its own
	State    string
	Badge    string
	Text     string
	Until    *artifact.Artifact // whose end is told behind the text; nil for none
	More     string             // sentences behind that
	Warnings []view.Warning
	Href     string
}

// seen answers the rows of files that were looked at.
func seen(in *sent, looks []intake.Look) []row {
	rows := make([]row, len(looks))
	for i, l := range looks {
		r := in.row(i)
		r.File, r.Kind, r.Facts, r.Name = l.File, string(l.Kind), facts(l), l.Name
		if r.Group == "" {
			r.Group = l.Group
		}
		switch {
		case needsPassword(l.Code):
			r.State, r.Kind, r.Facts = password, lockedKind(l.File), "password-protected"
			if l.Code == "wrong_password" {
				r.Text = l.Message
			}
		case l.Status == intake.Refused:
			r.State, r.Text = refusal(l.Code), l.Message
		case l.Status == intake.Unknown:
			r.State, r.Badge, r.Text = kept, "not recognised", l.Message+" It can be kept as it is, sealed."
		default:
			r.State, r.Badge, r.Text, r.Until, r.More = ready, "ready", found(l), l.Leaf, pairing(l, r)
			r.Warnings = warnings(l)
		}
		rows[i] = r
	}
	return rows
}

// row answers what the form says of a file.
func (s *sent) row(n int) row {
	f := s.files[n]
	r := row{N: n, File: f.label(), Size: ui.KB(int64(f.size)), Name: f.Name, Group: s.group}
	if f.group != s.group {
		r.Own = f.group
	}
	return r
}

func needsPassword(code string) bool { return code == "password_needed" || code == "wrong_password" }

// refusal answers the state of a file that was refused: another name would mend some.
func refusal(code string) string {
	if code == "bad_name" {
		return again
	}
	return refused
}

// lockedKind is a guess for the icon alone: what is inside cannot be seen yet.
func lockedKind(file string) string {
	if f := strings.ToLower(file); strings.HasSuffix(f, ".pfx") || strings.HasSuffix(f, ".p12") {
		return string(cert.KindPFX)
	}
	return string(cert.KindKey)
}

// facts answers what is in a file: "certificate + 2 intermediates + RSA 2048 private key".
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
	if l.Keys > 1 {
		parts = append(parts, view.Count(l.Keys, "private key"))
	} else if l.Keys == 1 && l.Key != nil {
		parts = append(parts, keyed(l.Key)+" private key")
	}
	return strings.Join(parts, " + ")
}

// keyed answers "RSA 2048", "ECDSA P-256", "Ed25519".
func keyed(a *artifact.Artifact) string {
	switch a.KeyType {
	case "ECDSA":
		return "ECDSA P-" + strconv.Itoa(a.KeyBits)
	case "Ed25519":
		return a.KeyType
	default:
		return a.KeyType + " " + strconv.Itoa(a.KeyBits)
	}
}

// found answers whose certificate the file brings, and who issued it.
func found(l intake.Look) string {
	if l.Leaf == nil {
		return ""
	}
	parts := []string{names(l.Leaf), l.Leaf.Issuer}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}

func names(a *artifact.Artifact) string {
	if n := len(a.SANs); n > 1 {
		return a.Subject + " and " + view.Count(n-1, "more name")
	}
	return a.Subject
}

// pairing says which other file holds the other half of the pair, and what follows from that.
func pairing(l intake.Look, r row) string {
	var out []string
	switch {
	case l.Match == "":
	case r.Own == "" && r.Group != "":
		out = append(out, "Matches "+l.Match+", so both go to group "+r.Group+".")
	default:
		out = append(out, "Matches "+l.Match+".")
	}
	if l.Message != "" {
		out = append(out, l.Message)
	}
	return strings.Join(out, " ")
}

// warnings answers what somebody should know of the certificate and the key, each once.
func warnings(l intake.Look) []view.Warning {
	var out []view.Warning
	for _, a := range []*artifact.Artifact{l.Leaf, l.Key} {
		if a == nil {
			continue
		}
		for _, code := range a.Warnings {
			if w := view.WarningOf(code); !slices.Contains(out, w) {
				out = append(out, w)
			}
		}
	}
	return out
}
