package storage_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/storage"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/pgtest"
	"github.com/ignisfox/ignisfox/ports"
)

// secondProcess is set for a copy of this test binary that writes to the database it names, as the admin commands do beside
// a running server.
const secondProcess = "IGNISFOX_TEST_WRITE_BESIDE"

const writesEach = 60

// writeBeside numbers generations, and answers the process's exit code.
func writeBeside(url string) int {
	ctx := context.Background()
	st, err := storage.Open(ctx, storage.Config{URL: url, Now: time.Now})
	if err == nil {
		err = numberMany(ctx, st)
		err = errors.Join(err, st.Close())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func numberMany(ctx context.Context, st ports.Store) error {
	for range writesEach {
		err := st.Tenant("tn_a").Update(ctx, func(tx ports.Tx) error {
			if _, err := tx.Groups().Lock(ctx, "gr_1"); err != nil {
				return err
			}
			_, err := tx.Groups().NextNumber(ctx, "gr_1")
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func TestTwoProcessesWriteOneDatabase(t *testing.T) {
	both(t, func(t *testing.T, url string) {
		st := open(t, url)
		workspace(t, st, "tn_a")
		must(t, st.Tenant("tn_a").Update(t.Context(), func(tx ports.Tx) error {
			return tx.Groups().Insert(t.Context(), group.Group{ID: "gr_1", Name: "www", CreatedAt: then})
		}))
		epoch, err := st.Epoch(t.Context())
		must(t, err)
		other := exec.CommandContext(t.Context(), os.Args[0])
		other.Env = append(os.Environ(), secondProcess+"="+url)
		other.Stderr = os.Stderr
		must(t, other.Start())
		must(t, numberMany(t.Context(), st))
		must(t, other.Wait())
		must(t, st.Tenant("tn_a").Update(t.Context(), func(tx ports.Tx) error {
			n, err := tx.Groups().NextNumber(t.Context(), "gr_1")
			if n != 2*writesEach+1 {
				t.Errorf("number %d after %d writes", n, 2*writesEach)
			}
			return err
		}))
		after, err := st.Epoch(t.Context()) // the other process's changes are seen
		must(t, err)
		if after-epoch != 2*writesEach+1 {
			t.Errorf("the epoch rose by %d", after-epoch)
		}
	})
}

// Two transactions that take two groups in opposite order: the database ends one, and it is run again.
func TestDeadlocksAreRunAgain(t *testing.T) {
	st := open(t, pgtest.URL(t))
	workspace(t, st, "tn_a")
	ctx := t.Context()
	must(t, st.Tenant("tn_a").Update(ctx, func(tx ports.Tx) error {
		return errors.Join(tx.Groups().Insert(ctx, group.Group{ID: "gr_1", Name: "a", CreatedAt: then}),
			tx.Groups().Insert(ctx, group.Group{ID: "gr_2", Name: "b", CreatedAt: then}))
	}))
	var both, wg sync.WaitGroup
	both.Add(2)
	var runs atomic.Int32
	for _, order := range [][2]string{{"gr_1", "gr_2"}, {"gr_2", "gr_1"}} {
		wg.Go(func() {
			first := true
			err := st.Tenant("tn_a").Update(ctx, func(tx ports.Tx) error {
				runs.Add(1)
				if _, err := tx.Groups().Lock(ctx, order[0]); err != nil {
					return err
				}
				if first { // both hold one before either asks for the other
					first = false
					both.Done()
					both.Wait()
				}
				_, err := tx.Groups().Lock(ctx, order[1])
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if runs.Load() < 3 {
		t.Errorf("%d runs, want 3: two that met and one again", runs.Load())
	}
}

// The connection dies before the commit: nobody can know more than that, so the caller is told, and nothing is run twice.
func TestALostConnectionIsToldAndNotRepeated(t *testing.T) {
	url := pgtest.URL(t)
	st := open(t, url)
	workspace(t, st, "tn_a")
	ctx := t.Context()
	c := raw(t, pgtest.SuperURL(t, url))
	kill := func() {
		_, err := c.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
		must(t, err)
		var left int // the backends are told, not yet gone
		for left = 1; left > 0; {
			must(t, c.QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`).Scan(&left))
		}
	}
	runs := 0
	err := st.Tenant("tn_a").Update(ctx, func(tx ports.Tx) error {
		runs++
		if err := tx.Groups().Insert(ctx, group.Group{ID: "gr_1", Name: "a", CreatedAt: then}); err != nil {
			return err
		}
		kill()
		return nil
	})
	if fault.KindOf(err) != fault.Unavailable || fault.CodeOf(err) != "store_unavailable" || runs != 1 {
		t.Errorf("after %d runs: %v", runs, err)
	}
	_, err = st.Epoch(ctx)
	must(t, err)
	kill()
	if _, err := st.Epoch(ctx); fault.CodeOf(err) != "store_unavailable" {
		t.Errorf("epoch on a dead connection: %v", err)
	}
	_, err = st.Epoch(ctx) // on a new one
	must(t, err)
	must(t, st.Tenant("tn_a").View(ctx, func(tx ports.Tx) error {
		_, err := tx.Groups().Get(ctx, "gr_1")
		if fault.KindOf(err) != fault.NotFound {
			t.Errorf("got %v", err)
		}
		return nil
	}))
}

// The sealer asks for keysets inside transactions. When these hold every connection it must not wait for one of them.
func TestKeysetsAreReadWhileEveryConnectionIsBusy(t *testing.T) {
	both(t, func(t *testing.T, url string) {
		if url[:8] == "postgres" {
			url += "&pool_max_conns=2"
		}
		st := open(t, url)
		workspace(t, st, "tn_a")
		ctx := t.Context()
		const many = 24
		var in, wg sync.WaitGroup
		views := 2 // as many as PostgreSQL has connections here; SQLite has more for reading
		in.Add(views)
		for range views {
			wg.Go(func() {
				err := st.Tenant("tn_a").View(ctx, func(ports.Tx) error {
					in.Done()
					in.Wait()
					for range many {
						if _, err := st.Keysets().Keyset(ctx, "tn_a"); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	})
}

// A shredded tenant's wrapped keys are in no file any more.
func TestShreddedKeysLeaveTheFiles(t *testing.T) {
	url := sqliteURL(t)
	st := open(t, url)
	workspace(t, st, "tn_a")
	secret := "wrapped-keyset-of-tenant-b-0123456789"
	ctx := t.Context()
	must(t, st.Platform().Update(ctx, func(tx ports.PlatformTx) error {
		w := tenant.Tenant{ID: "tn_b", Name: "b", TimeZone: "UTC", CreatedAt: then}
		return tx.Tenants().Insert(ctx, w, ports.WrappedKeyset{KEK: "0badcafe", Blob: []byte(secret)})
	}))
	holds := func() bool {
		for _, suffix := range []string{"", "-wal"} {
			if b, err := os.ReadFile(url[len("sqlite:"):] + suffix); err == nil && containsText(b, secret) {
				return true
			}
		}
		return false
	}
	if !holds() {
		t.Fatal("the test looks in the wrong place")
	}
	must(t, st.Platform().Update(ctx, func(tx ports.PlatformTx) error { return tx.Tenants().Shred(ctx, "tn_b") }))
	if holds() {
		t.Error("the keyset is still in the files")
	}
}
