package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/ignisfox/ignisfox/internal/pgtest"
)

// One secret of every sort is planted, and everything is done with them that a user, an operator or an attacker does, with the log
// at debug. Then everything that leaves the program or lies on a disk is searched for them, in every form they could take.
func TestCanary(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		v := newAviary(t, "")
		v.live(func() {})
		v.sqliteAtRest()
		v.verdict()
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		pg, err := pgtest.Start(dir, pgtest.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = pg.Stop() })
		plain, _, err := pg.NewDatabase(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(plain)
		if err != nil {
			t.Fatal(err)
		}
		password := "db" + rand.Text()
		u.User = url.UserPassword(u.User.Username(), password) // not asked for, and sent nowhere it could be seen
		v := newAviary(t, u.String())
		v.plantText("password of the database", password)
		v.live(func() {
			pg.Kill()
			v.withoutDatabase()
			if err := pg.Restart(); err != nil {
				t.Fatal(err)
			}
		})
		v.postgresAtRest(pgtest.SuperURL(t, plain), dir)
		v.verdict()
	})
}

// aviary is an installation with planted secrets, and everything that came out of it.
type aviary struct {
	t        *testing.T
	site     *site
	http     *http.Client
	server   *child
	canaries []planted
	hay      []hay
	s        secrets
	carried  map[string]string // names of the secrets that a cookie may carry, by value
	visitors int
}

// hay is something to search. The secrets named in meant are what it is there to carry.
type hay struct {
	where string
	text  []byte
	meant []string
	may   string // the one that it may carry or not: what somebody typed into a field that shows what was typed
}

func newAviary(t *testing.T, databaseURL string) *aviary {
	v := &aviary{
		t: t, site: newSite(t, databaseURL, "IGNISFOX_LOG_LEVEL=debug", "IGNISFOX_METRICS_LISTEN=127.0.0.1:0", "IGNISFOX_TRUSTED_PROXIES=127.0.0.1/32"),
		http: &http.Client{
			Timeout:       patience,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		carried: map[string]string{},
	}
	t.Cleanup(v.http.CloseIdleConnections)
	return v
}

func (v *aviary) plant(c planted) { v.canaries = append(v.canaries, c) }

func (v *aviary) plantText(name, secret string) { v.plant(textCanary(name, secret)) }

// look adds something to be searched.
func (v *aviary) look(where string, text []byte, meant ...string) {
	v.hay = append(v.hay, hay{where: where, text: bytes.Clone(text), meant: meant})
}

// live is a life of the program: start, good and bad use, the harm that upset does, commands, a second start, the end.
func (v *aviary) live(upset func()) {
	v.makeSecrets()
	v.refusedStarts()
	v.start()
	v.plantKEK()
	v.firstOwner()
	v.operator()
	v.goodUse()
	v.people()
	v.badUse()
	v.badForms()
	v.everyPage()
	upset()
	v.pages()
	v.stop()
	v.command("rotate-kek", nil, "", "rotate-kek")
	v.plantKEK()
	v.start()
	v.goodReads()
	v.everyPage()
	v.command("rotate-kek --prune", nil, "", "rotate-kek", "--prune")
	v.pages()
	v.site.logs.mustHold(v.t, `"level":"DEBUG"`)
	v.foreignKEK()
}

func (r *recording) mustHold(t *testing.T, text string) {
	t.Helper()
	if !bytes.Contains(r.bytes(), []byte(text)) {
		t.Errorf("the log holds no %s: it was not written at that level", text)
	}
}

func (v *aviary) start() {
	v.t.Helper()
	v.server = v.site.start("serve")
	if err := v.server.listening(); err != nil {
		v.t.Fatal(err)
	}
	v.ready()
}

func (v *aviary) ready() {
	v.t.Helper()
	until(v.t, "the server is ready", func() bool {
		r, err := v.http.Get(v.server.url + "/readyz")
		if err != nil {
			return false
		}
		return r.Body.Close() == nil && r.StatusCode == http.StatusOK
	})
}

func (v *aviary) stop() {
	v.t.Helper()
	v.http.CloseIdleConnections()
	if err := v.server.stop(); err != nil {
		v.t.Fatal(err)
	}
}

// command runs a command of the program and searches what it prints; its standard error is in the log.
func (v *aviary) command(name string, meant []string, stdin string, args ...string) string {
	v.t.Helper()
	out, err := v.site.run(stdin, args...)
	if err != nil {
		v.t.Fatal(err)
	}
	v.look("standard output of "+name, []byte(out), meant...)
	return strings.TrimSpace(out)
}

// refused runs a command that has to fail, with other settings.
func (v *aviary) refused(name, stdin string, settings []string, args ...string) {
	v.t.Helper()
	other := *v.site
	other.env = append(slices.Clone(v.site.env), settings...)
	out, err := other.run(stdin, args...)
	if err == nil {
		v.t.Errorf("%s was not refused: %s", name, out)
	}
	v.look("standard output of "+name, []byte(out))
}

// plantKEK plants what the KEK file holds now.
func (v *aviary) plantKEK() {
	v.t.Helper()
	text, err := os.ReadFile(filepath.Join(v.site.dir, "kek"))
	if err != nil {
		v.t.Fatal(err)
	}
	keys := 0
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(line, "#") {
			continue
		}
		last := fields[len(fields)-1]
		key, err := base64.StdEncoding.DecodeString(last)
		if err != nil {
			key, err = base64.RawStdEncoding.DecodeString(last)
		}
		if err != nil || len(key) < 32 {
			continue
		}
		keys++
		name := "KEK " + fields[min(1, len(fields)-1)]
		if !slices.ContainsFunc(v.canaries, func(c planted) bool { return c.name == name }) {
			v.plant(bytesCanary(name, key))
		}
	}
	if keys == 0 {
		v.t.Fatal("no key was found in the KEK file: the test does not know its form")
	}
}

// foreignKEK ends the server and shows that the wrong KEK stops the start, without a word of either.
func (v *aviary) foreignKEK() {
	v.t.Helper()
	v.stop()
	other := filepath.Join(v.t.TempDir(), "data")
	w := *v.site
	w.dir = other
	w.env = append(slices.Clone(v.site.env), "IGNISFOX_DATA_DIR="+other, "IGNISFOX_DATABASE_URL=")
	if out, err := w.run("", "admin", "token", "--email", "nobody@example.com", "--tenant", "None", "--name", "x"); err == nil {
		v.t.Fatalf("a token for nobody: %s", out)
	}
	foreign := filepath.Join(other, "kek")
	w.plantForeign(v, foreign)
	v.refused("serve with another KEK", "", []string{"IGNISFOX_KEK=file:" + foreign}, "serve")
}

func (s *site) plantForeign(v *aviary, path string) {
	v.t.Helper()
	was := v.site
	v.site = s
	defer func() { v.site = was }()
	if _, err := os.Stat(path); err != nil {
		v.t.Fatalf("the other data directory has no KEK: %v", err)
	}
	v.plantKEK()
}

// sqliteAtRest adds the database as it lies on disk, and every value in it.
func (v *aviary) sqliteAtRest() {
	v.t.Helper()
	v.dataDir()
	db, err := sql.Open("sqlite", filepath.Join(v.site.dir, "ignisfox.db"))
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	tables := column(v.t, db, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
	values := 0
	for _, table := range tables {
		rows, err := db.QueryContext(v.t.Context(), `SELECT * FROM "`+table+`"`)
		if err != nil {
			v.t.Fatal(err)
		}
		names, _ := rows.Columns()
		for rows.Next() {
			cells := make([]sql.RawBytes, len(names))
			into := make([]any, len(names))
			for i := range cells {
				into[i] = &cells[i]
			}
			if err := rows.Scan(into...); err != nil {
				v.t.Fatal(err)
			}
			for i, cell := range cells {
				values++
				v.look("column "+table+"."+names[i], cell)
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil { //nolint:sqlclosecheck // one of many, in a loop
			v.t.Fatal(err)
		}
	}
	if len(tables) < 15 || values < 500 {
		v.t.Errorf("only %d values in %d tables were searched", values, len(tables))
	}
}

func column(t *testing.T, db *sql.DB, query string) (out []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// postgresAtRest adds a dump of the database as text and every file of the server that held it.
func (v *aviary) postgresAtRest(superURL, dir string) {
	v.t.Helper()
	v.dataDir()
	ctx, cancel := context.WithTimeout(v.t.Context(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, superURL)
	if err != nil {
		v.t.Fatal(err)
	}
	_, err = conn.Exec(ctx, "CHECKPOINT")
	if err := errors.Join(err, conn.Close(ctx)); err != nil {
		v.t.Fatal(err)
	}
	dump, err := exec.CommandContext(ctx, pgDump(v.t), "--inserts", "--dbname="+superURL).Output()
	if err != nil {
		v.t.Fatalf("pg_dump: %v", err)
	}
	if n := bytes.Count(dump, []byte("INSERT INTO")); n < 100 {
		v.t.Errorf("the dump has only %d rows", n)
	}
	for line := range bytes.Lines(dump) {
		v.look("dump of PostgreSQL", line)
	}
	v.files("file of PostgreSQL ", dir, func(string) bool { return true })
}

func pgDump(t *testing.T) string {
	t.Helper()
	if path, err := exec.LookPath("pg_dump"); err == nil {
		return path
	}
	paths, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pg_dump")
	if len(paths) == 0 {
		t.Fatal("pg_dump is missing; run `make test-deps`")
	}
	return paths[len(paths)-1]
}

// dataDir adds every file in the data directory but the KEK file, which is there to hold the KEK.
func (v *aviary) dataDir() {
	v.t.Helper()
	n := v.files("data directory ", v.site.dir, func(name string) bool { return name != "kek" })
	if n == 0 {
		v.t.Log("the data directory holds nothing but the KEK")
	}
}

func (v *aviary) files(where, dir string, wanted func(name string) bool) (n int) {
	v.t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // PostgreSQL lives
			return nil
		}
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		b, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) || err == nil && !wanted(name) {
			return nil
		}
		n++
		v.hay = append(v.hay, hay{where: where + name, text: b})
		return err
	})
	if err != nil {
		v.t.Fatal(err)
	}
	return n
}

// verdict searches everything.
func (v *aviary) verdict() {
	v.t.Helper()
	prove(v.t, v.canaries)
	v.look("log", v.site.logs.bytes())
	v.look("standard output of serve", v.site.out.bytes(), setupLinkName)
	s := newSearcher(v.canaries)
	seen, size, hits := map[string]bool{}, 0, 0
	for _, h := range v.hay {
		size += len(h.text)
		for _, f := range s.search(h.text) {
			if h.may == f.canary {
				continue
			}
			if slices.Contains(h.meant, f.canary) {
				seen[f.canary+" in "+h.where] = true
				continue
			}
			if hits++; hits <= 50 {
				v.t.Errorf("%s holds %s as %s", h.where, f.canary, f.form.name)
			}
		}
	}
	for _, h := range v.hay {
		for _, name := range h.meant {
			if !seen[name+" in "+h.where] {
				v.t.Errorf("%s should carry %s, and the search did not find it there", h.where, name)
			}
		}
	}
	v.t.Logf("%d secrets, %d places with %d KB searched, %d hits", len(v.canaries), len(v.hay), size>>10, hits)
	if v.t.Failed() {
		path := filepath.Join(os.TempDir(), fmt.Sprintf("ignisfox-canary-%d.log", os.Getpid()))
		_ = os.WriteFile(path, v.site.logs.bytes(), 0o600)
		v.t.Logf("the log is kept in %s", path)
	}
}
