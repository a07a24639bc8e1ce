package storage_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/storage"
	"github.com/ignisfox/ignisfox/internal/pgtest"
	"github.com/ignisfox/ignisfox/ports"
	"github.com/ignisfox/ignisfox/ports/storagetest"
)

func TestMain(m *testing.M) {
	if url := os.Getenv(secondProcess); url != "" {
		os.Exit(writeBeside(url))
	}
	pgtest.Main(m)
}

// open answers a store that is closed with the test.
func open(t testing.TB, url string) ports.Store {
	t.Helper()
	st, err := storage.Open(t.Context(), storage.Config{URL: url, Migrate: true, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return st
}

func sqliteURL(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "ignisfox.db") }

// both runs a test on a new database of each engine.
func both(t *testing.T, run func(t *testing.T, url string)) {
	t.Run("SQLite", func(t *testing.T) { run(t, sqliteURL(t)) })
	t.Run("PostgreSQL", func(t *testing.T) { run(t, pgtest.URL(t)) })
}

func TestSQLiteKeepsTheContract(t *testing.T) {
	storagetest.Run(t, func(t *testing.T) ports.Store { return open(t, sqliteURL(t)) })
}

func TestPostgreSQLKeepsTheContract(t *testing.T) {
	storagetest.Run(t, func(t *testing.T) ports.Store { return open(t, pgtest.URL(t)) })
}
