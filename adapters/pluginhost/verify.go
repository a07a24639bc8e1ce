package pluginhost

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	goplugin "github.com/hashicorp/go-plugin"

	"github.com/ignisfox/ignisfox/sdk/plugin"
)

// startError says why a plugin does not run.
type startError struct {
	reason string // plain words
	final  bool   // trying again is of no use before the server starts anew
	cause  error
}

func (e *startError) Error() string {
	if e.cause == nil {
		return e.reason
	}
	return e.reason + " (" + e.cause.Error() + ")"
}

func (e *startError) Unwrap() error { return e.cause }

func never(reason string, cause error) *startError { return &startError{reason, true, cause} }
func later(reason string, cause error) *startError { return &startError{reason, false, cause} }

const swapped = "Its file is not the one of the manifest: the SHA-256 differs. It was not started. Put the right file there, or write the " +
	"manifest anew when the file is meant to be this one."

// copyVerified copies the file of an entry to a path that only we can reach, and answers an error unless what was copied is what the
// manifest names. The bytes are read once: those that were hashed are those that will run.
func copyVerified(dir string, e plugin.ManifestEntry, to string) error {
	from, err := openFile(dir, e.File)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return never("Its file is missing.", err)
	case err != nil:
		return never("Its file cannot be read, is a link, or may be written by others.", err)
	}
	defer from.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return later("No copy of it can be made in the work directory of the server.", err)
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(out, sum), io.LimitReader(from, maxFile+1))
	if err == nil {
		err = out.Chmod(0o500)
	}
	if closed := out.Close(); err == nil {
		err = closed
	}
	want, _ := hex.DecodeString(e.SHA256) // its shape was checked
	switch {
	case err != nil:
		err = later("No copy of it can be made in the work directory of the server.", err)
	case n > maxFile:
		err = never(fmt.Sprintf("Its file has more than %d MiB.", maxFile>>20), nil)
	case subtle.ConstantTimeCompare(sum.Sum(nil), want) != 1:
		err = never(swapped, nil)
	}
	if err != nil {
		_ = os.Remove(to)
	}
	return err
}

// verifyCopy looks at the copy again, before it is executed.
func verifyCopy(path, sha string) error {
	st, err := os.Lstat(path)
	if err != nil || !st.Mode().IsRegular() || st.Mode().Perm() != 0o500 || !mine(st) {
		return never("The verified copy of it is gone or was changed. It was not started.", err)
	}
	want, err := hex.DecodeString(sha)
	if err != nil {
		return never(swapped, err)
	}
	secure := goplugin.SecureConfig{Checksum: want, Hash: sha256.New()}
	same, err := secure.Check(path)
	if err != nil {
		return later("The verified copy of it cannot be read.", err)
	}
	if !same {
		return never("The verified copy of it was changed. It was not started.", nil)
	}
	return nil
}
