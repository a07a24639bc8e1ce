package main

import (
	"context"
	"net"
	"strconv"
	"sync"

	"github.com/ignisfox/ignisfox/ports"
)

// watcher looks over the shoulder of the prober: it learns when every endpoint was seen with the certificate that is awaited, without
// looks of its own that would take time from what is measured.
type watcher struct {
	ports.Prober
	mu    sync.Mutex
	print string
	left  map[string]bool
	done  chan struct{}
}

// expect answers what is closed when all receivers were seen serving the certificate with that fingerprint.
func (w *watcher) expect(fingerprint string, of []receiver) <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.print, w.left, w.done = fingerprint, map[string]bool{}, make(chan struct{})
	for _, r := range of {
		w.left[r.endpoint+" "+r.name] = true
	}
	return w.done
}

// missing answers how many were not seen yet.
func (w *watcher) missing() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.left)
}

// Probe implements ports.Prober.
func (w *watcher) Probe(ctx context.Context, r ports.ProbeRequest) ([]ports.Served, error) {
	served, err := w.Prober.Probe(ctx, r)
	for _, s := range served {
		w.saw(net.JoinHostPort(r.Host, strconv.Itoa(r.Port))+" "+r.SNI, s.Fingerprint)
	}
	return served, err
}

func (w *watcher) saw(where, fingerprint string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if fingerprint == "" || fingerprint != w.print || !w.left[where] {
		return
	}
	if delete(w.left, where); len(w.left) == 0 {
		close(w.done)
	}
}
