package storage_test

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/storage"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/internal/pgtest"
	"github.com/ignisfox/ignisfox/ports"
	"github.com/jackc/pgx/v5/pgxpool"
)

// A job is part of the transaction that asks for it, and what fails in the queue fails the transaction.
func TestAJobIsInTheTransaction(t *testing.T) {
	both(t, func(t *testing.T, url string) {
		ctx := t.Context()
		var given storage.Handles
		fail := false
		queue := func(ctx context.Context, h storage.Handles) (storage.Enqueue, error) {
			given = h
			return func(ctx context.Context, conn *sql.Conn, tx *sql.Tx, j ports.Job) error {
				if err := conn.Raw(func(any) error { return nil }); err != nil { // free for a driver, though a transaction is open on it
					return err
				}
				if fail {
					_, err := tx.ExecContext(ctx, "INSERT INTO nosuch VALUES (1)")
					return err
				}
				_, err := tx.ExecContext(ctx, "INSERT INTO made_for_test (job) VALUES ($1)", string(j.Kind)+" "+string(j.Tenant)+" "+j.Object)
				return err
			}, nil
		}
		st, err := storage.Open(ctx, storage.Config{URL: url, Migrate: true, Now: time.Now, Queue: queue})
		must(t, err)
		t.Cleanup(func() { must(t, st.Close()) })
		if (given.Pool == nil) == (given.Writer == nil) || !given.Migrate {
			t.Fatalf("handles %+v", given)
		}
		workspace(t, st, "tn_a")
		db := beside(t, url)
		_, err = db.Exec("CREATE TABLE made_for_test (job TEXT NOT NULL)")
		must(t, err)
		jobs := func() (out []string) {
			rows, err := db.Query("SELECT job FROM made_for_test ORDER BY job")
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
		in := func(fn func(tx ports.Tx) error) error { return st.Tenant("tn_a").Update(ctx, fn) }
		job := ports.Job{Kind: ports.JobFanOut, Object: "gr_1"}
		must(t, in(func(tx ports.Tx) error { return tx.Enqueue(ctx, job) }))
		undone := errors.New("undone")
		if err := in(func(tx ports.Tx) error { return errors.Join(tx.Enqueue(ctx, job), undone) }); !errors.Is(err, undone) {
			t.Errorf("got %v", err)
		}
		must(t, st.Platform().Update(ctx, func(tx ports.PlatformTx) error {
			return tx.In("tn_a").Enqueue(ctx, ports.Job{Kind: ports.JobReconcile, Tenant: "tn_a", Object: "tg_1"})
		}))
		want := []string{"fan_out tn_a gr_1", "reconcile tn_a tg_1"}
		if got := jobs(); !slices.Equal(got, want) {
			t.Errorf("jobs %q, want %q", got, want)
		}
		err = in(func(tx ports.Tx) error {
			return tx.Enqueue(ctx, ports.Job{Kind: ports.JobFanOut, Tenant: "tn_b", Object: "gr_1"})
		})
		if fault.CodeOf(err) != "foreign_job" {
			t.Errorf("a job of somebody else: %v", err)
		}
		err = st.Tenant("tn_a").View(ctx, func(tx ports.Tx) error { return tx.Enqueue(ctx, job) })
		if fault.CodeOf(err) != "view_enqueues" {
			t.Errorf("in a View: %v", err)
		}
		fail = true
		err = in(func(tx ports.Tx) error {
			must(t, tx.Groups().Insert(ctx, group.Group{ID: "gr_1", Name: "www", CreatedAt: then}))
			_ = tx.Enqueue(ctx, job)
			return nil
		})
		if err == nil {
			t.Error("a transaction whose job could not be stored was committed")
		}
		must(t, st.Tenant("tn_a").View(ctx, func(tx ports.Tx) error {
			_, err := tx.Groups().Get(ctx, "gr_1")
			if fault.KindOf(err) != fault.NotFound {
				t.Errorf("got %v", err)
			}
			return nil
		}))
		if got := jobs(); !slices.Equal(got, want) {
			t.Errorf("jobs %q, want %q", got, want)
		}
	})
}

// beside opens the database past the store.
func beside(t *testing.T, url string) *sql.DB {
	t.Helper()
	driver, dsn := "pgx", url
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		driver, dsn = "sqlite", path
	}
	db, err := sql.Open(driver, dsn)
	must(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// A job that never ends holds the queue's connections for ever, but not the server's end.
func TestCloseWaitsForNoConnectionForEver(t *testing.T) {
	var pool *pgxpool.Pool
	st, err := storage.Open(t.Context(), storage.Config{URL: pgtest.URL(t), Migrate: true, Now: time.Now,
		Queue: func(_ context.Context, h storage.Handles) (storage.Enqueue, error) {
			pool = h.Pool
			return nil, nil
		}})
	must(t, err)
	conn, err := pool.Acquire(t.Context())
	must(t, err)
	closed := make(chan error, 1)
	go func() { closed <- st.Close() }()
	select {
	case err := <-closed:
		if err == nil {
			t.Error("nobody is told")
		}
	case <-time.After(time.Minute):
		t.Error("the store does not close")
	}
	conn.Release()
}

func TestAStoreMayBeWithoutAQueue(t *testing.T) {
	both(t, func(t *testing.T, url string) {
		st := open(t, url)
		workspace(t, st, "tn_a")
		err := st.Tenant("tn_a").Update(t.Context(), func(tx ports.Tx) error {
			return tx.Enqueue(t.Context(), ports.Job{Kind: ports.JobFanOut, Object: "gr_1"})
		})
		if fault.CodeOf(err) != "no_queue" {
			t.Errorf("got %v", err)
		}
		refused := errors.New("no queue today")
		_, err = storage.Open(t.Context(), storage.Config{URL: url, Now: time.Now,
			Queue: func(context.Context, storage.Handles) (storage.Enqueue, error) { return nil, refused }})
		if !errors.Is(err, refused) {
			t.Errorf("got %v", err)
		}
	})
}
