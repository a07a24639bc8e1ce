package kit

import (
	"bytes"
)

// marked answers a page of ours in which every form that is posted carries the field view, right behind its opening tag.
// What people typed is escaped in a page, so that each "<form" in it is a tag of ours.
func marked(page []byte, view string) []byte {
	field := `<input type="hidden" name="` + viewField + `" value="` + view + `">`
	var out bytes.Buffer
	out.Grow(len(page) + 16*len(field))
	for {
		at := nextForm(page)
		if at < 0 {
			out.Write(page)
			return out.Bytes()
		}
		length, post := formTag(page[at:])
		out.Write(page[:at+length])
		if post {
			out.WriteString(field)
		}
		page = page[at+length:]
	}
}

var formStart = []byte("<form")

// nextForm answers where the next form begins, -1 when there is none.
func nextForm(page []byte) int {
	for from := 0; ; {
		i := bytes.Index(page[from:], formStart)
		if i < 0 {
			return -1
		}
		from += i
		if end := from + len(formStart); end < len(page) && (isSpace(page[end]) || page[end] == '>') {
			return from
		}
		from += len(formStart)
	}
}

// formTag reads the tag that page begins with: its length, and whether the form is posted. A tag that does not end is no
// form.
func formTag(page []byte) (length int, post bool) {
	at := len(formStart)
	for at < len(page) {
		switch c := page[at]; {
		case c == '>':
			return at + 1, post
		case isSpace(c) || c == '/':
			at++
		default:
			name, value, n := attribute(page[at:])
			at += n
			if bytes.EqualFold(name, []byte("method")) {
				post = bytes.EqualFold(bytes.TrimSpace(value), []byte("post"))
			}
		}
	}
	return len(page), false
}

// attribute reads name, name=value, name="value" or name='value'; n is how long it is, at least 1.
func attribute(s []byte) (name, value []byte, n int) {
	n = 1
	for n < len(s) && s[n] != '=' && s[n] != '>' && s[n] != '/' && !isSpace(s[n]) {
		n++
	}
	name = s[:n]
	if n == len(s) || s[n] != '=' {
		return name, nil, n
	}
	n++
	if n < len(s) && (s[n] == '"' || s[n] == '\'') {
		end := bytes.IndexByte(s[n+1:], s[n])
		if end < 0 {
			return name, nil, len(s)
		}
		return name, s[n+1 : n+1+end], n + end + 2
	}
	from := n
	for n < len(s) && s[n] != '>' && !isSpace(s[n]) {
		n++
	}
	return name, s[from:n], n
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' }
