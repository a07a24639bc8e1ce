package storage

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ignisfox/ignisfox/core/fault"
	"modernc.org/sqlite"
)

// applicationID stands in the header of our files; the first migration writes it.
const applicationID = 1229344600

// Of the header of an SQLite file, https://sqlite.org/fileformat.html.
const (
	headerSize    = 100
	headerMagic   = "SQLite format 3\x00"
	headerAppID   = 68
	resolveRounds = 3
)

var (
	errForeign = fault.New(fault.Conflict, "not_a_database", "The file is a database of another program. Name another path.")
	errDamaged = fault.New(fault.Unavailable, "not_a_database",
		"The file is damaged or is no Ignisfox database. Restore a backup, or name another path.")
)

// placeFile answers the file that path names, past all links, so that two names of one file meet the same lock. It makes the
// file, with mode 0600, where it is absent and may. A file that is there is looked at first: one that is not ours keeps its
// content and mode, and gets nothing beside it.
func placeFile(ctx context.Context, path string, may bool) (string, error) {
	for round := 0; ; round++ {
		real, absent, err := resolve(path)
		if err != nil {
			return "", fileFault(err)
		}
		if !absent {
			return real, takeFile(ctx, real)
		}
		if !may {
			return "", fileFault(fs.ErrNotExist)
		}
		f, err := os.OpenFile(real, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if err == nil {
			return real, f.Close()
		}
		if !errors.Is(err, fs.ErrExist) || round == resolveRounds { // there meanwhile, or a link to nowhere
			return "", fileFault(err)
		}
	}
}

// resolve follows links; of a file that is absent, those of its folder.
func resolve(path string) (real string, absent bool, err error) {
	real, err = filepath.EvalSymlinks(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return real, false, err
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(path))
	return filepath.Join(dir, filepath.Base(path)), true, err
}

// takeFile looks whose the file is and, when it is ours or empty, keeps others from reading it.
func takeFile(ctx context.Context, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fileFault(err)
	}
	if !info.Mode().IsRegular() { // before it is opened: opening a pipe would wait for ever
		return fileFault(errors.New("no regular file"))
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return fileFault(err)
	}
	err = checkOwn(ctx, f, path)
	if err == nil {
		err = closeOff(f, path)
	}
	return errors.Join(err, f.Close())
}

// closeOff takes the right to read from others, who may have been given it by an earlier hand, also for what a crash left
// beside the file.
func closeOff(f *os.File, path string) error {
	if err := f.Chmod(0o600); err != nil {
		return fileFault(err)
	}
	for _, end := range []string{"-wal", "-shm"} {
		err := os.Chmod(path+end, 0o600)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fileFault(err)
		}
	}
	return nil
}

// checkOwn refuses another program's file without touching it. A header that says nothing may be of our own file, whose
// first start was cut off: then the tables tell, as far as they are in the file itself, and else in its log.
func checkOwn(ctx context.Context, f *os.File, path string) error {
	var header [headerSize]byte
	n, err := f.ReadAt(header[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return fileFault(err)
	}
	switch id := binary.BigEndian.Uint32(header[headerAppID:]); {
	case n == 0 && !hasLog(path), n == headerSize && isSQLite(header) && id == applicationID:
		return nil
	case n != 0 && (n < headerSize || !isSQLite(header)):
		return errDamaged
	case id != 0:
		return errForeign
	}
	if err := checkTables(ctx, path, "immutable=1"); err != nil || !hasLog(path) {
		return err
	}
	return checkTables(ctx, path, "mode=ro") // reads the log too, and leaves it
}

func isSQLite(header [headerSize]byte) bool { return strings.HasPrefix(string(header[:]), headerMagic) }

func hasLog(path string) bool {
	info, err := os.Stat(path + "-wal")
	return err == nil && info.Size() > 0
}

// checkTables reads the schema on a connection that writes nothing; how is its mode.
func checkTables(ctx context.Context, path, how string) error {
	db, err := openPool(path, 1, []string{"query_only(1)", "trusted_schema(0)"}, "deferred", how)
	if err != nil {
		return err
	}
	return errors.Join(checkFile(ctx, db), db.Close())
}

func fileFault(err error) error {
	const code = "database_file"
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fault.Wrap(err, fault.Unavailable, code, "There is no database file there. Check the path; the server makes the file when it starts.")
	case errors.Is(err, fs.ErrPermission):
		return fault.Wrap(err, fault.Unavailable, code, "The database file cannot be opened by this user. Run as the user who owns it.")
	default:
		return fault.Wrap(err, fault.Unavailable, code, "The database file cannot be opened.")
	}
}

// unreadable says whether SQLite found the file damaged or none of its own.
func unreadable(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code()&0xff == 26 || e.Code()&0xff == 11)
}
