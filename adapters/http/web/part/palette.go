package part

import (
	"strings"

	"github.com/ignisfox/ignisfox/adapters/http/web/view"
)

func keyNote(s view.Section) string {
	if s.Key == "" {
		return ""
	}
	return "g " + s.Key
}

// optionID answers an id made of a path of ours.
func optionID(path string) string {
	return strings.ReplaceAll(strings.Trim(path, "/"), "/", "-")
}

// otherTheme answers what the switch asks for without our script, which knows what the system prefers.
func otherTheme(v view.View) string {
	if v.Theme == "dark" {
		return "light"
	}
	return "dark"
}
