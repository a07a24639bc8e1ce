package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/ignisfox/ignisfox/adapters/seal"
)

type rotateCmd struct {
	Stage bool `xor:"step" help:"Add a new key that wraps nothing yet, so that the file can be given to every server before rotate-kek takes the key into use."`
	Prune bool `xor:"step" help:"Make no new key; take older keys that wrap nothing any more out of the file. Backups from before need them."`
}

// Run rotates the KEK and says what it did. It works on a database that is there and never makes one.
func (cmd rotateCmd) Run(ctx context.Context, src sources, out io.Writer) error {
	step := seal.Rotate
	switch {
	case cmd.Stage:
		step = seal.Stage
	case cmd.Prune:
		step = seal.Prune
	}
	return operate(ctx, src, existing, func(s *seal.Sealer) error {
		r, err := s.RotateKEK(ctx, step)
		if err != nil {
			return err
		}
		_, err = io.WriteString(out, told(step, r))
		return err
	})
}

// told says what a step did and what comes next.
func told(step seal.Step, r seal.Rotation) string {
	var b strings.Builder
	switch {
	case step == seal.Stage:
		if r.Resumed {
			b.WriteString("A key is staged already; no new one was made.\n")
		}
		fmt.Fprintf(&b, "KEK %s is staged. It wraps nothing yet; KEK %s does.\n"+
			"Now put this KEK file in the place of every server's copy, and of the copy you keep apart from the database.\n"+
			"Then run rotate-kek here.\n", r.Staged, r.Primary)
		return b.String()
	case step == seal.Prune:
	case r.Promoted:
		b.WriteString("The staged key is in use. Put this KEK file in the place of all copies again.\n")
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
		fmt.Fprintf(&b, "Taken out: %s. Put this KEK file in the place of all copies.\n", strings.Join(r.Pruned, ", "))
	}
	return b.String()
}

// requireDatabase refuses a data directory or a SQLite file that is not there: mistyped, it must not be made.
func requireDatabase(c *config) error {
	path := sqlitePath(c)
	if path == "" {
		return nil
	}
	st, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && st.Size() == 0 {
		return fmt.Errorf("there is no such database: %s. Check IGNISFOX_DATA_DIR and IGNISFOX_DATABASE_URL; nothing was made", path)
	}
	return nil // what else may be wrong, opening it tells better
}
