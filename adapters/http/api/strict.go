package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf8"
)

// maxDepth is how deep objects and lists may nest in a request.
const maxDepth = 12

var errNotStrict = errors.New("not one strict JSON value")

// unmarshal reads one JSON value, and refuses what two readers could understand differently: broken UTF-8, a member
// given twice, nesting without end, something behind the value. NUL in a text is refused too: no store keeps it.
func unmarshal(data []byte, v any) error {
	if !utf8.Valid(data) || !strict(data) {
		return errNotStrict
	}
	return json.Unmarshal(data, v)
}

func strict(data []byte) bool {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if value(d, 0) != nil {
		return false
	}
	_, err := d.Token()
	return errors.Is(err, io.EOF)
}

func value(d *json.Decoder, depth int) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	open, ok := t.(json.Delim)
	if !ok {
		return storableToken(t)
	}
	if depth == maxDepth {
		return errNotStrict
	}
	seen := map[string]bool{}
	for d.More() {
		if open == '{' {
			name, err := d.Token()
			if err != nil {
				return err
			}
			s, _ := name.(string)
			if seen[s] || !storable(s) {
				return errNotStrict
			}
			seen[s] = true
		}
		if err := value(d, depth+1); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}

func storableToken(t json.Token) error {
	if s, ok := t.(string); ok && !storable(s) {
		return errNotStrict
	}
	return nil
}
