package storage_test

import (
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/storage"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/internal/pgtest"
	"github.com/ignisfox/ignisfox/ports"
	"github.com/jackc/pgx/v5"
)

// A standby, or a server that is set to read only, could serve reads for long before anybody saw that nothing is kept.
func TestAServerThatCannotBeWrittenIsRefused(t *testing.T) {
	url := pgtest.URL(t)
	running := open(t, url)
	workspace(t, running, "tn_a")
	super := raw(t, pgtest.SuperURL(t, url))
	role := pgx.Identifier{raw(t, url).Config().User}.Sanitize()
	_, err := super.Exec(t.Context(), "ALTER ROLE "+role+" SET default_transaction_read_only = on")
	must(t, err)
	refuses(t, storage.Config{URL: url, Migrate: true}, "database_read_only")

	// Whoever asks for any server gets one, and is told at the first write.
	st, err := storage.Open(t.Context(), storage.Config{URL: url + "&target_session_attrs=any", Now: time.Now})
	must(t, err)
	defer func() { must(t, st.Close()) }()
	err = st.Tenant("tn_a").Update(t.Context(), func(tx ports.Tx) error {
		return tx.Groups().Insert(t.Context(), group.Group{ID: "gr_1", Name: "a", CreatedAt: then})
	})
	if fault.KindOf(err) != fault.Unavailable || fault.CodeOf(err) != "store_unavailable" {
		t.Errorf("got %v", err)
	}
}
