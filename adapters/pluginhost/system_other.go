//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package pluginhost

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

var errSystem = errors.New("plugins run on Linux, macOS and the BSDs")

// Here nobody can be told apart, so no directory is trusted and nothing starts.
func mine(fs.FileInfo) bool { return false }
func ours(fs.FileInfo) bool { return false }

func openPlain(string) (*os.File, error)         { return nil, errSystem }
func lockFile(string) (unlock func(), err error) { return nil, errSystem }
func killGroup(int) error                        { return errSystem }
func busy(error) bool                            { return false }
func attributes() *syscall.SysProcAttr           { return nil }
func awaitExit(*os.Process)                      {}
