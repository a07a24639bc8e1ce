// Package download names the files that are sent.
//
//	h.Set("Content-Disposition", download.Attachment(name))
package download

import "strings"

const maxFileName = 120 // bytes of the ASCII form

// Attachment answers the Content-Disposition of a file name: an ASCII form that is safe on every system, and the true name
// after RFC 6266 when that is another one. A name may hold any
// character: nothing of it leaves the quotes.
func Attachment(name string) string {
	safe := safeName(name)
	if safe == name {
		return `attachment; filename="` + safe + `"`
	}
	return `attachment; filename="` + safe + `"; filename*=UTF-8''` + extended(name)
}

// safeName keeps letters, digits, dots, dashes and underscores of ASCII, makes all other characters "_", and begins with
// neither a dot nor a dash. It is never empty.
func safeName(name string) string {
	ok := len(name) <= maxFileName && name != "" && name[0] != '.' && name[0] != '-'
	for i := 0; ok && i < len(name); i++ {
		ok = plainByte(name[i])
	}
	if ok {
		return name
	}
	var b strings.Builder
	for _, r := range name {
		if r < 0x80 && plainByte(byte(r)) {
			b.WriteByte(byte(r))
		} else {
			b.WriteByte('_')
		}
	}
	safe := strings.TrimLeft(b.String(), ".-")
	if cut := len(safe) - maxFileName; cut > 0 {
		safe = safe[cut:] // the end tells what it is
	}
	if safe == "" {
		return "download"
	}
	return safe
}

func plainByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '_'
}

// extended answers name percent-encoded as RFC 8187 has it. Path separators are not a name's to have.
func extended(name string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case plainByte(c):
			b.WriteByte(c)
		case c == '/' || c == '\\':
			b.WriteByte('_')
		default:
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}
