// Package secret holds values that must never be printed.
//
// Bytes and String answer "[redacted]" to every way Go has of turning a value into text: fmt verbs, JSON, text
// marshalling and slog. The value comes out only through Reveal, which is easy to search for. Wipe Bytes as soon as it
// has been used:
//
//	key := secret.NewBytes(der)
//	defer key.Wipe()
package secret

import (
	"fmt"
	"io"
	"log/slog"
)

// Redacted is what stands in the place of every secret.
const Redacted = "[redacted]"

// Bytes is a secret that can be wiped. Copies share the same memory. The zero value is an empty secret.
//
// The bytes lie behind a function because fmt cannot call our methods on an unexported field of somebody's struct: it then
// prints what it finds, and of a function that is an address. (It looks through pointers.)
type Bytes struct{ open func() []byte }

// NewBytes takes ownership of b.
func NewBytes(b []byte) Bytes { return Bytes{func() []byte { return b }} }

// Reveal answers the bytes themselves, not a copy.
func (s Bytes) Reveal() []byte {
	if s.open == nil {
		return nil
	}
	return s.open()
}

// Len answers the length in bytes.
func (s Bytes) Len() int { return len(s.Reveal()) }

// Wipe overwrites the bytes with zeros; every copy is gone with it.
func (s Bytes) Wipe() { clear(s.Reveal()) }

// Clone answers an independent copy.
func (s Bytes) Clone() Bytes { return NewBytes(append([]byte(nil), s.Reveal()...)) }

// The ways Go prints a value.
func (Bytes) String() string               { return Redacted }
func (Bytes) GoString() string             { return Redacted }
func (Bytes) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, Redacted) }
func (Bytes) MarshalJSON() ([]byte, error) { return []byte(`"` + Redacted + `"`), nil }
func (Bytes) MarshalText() ([]byte, error) { return []byte(Redacted), nil }
func (Bytes) LogValue() slog.Value         { return slog.StringValue(Redacted) }

// String is a secret that arrives as text (a token, a password). It cannot be wiped: use Bytes for what is kept longer
// than one request. The zero value is the empty secret.
type String struct{ open func() string } // behind a function, as in Bytes

// NewString wraps s.
func NewString(s string) String { return String{func() string { return s }} }

// Reveal answers the text itself.
func (s String) Reveal() string {
	if s.open == nil {
		return ""
	}
	return s.open()
}

// Empty says whether nothing was given.
func (s String) Empty() bool { return s.Reveal() == "" }

// The ways Go prints a value.
func (String) String() string               { return Redacted }
func (String) GoString() string             { return Redacted }
func (String) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, Redacted) }
func (String) MarshalJSON() ([]byte, error) { return []byte(`"` + Redacted + `"`), nil }
func (String) MarshalText() ([]byte, error) { return []byte(Redacted), nil }
func (String) LogValue() slog.Value         { return slog.StringValue(Redacted) }
