package seal

import (
	"bytes"
	"encoding/base64"
	"fmt"

	"github.com/ignisfox/ignisfox/core/secret"
)

const (
	lineTag  = "ignisfox-kek-1"
	maxKEKs  = 64
	maxBytes = 64 << 10
	// stagedWord ends the line of a key that wraps nothing yet. It is on its way to the other servers.
	stagedWord = "staged"
)

// line is one key of a source.
type line struct {
	id     string
	raw    secret.Bytes
	staged bool
}

func wipeLines(ls []line) {
	for _, l := range ls {
		l.raw.Wipe()
	}
}

// parseLines reads the text form of a source. Errors name the line, never what stands in it.
func parseLines(text []byte) (out []line, err error) {
	defer func() {
		if err != nil {
			wipeLines(out)
			out = nil
		}
	}()
	if len(text) > maxBytes {
		return nil, fmt.Errorf("it is larger than %d KB", maxBytes>>10)
	}
	seen, staged := map[string]bool{}, false
	n := 0
	for l := range bytes.Lines(text) {
		n++
		l = bytes.TrimSpace(l)
		if len(l) == 0 || l[0] == '#' {
			continue
		}
		f := bytes.Fields(l)
		later := len(f) == 4 && string(f[3]) == stagedWord
		if len(f) != 3 && !later || string(f[0]) != lineTag {
			return out, fmt.Errorf("line %d is not %q, an id and a key", n, lineTag)
		}
		if later && (len(out) == 0 || staged) {
			return out, fmt.Errorf("line %d: only one key can be staged, and not the first", n)
		}
		staged = staged || later
		id := string(f[1])
		if _, ok := parseKEKID(id); !ok {
			return out, fmt.Errorf("line %d: the id is not 8 lower-case hex digits", n)
		}
		if seen[id] {
			return out, fmt.Errorf("line %d: the id stands on an earlier line too", n)
		}
		raw := make([]byte, base64.StdEncoding.DecodedLen(len(f[2])))
		m, derr := base64.StdEncoding.Strict().Decode(raw, f[2])
		if derr != nil || m != kekSize {
			clear(raw)
			return out, fmt.Errorf("line %d: the key is not the base64 of %d bytes", n, kekSize)
		}
		seen[id] = true
		out = append(out, line{id, secret.NewBytes(raw[:m]), later})
		if len(out) > maxKEKs {
			return out, fmt.Errorf("it holds more than %d keys", maxKEKs)
		}
	}
	if len(out) == 0 {
		return out, fmt.Errorf("it holds no key")
	}
	return out, nil
}

// formatLines writes the text form. The caller wipes it.
func formatLines(ls []line) []byte {
	out := make([]byte, 0, 512+len(ls)*128) // never grows: no copies of keys are left behind
	out = append(out, "# The key-encryption key of Ignisfox. Without it nothing sealed in the database can be read.\n"+
		"# Keep a copy, apart from the database and its backups. The first key wraps, the others only unwrap.\n"+
		"# One called staged wraps nothing yet: rotate-kek makes it the first, once every server has this file.\n"...)
	for _, l := range ls {
		out = append(out, lineTag+" "+l.id+" "...)
		out = base64.StdEncoding.AppendEncode(out, l.raw.Reveal())
		if l.staged {
			out = append(out, " "+stagedWord...)
		}
		out = append(out, '\n')
	}
	return out
}
