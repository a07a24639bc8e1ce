package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	startLimit = 2 * time.Minute
	stopLimit  = 45 * time.Second
	rssLimit   = 20 * time.Second // until the resident memory has come to rest
)

// child is a running server.
type child struct {
	cmd    *exec.Cmd
	base   string // http://127.0.0.1:PORT
	ready  time.Duration
	client *http.Client
	exited chan error
}

var listening = regexp.MustCompile(`Listening on (http://\S+)`)

// start runs serve on the data directory and waits until it is ready.
func start(ctx context.Context, bin, dir string) (_ *child, err error) {
	log, err := os.OpenFile(filepath.Join(dir, "serve.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close() // the child has its own copy
	c := &child{exited: make(chan error, 1), client: &http.Client{
		Timeout: ioTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: fetchers},
	}}
	c.cmd = exec.CommandContext(ctx, bin, "serve")
	c.cmd.Dir, c.cmd.Stderr = dir, log
	c.cmd.Env = []string{"IGNISFOX_DATA_DIR=" + dir, "IGNISFOX_LISTEN=127.0.0.1:0", "IGNISFOX_API_RATE=1000000/s"}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	c.cmd.Stdout = w
	began := time.Now()
	err = c.cmd.Start()
	_ = w.Close()
	if err != nil {
		return nil, err
	}
	go func() { c.exited <- c.cmd.Wait() }()
	_ = r.SetReadDeadline(began.Add(startLimit))
	if c.base, err = announced(r); err == nil {
		err = c.awaitReady(ctx, began)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start serve (its log is in %s): %w", log.Name(), err), c.stop())
	}
	return c, nil
}

// announced reads until the server says where it listens.
func announced(r io.Reader) (string, error) {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if m := listening.FindStringSubmatch(lines.Text()); m != nil {
			return m[1], nil
		}
	}
	return "", errors.Join(errors.New("the server did not say where it listens"), lines.Err())
}

func (c *child) awaitReady(ctx context.Context, began time.Time) error {
	for time.Since(began) < startLimit {
		_, status, err := c.get(ctx, "/readyz", "")
		if err == nil && status == http.StatusOK {
			c.ready = time.Since(began)
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
	return errors.New("the server was not ready in time")
}

// get answers body and status.
func (c *child) get(ctx context.Context, path, token string) ([]byte, int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, http.NoBody)
	if err != nil {
		return nil, 0, err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return nil, 0, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 16<<20))
	return body, resp.StatusCode, err
}

// stop ends the server in order.
func (c *child) stop() error {
	c.client.CloseIdleConnections()
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-c.exited:
		return err
	case <-time.After(stopLimit):
		_ = c.cmd.Process.Kill()
		return errors.Join(errors.New("the server did not stop"), <-c.exited)
	}
}

// resident answers the resident memory in MB once it has come to rest, and the most it ever was.
func (c *child) resident() (now, peak float64, err error) {
	const tick, calm = 100 * time.Millisecond, 10
	var last float64
	for same, until := 0, time.Now().Add(rssLimit); same < calm && time.Now().Before(until); time.Sleep(tick) {
		if now, peak, err = memory(c.cmd.Process.Pid); err != nil {
			return 0, 0, err
		}
		if same++; now < last*.99 || now > last*1.01 {
			same, last = 0, now
		}
	}
	return now, peak, nil
}

// memory reads VmRSS and VmHWM of a process, in MB.
func memory(pid int) (rss, peak float64, err error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, fmt.Errorf("resident memory can be read on Linux only: %w", err)
	}
	for line := range strings.Lines(string(b)) {
		name, rest, _ := strings.Cut(line, ":")
		f := strings.Fields(rest)
		if len(f) != 2 || f[1] != "kB" {
			continue
		}
		n, err := strconv.ParseFloat(f[0], 64)
		if err != nil {
			return 0, 0, err
		}
		switch name {
		case "VmRSS":
			rss = n / 1024
		case "VmHWM":
			peak = n / 1024
		}
	}
	return rss, peak, nil
}
