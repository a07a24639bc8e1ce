//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package pluginhost

import (
	"os"
	"syscall"
)

// attributes put a plugin into a group of its own.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// awaitExit leaves the waiting to Wait.
func awaitExit(p *os.Process) { _, _ = p.Wait() }
