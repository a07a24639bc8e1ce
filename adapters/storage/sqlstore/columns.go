package sqlstore

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ignisfox/ignisfox/core/fault"
)

const (
	endOfTime     = math.MaxInt64         // sorts what never expires behind what does
	endOfTimeText = "9223372036854775807" // the same, in statements
	sortBytes     = 200                   // of a text that a list is sorted by; an index row has a limit
	nameBytes     = 1024                  // of a name that has to be unique
)

// micros is a time as it is stored: 0 for none.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// stamp reads a stored time into a field.
type stamp struct{ t *time.Time }

// Scan implements sql.Scanner.
func (s stamp) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return fmt.Errorf("a time is stored as %T", v)
	}
	*s.t = time.Time{}
	if n != 0 {
		*s.t = time.UnixMicro(n).UTC()
	}
	return nil
}

// jsonOf is a list or a struct as it is stored.
func jsonOf(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("storage: encode %T: %w", v, err)
	}
	return string(b), nil
}

// stored reads JSON text into a field. An empty list is read as nil.
type stored struct{ into any }

// Scan implements sql.Scanner.
func (s stored) Scan(v any) error {
	var b []byte
	switch v := v.(type) {
	case string:
		b = []byte(v)
	case []byte:
		b = v
	default:
		return fmt.Errorf("JSON is stored as %T", v)
	}
	if string(b) == "[]" || string(b) == "{}" {
		return nil
	}
	return json.Unmarshal(b, s.into)
}

// address reads a stored address; an empty text is no address.
type address struct{ a *netip.Addr }

// Scan implements sql.Scanner.
func (s address) Scan(v any) (err error) {
	text, ok := v.(string)
	if !ok {
		return fmt.Errorf("an address is stored as %T", v)
	}
	*s.a = netip.Addr{}
	if text != "" {
		*s.a, err = netip.ParseAddr(text)
	}
	return err
}

func addrText(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

// hash reads 32 bytes.
type hash struct{ h *[32]byte }

// Scan implements sql.Scanner.
func (s hash) Scan(v any) error {
	b, ok := v.([]byte)
	if !ok || len(b) != len(s.h) {
		return fmt.Errorf("a hash is stored as %T of %d bytes", v, len(b))
	}
	copy(s.h[:], b)
	return nil
}

// someHash reads 32 bytes, or none: NULL is zero.
type someHash struct{ h *[32]byte }

// Scan implements sql.Scanner.
func (s someHash) Scan(v any) error {
	if v == nil {
		*s.h = [32]byte{}
		return nil
	}
	return hash(s).Scan(v)
}

// hashOrNone is NULL for zero.
func hashOrNone(h [32]byte) []byte {
	if h == [32]byte{} {
		return nil
	}
	return h[:]
}

// optional is NULL for an empty id.
func optional(id string) sql.NullString { return sql.NullString{String: id, Valid: id != ""} }

// blob keeps an empty value from becoming NULL.
func blob(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// sortKey is what a text is sorted by: without regard to case, cut to what an index can hold.
func sortKey(s string) string { return cut(strings.ToLower(s), sortBytes) }

// cut answers at most n bytes of s, ending at a rune's edge.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// nameKey is what makes a name the same one: without regard to case and surrounding space.
func nameKey(name string) (string, error) {
	k := strings.ToLower(strings.TrimSpace(name))
	if k == "" || len(k) > nameBytes {
		return "", fault.New(fault.Invalid, "bad_name", "The name is not usable.").Field("name", "Give a shorter name.")
	}
	return k, nil
}
