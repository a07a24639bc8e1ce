package browser

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/go-rod/rod/lib/proto"
)

const (
	startTimeout = 60 * time.Second
	stopTimeout  = 10 * time.Second
	profileName  = "profile"
	stderrName   = "chromium.stderr"
	stderrTail   = 2000 // bytes of it told when the start fails
	maxSocketDir = 60   // bytes; Chromium adds 46, and the kernel takes 107
)

var programs = []string{"chromium", "chromium-browser", "google-chrome"}

// flags are those of every start. Nothing leaves the machine: names other than localhost do not resolve, and no proxy is asked.
// Names of features are Chromium's; it overlooks those it no longer has.
var flags = []string{
	"--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--no-startup-window", "--remote-debugging-pipe",
	"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps",
	"--disable-dev-shm-usage", "--disable-breakpad", "--disable-crash-reporter", "--disable-domain-reliability",
	"--disable-client-side-phishing-detection", "--disable-extensions", "--no-default-browser-check", "--metrics-recording-only",
	"--password-store=basic", "--use-mock-keychain", "--no-proxy-server", "--no-pings",
	"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1, EXCLUDE [::1]",
	// what is pressed before the first picture of a page would be dropped
	"--allow-pre-commit-input",
	// pages run side by side, none of them in front
	"--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows", "--disable-renderer-backgrounding",
	"--disable-site-isolation-trials",
	"--disable-features=Translate,OptimizationHints,MediaRouter,AutofillServerCommunication,InterestFeedContentSuggestions,CertificateTransparencyComponentUpdater",
	// a mouse, which a machine without screen does not have: its pointer is fine (4) and hovers (2)
	"--blink-settings=primaryPointerType=4,availablePointerTypes=4,primaryHoverType=2,availableHoverTypes=2",
	"--force-color-profile=srgb", "--font-render-hinting=none", "--lang=en-GB",
}

// chromium is a running browser with the folder it keeps its profile and downloads in.
type chromium struct {
	*client
	dir  string
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended and was waited for
	ends []*os.File    // our ends of the pipes
}

// findProgram answers the browser's path.
func findProgram() (string, error) {
	for _, name := range programs {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("browser: none of %v is in PATH; run `make test-deps`, or install Chromium", programs)
}

// startChromium starts a browser whose files are below dir, and waits until it answers.
func startChromium(dir string) (*chromium, error) {
	program, err := findProgram()
	if err != nil {
		return nil, err
	}
	stderr, err := os.Create(filepath.Join(dir, stderrName))
	if err != nil {
		return nil, fmt.Errorf("browser: %w", err)
	}
	defer stderr.Close()
	cmd := exec.Command(program, append([]string{"--user-data-dir=" + filepath.Join(dir, profileName)}, flags...)...)
	// a home of its own, so that nothing of the person who runs the tests is read or written
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + socketDir(dir), "TZ=UTC", "LANG=C.UTF-8"}
	cmd.Stderr = stderr
	c := &chromium{dir: dir, cmd: cmd, done: make(chan struct{})}
	if err := c.run(); err != nil {
		return nil, fmt.Errorf("browser: start %s: %w", program, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	b := session{client: c.client, ctx: ctx}
	if _, err = (proto.BrowserGetVersion{}).Call(b); err == nil {
		err = proto.TargetSetDiscoverTargets{Discover: true}.Call(b)
	}
	if err != nil {
		c.stop()
		return nil, fmt.Errorf("browser: %s does not answer: %w\n%s", program, err, tail(stderr.Name()))
	}
	return c, nil
}

// socketDir answers where Chromium makes its socket: dir, unless the path of a socket below it would be longer than the kernel takes.
func socketDir(dir string) string {
	if len(dir) > maxSocketDir {
		return "/tmp"
	}
	return dir
}

// run starts the program with the far ends of two pipes, as --remote-debugging-pipe wants them: it reads from 3 and writes to 4.
// When this process ends in whatever way the pipes close, and Chromium ends by itself; one that hangs gets the death signal.
func (c *chromium) run() error {
	theirIn, ourOut, err := os.Pipe()
	if err != nil {
		return err
	}
	ourIn, theirOut, err := os.Pipe()
	if err != nil {
		return errors.Join(err, theirIn.Close(), ourOut.Close())
	}
	c.ends = []*os.File{ourIn, ourOut}
	c.cmd.ExtraFiles = []*os.File{theirIn, theirOut}
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	started := make(chan error, 1)
	go c.wait(started)
	err = <-started
	_ = theirIn.Close()
	_ = theirOut.Close()
	if err != nil {
		c.closeEnds()
		return err
	}
	c.client = newClient(ourIn, ourOut)
	return nil
}

// wait starts the program and waits for it on one locked thread: the kernel sends the death signal when the *thread* that forked
// ends, so that thread has to live as long as the program.
func (c *chromium) wait(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := c.cmd.Start()
	started <- err
	if err == nil {
		_ = c.cmd.Wait() // how it ended is told by who was waiting for its answers
		close(c.done)
	}
}

// stop ends the browser, asking first.
func (c *chromium) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	_ = proto.BrowserClose{}.Call(session{client: c.client, ctx: ctx})
	c.closeEnds()
	select {
	case <-c.done:
	case <-ctx.Done():
	}
	_ = syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL) // its group: what it left behind, or all of it
	<-c.done
}

func (c *chromium) closeEnds() {
	for _, f := range c.ends {
		_ = f.Close()
	}
}

// tail answers the end of a file of messages.
func tail(name string) []byte {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil
	}
	return bytes.TrimSpace(b[max(0, len(b)-stderrTail):])
}
