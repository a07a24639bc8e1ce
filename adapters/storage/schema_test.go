package storage_test

import (
	"bytes"
	"database/sql"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/storage"
	"github.com/ignisfox/ignisfox/adapters/storage/migrations"
	"github.com/ignisfox/ignisfox/core/fault"
)

func TestMigrationsHaveTheSameNames(t *testing.T) {
	names := map[string][]string{}
	for _, engine := range []string{"sqlite", "postgres"} {
		list, err := fs.Glob(migrations.FS(engine), "*")
		must(t, err)
		for i, n := range list {
			if !strings.HasSuffix(n, ".sql") {
				t.Errorf("%s/%s is no migration", engine, n)
			}
			if want := []byte("-- +goose Down"); bytes.Contains(must2(fs.ReadFile(migrations.FS(engine), n)), want) {
				t.Errorf("%s/%s goes backward", engine, n)
			}
			if n[:4] != strings.Repeat("0", 4-len(itoa(i+1)))+itoa(i+1) {
				t.Errorf("%s/%s is out of line", engine, n)
			}
		}
		names[engine] = list
	}
	if !slices.Equal(names["sqlite"], names["postgres"]) || len(names["sqlite"]) == 0 {
		t.Errorf("the folders differ: %v", names)
	}
}

func itoa(n int) string {
	return strings.TrimLeft(string([]byte{byte('0' + n/10), byte('0' + n%10)}), "0")
}

func must2[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// refuses wants Open to fail with the code.
func refuses(t *testing.T, c storage.Config, code string) {
	t.Helper()
	c.Now = time.Now
	st, err := storage.Open(t.Context(), c)
	if err == nil {
		_ = st.Close()
	}
	if fault.CodeOf(err) != code {
		t.Errorf("got %v, want a fault %s", err, code)
	}
}

func TestOtherSchemaVersionsAreRefused(t *testing.T) {
	both(t, func(t *testing.T, url string) {
		driver, dsn := "pgx", url
		if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
			driver, dsn = "sqlite", path
			refuses(t, storage.Config{URL: url}, "database_file") // nothing there yet
			must(t, os.WriteFile(path, nil, 0o600))
		}
		refuses(t, storage.Config{URL: url}, "schema_version") // empty
		st, err := storage.Open(t.Context(), storage.Config{URL: url, CreateIfNew: true, Now: time.Now})
		must(t, err)
		must(t, st.Close())
		st, err = storage.Open(t.Context(), storage.Config{URL: url, Now: time.Now}) // current
		must(t, err)
		must(t, st.Close())

		db, err := sql.Open(driver, dsn)
		must(t, err)
		defer func() { _ = db.Close() }()
		_, err = db.Exec("INSERT INTO ignisfox_schema (version_id, is_applied) VALUES (999, $1)", true)
		must(t, err)
		for _, c := range []storage.Config{{URL: url}, {URL: url, Migrate: true}, {URL: url, CreateIfNew: true}} { // from the future
			refuses(t, c, "schema_version")
		}
		_, err = db.Exec("DELETE FROM ignisfox_schema WHERE version_id > 0")
		must(t, err)
		_, err = db.Exec("INSERT INTO ignisfox_schema (version_id, is_applied) VALUES (0, $1)", true)
		must(t, err)
		refuses(t, storage.Config{URL: url}, "schema_version") // from the past
	})
}

func TestManyServersMayStartAtOnce(t *testing.T) {
	both(t, func(t *testing.T, url string) {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				st, err := storage.Open(t.Context(), storage.Config{URL: url, Migrate: true, Now: time.Now})
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := st.Epoch(t.Context()); err != nil {
					t.Error(err)
				}
				if err := st.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	})
}

func TestFilesThatAreNotOursAreRefused(t *testing.T) {
	dir := t.TempDir()
	whole := filepath.Join(dir, "whole.db")
	st := open(t, "sqlite:"+whole)
	furnish(t, st, "tn_a")
	must(t, st.Close())
	content := must2(os.ReadFile(whole))

	write := func(name string, b []byte) string {
		p := filepath.Join(dir, name)
		must(t, os.WriteFile(p, b, 0o644))
		return p
	}
	text := write("text.db", bytes.Repeat([]byte("This is a letter, not a database. "), 200))
	damaged := slices.Clone(content)
	clear(damaged[100:4096]) // the page that describes the tables
	broken := write("damaged.db", damaged)
	foreign := filepath.Join(dir, "foreign.db")
	db, err := sql.Open("sqlite", foreign)
	must(t, err)
	_, err = db.Exec("CREATE TABLE albums (id INTEGER PRIMARY KEY)")
	must(t, err)
	must(t, db.Close())

	for _, path := range []string{text, broken, foreign} {
		before := must2(os.ReadFile(path))
		refuses(t, storage.Config{URL: "sqlite:" + path, Migrate: true}, "not_a_database")
		if !bytes.Equal(before, must2(os.ReadFile(path))) {
			t.Errorf("%s was changed", filepath.Base(path))
		}
	}
	refuses(t, storage.Config{URL: "sqlite:" + filepath.Join(dir, "nosuch", "x.db"), Migrate: true}, "database_file")
	refuses(t, storage.Config{URL: "sqlite:" + dir, Migrate: true}, "database_file")
	refuses(t, storage.Config{URL: "sqlite:", Migrate: true}, "database_url")
	refuses(t, storage.Config{URL: "mysql://localhost/x", Migrate: true}, "database_url")
	refuses(t, storage.Config{URL: "", Migrate: true}, "database_url")
}

func TestFilesAreForTheirOwnerAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "odd name ? # %41 'x'.db")
	st := open(t, "sqlite:"+path)
	furnish(t, st, "tn_a")
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + suffix)
		must(t, err)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("mode of %q is %v", suffix, info.Mode())
		}
	}
	must(t, st.Close())
	must(t, os.Chmod(path, 0o644))
	open(t, "sqlite:"+path)
	if info := must2(os.Stat(path)); info.Mode().Perm() != 0o600 {
		t.Errorf("mode is %v after opening", info.Mode())
	}
}

func TestABadURLDoesNotShowItsPassword(t *testing.T) {
	for _, url := range []string{
		"postgres://kim:hunter2@127.0.0.1:1/x?sslmode=disable&connect_timeout=2", "postgres://kim:hunter2@127.0.0.1:notaport/x",
		"postgres://kim:hunter2@[::1/x", "postgres://kim:hunter2@127.0.0.1:1/x?sslmode=nosuch",
	} {
		_, err := storage.Open(t.Context(), storage.Config{URL: url, Migrate: true, Now: time.Now})
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("got %v", err)
		}
		if code := fault.CodeOf(err); code != "database_url" && code != "store_unavailable" {
			t.Errorf("got code %s", code)
		}
	}
}
