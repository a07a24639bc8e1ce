package sqlstore

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/id"
)

const (
	limitUsual = 50
	limitMost  = 200
	cursorMost = 3072 // bytes of a cursor's text
)

// pageSize answers how many rows a page has.
func pageSize(limit int) int {
	if limit < 1 {
		return limitUsual
	}
	return min(limit, limitMost)
}

// atMost answers how many rows are asked for, by callers of ours that go through all of them: 1 to 10,000.
func atMost(limit int) int { return min(max(limit, 1), 10_000) }

// cursor is where a page ended: the sort it belongs to, and key and id of its last row. Pages go on behind that row, so
// rows that come and go meanwhile neither repeat nor hide others. It is no secret: what it asks for stays within the tenant.
type cursor struct {
	Sort string `json:"s"`
	Text string `json:"t,omitempty"` // the key, of a sort by text
	Num  int64  `json:"n,omitempty"` // the key, of any other sort
	ID   string `json:"i"`
}

func (c cursor) String() string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // a long name of such characters would not fit
	_ = e.Encode(c)        // strings and a number always encode
	return base64.RawURLEncoding.EncodeToString(bytes.TrimSpace(b.Bytes()))
}

// parseCursor answers nil for the first page. What is not a cursor, or one of another sort, is fault Invalid.
func parseCursor(text, sort string) (*cursor, error) {
	if text == "" {
		return nil, nil
	}
	bad := fault.New(fault.Invalid, "bad_cursor", "The cursor is not usable here. Start again from the first page.").
		Field("cursor", "Use what the page before answered as next, with the same sort.")
	if len(text) > cursorMost {
		return nil, bad
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, bad
	}
	var c cursor
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if d.Decode(&c) != nil || c.Sort != sort || !id.Valid(c.ID) {
		return nil, bad
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, bad
	}
	return &c, nil
}
