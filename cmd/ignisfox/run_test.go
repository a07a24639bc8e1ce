package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/ports"
)

// manyRows is a Jobs with rows to sweep.
type manyRows struct {
	ports.Jobs
	left, calls int
	err         error
}

func (j *manyRows) Sweep(_ context.Context, _ time.Time, limit int) (int, error) {
	j.calls++
	n := min(limit, j.left)
	j.left -= n
	return n, j.err
}

func TestSweepingIsBounded(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	few := &manyRows{left: 2*sweepRows + 1}
	(&sweeper{jobs: few, now: time.Now, log: log}).sweep(t.Context())
	if few.left != 0 || few.calls != 4 {
		t.Errorf("%d rows left after %d transactions, want 0 after 4", few.left, few.calls)
	}
	many := &manyRows{left: 1 << 30}
	(&sweeper{jobs: many, now: time.Now, log: log}).sweep(t.Context())
	if many.calls != sweepRounds {
		t.Errorf("%d transactions in one go, want %d", many.calls, sweepRounds)
	}
}

func TestASweepThatFailsIsLoggedAndLeftToTheNext(t *testing.T) {
	var out bytes.Buffer
	jobs := &manyRows{err: errors.New("disk gone")}
	(&sweeper{jobs: jobs, now: time.Now, log: newLogger(&out, slog.LevelInfo)}).sweep(t.Context())
	if jobs.calls != 1 || !bytes.Contains(out.Bytes(), []byte("disk gone")) {
		t.Errorf("%d calls, log %s", jobs.calls, out.String())
	}
}
