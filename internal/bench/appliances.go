package main

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/ignisfox/ignisfox/examples/devicetest"
	"github.com/ignisfox/ignisfox/internal/testcert"
)

// distance is what a connection to an appliance takes to be made: what a step waits for a device that is elsewhere and takes its time.
const distance = 250 * time.Millisecond

// applianceFleet starts the simulated appliances of the example plugins, one for each target. Nothing of them but a handshake and
// a few requests runs on the processors that are measured, and each connection to one takes a while, as of a device elsewhere.
func applianceFleet(t *bed, sizes []int) *fleet {
	f := newFleet(template, "simulated appliances elsewhere, by the template plugin", sizes)
	f.notes = []string{fmt.Sprintf("each connection to an appliance takes %s to be made and costs next to nothing, so that the loop's own work is seen", distance)}
	shelf := &certificates{pairs: map[string]*tls.Certificate{}}
	f.learn = shelf.put
	for _, b := range f.batches {
		first := testcert.SelfSigned(b.name)
		shelf.put(first)
		for range b.size {
			a := devicetest.New(t)
			far := listen(t, func(c net.Conn) { passOn(c, a.Addr()) })
			endpoint := listen(t, func(c net.Conn) { shelf.serve(c, a, first) })
			b.receivers = append(b.receivers, receiver{
				plain:    map[string]any{"address": "https://" + far, "ca_certificate": a.CA(), "user": a.User},
				secrets:  map[string]string{"password": a.Password},
				endpoint: endpoint, name: b.name,
			})
		}
	}
	return f
}

// certificates are all that appliances may be told to use. They keep no more than a fingerprint themselves.
type certificates struct {
	mu    sync.Mutex
	pairs map[string]*tls.Certificate
}

func (s *certificates) put(p *testcert.Pair) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pairs[printOf(p)] = &tls.Certificate{Certificate: [][]byte{p.Cert.Raw}, PrivateKey: p.Key, Leaf: p.Cert}
}

func (s *certificates) get(fingerprint string) *tls.Certificate {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pairs[fingerprint]
}

// serve shakes hands with the certificate that the appliance runs, the first one while it has none.
func (s *certificates) serve(c net.Conn, a *devicetest.Appliance, first *testcert.Pair) {
	running := a.Serves()
	if running == "" {
		running = printOf(first)
	}
	pair := s.get(running)
	if pair == nil {
		return // it was put there by nobody we know: the look finds nothing
	}
	t := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{*pair}})
	if t.Handshake() == nil {
		_, _ = io.Copy(io.Discard, t)
	}
}

func printOf(p *testcert.Pair) string {
	sum := sha256.Sum256(p.Cert.Raw)
	return hex.EncodeToString(sum[:])
}

// passOn makes a connection wait for the distance and brings it to the appliance then.
func passOn(from net.Conn, to string) {
	wait := time.NewTimer(distance)
	defer wait.Stop()
	<-wait.C
	out, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	var both sync.WaitGroup
	for _, pair := range [][2]net.Conn{{from, out}, {out, from}} {
		both.Go(func() {
			_, _ = io.Copy(pair[0], pair[1])
			_ = pair[0].Close()
			_ = pair[1].Close()
		})
	}
	both.Wait()
}

// listen serves connections at an address of loopback until the bed is closed, each for ioTimeout at most.
func listen(t *bed, serve func(net.Conn)) string {
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := lis.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer c.Close()
				_ = c.SetDeadline(time.Now().Add(ioTimeout))
				serve(c)
			})
		}
	})
	t.Cleanup(func() {
		_ = lis.Close()
		all.Wait()
	})
	return lis.Addr().String()
}
