package upload

import (
	"strconv"

	"github.com/ignisfox/ignisfox/adapters/http/web/view"
)

func field(name string, n int) string { return name + "." + strconv.Itoa(n) }

func sized(r row) string {
	if r.Facts == "" {
		return r.Size
	}
	return r.Size + " · " + r.Facts
}

func markTone(r row) string {
	if r.State == refused {
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

// groupHint says where the file goes when the field stays empty.
func groupHint(r row) string {
	if r.Group != "" {
		return r.Group
	}
	return "No group"
}

func outcome(rows []row) string {
	return strconv.Itoa(stored(rows)) + " of " + view.Count(len(rows), "file") + " stored"
}
