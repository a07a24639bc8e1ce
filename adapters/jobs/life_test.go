package jobs_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/jobs"
	"github.com/ignisfox/ignisfox/adapters/storage"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/internal/pgtest"
	"github.com/ignisfox/ignisfox/ports"
)

// childOf is set for a copy of this test binary that works on the database it names until it is killed.
const childOf = "IGNISFOX_TEST_WORK_ON"

// short is how soon the tests take a process for dead.
var short = jobs.Deps{Limit: time.Second, Rescue: 2 * time.Second}

// beChild says which job it has begun, and never ends it.
func beChild(url string) int {
	ctx := context.Background()
	d := short
	d.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	_, q, err := join(ctx, url, d)
	if err == nil {
		err = q.Start(ctx, map[ports.JobKind]ports.Worker{ports.JobReconcile: func(_ context.Context, j ports.Job) error {
			fmt.Println("begun " + j.Object)
			select {}
		}})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	select {}
}

// A process is killed in the middle of a job. Its next start does the job again at once on SQLite; on PostgreSQL others do once it is
// taken for dead.
func TestAKilledProcessLosesNoJob(t *testing.T) {
	both(t, func(t *testing.T, url string) {
		s := serve(t, url, short)
		s.enqueue(reconcile("tg_1", time.Time{}))
		child := exec.CommandContext(t.Context(), os.Args[0])
		child.Env = append(os.Environ(), childOf+"="+url)
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		must(t, err)
		must(t, child.Start())
		line, err := bufio.NewReader(out).ReadString('\n')
		if err != nil || line != "begun tg_1\n" {
			t.Fatalf("the process says %q (%v)", line, err)
		}
		must(t, child.Process.Kill())
		_ = child.Wait() // it was killed
		s.enqueue(reconcile("tg_1", time.Now().Add(time.Hour)))
		do, done := collector()
		s.start(map[ports.JobKind]ports.Worker{ports.JobReconcile: do})
		limit := 90 * time.Second // the dead one leads for 15 s, back-off, and rounds of 30 s and 5 s
		if strings.HasPrefix(url, "sqlite:") {
			limit = 5 * time.Second
		}
		select {
		case j := <-done:
			if j.Object != "tg_1" {
				t.Errorf("got %+v", j)
			}
		case <-time.After(limit):
			t.Fatalf("not done again within %v", limit)
		}
	})
}

// Stop lets jobs end by themselves, then ends their contexts; what did not come to its end is done by the next start.
func TestStopWhileBusy(t *testing.T) {
	both(t, func(t *testing.T, url string) {
		s := serve(t, url, jobs.Deps{Grace: 700 * time.Millisecond})
		db := beside(t, url)
		begun := make(chan string, 10)
		goOn := make(chan struct{})
		s.start(map[ports.JobKind]ports.Worker{ports.JobReconcile: func(ctx context.Context, j ports.Job) error {
			begun <- j.Object
			if j.Object == "tg_quick" {
				<-goOn
				return nil
			}
			<-ctx.Done()
			return ctx.Err()
		}})
		s.enqueue(reconcile("tg_quick", time.Time{}), reconcile("tg_long", time.Time{}))
		next(t, "a run", begun)
		next(t, "a run", begun)
		s.enqueue(reconcile("tg_long", time.Now().Add(time.Hour))) // like the one that is going to be interrupted
		stopped := make(chan error, 1)
		go func() { stopped <- s.queue.Stop(context.Background()) }()
		close(goOn)
		must(t, next(t, "stopped", stopped))
		noneLeft(t)
		states := func(id string) (out []string) {
			rows, err := db.Query("SELECT CAST(state AS TEXT) FROM river_job WHERE args ->> 'id' = $1 ORDER BY id", id)
			must(t, err)
			defer func() { _ = rows.Close() }()
			for rows.Next() {
				var s string
				must(t, rows.Scan(&s))
				out = append(out, s)
			}
			must(t, rows.Err())
			return out
		}
		if got := fmt.Sprint(states("tg_quick"), states("tg_long")); got != "[completed] [available available]" {
			t.Errorf("states %s; logged %s", got, s.log)
		}
		if log := s.log.String(); strings.Contains(log, "level=ERROR") || !strings.Contains(log, "interrupted") {
			t.Errorf("logged %s", log)
		}
		do, done := collector()
		s.start(map[ports.JobKind]ports.Worker{ports.JobReconcile: do}) // again
		s.enqueue(reconcile("tg_long", time.Time{}))
		next(t, "the job that was interrupted", done)
	})
}

// A job that does not listen holds nobody up for ever.
func TestStopIsBounded(t *testing.T) {
	s := serve(t, pgtest.URL(t), jobs.Deps{Grace: 50 * time.Millisecond})
	begun, goOn := make(chan struct{}), make(chan struct{})
	s.start(map[ports.JobKind]ports.Worker{ports.JobReconcile: func(context.Context, ports.Job) error {
		close(begun)
		<-goOn
		return nil
	}})
	s.enqueue(reconcile("tg_1", time.Time{}))
	next(t, "the run", begun)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := s.queue.Stop(ctx); err == nil {
		t.Error("stopped with a job that runs")
	}
	close(goOn)
	noneLeft(t)
}

func TestQueuesOfManyServersAreMadeAtOnce(t *testing.T) {
	both(t, func(t *testing.T, url string) {
		st, err := storage.Open(t.Context(), storage.Config{URL: url, Migrate: true, Now: time.Now})
		must(t, err)
		must(t, st.Close())
		_, err = storage.Open(t.Context(), storage.Config{URL: url, Now: time.Now,
			Queue: func(ctx context.Context, h storage.Handles) (storage.Enqueue, error) {
				_, err := jobs.New(ctx, jobs.Deps{PostgreSQL: h.Pool, SQLite: h.Writer, Migrate: h.Migrate})
				return nil, err
			}})
		if fault.CodeOf(err) != "schema_version" {
			t.Errorf("a queue that may not be made: %v", err)
		}
		var wg sync.WaitGroup
		servers := 4
		if strings.HasPrefix(url, "sqlite:") {
			servers = 1 // there is no second one
		}
		for range servers {
			wg.Go(func() {
				st, _, err := join(t.Context(), url, jobs.Deps{})
				if err != nil {
					t.Error(err)
					return
				}
				if err := st.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		serve(t, url, jobs.Deps{}).enqueue(reconcile("tg_1", time.Time{}))
	})
}
