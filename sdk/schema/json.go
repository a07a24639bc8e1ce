package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// MaxJSON is how large a schema may be as JSON.
const MaxJSON = 256 << 10

// Marshal checks the schema and answers it as JSON, as it travels from plugin to host.
func (s Schema) Marshal() ([]byte, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	data, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	if len(data) > MaxJSON {
		return nil, fmt.Errorf("schema: %d bytes as JSON; at most %d", len(data), MaxJSON)
	}
	return data, nil
}

// Parse reads a schema from JSON and checks it. What a newer SDK may have added to a field is passed over; a type that is not known
// is an error, since nobody could check its values.
func Parse(data []byte) (Schema, error) {
	if len(data) > MaxJSON {
		return Schema{}, fmt.Errorf("schema: %d bytes as JSON; at most %d", len(data), MaxJSON)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var s Schema
	if err := d.Decode(&s); err != nil {
		return Schema{}, errors.New("schema: not the JSON of a schema")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Schema{}, errors.New("schema: something follows the JSON")
	}
	if err := s.Check(); err != nil {
		return Schema{}, err
	}
	typed(s.Fields)
	return s, nil
}

// typed gives defaults the type that values have. The schema was checked, so each has one.
func typed(fields []Field) {
	for i := range fields {
		if fields[i].Default != nil {
			fields[i].Default, _ = fields[i].value(fields[i].Default)
		}
		typed(fields[i].Fields)
	}
}
