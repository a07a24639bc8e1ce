package sshtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const startTime = 20 * time.Second

func findSSHD() (string, error) {
	for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/sbin", "/usr/local/sbin") {
		name := filepath.Join(dir, "sshd")
		if found, err := exec.LookPath(name); err == nil && filepath.IsAbs(found) {
			return found, nil // sshd starts itself anew for each connection and wants to know where it is
		}
	}
	return "", errors.New("sshd is neither in PATH nor in /usr/sbin; run `make test-deps`, or install openssh-server")
}

func (h *Host) config(port int) string {
	o := h.options
	onward, force, subsystem := "yes", "", "Subsystem sftp internal-sftp\n"
	if o.Umask != "" {
		subsystem = "Subsystem sftp internal-sftp -u " + o.Umask + "\n"
	}
	if o.NoOnward {
		onward = "no"
	}
	if o.NoSFTP {
		subsystem = ""
	}
	if o.SFTPOnly {
		force = "ForceCommand internal-sftp\n"
	}
	var keys strings.Builder
	for _, kind := range o.HostKeys {
		fmt.Fprintf(&keys, "HostKey %s\n", h.hostKeyFile(kind))
	}
	return fmt.Sprintf(`ListenAddress 127.0.0.1:%d
%sAuthorizedKeysFile %s
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
AllowTcpForwarding %s
PermitUserEnvironment no
PrintMotd no
MaxStartups 200
MaxSessions 50
LogLevel VERBOSE
%s%s`, port, keys.String(), filepath.Join(h.home, "authorized_keys"), onward, subsystem, force)
}

// boot starts sshd and waits until it answers.
func (h *Host) boot() error {
	sshd, err := findSSHD()
	if err != nil {
		return err
	}
	if h.port == 0 {
		if h.port, err = freePort(); err != nil {
			return err
		}
	}
	file := filepath.Join(h.home, "sshd_config")
	if err := h.account.write(file, []byte(h.config(h.port))); err != nil {
		return err
	}
	argv := []string{sshd, "-D", "-e", "-f", file}
	if h.options.MaxFile > 0 {
		argv = append([]string{"/bin/sh", "-c", `ulimit -f "$0"; exec "$@"`, strconv.Itoa(h.options.MaxFile / 512)}, argv...)
	}
	cmd := h.Command(argv[0], argv[1:]...)
	if h.server, err = startProcess(cmd); err != nil {
		return err
	}
	return h.server.answers(net.JoinHostPort(h.Hostname, strconv.Itoa(h.port)))
}

// answers waits until something says that it is an SSH server.
func (p *process) answers(addr string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if greets(addr) {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("sshd ended at once: %s", p.log)
		case <-ctx.Done():
			return fmt.Errorf("sshd does not answer: %s", p.log)
		case <-tick.C:
		}
	}
}

func greets(addr string) bool {
	c, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return false
	}
	defer func() { _ = c.Close() }()
	_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
	word := make([]byte, 4)
	_, err = c.Read(word)
	return err == nil && string(word) == "SSH-"
}

// freePort picks a port below those that the kernel gives to outgoing connections, so that a restart finds it still free.
func freePort() (int, error) {
	var err error
	for range 100 {
		port := 15000 + rand.IntN(17000)
		var l net.Listener
		if l, err = net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			return port, l.Close()
		}
	}
	return 0, fmt.Errorf("no free port: %w", err)
}

// FreePort answers a free port of loopback, for a service of the test.
func (h *Host) FreePort() int {
	h.t.Helper()
	port, err := freePort()
	h.must(err)
	return port
}

// Command makes a command that runs as the user of the host, in its folder.
func (h *Host) Command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = h.Dir
	cmd.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "HOME=" + h.Dir, "USER=" + h.User}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: h.account.credential()}
	return cmd
}

// Write puts a file that belongs to the user below Dir and answers its path.
func (h *Host) Write(name string, data []byte, mode os.FileMode) string {
	h.t.Helper()
	p := filepath.Join(h.Dir, name)
	for dir := filepath.Dir(p); ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(dir); err == nil {
			break
		}
		defer func() { h.must(h.account.give(dir)) }()
	}
	h.must(os.MkdirAll(filepath.Dir(p), 0o755))
	h.must(h.account.write(p, data))
	h.must(os.Chmod(p, mode))
	return p
}

// Mkdir makes a folder that belongs to the user below Dir and answers its path.
func (h *Host) Mkdir(name string) string {
	h.t.Helper()
	return filepath.Dir(h.Write(filepath.Join(name, ".keep"), nil, 0o600))
}

// Stop ends the server; new connections are refused until Restart.
func (h *Host) Stop() {
	h.server.end()
	h.wire.drop()
}

// Restart starts the server anew.
func (h *Host) Restart() {
	h.t.Helper()
	h.Stop()
	h.must(h.boot())
}

// ChangeHostKey gives the server new host keys, as after a new installation, and restarts it.
func (h *Host) ChangeHostKey() {
	h.t.Helper()
	h.must(h.newHostKeys())
	h.Restart()
}

// LimitFiles gives the files that users write another limit, as Options.MaxFile, and restarts the server.
func (h *Host) LimitFiles(bytes int) {
	h.t.Helper()
	h.options.MaxFile = bytes
	h.Restart()
}

// Hang stops the server and everything it started in mid-work; Resume lets them go on.
func (h *Host) Hang() { signalAll(h.server.family(), syscall.SIGSTOP) }

// Resume ends Hang.
func (h *Host) Resume() { signalAll(h.server.family(), syscall.SIGCONT) }

// KillSessions ends what runs for those who are signed in, and leaves the server itself.
func (h *Host) KillSessions() { signalAll(h.server.family()[1:], syscall.SIGKILL) }

// Log answers what the server said.
func (h *Host) Log() string { return h.server.log.String() }
