package main

import (
	"fmt"
	"net"
	"sync"
)

// heard is a connection that remembers how it broke. The SSH library goes on to the next way of signing in when the connection breaks
// under the one before, which looks as if the server had refused it; but only what a server has said is final.
type heard struct {
	net.Conn

	mu     sync.Mutex
	broke  error // the first error of the connection
	silent bool  // nothing came since something was sent last
}

// Read implements net.Conn.
func (h *heard) Read(p []byte) (int, error) {
	n, err := h.Conn.Read(p)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.silent = h.silent && n == 0
	h.broken(err)
	return n, err
}

// Write implements net.Conn.
func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	h.silent = true
	h.mu.Unlock()
	n, err := h.Conn.Write(p)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.broken(err)
	return n, err
}

func (h *heard) broken(err error) {
	if h.broke == nil {
		h.broke = err
	}
}

// refusal answers an error when what looks like a refusal was none. A password that may have been answered counts as refused: a second
// try could lock the account.
func (h *heard) refusal(password bool) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.broke == nil || password && !h.silent {
		return nil
	}
	return fmt.Errorf("the connection ended in the middle of the sign-in: %w", h.broke)
}
