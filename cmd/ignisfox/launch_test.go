package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// patience bounds every wait of the tests; a healthy run needs none of it.
const patience = 90 * time.Second

// server is ignisfox serve as a process of its own.
type server struct {
	cmd          *exec.Cmd
	errors       string // file with its standard error
	lines        chan string
	url, metrics string // once it listens

	exited chan struct{}
	err    error // of Wait, once exited is closed
}

// launch starts the program in dir with nothing in its environment but env. Its output goes to NAME.out and NAME.err there.
func launch(program, dir, name string, env []string, more ...func(*exec.Cmd)) (*server, error) {
	cmd := exec.Command(program, "serve")
	cmd.Dir, cmd.Env = dir, env
	for _, with := range more {
		with(cmd)
	}
	s := &server{
		cmd: cmd, errors: filepath.Join(dir, name+".err"), lines: make(chan string, 100), exited: make(chan struct{}),
	}
	stderr, err := os.Create(s.errors)
	if err != nil {
		return nil, err
	}
	defer func() { _ = stderr.Close() }()
	cmd.Stderr = stderr
	stdout, err := os.Create(filepath.Join(dir, name+".out"))
	if err != nil {
		return nil, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout = w
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	_ = w.Close()
	go s.follow(r, stdout)
	return s, nil
}

func (s *server) follow(r, copied *os.File) {
	defer close(s.exited)
	defer func() { _, _ = copied.Close(), r.Close() }()
	for scan := bufio.NewScanner(r); scan.Scan(); {
		_, _ = fmt.Fprintln(copied, scan.Text())
		select {
		case s.lines <- scan.Text():
		default:
		}
	}
	close(s.lines)
	s.err = s.cmd.Wait()
}

// await reads from the standard output where the server listens.
func (s *server) await() error {
	deadline := time.After(patience)
	for {
		select {
		case line, ok := <-s.lines:
			if !ok {
				<-s.exited
				text, _ := os.ReadFile(s.errors)
				return fmt.Errorf("the server ended: %w\n%s", s.err, text)
			}
			if u, ok := strings.CutPrefix(line, "Metrics on "); ok {
				s.metrics = u
			}
			if u, ok := strings.CutPrefix(line, "Listening on "); ok {
				s.url = u
				return nil
			}
		case <-deadline:
			return fmt.Errorf("the server did not listen within %s", patience)
		}
	}
}

// wait answers how the server ended.
func (s *server) wait() error {
	select {
	case <-s.exited:
		return s.err
	case <-time.After(patience):
		return fmt.Errorf("the server did not end within %s", patience)
	}
}

// end kills the server if it still runs.
func (s *server) end() {
	_ = s.cmd.Process.Kill()
	<-s.exited
}
