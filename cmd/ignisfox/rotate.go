package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/ignisfox/ignisfox/adapters/seal"
)

type rotateCmd struct {
	Prune bool `help:"Make no new key; take older keys that wrap nothing any more out of the file. Backups from before need them."`
}

// Run rotates the KEK and says what it did.
func (cmd rotateCmd) Run(ctx context.Context, src sources, out io.Writer) error {
	return operate(ctx, src, func(s *seal.Sealer) error {
		r, err := s.RotateKEK(ctx, cmd.Prune)
		if err != nil {
			return err
		}
		var b strings.Builder
		switch {
		case cmd.Prune:
		case r.Resumed:
			b.WriteString("Finished the rotation that was under way; no new key was made.\n")
		default:
			b.WriteString("Made a new key. Copy the KEK file to the place where you keep the old copy, apart from the database.\n")
		}
		fmt.Fprintf(&b, "KEK %s wraps all data keys; %d were wrapped anew.\n", r.Primary, r.Rewrapped)
		if len(r.Kept) > 0 {
			fmt.Fprintf(&b, "Older keys still there, for backups from before: %s.\n", strings.Join(r.Kept, ", "))
		}
		if len(r.Pruned) > 0 {
			fmt.Fprintf(&b, "Taken out: %s.\n", strings.Join(r.Pruned, ", "))
		}
		_, err = io.WriteString(out, b.String())
		return err
	})
}
