package pgtest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// process is a running postmaster.
type process struct {
	cmd  *exec.Cmd
	pid  int
	done chan struct{} // closed when it has ended and was waited for
}

// startProcess starts cmd so that it dies with this process, however this process dies.
func startProcess(cmd *exec.Cmd) (*process, error) {
	// SIGQUIT is PostgreSQL's immediate shutdown: the postmaster takes its children and its shared memory with it.
	cmd.SysProcAttr.Pdeathsig = syscall.SIGQUIT
	p := &process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error, 1)
	go p.run(started)
	return p, <-started
}

// run starts the child and waits for it on one locked thread: the kernel sends the death signal when the *thread* that forked ends,
// so that thread has to live as long as the child.
func (p *process) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := p.cmd.Start(); err != nil {
		started <- err
		return
	}
	p.pid = p.cmd.Process.Pid
	started <- nil
	_ = p.cmd.Wait() // how it ended is in its log
	close(p.done)
}

func (p *process) signal(sig syscall.Signal) { _ = p.cmd.Process.Signal(sig) }

// waitFor says whether the process ended within the limit.
func (p *process) waitFor(limit time.Duration) bool {
	select {
	case <-p.done:
		return true
	case <-time.After(limit):
		return false
	}
}

// killAll ends the postmaster and its children by SIGKILL. Children make sessions of their own, so that no group signal reaches
// them. The postmaster is stopped first, so that it neither forks nor reaps meanwhile and no process id can be reused.
func (p *process) killAll() {
	p.signal(syscall.SIGSTOP)
	deadline := time.Now().Add(stopTimeout)
	for time.Now().Before(deadline) {
		left := livingChildren(p.pid)
		if len(left) == 0 {
			break
		}
		for _, pid := range left {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		time.Sleep(time.Millisecond) // the kernel tells nobody but the stopped parent
	}
	p.signal(syscall.SIGKILL)
	<-p.done
}

// livingChildren lists the children of a process that still run, zombies left out.
func livingChildren(parent int) []int {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	var pids []int
	for _, name := range stats {
		b, err := os.ReadFile(name)
		if err != nil {
			continue // ended meanwhile
		}
		// pid (command) state ppid …; the command may hold spaces and brackets
		fields := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
		if len(fields) < 2 || string(fields[0]) == "Z" || string(fields[1]) != strconv.Itoa(parent) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(name))); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}
