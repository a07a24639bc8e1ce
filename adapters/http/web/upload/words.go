package upload

import (
	"strconv"
	"strings"

	"github.com/ignisfox/ignisfox/adapters/http/web/view"
)

func field(name string, n int) string { return name + "." + strconv.Itoa(n) }

func passwordID(r row) string { return "upload-password-" + strconv.Itoa(r.N) }

func sized(r row) string {
	if r.Facts == "" {
		return r.Size
	}
	return r.Size + " · " + r.Facts
}

func markTone(r row) string {
	if wrong(r) {
		return view.ToneBad
	}
	if r.Kind == "unknown" {
		return ""
	}
	return r.Kind
}

func markIcon(r row) string {
	if r.Kind == "" {
		return "unknown"
	}
	return r.Kind
}

func badgeTone(r row) string {
	if r.State == kept || r.Badge == "kept as it is" {
		return view.ToneWarn
	}
	return view.ToneOK
}

func badgeIcon(r row) string {
	if badgeTone(r) == view.ToneWarn {
		return "alert"
	}
	return "check"
}

// wrong says whether the file cannot be stored, or not as it is.
func wrong(r row) bool { return r.State == refused || r.State == again }

// expiring answers whose certificate it is, as far as the date.
func expiring(r row) string {
	if r.Text == "" {
		return "expires"
	}
	return r.Text + ", expires"
}

// besides answers the sentences that follow: what the file belongs with, and what somebody should know of it.
func besides(r row) string {
	var out []string
	if r.More != "" {
		out = append(out, r.More)
	}
	for _, w := range r.Warnings {
		out = append(out, w.Text)
	}
	return strings.Join(out, " ")
}

// groupHint says where the file goes when the field stays empty.
func groupHint(r row) string {
	if r.Group != "" {
		return r.Group
	}
	return "No group"
}

func heading(rows []row) string {
	return strconv.Itoa(stored(rows)) + " of " + view.Count(len(rows), "file") + " stored"
}
