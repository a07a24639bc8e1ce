package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/jobs"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/internal/pgtest"
	"github.com/ignisfox/ignisfox/ports"
)

func TestJobsAreDone(t *testing.T) {
	both(t, func(t *testing.T, url string) {
		s := serve(t, url, jobs.Deps{SweepEvery: 300 * time.Millisecond})
		do, done := collector()
		sweep, swept := collector()
		s.enqueue(reconcile("tg_before", time.Time{}))
		s.start(map[ports.JobKind]ports.Worker{ports.JobReconcile: do, ports.JobFanOut: do, ports.JobSweep: sweep})
		if j := next(t, "a job from before the start", done); j.Object != "tg_before" || j.Tenant != tenantID || j.Kind != ports.JobReconcile {
			t.Errorf("got %+v", j)
		}
		s.enqueue(ports.Job{Kind: ports.JobFanOut, Object: "gr_1"}, reconcile("tg_1", time.Time{}))
		got := []string{next(t, "a job", done).Object, next(t, "another job", done).Object}
		slices.Sort(got)
		if !slices.Equal(got, []string{"gr_1", "tg_1"}) {
			t.Errorf("got %v", got)
		}
		for range 3 {
			if j := next(t, "sweep", swept); j.Tenant != "" || j.Object != "" {
				t.Errorf("got %+v", j)
			}
		}
		must(t, s.queue.Stop(t.Context()))
		must(t, s.queue.Stop(t.Context())) // again
		noneLeft(t)
		if log := s.log.String(); log != "" {
			t.Errorf("logged %s", log)
		}
	})
}

// Whatever ends a transaction, at whatever moment: a row and its job are both there, or neither.
func TestAJobAndItsReasonAreOneCommit(t *testing.T) {
	both(t, func(t *testing.T, url string) {
		s := serve(t, url, jobs.Deps{})
		var wg sync.WaitGroup
		const writers, each = 6, 60
		committed := make([]int, writers)
		for w := range writers {
			rng := rand.New(rand.NewPCG(uint64(w), 1))
			wg.Go(func() {
				for i := range each {
					ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rng.IntN(60_000))*time.Microsecond)
					id := fmt.Sprintf("gr_%d_%d", w, i)
					err := s.store.Tenant(tenantID).Update(ctx, func(tx ports.Tx) error {
						if err := tx.Groups().Insert(ctx, group.Group{ID: id, Name: id, CreatedAt: time.Now()}); err != nil {
							return err
						}
						if err := tx.Enqueue(ctx, ports.Job{Kind: ports.JobFanOut, Object: id}); err != nil {
							return err
						}
						if rng.IntN(4) == 0 {
							return errors.New("undone")
						}
						return nil
					})
					cancel()
					if err == nil {
						committed[w]++
					}
				}
			})
		}
		wg.Wait()
		sum := 0
		for _, n := range committed {
			sum += n
		}
		db := beside(t, strings.Replace(url, "sslmode", "options=-c%20ignisfox.tenant%3D"+string(tenantID)+"&sslmode", 1))
		id := `args ->> 'id'`
		rows, queued := count(t, db, "SELECT count(*) FROM cert_groups"), count(t, db, "SELECT count(*) FROM river_job")
		apart := count(t, db, "SELECT count(*) FROM cert_groups WHERE id NOT IN (SELECT "+id+" FROM river_job)") +
			count(t, db, "SELECT count(*) FROM river_job WHERE "+id+" NOT IN (SELECT id FROM cert_groups)")
		if apart != 0 || rows != queued || rows < sum {
			t.Errorf("%d rows, %d jobs, %d of them apart; %d commits were answered", rows, queued, apart, sum)
		}
		if sum == 0 || sum == writers*each {
			t.Errorf("%d of %d committed: the test shows nothing", sum, writers*each)
		}
	})
}

// Jobs that wait are one; one that runs does not count.
func TestWaitingJobsAreOne(t *testing.T) {
	both(t, func(t *testing.T, url string) {
		s := serve(t, url, jobs.Deps{})
		begun, goOn := make(chan ports.Job, 10), make(chan struct{})
		s.enqueue(reconcile("tg_1", time.Time{}), reconcile("tg_1", time.Time{}))
		s.enqueue(reconcile("tg_1", time.Time{}))
		s.start(map[ports.JobKind]ports.Worker{ports.JobReconcile: func(_ context.Context, j ports.Job) error {
			begun <- j
			<-goOn
			return nil
		}})
		next(t, "the first run", begun)
		s.enqueue(reconcile("tg_1", time.Now().Add(time.Hour)))
		s.enqueue(reconcile("tg_1", time.Time{}))
		s.enqueue(reconcile("tg_1", time.Time{}), reconcile("tg_2", time.Time{}))
		got := []string{next(t, "a run", begun).Object, next(t, "a run", begun).Object}
		slices.Sort(got)
		if !slices.Equal(got, []string{"tg_1", "tg_2"}) { // beside the one that runs: who works on what is not the queue's to say
			t.Errorf("got %v", got)
		}
		close(goOn)
		db := beside(t, url)
		eventually(t, "all is done", func() bool { return count(t, db, "SELECT count(*) FROM river_job WHERE state = 'completed'") == 3 })
		if n := count(t, db, "SELECT count(*) FROM river_job"); n != 3 {
			t.Errorf("%d jobs", n)
		}
	})
}

// Many ask for the same at the same moment, in any order: deadlocks are run again, and one job of each waits.
func TestManyAskForOneJobAtOnce(t *testing.T) {
	both(t, func(t *testing.T, url string) {
		s := serve(t, url, jobs.Deps{})
		var wg sync.WaitGroup
		for i := range 6 {
			js := []ports.Job{reconcile("tg_1", time.Time{}), reconcile("tg_2", time.Now().Add(time.Hour)), reconcile("tg_3", time.Time{})}
			if i%2 == 0 {
				slices.Reverse(js)
			}
			wg.Go(func() {
				for range 4 {
					s.enqueue(js...)
				}
			})
		}
		wg.Wait()
		if n := count(t, beside(t, url), "SELECT count(*) FROM river_job"); n != 3 {
			t.Errorf("%d jobs wait, want 3", n)
		}
	})
}

func TestTheEarlierTimeWins(t *testing.T) {
	both(t, func(t *testing.T, url string) {
		s := serve(t, url, jobs.Deps{})
		db := beside(t, url)
		now := time.Now()
		at := func() time.Duration {
			t.Helper()
			if n := count(t, db, "SELECT count(*) FROM river_job WHERE state <> 'completed'"); n != 1 {
				t.Fatalf("%d jobs wait", n)
			}
			q := "SELECT CAST(extract(epoch FROM scheduled_at) AS BIGINT) FROM river_job WHERE state <> 'completed'"
			if strings.HasPrefix(url, "sqlite:") {
				q = "SELECT unixepoch(scheduled_at) FROM river_job WHERE state <> 'completed'"
			}
			return time.Unix(int64(count(t, db, q)), 0).Sub(now).Round(time.Minute)
		}
		for _, c := range []struct{ ask, want time.Duration }{
			{60 * time.Minute, 60 * time.Minute}, {90 * time.Minute, 60 * time.Minute}, {20 * time.Minute, 20 * time.Minute}, {30 * time.Minute, 20 * time.Minute},
		} {
			s.enqueue(reconcile("tg_1", now.Add(c.ask)))
			if got := at(); got != c.want {
				t.Errorf("asked for %v: waits %v, want %v", c.ask, got, c.want)
			}
		}
		err := s.store.Tenant(tenantID).Update(t.Context(), func(tx ports.Tx) error { // what is undone brings nothing forward
			return errors.Join(tx.Enqueue(t.Context(), reconcile("tg_1", time.Time{})), errors.New("undone"))
		})
		if got := at(); got != 20*time.Minute || err == nil {
			t.Errorf("waits %v (%v)", got, err)
		}
		do, done := collector()
		s.start(map[ports.JobKind]ports.Worker{ports.JobReconcile: do})
		s.enqueue(reconcile("tg_1", time.Time{}))
		next(t, "what is brought forward to now", done)
		soon := time.Now().Add(1500 * time.Millisecond)
		s.enqueue(reconcile("tg_2", soon))
		if next(t, "what waits for its time", done); time.Now().Before(soon) {
			t.Error("it was done before its time")
		}
		eventually(t, "all is done", func() bool { return count(t, db, "SELECT count(*) FROM river_job WHERE state = 'completed'") == 2 })
	})
}

// A failure is stored as a code, tried again later, and at once when somebody asks anew.
func TestFailuresAreTriedAgain(t *testing.T) {
	both(t, func(t *testing.T, url string) {
		s := serve(t, url, jobs.Deps{Limit: time.Second})
		db := beside(t, url)
		calls := make(chan string, 100)
		s.start(map[ports.JobKind]ports.Worker{ports.JobReconcile: func(ctx context.Context, j ports.Job) error {
			calls <- j.Object
			switch j.Object {
			case "tg_fault":
				return fault.Wrap(errors.New("hunter2"), fault.Unavailable, "plugin_unavailable", "It does not run.")
			case "tg_panic":
				panic("hunter2")
			case "tg_slow":
				<-ctx.Done()
				return ctx.Err()
			}
			return errors.New("hunter2")
		}})
		all := []string{"tg_fault", "tg_other", "tg_panic", "tg_slow"}
		for _, id := range all {
			s.enqueue(reconcile(id, time.Time{}))
		}
		for range all {
			next(t, "a call", calls)
		}
		for range all {
			next(t, "a call again", calls)
		}
		eventually(t, "all wait to be tried once more", func() bool {
			return count(t, db, "SELECT count(*) FROM river_job WHERE state = 'retryable' AND attempt = 2 AND max_attempts = 10") == len(all)
		})
		text := "CAST(errors AS TEXT)"
		if strings.HasPrefix(url, "sqlite:") {
			text = "json(errors)"
		}
		for id, code := range map[string]string{"tg_fault": "plugin_unavailable", "tg_other": "internal", "tg_panic": "internal", "tg_slow": "internal"} {
			var stored string
			must(t, db.QueryRow("SELECT "+text+" FROM river_job WHERE args ->> 'id' = $1", id).Scan(&stored))
			if !strings.Contains(stored, code) || strings.Contains(stored, "hunter2") {
				t.Errorf("%s: %s is stored", id, stored)
			}
		}
		if log := s.log.String(); strings.Count(log, "a job failed") != 6 || strings.Count(log, "a job broke") != 2 || !strings.Contains(log, "object=tg_slow") {
			t.Errorf("logged %s", log)
		}
		s.enqueue(reconcile("tg_other", time.Now().Add(time.Hour))) // which is later than the next attempt
		if n := count(t, db, "SELECT count(*) FROM river_job WHERE state = 'retryable'"); n != len(all) {
			t.Errorf("%d wait to be tried once more", n)
		}
		s.enqueue(reconcile("tg_other", time.Time{}))
		if id := next(t, "what was asked for anew", calls); id != "tg_other" {
			t.Errorf("%s was done", id)
		}
	})
}

// Two servers share the work, and each job is done once.
func TestTwoServersDoEachJobOnce(t *testing.T) {
	url := pgtest.URL(t)
	do, done := collector()
	var by [2]int
	var mu sync.Mutex
	servers := []*server{serve(t, url, jobs.Deps{}), serve(t, url, jobs.Deps{})}
	for i, s := range servers {
		s.start(map[ports.JobKind]ports.Worker{ports.JobReconcile: func(ctx context.Context, j ports.Job) error {
			mu.Lock()
			by[i]++
			mu.Unlock()
			return do(ctx, j)
		}})
	}
	const many = 200
	for i := range many {
		servers[i%2].enqueue(reconcile(fmt.Sprint("tg_", i), time.Time{}))
	}
	seen := map[string]int{}
	for range many {
		seen[next(t, "a job", done).Object]++
	}
	db := beside(t, url)
	eventually(t, "all is done", func() bool { return count(t, db, "SELECT count(*) FROM river_job WHERE state = 'completed'") == many })
	for _, s := range servers {
		must(t, s.queue.Stop(t.Context()))
	}
	if len(seen) != many || len(done) != 0 {
		t.Errorf("%d of %d jobs, %d again", len(seen), many, len(done))
	}
	if by[0] == 0 || by[1] == 0 {
		t.Errorf("done by %v", by)
	}
	noneLeft(t)
}

// Jobs that enqueue themselves, on a database where one connection writes, while others write too.
func TestJobsEnqueueTheNext(t *testing.T) {
	both(t, func(t *testing.T, url string) {
		s := serve(t, url, jobs.Deps{})
		const chains, long = 8, 15
		done := make(chan string, chains)
		var mu sync.Mutex
		left := map[string]int{}
		s.start(map[ports.JobKind]ports.Worker{ports.JobReconcile: func(ctx context.Context, j ports.Job) error {
			mu.Lock()
			left[j.Object]++
			n := left[j.Object]
			mu.Unlock()
			if n == long {
				done <- j.Object
				return nil
			}
			return s.store.Tenant(j.Tenant).Update(ctx, func(tx ports.Tx) error { return tx.Enqueue(ctx, reconcile(j.Object, time.Time{})) })
		}})
		var wg sync.WaitGroup
		for i := range chains {
			wg.Go(func() { s.enqueue(reconcile(fmt.Sprint("tg_", i), time.Time{})) })
		}
		wg.Wait()
		for range chains {
			next(t, "the end of a chain", done)
		}
	})
}

// On SQLite a queue that inserted on a connection of its own would wait for itself inside a transaction: it offers no such way.
func TestNothingInsertsOutsideATransaction(t *testing.T) {
	var names []string
	for m := range reflect.TypeFor[*jobs.Queue]().Methods() {
		names = append(names, m.Name)
	}
	if !slices.Equal(names, []string{"Insert", "Start", "Stop"}) {
		t.Errorf("a queue offers %v", names)
	}
	if reflect.TypeFor[jobs.Queue]().NumField() == 0 {
		t.Error("the test looks at the wrong type")
	}
	for f := range reflect.TypeFor[jobs.Queue]().Fields() {
		if f.IsExported() {
			t.Errorf("a queue shows its %s", f.Name)
		}
	}
}

// What nobody waits for comes after all others that are due, however long it is in the queue, unless somebody asks for it again.
func TestTheLastComeLast(t *testing.T) {
	both(t, func(t *testing.T, url string) {
		s := serve(t, url, jobs.Deps{Reconcilers: 1})
		var order []string
		first, rest := make(chan struct{}), make(chan struct{})
		s.start(map[ports.JobKind]ports.Worker{ports.JobReconcile: func(ctx context.Context, j ports.Job) error {
			if j.Object == "tg_first" {
				close(first)
				select {
				case <-rest:
				case <-ctx.Done():
				}
				return nil
			}
			if order = append(order, j.Object); len(order) == 4 { // one at a time
				close(rest)
			}
			return nil
		}})
		s.enqueue(reconcile("tg_first", time.Time{}))
		next(t, "the job that keeps the only worker", first)
		last := func(id string) ports.Job {
			j := reconcile(id, time.Now())
			j.Last = true
			return j
		}
		s.enqueue(last("tg_tidy"))
		s.enqueue(last("tg_hastened"))
		s.enqueue(reconcile("tg_a", time.Now()))
		s.enqueue(reconcile("tg_hastened", time.Now()))
		s.enqueue(last("tg_a"))
		s.enqueue(reconcile("tg_tidy", time.Now().Add(time.Hour))) // changes nothing: it waits for less
		s.enqueue(reconcile("tg_b", time.Now()))
		rest <- struct{}{}
		next(t, "the others", rest)
		if got := strings.Join(order, " "); got != "tg_a tg_hastened tg_b tg_tidy" {
			t.Errorf("done in the order %s", got)
		}
	})
}
