package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// prepareDataDir makes the data directory, mode 0700, unless it only has to be there already, and refuses one that others
// may write to: whoever can replace the KEK file or the database owns the server. Without the one that need not be made
// there is nothing to look at: database and KEK lie elsewhere.
func prepareDataDir(path string, makeIt bool) error {
	if makeIt {
		if err := os.MkdirAll(path, 0o700); err != nil {
			return fmt.Errorf("the data directory %s cannot be made: %w", path, cause(err))
		}
	}
	st, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !makeIt:
		return nil
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("the data directory %s cannot be looked at: permission denied", path)
	case err != nil:
		return fmt.Errorf("the data directory %s: %w", path, cause(err))
	case !st.IsDir():
		return fmt.Errorf("IGNISFOX_DATA_DIR: %s is no directory", path)
	case st.Mode().Perm()&0o022 != 0:
		return fmt.Errorf("the data directory %s has mode %04o, so that others may write to it. Run: chmod 700 %s",
			path, st.Mode().Perm(), path)
	}
	return nil
}
