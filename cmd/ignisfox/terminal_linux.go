package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// isTerminal says whether a person types into f.
func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}

// readHidden asks on w for one line from the terminal f, at most limit bytes, with the echo off. The echo is back on when it
// answers, whichever way it ends: by Enter, by the end of ctx, or by a signal that would have ended or stopped the process.
func readHidden(ctx context.Context, f *os.File, w io.Writer, limit int) ([]byte, error) {
	fd := int(f.Fd())
	was, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return nil, fmt.Errorf("the terminal: %w", err)
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGTSTP)
	defer signal.Reset(syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGTSTP)
	hidden := *was
	hidden.Lflag &^= unix.ECHO
	hidden.Lflag |= unix.ICANON | unix.ISIG | unix.ECHONL
	if err := unix.IoctlSetTermios(fd, unix.TCSETSF, &hidden); err != nil { // what was typed before, in sight, is dropped
		return nil, fmt.Errorf("the terminal's echo cannot be switched off: %w", err)
	}
	defer func() { _ = unix.IoctlSetTermios(fd, unix.TCSETSF, was) }()
	fmt.Fprint(w, "Password: ")

	type line struct {
		text []byte
		err  error
	}
	typed := make(chan line, 1)
	go func() { // a read cannot be called off; the process ends soon after
		text, err := readLine(f, limit)
		typed <- line{text, err}
	}()
	select {
	case l := <-typed:
		return l.text, l.err
	case <-ctx.Done():
	case <-signals:
	}
	fmt.Fprintln(w)
	return nil, errors.New("interrupted")
}

// readLine reads to the end of a line, or of the input, and answers what was before it.
func readLine(r io.Reader, limit int) ([]byte, error) {
	out := make([]byte, 0, limit) // never grows: no copies are left behind
	var one [1]byte
	for {
		n, err := r.Read(one[:])
		if n == 1 && one[0] == '\n' || errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			clear(out)
			return nil, cause(err)
		}
		if n == 0 {
			continue
		}
		if len(out) == limit {
			clear(out)
			return nil, fmt.Errorf("it is larger than %d bytes", limit)
		}
		out = append(out, one[0])
	}
}
