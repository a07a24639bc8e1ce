package pluginhost

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// attributes put a plugin into a group of its own, and have the kernel end it when the thread that started it ends: so starts are
// those of starter, whose thread lives as long as the host.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// awaitExit waits until the process has ended, and leaves it there: as long as nobody collected it, its number is nobody else's.
func awaitExit(p *os.Process) {
	for {
		err := unix.Waitid(unix.P_PID, p.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return
		}
	}
}
