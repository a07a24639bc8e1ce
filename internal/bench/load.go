package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// ioTimeout ends a round that hangs.
const ioTimeout = 30 * time.Second

// load is a set of open keep-alive connections to one server, each with one request that it sends again and again. It
// writes and reads bytes and parses no more than it must: it is to cost little beside what it measures.
type load struct {
	conns []*conn
}

// conn is one client.
type conn struct {
	net     net.Conn
	request []byte
	status  []byte // "HTTP/1.1 200"
	buf     []byte
}

// dial opens one connection for each request to addr. Every answer must have the status.
func dial(ctx context.Context, addr string, status int, requests [][]byte) (*load, error) {
	l := &load{}
	for _, r := range requests {
		c, err := (&net.Dialer{Timeout: ioTimeout}).DialContext(ctx, "tcp", addr)
		if err != nil {
			l.close()
			return nil, err
		}
		l.conns = append(l.conns, &conn{
			net: c, request: r, status: []byte("HTTP/1.1 " + strconv.Itoa(status) + " "), buf: make([]byte, 64<<10),
		})
	}
	return l, nil
}

func (l *load) close() {
	for _, c := range l.conns {
		_ = c.net.Close()
	}
}

// run sends for d on all connections at a time and answers how many requests a second were answered.
func (l *load) run(d time.Duration) (perSecond float64, err error) {
	var stop atomic.Bool
	var done atomic.Int64
	var wg sync.WaitGroup
	errs := make([]error, len(l.conns))
	start := time.Now()
	for i, c := range l.conns {
		_ = c.net.SetDeadline(start.Add(d + ioTimeout))
		wg.Go(func() {
			n := int64(0)
			for !stop.Load() && errs[i] == nil {
				if _, errs[i] = c.exchange(); errs[i] == nil {
					n++
				}
			}
			done.Add(n)
		})
	}
	timer := time.AfterFunc(d, func() { stop.Store(true) })
	defer timer.Stop()
	wg.Wait()
	return float64(done.Load()) / time.Since(start).Seconds(), errors.Join(errs...)
}

var (
	headEnd  = []byte("\r\n\r\n")
	lengthOf = []byte("\r\nContent-Length: ")
)

// exchange sends the request once and answers the bytes of the whole response, good until the next call.
func (c *conn) exchange() ([]byte, error) {
	if _, err := c.net.Write(c.request); err != nil {
		return nil, err
	}
	n, want := 0, -1
	for want < 0 || n < want {
		if n == len(c.buf) {
			return nil, errors.New("the answer is longer than the buffer")
		}
		m, err := c.net.Read(c.buf[n:])
		if err != nil {
			return nil, fmt.Errorf("after %d bytes of an answer: %w", n, err)
		}
		n += m
		if want < 0 {
			if want, err = c.length(c.buf[:n]); err != nil {
				return nil, err
			}
		}
	}
	if n > want {
		return nil, fmt.Errorf("%d bytes after the end of an answer", n-want)
	}
	return c.buf[:n], nil
}

// length answers how long the response is that b begins with, -1 when its head has not arrived whole.
func (c *conn) length(b []byte) (int, error) {
	head := bytes.Index(b, headEnd)
	if head < 0 {
		return -1, nil
	}
	if !bytes.HasPrefix(b, c.status) {
		line, _, _ := bytes.Cut(b, []byte("\r\n"))
		return 0, fmt.Errorf("answered %q instead of %q", line, c.status)
	}
	total := head + len(headEnd)
	if bytes.HasPrefix(c.status, []byte("HTTP/1.1 304")) {
		return total, nil
	}
	at := bytes.Index(b[:head+2], lengthOf)
	if at < 0 {
		return 0, errors.New("an answer without Content-Length")
	}
	body := 0
	for _, d := range b[at+len(lengthOf) : head+2] {
		if d < '0' || d > '9' {
			break
		}
		body = body*10 + int(d-'0')
	}
	if total+body > len(c.buf) {
		return 0, io.ErrShortBuffer
	}
	return total + body, nil
}
