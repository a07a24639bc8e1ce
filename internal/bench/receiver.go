package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"maps"
	"net"
	"time"

	"github.com/ignisfox/ignisfox/internal/testcert"
)

// receiver is one device that certificates are brought to, as one batch sees it.
type receiver struct {
	plain    map[string]any    // settings
	secrets  map[string]string // settings too
	endpoint string            // host:port
	name     string            // what the certificate is for, and what endpoints are asked for
}

// all answers the settings as people give them.
func (r receiver) all() map[string]any {
	out := maps.Clone(r.plain)
	for name, v := range r.secrets {
		out[name] = v
	}
	return out
}

// serves makes sure, by a look of its own, that the receiver serves a certificate.
func (r receiver) serves(ctx context.Context, leaf *testcert.Pair) error {
	d := tls.Dialer{NetDialer: &net.Dialer{Timeout: ioTimeout}, Config: &tls.Config{ServerName: r.name, InsecureSkipVerify: true}}
	c, err := d.DialContext(ctx, "tcp", r.endpoint)
	if err != nil {
		return err
	}
	defer c.Close()
	if seen := c.(*tls.Conn).ConnectionState().PeerCertificates; !bytes.Equal(seen[0].Raw, leaf.Cert.Raw) {
		return fmt.Errorf("%s serves another certificate for %s (serial %s) than the reconciler saw", r.endpoint, r.name, seen[0].SerialNumber)
	}
	return nil
}

// batch is so many receivers that share a group.
type batch struct {
	size      int
	name      string
	receivers []receiver

	group string   // of the loop it is in
	ids   []string // its targets
	loop  []float64
	bare  []float64
	busy  []float64 // share of the processors that worked
	ours  []float64 // share of them that this process had
}

// fleet is all receivers of one kind.
type fleet struct {
	title   string
	kind    string // of the plugin
	notes   []string
	batches []*batch
	// learn is told of each certificate before it goes out; nil when devices need not know.
	learn func(*testcert.Pair)
	ca    *testcert.Pair
	days  int
}

// issue makes the next certificate of a batch: it ends later than all before, so that it becomes current.
func (f *fleet) issue(b *batch) *testcert.Pair {
	f.days++
	leaf := f.ca.Leaf(b.name, testcert.Valid(time.Now().Add(-time.Hour), time.Now().Add(time.Duration(f.days)*time.Hour+720*time.Hour)))
	if f.learn != nil {
		f.learn(leaf)
	}
	return leaf
}

// served makes sure that every receiver of the batch serves the certificate. Of nginx a worker from before the reload may answer for a
// tenth of a second more, so it looks again for a moment.
func (b *batch) served(ctx context.Context, leaf *testcert.Pair) error {
	ctx, cancel := context.WithTimeout(ctx, lookedLimit)
	defer cancel()
	again := time.NewTicker(againAfter)
	defer again.Stop()
	for _, r := range b.receivers {
		for {
			err := r.serves(ctx, leaf)
			if err == nil {
				break
			}
			select {
			case <-again.C:
			case <-ctx.Done():
				return err
			}
		}
	}
	return nil
}

func newFleet(kind, title string, sizes []int) *fleet {
	f := &fleet{kind: kind, title: title, ca: testcert.Root("Bench Root").Intermediate("Bench CA")}
	for _, n := range sizes {
		f.batches = append(f.batches, &batch{size: n, name: fmt.Sprintf("www%d.example.com", n)})
	}
	return f
}
