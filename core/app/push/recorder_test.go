package push

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/ports"
)

// broken is a store that cannot be written until it is mended.
type broken struct {
	ports.Store
	err     error
	written []target.Fetch
	calls   int
}

func (b *broken) Jobs() ports.Jobs { return writes{broken: b} }

type writes struct {
	ports.Jobs
	*broken
}

func (w writes) RecordFetches(_ context.Context, list []target.Fetch) error {
	w.calls++
	if w.err == nil {
		w.written = append(w.written, list...)
	}
	return w.err
}

func TestRecorderKeepsTheNewestWhenTheStoreIsDown(t *testing.T) {
	b := &broken{err: errors.New("down")}
	r := newRecorder(b, nil)
	at := time.Unix(1_700_000_000, 0)
	const extra = 100
	for i := range maxFetches + extra {
		r.add(target.Fetch{Token: strconv.Itoa(i), Kind: group.FormPrivateKey, At: at.Add(time.Duration(i) * time.Millisecond), Generation: 1})
	}
	if len(r.pending) != maxFetches || len(r.order) != maxFetches {
		t.Fatalf("%d fetches kept", len(r.pending))
	}
	if err := r.flush(t.Context()); err == nil {
		t.Fatal("a failed write went unnoticed")
	}
	newer := target.Fetch{Token: "200", Kind: group.FormPrivateKey, At: at.Add(time.Hour), Generation: 2}
	r.add(newer)
	r.add(target.Fetch{Token: "200", Kind: group.FormPrivateKey, At: at, Generation: 1}) // late, and older
	b.err = nil
	b.calls = 0
	if err := r.flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(b.written) != maxFetches || b.calls != maxFetches/maxBatch || len(r.pending) != 0 {
		t.Errorf("%d fetches written in %d batches, %d left", len(b.written), b.calls, len(r.pending))
	}
	for i, f := range b.written {
		n, _ := strconv.Atoi(f.Token)
		if n < extra {
			t.Fatalf("an old fetch was kept, a new one dropped: %d", n)
		}
		if i > 0 && f.At.Before(b.written[i-1].At) {
			t.Fatal("not in order of time")
		}
		if f.Token == newer.Token && f.Generation != 2 {
			t.Error("an older fetch replaced a newer one")
		}
	}
}
