package storage_test

import (
	"errors"
	"testing"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/internal/pgtest"
	"github.com/ignisfox/ignisfox/ports"
)

// Two groups are given one name at the same time: the second cannot see it taken, waits for the first's commit, is told, and
// its transaction goes on.
func TestANameTakenInARaceLeavesTheTransactionUsable(t *testing.T) {
	url := pgtest.URL(t)
	st := open(t, url)
	workspace(t, st, "tn_a")
	watch := raw(t, pgtest.SuperURL(t, url))
	ctx := t.Context()
	must(t, st.Tenant("tn_a").Update(ctx, func(tx ports.Tx) error {
		return errors.Join(tx.Groups().Insert(ctx, group.Group{ID: "gr_1", Name: "a", CreatedAt: then}),
			tx.Groups().Insert(ctx, group.Group{ID: "gr_2", Name: "b", CreatedAt: then}))
	}))
	var named error
	second := make(chan error, 1)
	must(t, st.Tenant("tn_a").Update(ctx, func(tx ports.Tx) error {
		if err := tx.Groups().Rename(ctx, "gr_1", "same"); err != nil {
			return err
		}
		go func() {
			second <- st.Tenant("tn_a").Update(ctx, func(tx ports.Tx) error {
				named = tx.Groups().Rename(ctx, "gr_2", "Same")
				return tx.Groups().Insert(ctx, group.Group{ID: "gr_3", Name: "c", CreatedAt: then})
			})
		}()
		for waiting := 0; waiting == 0; { // until it does
			must(t, watch.QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).
				Scan(&waiting))
		}
		return nil
	}))
	must(t, <-second)
	if fault.KindOf(named) != fault.Conflict || fault.CodeOf(named) != "name_taken" {
		t.Errorf("the second got %v", named)
	}
	must(t, st.Tenant("tn_a").View(ctx, func(tx ports.Tx) error {
		for id, want := range map[string]string{"gr_1": "same", "gr_2": "b", "gr_3": "c"} {
			g, err := tx.Groups().Get(ctx, id)
			if err != nil || g.Name != want {
				t.Errorf("%s is %q (%v), want %q", id, g.Name, err, want)
			}
		}
		return nil
	}))
}
