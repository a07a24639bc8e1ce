package sshtest

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
)

// wire passes connections on to a server and can break them.
type wire struct {
	listener net.Listener
	to       string
	copies   sync.WaitGroup
	cut      atomic.Int64 // bytes after which a connection breaks; negative for never
	gate     gate

	mu    sync.Mutex
	conns map[net.Conn]bool
	all   []*atomic.Int64 // bytes that went over each connection
	ended bool
}

func newWire(to string) (*wire, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w := &wire{listener: l, to: to, conns: map[net.Conn]bool{}}
	w.cut.Store(-1)
	w.copies.Go(w.accept)
	return w, nil
}

func (w *wire) port() int { return w.listener.Addr().(*net.TCPAddr).Port }

func (w *wire) accept() {
	for {
		in, err := w.listener.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", w.to)
		if err != nil {
			_ = in.Close()
			continue
		}
		bytes, kept := w.keep(in, out)
		if !kept {
			return
		}
		var passed atomic.Int64
		limit := w.cut.Load()
		end := func() { _ = in.Close(); _ = out.Close(); w.forget(in, out) }
		for _, pair := range [][2]net.Conn{{in, out}, {out, in}} {
			w.copies.Go(func() {
				defer end()
				w.pass(pair[0], pair[1], bytes, &passed, limit)
			})
		}
	}
}

// pass copies until the end, or until the bytes of both directions have reached the limit: it delivers exactly those.
func (w *wire) pass(from io.Reader, to io.Writer, bytes, passed *atomic.Int64, limit int64) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		after := passed.Add(int64(n))
		if limit >= 0 && after > limit {
			_, _ = to.Write(buf[:max(0, int64(n)-(after-limit))])
			return
		}
		bytes.Add(int64(n))
		now, open := w.gate.pass(n)
		if _, bad := to.Write(buf[:now]); bad != nil {
			return
		}
		if open != nil {
			<-open
			if _, bad := to.Write(buf[now:n]); bad != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (w *wire) keep(conns ...net.Conn) (bytes *atomic.Int64, kept bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	bytes = &atomic.Int64{}
	w.all = append(w.all, bytes)
	for _, c := range conns {
		if w.ended {
			_ = c.Close()
			continue
		}
		w.conns[c] = true
	}
	return bytes, !w.ended
}

func (w *wire) forget(conns ...net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range conns {
		delete(w.conns, c)
	}
}

// drop breaks all connections.
func (w *wire) drop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.conns {
		_ = c.Close()
	}
}

func (w *wire) close() {
	w.mu.Lock()
	w.ended = true
	w.mu.Unlock()
	_ = w.listener.Close()
	w.drop()
	w.gate.letGo()
	w.copies.Wait()
}

// CutAfter breaks each connection made from now on after so many bytes, both directions counted; negative for never.
func (h *Host) CutAfter(n int64) { h.wire.cut.Store(n) }

// Drop breaks all connections now.
func (h *Host) Drop() { h.wire.drop() }

// Bytes answers how many bytes went over the connection made last.
func (h *Host) Bytes() int64 {
	all := h.Traffic()
	if len(all) == 0 {
		return 0
	}
	return all[len(all)-1]
}

// Connections answers how many were made so far.
func (h *Host) Connections() int64 { return int64(len(h.Traffic())) }
