package deploy

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"slices"
)

// MaxState bounds what a step leaves for the next, in bytes.
const MaxState = 64 << 10

// secrets are what no line may hold. The slices are those of the material: wiping them wipes it.
func (m Material) secrets() [][]byte {
	return slices.DeleteFunc([][]byte{m.Key, m.PFX, m.PFXPassword}, func(s []byte) bool { return len(s) == 0 })
}

func (m Material) describe() string {
	return fmt.Sprintf("material(generation %d, SHA-256 %s)", m.Generation, m.Fingerprint)
}

// Format keeps every verb of fmt from the key.
func (m Material) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, m.describe()) }

// LogValue keeps slog from the key.
func (m Material) LogValue() slog.Value { return slog.StringValue(m.describe()) }

// MarshalJSON keeps encoding/json from the key.
func (m Material) MarshalJSON() ([]byte, error) { return json.Marshal(m.describe()) }
