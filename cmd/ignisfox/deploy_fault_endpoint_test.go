package main

import (
	"io"
	"net"
	"sync"
	"testing"
)

// turnstile stands before the service where the server looks at what is served; other clients go past it. It can hold a look.
type turnstile struct {
	net.Listener
	to  string
	all sync.WaitGroup

	mu      sync.Mutex
	before  int // looks that still pass
	reached chan struct{}
	open    chan struct{} // nil: nothing is held
}

func newTurnstile(t *testing.T, to string) *turnstile {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &turnstile{Listener: l, to: to}
	s.all.Go(s.serve)
	t.Cleanup(func() { _ = l.Close(); s.letGo(); s.all.Wait() })
	return s
}

// hold lets n looks pass and holds those after them until letGo. The channel is closed when the first is held.
func (s *turnstile) hold(n int) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before, s.reached, s.open = n, make(chan struct{}), make(chan struct{})
	return s.reached
}

func (s *turnstile) letGo() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open != nil {
		close(s.open)
		s.open = nil
	}
}

// enter answers what a look has to wait for.
func (s *turnstile) enter() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		return nil
	}
	if s.before--; s.before == -1 {
		close(s.reached)
	}
	if s.before < 0 {
		return s.open
	}
	return nil
}

func (s *turnstile) serve() {
	for {
		in, err := s.Accept()
		if err != nil {
			return
		}
		wait := s.enter()
		s.all.Go(func() {
			defer func() { _ = in.Close() }()
			if wait != nil {
				<-wait
			}
			out, err := net.Dial("tcp", s.to)
			if err != nil {
				return
			}
			defer func() { _ = out.Close() }()
			s.all.Go(func() { _, _ = io.Copy(out, in); _ = out.Close() })
			_, _ = io.Copy(in, out)
		})
	}
}
