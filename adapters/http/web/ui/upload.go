package ui

import "strconv"

// UploadProps is where files are dropped.
type UploadProps struct {
	Action   string // path of ours; it takes multipart/form-data with file, name.N, password.N and group
	Accept   string // ".pem,.crt,…"
	MaxFiles int
	MaxBytes int
	Groups   []Option // empty for no choice
	Group    string
	Error    error // of the attempt before, made without our script
}

// What became of a file.
const (
	UploadDone     = "done"
	UploadPassword = "password" // it needs a password, or another one
	UploadRefused  = "refused"
)

// UploadResult is what became of one file: the row that our script puts in the place of the file's own, and a row of the page
// without it.
type UploadResult struct {
	File  string // its name, already visible
	Size  string // "6.1 KB"
	Kind  string // what it is, empty when nobody knows
	Facts string // "certificate + 2 intermediates"
	State string // UploadDone, UploadPassword or UploadRefused
	Badge string // "stored", "already here"
	Text  string // what was found, or what is wrong and what to do
	Href  string // where it is now; empty for nowhere
	Link  string // words of that link
	N     int    // place of the file in the form, for the names of the fields
}

// KB answers bytes as people read them: "241 B", "6.1 KB".
func KB(n int64) string {
	const kb = 1024
	switch {
	case n < kb:
		return strconv.FormatInt(n, 10) + " B"
	case n < 10*kb:
		return strconv.FormatFloat(float64(n)/kb, 'f', 1, 64) + " KB"
	case n < kb*kb:
		return strconv.FormatInt((n+kb/2)/kb, 10) + " KB"
	default:
		return strconv.FormatFloat(float64(n)/kb/kb, 'f', 1, 64) + " MB"
	}
}

func (r UploadResult) tone() string {
	if r.State == UploadRefused {
		return "bad"
	}
	return kindOf(r.Kind)
}

// field answers the name of a field of the Nth file.
func field(name string, n int) string { return name + "." + strconv.Itoa(n) }
