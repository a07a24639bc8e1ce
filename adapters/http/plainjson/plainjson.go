// Package plainjson writes JSON as people read it in a terminal: <, > and & stay as they are. The answers of the program
// are JSON by their type and are never put into a page, so escaping them would protect nobody.
package plainjson

import (
	"bytes"
	"encoding/json"
	"io"
)

// Write writes v and a line break.
func Write(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// Marshal answers v without a line break behind it.
func Marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	if err := Write(&b, v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
