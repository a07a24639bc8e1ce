//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package storage

// lockFile does nothing on this system: nothing stops a second server on the same SQLite file.
func lockFile(string) (release func() error, err error) { return func() error { return nil }, nil }
