//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package seal

import (
	"os"

	"github.com/ignisfox/ignisfox/core/fault"
)

// lockFile refuses: without a lock that ends with its process two rotations could drop each other's new key.
func lockFile(string) (unlock func(), err error) {
	return nil, fault.New(fault.Unavailable, "kek_rotation_unsupported",
		"The KEK file cannot be rotated on this system. Run rotate-kek on Linux, macOS or a BSD.")
}

// keepOwner is never reached: lockFile refuses before.
func keepOwner(*os.File, string) error { return nil }
