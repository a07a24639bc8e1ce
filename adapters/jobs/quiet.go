package jobs

import (
	"context"
	"log/slog"
)

// quiet passes on what River has to say from warnings up. What becomes of jobs is logged by worker.
func quiet(log *slog.Logger) *slog.Logger { return slog.New(loud{log.Handler()}) }

type loud struct{ slog.Handler }

// Enabled implements slog.Handler.
func (h loud) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && h.Handler.Enabled(ctx, l)
}

// WithAttrs implements slog.Handler.
func (h loud) WithAttrs(attrs []slog.Attr) slog.Handler { return loud{h.Handler.WithAttrs(attrs)} }

// WithGroup implements slog.Handler.
func (h loud) WithGroup(name string) slog.Handler { return loud{h.Handler.WithGroup(name)} }
