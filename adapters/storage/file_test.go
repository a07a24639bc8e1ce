package storage_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/storage"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/ports"
)

// statements runs SQL in a new SQLite file and leaves it open until the test ends.
func statements(t *testing.T, path string, list ...string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	must(t, err)
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1)
	for _, s := range list {
		_, err := db.Exec(s)
		must(t, err)
	}
	return db
}

// copyFiles copies what a SQLite file consists of into a folder of its own, as a crash would leave it.
func copyFiles(t *testing.T, from string, mode os.FileMode) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy.db")
	for _, end := range []string{"", "-wal"} {
		b, err := os.ReadFile(from + end)
		must(t, err)
		must(t, os.WriteFile(to+end, b, mode))
		must(t, os.Chmod(to+end, mode))
	}
	return to
}

// describe answers what can be seen of a folder: names, modes, times and content.
func describe(t *testing.T, dir string) string {
	t.Helper()
	var out bytes.Buffer
	for _, e := range must2(os.ReadDir(dir)) {
		info := must2(e.Info())
		fmt.Fprintf(&out, "%s %v %v", e.Name(), info.Mode(), info.ModTime())
		if info.Mode().IsRegular() {
			fmt.Fprintf(&out, " %x", must2(os.ReadFile(filepath.Join(dir, e.Name()))))
		}
		out.WriteByte('\n')
	}
	return out.String()
}

func TestRefusedFilesAreNotTouched(t *testing.T) {
	old := time.Now().Add(-time.Hour)
	for name, make := range map[string]func(path string){
		"text":   func(p string) { must(t, os.WriteFile(p, bytes.Repeat([]byte("root:x:0:0\n"), 200), 0o644)) },
		"short":  func(p string) { must(t, os.WriteFile(p, []byte("one line\n"), 0o644)) },
		"tables": func(p string) { must(t, statements(t, p, "CREATE TABLE albums (id INTEGER)").Close()) },
		"its own application id": func(p string) {
			must(t, statements(t, p, "PRAGMA application_id = 77", "CREATE TABLE albums (id INTEGER)").Close())
		},
		"WAL": func(p string) {
			must(t, statements(t, p, "PRAGMA journal_mode = wal", "CREATE TABLE albums (id INTEGER)").Close())
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "foreign.db")
			make(path)
			must(t, os.Chmod(path, 0o644))
			must(t, os.Chtimes(path, old, old))
			before := describe(t, dir)
			for _, c := range []storage.Config{{Migrate: true, Exclusive: true}, {CreateIfNew: true}, {}} {
				c.URL = "sqlite:" + path
				refuses(t, c, "not_a_database")
				if after := describe(t, dir); after != before {
					t.Fatalf("the folder was\n%.300s\nand is\n%.300s", before, after)
				}
			}
		})
	}
}

// Another program's tables may be in its log alone.
func TestRefusedFilesKeepTheirLog(t *testing.T) {
	from := filepath.Join(t.TempDir(), "live.db")
	statements(t, from, "PRAGMA journal_mode = wal", "CREATE TABLE albums (id INTEGER)", "INSERT INTO albums VALUES (1)")
	path := copyFiles(t, from, 0o644)
	refuses(t, storage.Config{URL: "sqlite:" + path, Migrate: true, Exclusive: true}, "not_a_database")
	for _, end := range []string{"", "-wal"} {
		if info := must2(os.Stat(path + end)); info.Mode().Perm() != 0o644 {
			t.Errorf("mode of %q is %v", end, info.Mode())
		}
		if !bytes.Equal(must2(os.ReadFile(from+end)), must2(os.ReadFile(path+end))) {
			t.Errorf("%q was changed", end)
		}
	}
	if _, err := os.Stat(path + ".lock"); !os.IsNotExist(err) {
		t.Errorf("a lock beside it: %v", err)
	}
	var n int
	must(t, statements(t, path).QueryRow("SELECT count(*) FROM albums").Scan(&n))
	if n != 1 {
		t.Errorf("%d rows are left", n)
	}
}

// A first start that was killed leaves nearly all in the log. The next one takes the file over, for its owner alone.
func TestAFileWhoseSchemaIsInTheLogIsOurs(t *testing.T) {
	from := filepath.Join(t.TempDir(), "live.db")
	st := open(t, "sqlite:"+from)
	workspace(t, st, "tn_a")
	path := copyFiles(t, from, 0o644)
	again := open(t, "sqlite:"+path)
	must(t, again.Tenant("tn_a").View(t.Context(), func(tx ports.Tx) error {
		_, err := tx.Workspace().Get(t.Context())
		return err
	}))
	for _, end := range []string{"", "-wal", "-shm"} {
		if info := must2(os.Stat(path + end)); info.Mode().Perm() != 0o600 {
			t.Errorf("mode of %q is %v", end, info.Mode())
		}
	}
}

func TestOneServerPerFileUnderAnyName(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "ignisfox.db")
	must(t, os.Symlink("ignisfox.db", filepath.Join(dir, "link.db")))
	must(t, os.Symlink(dir, filepath.Join(dir, "folder")))
	serve := func(path string) storage.Config {
		return storage.Config{URL: "sqlite:" + path, Migrate: true, Exclusive: true, Now: time.Now}
	}
	refuses(t, serve(filepath.Join(dir, "link.db")), "database_file") // a link to nowhere is not followed
	first, err := storage.Open(t.Context(), serve(filepath.Join(dir, "folder", "ignisfox.db")))
	must(t, err)
	for _, name := range []string{"ignisfox.db", "link.db", "folder/ignisfox.db", "folder/folder/link.db"} {
		_, err := storage.Open(t.Context(), serve(filepath.Join(dir, name)))
		if fault.KindOf(err) != fault.Conflict || fault.CodeOf(err) != "database_in_use" {
			t.Errorf("%s: got %v", name, err)
		}
	}
	beside, err := storage.Open(t.Context(), storage.Config{URL: "sqlite:" + path, Now: time.Now}) // a command
	must(t, err)
	must(t, beside.Close())
	must(t, first.Close())
	second, err := storage.Open(t.Context(), serve(filepath.Join(dir, "link.db")))
	must(t, err)
	must(t, second.Close())
	if info := must2(os.Stat(path + ".lock")); info.Mode().Perm() != 0o600 {
		t.Errorf("mode of the lock is %v", info.Mode())
	}
}
