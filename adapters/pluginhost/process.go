package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-plugin/runner"
)

// process is one run of a plugin. go-plugin talks with it; that it runs from the right thread, in a group of its own, without input
// and with an output that is read whatever happens, is decided here.
type process struct {
	id      string
	path    string   // of the verified copy
	env     []string // all of it
	sockets string   // where its socket may be
	starter *starter
	output  *output // gets what it writes to its standard error

	proc   *os.Process
	stdout *os.File
	ended  chan struct{} // closed when the process is gone

	mu     sync.Mutex
	doomed bool // it is to end as soon as it has started
	gone   bool // collected: its number may be another's
	state  *os.ProcessState
}

var _ runner.Runner = (*process)(nil)

// afterExit is how long output may come from who inherited it, once the process has ended.
const afterExit = time.Second

// Start is that of runner.Runner.
func (p *process) Start(context.Context) error {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return fmt.Errorf("pluginhost: %w", err)
	}
	defer null.Close()
	outR, outW, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("pluginhost: %w", err)
	}
	defer outW.Close()
	errR, errW, err := os.Pipe()
	if err != nil {
		_ = outR.Close()
		return fmt.Errorf("pluginhost: %w", err)
	}
	defer errW.Close()
	p.mu.Lock()
	p.starter.do(func() { p.proc, err = p.launch(null, outW, errW) })
	if err == nil && p.doomed {
		_ = killGroup(p.proc.Pid)
	}
	p.mu.Unlock()
	if err != nil {
		_, _ = outR.Close(), errR.Close()
		return err
	}
	p.stdout, p.ended = outR, make(chan struct{})
	go func() {
		defer errR.Close()
		w := p.output.writer("stderr")
		_, _ = io.Copy(w, errR) // ends with the process: see watch
		w.flush()
	}()
	go p.watch(errR)
	return nil
}

// launch starts the program; the first argument is its own name, and there is no other.
func (p *process) launch(null, out, errs *os.File) (*os.Process, error) {
	var err error
	for range 50 {
		var proc *os.Process
		proc, err = os.StartProcess(p.path, []string{p.path},
			&os.ProcAttr{Dir: "/", Env: p.env, Files: []*os.File{null, out, errs}, Sys: attributes()})
		if err == nil {
			return proc, nil
		}
		if !busy(err) {
			break
		}
		<-time.After(10 * time.Millisecond)
	}
	if errors.Is(err, fs.ErrPermission) {
		return nil, later("The system does not let programs run from the work directory of the server. Name another one, on a file system "+
			"that is not mounted noexec.", err)
	}
	return nil, later("The system cannot start it as a program.", err)
}

// watch waits for the end of the process and then ends what is left of its group.
func (p *process) watch(errs *os.File) {
	awaitExit(p.proc)
	p.mu.Lock()
	_ = killGroup(p.proc.Pid)
	state, _ := p.proc.Wait()
	p.state, p.gone = state, true
	p.mu.Unlock()
	until := time.Now().Add(afterExit)
	_, _ = p.stdout.SetReadDeadline(until), errs.SetReadDeadline(until)
	close(p.ended)
}

// kill ends the process and its group at once.
func (p *process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.doomed = true
	if p.proc != nil && !p.gone {
		_ = killGroup(p.proc.Pid)
	}
}

// pid answers its number, 0 when it has ended.
func (p *process) pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.proc == nil || p.gone {
		return 0
	}
	return p.proc.Pid
}

// exit says how it ended: "exit status 2", "signal: killed".
func (p *process) exit() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state == nil {
		return "unknown"
	}
	return p.state.String()
}

// The rest of runner.Runner.

// Kill ends the process.
func (p *process) Kill(context.Context) error { p.kill(); return nil }

// Wait waits for its end.
func (p *process) Wait(context.Context) error {
	<-p.ended
	return p.stdout.Close()
}

// Diagnose has nothing to say: what a plugin writes goes to the log.
func (p *process) Diagnose(context.Context) string { return "" }

// Stdout is where the plugin says its address.
func (p *process) Stdout() io.ReadCloser { return p.stdout }

// Stderr is empty for go-plugin: output reads it.
func (p *process) Stderr() io.ReadCloser { return io.NopCloser(strings.NewReader("")) }

// Name is the id of the plugin.
func (p *process) Name() string { return p.id }

// ID is the number of the process, "" before it was started.
func (p *process) ID() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.proc == nil {
		return ""
	}
	return strconv.Itoa(p.proc.Pid)
}

// PluginToHost takes no address but a socket in the plugin's own directory: a plugin must not make the server connect elsewhere.
func (p *process) PluginToHost(network, address string) (string, string, error) {
	below, err := filepath.Rel(p.sockets, filepath.Clean(address))
	if network != "unix" || err != nil || !filepath.IsLocal(below) {
		return "", "", never("It does not listen on a Unix socket in the directory that PLUGIN_UNIX_SOCKET_DIR names.", nil)
	}
	if st, err := os.Lstat(address); err != nil || st.Mode()&fs.ModeSocket == 0 {
		return "", "", later("The socket that it named is not there.", err)
	}
	return network, address, nil
}

// HostToPlugin changes nothing: both see the same files.
func (p *process) HostToPlugin(network, address string) (string, string, error) {
	return network, address, nil
}
