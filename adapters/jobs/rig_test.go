package jobs_test

import (
	"bytes"
	"context"
	"database/sql"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/jobs"
	"github.com/ignisfox/ignisfox/adapters/storage"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/pgtest"
	"github.com/ignisfox/ignisfox/ports"
)

func TestMain(m *testing.M) {
	if url := os.Getenv(childOf); url != "" {
		os.Exit(beChild(url))
	}
	pgtest.Main(m)
}

const (
	patience = 20 * time.Second // for what should happen at once, on a busy machine
	tenantID = tenant.ID("tn_a")
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func both(t *testing.T, run func(t *testing.T, url string)) {
	t.Run("SQLite", func(t *testing.T) { run(t, "sqlite:"+filepath.Join(t.TempDir(), "ignisfox.db")) })
	t.Run("PostgreSQL", func(t *testing.T) { run(t, pgtest.URL(t)) })
}

// server is a store with its queue, as cmd joins them.
type server struct {
	t     testing.TB
	store ports.Store
	queue *jobs.Queue
	log   *lines
}

// lines is what was logged.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func join(ctx context.Context, url string, d jobs.Deps) (st ports.Store, q *jobs.Queue, err error) {
	st, err = storage.Open(ctx, storage.Config{URL: url, Migrate: true, Now: time.Now,
		Queue: func(ctx context.Context, h storage.Handles) (_ storage.Enqueue, err error) {
			d.PostgreSQL, d.SQLite, d.Migrate = h.Pool, h.Writer, h.Migrate
			if q, err = jobs.New(ctx, d); err != nil {
				return nil, err
			}
			return q.Insert, nil
		}})
	return st, q, err
}

// serve opens a store with a queue, not started yet, and makes the workspace.
func serve(t testing.TB, url string, d jobs.Deps) *server {
	t.Helper()
	log := &lines{}
	d.Log = slog.New(slog.NewTextHandler(log, nil))
	st, q, err := join(t.Context(), url, d)
	must(t, err)
	s := &server{t: t, store: st, queue: q, log: log}
	t.Cleanup(func() {
		if err := q.Stop(context.Background()); err != nil {
			t.Error(err)
		}
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	err = st.Platform().Update(t.Context(), func(tx ports.PlatformTx) error {
		if _, err := tx.Tenants().Get(t.Context(), tenantID); err == nil {
			return nil
		}
		return tx.Tenants().Insert(t.Context(), tenant.Tenant{ID: tenantID, Name: "a", TimeZone: "UTC", CreatedAt: time.Now()},
			ports.WrappedKeyset{KEK: "0badcafe", Blob: []byte("b")})
	})
	must(t, err)
	return s
}

func (s *server) start(workers map[ports.JobKind]ports.Worker) {
	s.t.Helper()
	must(s.t, s.queue.Start(s.t.Context(), workers))
}

func (s *server) enqueue(js ...ports.Job) {
	s.t.Helper()
	must(s.t, s.store.Tenant(tenantID).Update(s.t.Context(), func(tx ports.Tx) error {
		for _, j := range js {
			if err := tx.Enqueue(s.t.Context(), j); err != nil {
				return err
			}
		}
		return nil
	}))
}

// beside opens the database past the store.
func beside(t testing.TB, url string) *sql.DB {
	t.Helper()
	driver, dsn := "pgx", url
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		driver, dsn = "sqlite", "file:"+path+"?_pragma=busy_timeout(10000)"
	}
	db, err := sql.Open(driver, dsn)
	must(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func count(t testing.TB, db *sql.DB, q string, args ...any) (n int) {
	t.Helper()
	must(t, db.QueryRow(q, args...).Scan(&n))
	return n
}

// eventually waits for what should be so soon.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	end := time.After(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatal("never: " + what)
		}
	}
}

// next waits for a job to be done.
func next[T any](t testing.TB, what string, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(patience):
		t.Fatal("never: " + what)
	}
	return v
}

// noneLeft wants every goroutine of the queue to end.
func noneLeft(t testing.TB) {
	t.Helper()
	eventually(t, "no goroutine of the queue is left", func() bool {
		all := make([]byte, 4<<20)
		all = all[:runtime.Stack(all, true)]
		for g := range strings.SplitSeq(string(all), "\n\n") {
			if strings.Contains(g, "riverqueue/river") || strings.Contains(g, "adapters/jobs.") && !strings.Contains(g, "testing.tRunner") {
				return false
			}
		}
		return true
	})
}

func reconcile(id string, at time.Time) ports.Job {
	return ports.Job{Kind: ports.JobReconcile, Object: id, At: at}
}

// collector is a worker that tells what it was given.
func collector() (ports.Worker, <-chan ports.Job) {
	done := make(chan ports.Job, 10_000)
	return func(_ context.Context, j ports.Job) error {
		done <- j
		return nil
	}, done
}
