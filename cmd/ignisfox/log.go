package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"

	"github.com/ignisfox/ignisfox/core/secret"
)

// anyMax is how long a structure in a log line may be, in bytes of JSON.
const anyMax = 64 << 10

// newLogger answers the program's logger: JSON lines with secrets taken out.
func newLogger(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(redactor{slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})})
}

// redactor is the last net under the log: it masks attributes whose name says that they are secret, and looks through
// every other text for the shapes of secrets.
type redactor struct{ next slog.Handler }

// Enabled implements slog.Handler.
func (r redactor) Enabled(ctx context.Context, l slog.Level) bool { return r.next.Enabled(ctx, l) }

// Handle implements slog.Handler.
func (r redactor) Handle(ctx context.Context, rec slog.Record) error {
	out := slog.NewRecord(rec.Time, rec.Level, redact(rec.Message), rec.PC)
	rec.Attrs(func(a slog.Attr) bool {
		out.AddAttrs(cleanAttr(a))
		return true
	})
	return r.next.Handle(ctx, out)
}

// WithAttrs implements slog.Handler.
func (r redactor) WithAttrs(attrs []slog.Attr) slog.Handler {
	clean := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		clean[i] = cleanAttr(a)
	}
	return redactor{r.next.WithAttrs(clean)}
}

// WithGroup implements slog.Handler.
func (r redactor) WithGroup(name string) slog.Handler { return redactor{r.next.WithGroup(name)} }

func cleanAttr(a slog.Attr) slog.Attr {
	a.Value = a.Value.Resolve()
	if a.Value.Kind() == slog.KindGroup {
		group := make([]slog.Attr, 0, len(a.Value.Group()))
		for _, in := range a.Value.Group() {
			group = append(group, cleanAttr(in))
		}
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(group...)}
	}
	if secretName(a.Key) {
		return slog.String(a.Key, secret.Redacted)
	}
	switch a.Value.Kind() {
	case slog.KindString:
		return slog.String(a.Key, redact(a.Value.String()))
	case slog.KindAny:
		return slog.Attr{Key: a.Key, Value: cleanAny(a.Value.Any())}
	}
	return a
}

// cleanAny looks into what will be written as JSON. Raw bytes are never written: they may be anything.
func cleanAny(v any) slog.Value {
	switch v := v.(type) {
	case error:
		return slog.StringValue(redact(v.Error()))
	case []byte:
		return slog.StringValue(secret.Redacted)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return slog.StringValue("[cannot be shown]")
	}
	if len(b) > anyMax {
		return slog.StringValue("[too long to be shown]")
	}
	var parts any
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber() // keep figures as they are
	if err := d.Decode(&parts); err != nil {
		return slog.StringValue("[cannot be shown]")
	}
	return slog.AnyValue(cleanJSON(parts))
}

// cleanJSON does to what came out of JSON what cleanAttr does to attributes.
func cleanJSON(v any) any {
	switch v := v.(type) {
	case string:
		return redact(v)
	case []any:
		for i := range v {
			v[i] = cleanJSON(v[i])
		}
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, in := range v {
			if secretName(name) {
				in = secret.Redacted
			}
			out[redact(name)] = cleanJSON(in)
		}
		return out
	}
	return v
}
