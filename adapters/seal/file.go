package seal

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ignisfox/ignisfox/core/fault"
)

// asideEnd ends the names of files that are being written.
const asideEnd = ".kek-tmp"

// readKEKFile answers the content of a KEK file that nobody else can read. Nothing there is errKEKMissing.
func readKEKFile(path string) ([]byte, error) {
	before, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errKEKMissing
	}
	if err != nil {
		return nil, unreadable(path, err)
	}
	// Looked at before it is opened: opening a pipe would wait for ever.
	if !before.Mode().IsRegular() {
		return nil, fault.New(fault.Internal, "kek_not_regular", fmt.Sprintf(
			"The KEK file %s is not a regular file. Name the file itself, no link, directory or device.", path))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	defer func() { _ = f.Close() }()
	st, err := f.Stat()
	if err != nil {
		return nil, unreadable(path, err)
	}
	if !st.Mode().IsRegular() {
		return nil, unreadable(path, errors.New("it changed while it was opened"))
	}
	if st.Mode().Perm()&0o077 != 0 {
		return nil, fault.New(fault.Internal, "kek_readable", fmt.Sprintf(
			"The KEK file %s has mode %04o, so that others on this machine may use it. Run: chmod 600 %s. "+
				"If others could have read it, run rotate-kek afterwards.", path, st.Mode().Perm(), path))
	}
	b, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	if err != nil {
		clear(b)
		return nil, unreadable(path, err)
	}
	return b, nil
}

func unreadable(path string, err error) error {
	return fault.Wrap(err, fault.Internal, "kek_unreadable", fmt.Sprintf("The KEK file %s cannot be read.", path))
}

// createKEKFile writes the file once. It answers false when there is one already, whoever made it. The file appears
// whole or not at all: it is written aside and linked to its name, which fails when the name is taken.
func createKEKFile(path string, text []byte) (bool, error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return false, unwritable(path, err)
	}
	tmp, err := writeAside(path, text, nil)
	if err != nil {
		return false, err
	}
	defer func() { _ = os.Remove(tmp) }()
	if err := os.Link(tmp, path); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return false, nil
		}
		return false, unwritable(path, err)
	}
	if err := syncDir(dir); err != nil {
		return false, unwritable(path, err)
	}
	return true, nil
}

// replaceKEKFile puts text in the place of the file, whole or not at all. The new file belongs to whom the old one did:
// rotate-kek may be run by root for a server that is not.
func replaceKEKFile(path string, text []byte) error {
	tmp, err := writeAside(path, text, keepOwner)
	if err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		_ = os.Remove(tmp)
		return unwritable(path, err)
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return unwritable(path, err)
	}
	return nil
}

// canReplace tries what replaceKEKFile needs, with an empty file, and leaves nothing behind.
func canReplace(path string) error {
	tmp, err := writeAside(path, nil, keepOwner)
	if err != nil {
		return err
	}
	if err := os.Remove(tmp); err != nil {
		return unwritable(path, err)
	}
	return nil
}

// writeAside writes text to a new file beside path, mode 0600 from its first moment, and to the disk. own, when set, gives
// it to its owner before anything is in it.
func writeAside(path string, text []byte, own func(f *os.File, like string) error) (string, error) {
	tmp := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"."+rand.Text()[:12]+asideEnd)
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", unwritable(path, err)
	}
	if own != nil {
		err = own(f, path)
	}
	if err == nil {
		_, err = f.Write(text)
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		_ = os.Remove(tmp)
		if fault.CodeOf(err) == "kek_owner" {
			return "", err
		}
		return "", unwritable(path, err)
	}
	return tmp, nil
}

// removeAside removes what a killed process left of writeAside: it may hold a key that is meant to be pruned. The
// caller holds the lock of rotations; files are made only before the first rotation.
func removeAside(path string) error {
	dir, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return unreadable(path, err)
	}
	for _, e := range dir {
		if strings.HasPrefix(e.Name(), "."+filepath.Base(path)+".") && strings.HasSuffix(e.Name(), asideEnd) {
			if err := os.Remove(filepath.Join(filepath.Dir(path), e.Name())); err != nil {
				return unwritable(path, err)
			}
		}
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if cerr := d.Close(); err == nil {
		err = cerr
	}
	return err
}

func wrongOwner(path string, err error) error {
	return fault.Wrap(err, fault.Internal, "kek_owner", fmt.Sprintf(
		"A new KEK file cannot be given to the user and group of %s, and its server could not read it. Run this as that "+
			"user, or as root. Nothing was changed.", path))
}

func unwritable(path string, err error) error {
	return fault.Wrap(err, fault.Internal, "kek_unwritable", fmt.Sprintf(
		"The KEK file %s cannot be written. Its directory must be writable for this program.", path))
}
