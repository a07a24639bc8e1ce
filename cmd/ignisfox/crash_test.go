package main

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	_ "modernc.org/sqlite" // integrity_check from outside the program

	"github.com/ignisfox/ignisfox/internal/pgtest"
	"github.com/ignisfox/ignisfox/internal/testcert"
)

const (
	crashClients    = 5
	crashReaders    = 1
	firstKills      = 3 // of the kills, during the very first start
	longestRound    = 800 * time.Millisecond
	longestRotation = 150 * time.Millisecond
	longestStart    = 400 * time.Millisecond // kills during a start come within this time
	crashKillsName  = "IGNISFOX_CRASH_KILLS"
	crashSeedName   = "IGNISFOX_CRASH_SEED"
)

// The server is killed at random moments, also while it starts, under clients that change things all the time; on PostgreSQL the
// database is killed as well. Nothing that was acknowledged is lost, nothing is done by halves, no key is ever given out with a
// certificate of another.
//
// IGNISFOX_CRASH_KILLS says how many kills, on each engine; IGNISFOX_CRASH_SEED repeats the choices of an earlier run.
func TestCrash(t *testing.T) {
	t.Parallel()
	kills, seed := crashKills(t), crashSeed(t)
	if _, err := buildBinary(); err != nil {
		t.Fatal(err)
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		w := newCrashWorld(t, seed, "")
		w.killServer(kills)
		w.finish()
		integrity(t, filepath.Join(w.site.dir, "ignisfox.db"))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		pg, err := pgtest.Start(t.TempDir(), pgtest.Options{Durable: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = pg.Stop() })
		at, _, err := pg.NewDatabase(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		w := newCrashWorld(t, seed, at)
		w.pg = pg
		w.killServer(kills)
		w.killPostgres(max(3, kills/10))
		w.finish()
	})
}

// The very first start is killed at every moment: whatever it leaves behind, the next one goes on from there.
func TestCrashFirstStart(t *testing.T) {
	t.Parallel()
	seed, starts := crashSeed(t), max(24, crashKills(t))
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			t.Logf("seed %d: %s=%d repeats the choices", seed, crashSeedName, seed)
			rng := rand.New(rand.NewPCG(seed, 200))
			for i := range starts {
				databaseURL := ""
				if engine == "postgres" {
					databaseURL = pgtest.URL(t)
				}
				s := newSite(t, databaseURL)
				first := s.start("serve")
				if i%2 == 0 { // the moments when something was just written are those that matter
					writes(t, s.dir, 1+rng.IntN(8))
				} else {
					time.Sleep(time.Duration(rng.Int64N(int64(80 * time.Millisecond))))
				}
				first.kill()
				next := s.start("serve")
				if err := next.listening(); err != nil {
					t.Fatalf("seed %d, first start %d was killed: %v", seed, i, err)
				}
				if i%3 == 0 {
					setUp(t, s, next.url)
				} else {
					s.mustRun("correct horse battery", "admin", "create-owner", "--email", "kim@example.com", "--name", "Kim", "--tenant", "Acme",
						"--password-file", "-")
				}
				if err := next.stop(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// setUp makes the first owner by the link that was printed last.
func setUp(t *testing.T, s *site, at string) {
	t.Helper()
	links := regexp.MustCompile(`/setup#(setup_[0-9A-Za-z]+)`).FindAllSubmatch(s.out.bytes(), -1)
	if len(links) == 0 {
		t.Fatal("no setup link was printed")
	}
	form := url.Values{
		"link": {string(links[len(links)-1][1])}, "name": {"Kim"}, "organisation": {"Acme"}, "email": {"kim@example.com"},
		"password": {"correct horse battery"},
	}
	r, err := http.NewRequest(http.MethodPost, at+"/setup", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	got, err := send(&http.Client{Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, r)
	if err != nil || got.status != http.StatusSeeOther || got.header.Get("Location") != "/dashboard/settings/security" {
		t.Fatalf("set-up by the link: %d to %q, %v", got.status, got.header.Get("Location"), err)
	}
}

// writes waits until the files of a directory were seen to change so many times, and not much longer when no more changes come.
func writes(t *testing.T, dir string, changes int) {
	t.Helper()
	var last string
	for seen, end := 0, time.Now().Add(200*time.Millisecond); seen < changes && time.Now().Before(end); {
		now := ""
		names, _ := os.ReadDir(dir)
		for _, n := range names {
			if info, err := n.Info(); err == nil {
				now += fmt.Sprint(n.Name(), info.Size(), info.ModTime().UnixNano(), " ")
			}
		}
		if now != last {
			last = now
			seen++
		}
	}
}

func crashKills(t *testing.T) int {
	t.Helper()
	kills, err := strconv.Atoi(cmp.Or(os.Getenv(crashKillsName), "20"))
	if err != nil || kills < firstKills+1 {
		t.Fatalf("%s is a number from %d on", crashKillsName, firstKills+1)
	}
	return kills
}

func crashSeed(t *testing.T) uint64 {
	t.Helper()
	seed, err := strconv.ParseUint(cmp.Or(os.Getenv(crashSeedName), strconv.FormatInt(time.Now().UnixNano(), 10)), 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", crashSeedName, err)
	}
	return seed
}

// crashWorld is one installation with all who use it.
type crashWorld struct {
	t       *testing.T
	seed    uint64
	rng     *rand.Rand // of the one who kills
	site    *site
	pg      *pgtest.Server // nil on SQLite
	server  *child
	url     string
	http    *http.Client
	api     string // a token that may read, write and export
	ingest  string
	session string // cookie of a browser, which outlives every kill
	clients []*crashClient

	mu     sync.Mutex
	tokens []string // push tokens for the readers
	seen   sync.Map // fingerprint by push token and generation, as devices saw them
	kept   []want   // what was acknowledged, guarded by mu while clients run
	readTo int      // of kept, what was read back before

	enough  atomic.Bool // clients stop after what they are doing
	dbKills bool        // PostgreSQL is killed in these rounds

	kills, starts, pgKills, rotations, verified int
	acknowledged, undone, found, retried        atomic.Int64
	fetched, refused, byForm                    atomic.Int64
}

func newCrashWorld(t *testing.T, seed uint64, databaseURL string) *crashWorld {
	t.Logf("seed %d: %s=%d repeats the choices", seed, crashSeedName, seed)
	w := &crashWorld{
		t: t, seed: seed, rng: rand.New(rand.NewPCG(seed, 0)), site: newSite(t, databaseURL),
		http: &http.Client{
			Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 20},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	t.Cleanup(w.http.CloseIdleConnections)
	for i := range crashClients {
		w.clients = append(w.clients, &crashClient{
			w: w, id: i, rng: rand.New(rand.NewPCG(seed, uint64(i)+1)), root: testcert.Root(fmt.Sprintf("root %d", i)), targets: map[string]string{},
		})
	}
	return w
}

func (w *crashWorld) fatal(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("seed %d, after %d kills: %v\nthe log of it:\n%s", w.seed, w.kills+w.starts, err, w.site.logs.about(err.Error()))
	}
}

// killServer kills the server so many times: while it starts, and while it is used.
func (w *crashWorld) killServer(kills int) {
	for w.starts < firstKills {
		w.killStart()
	}
	w.serve()
	w.site.mustRun("correct horse battery", "admin", "create-owner", "--email", "kim@example.com", "--name", "Kim", "--tenant", "Acme",
		"--password-file", "-")
	w.api = w.site.mustRun("", "admin", "token", "--email", "kim@example.com", "--tenant", "Acme", "--name", "crash",
		"--scope", "read", "--scope", "write", "--scope", "export")
	r, err := w.callJSON(http.MethodPost, "/api/v1/ingest-tokens", map[string]string{"name": "pipeline"})
	w.fatal(err)
	var made struct{ Token string }
	w.fatal(decodeJSON(r.body, &made))
	w.ingest = made.Token
	w.signIn()
	for w.starts+w.kills < kills {
		w.round(func() {
			w.pause(longestRound)
			w.kill()
		})
		if w.rng.IntN(4) == 0 && w.starts+w.kills < kills {
			w.killStart()
		}
		w.serve()
		w.fatal(w.check(false))
	}
}

// signIn opens the session of the forms: of another owner than the first, who would need a second factor.
func (w *crashWorld) signIn() {
	w.t.Helper()
	w.site.mustRun("correct horse battery", "admin", "create-owner", "--email", "lee@example.com", "--name", "Lee", "--tenant", "Acme", "--add",
		"--password-file", "-")
	form := url.Values{"email": {"lee@example.com"}, "password": {"correct horse battery"}}
	r, err := w.call(http.MethodPost, "/sign-in", "", "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
	w.fatal(err)
	for _, c := range (&http.Response{Header: r.header}).Cookies() {
		if c.Name == "sid" {
			w.session = c.Name + "=" + c.Value
		}
	}
	if r.status != http.StatusSeeOther || w.session == "" {
		w.fatal(fmt.Errorf("sign-in: %d %s", r.status, r.body))
	}
}

// round lets everybody work while upset does its harm, and waits until all have stopped.
func (w *crashWorld) round(upset func()) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	w.enough.Store(false)
	work, readers := make(chan error, crashClients), make(chan error, crashReaders)
	for _, c := range w.clients {
		go func() { work <- c.run() }()
	}
	for i := range crashReaders {
		go func() { readers <- w.read(ctx, rand.New(rand.NewPCG(w.seed, uint64(100+i)))) }()
	}
	rotation := w.rotateKEK()
	upset()
	w.enough.Store(true)
	var errs []error
	late := time.After(patience + w.http.Timeout)
	collect := func(from chan error, n int) {
		for range n {
			select {
			case err := <-from:
				errs = append(errs, err)
			case <-late:
				w.fatal(errors.Join(append(errs, errors.New("a request was never answered"))...))
			}
		}
	}
	collect(rotation, 1)
	collect(work, crashClients)
	cancel()
	collect(readers, crashReaders)
	w.fatal(errors.Join(errs...))
}

// pause waits for a random moment: that, here and of rotations, is the one wait that is for no condition.
func (w *crashWorld) pause(longest time.Duration) { time.Sleep(w.moment(longest)) }

func (w *crashWorld) moment(longest time.Duration) time.Duration {
	return time.Duration(w.rng.Int64N(int64(longest)))
}

func (w *crashWorld) kill() {
	w.server.kill()
	w.kills++
}

func (w *crashWorld) killStart() {
	w.forgotten()
	c := w.site.start("serve")
	w.pause(longestStart)
	c.kill()
	w.starts++
}

// serve starts the server and waits until it can be used.
func (w *crashWorld) serve() {
	w.t.Helper()
	w.forgotten()
	w.http.CloseIdleConnections()
	w.server = w.site.start("serve")
	w.fatal(w.server.listening())
	w.url = w.server.url
	w.ready()
}

func (w *crashWorld) ready() {
	w.t.Helper()
	until(w.t, "the server is ready", func() bool {
		r, err := w.call(http.MethodGet, "/readyz", "", "", nil)
		return err == nil && r.status == http.StatusOK
	})
}

// forgotten waits until PostgreSQL has noticed that a killed client is gone: until then it may still carry out what that client
// had asked for.
func (w *crashWorld) forgotten() {
	w.t.Helper()
	if w.pg == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, w.pg.SuperURL())
	w.fatal(err)
	defer func() { _ = conn.Close(ctx) }()
	until(w.t, "PostgreSQL lets go of a killed client", func() bool {
		var n int
		w.fatal(conn.QueryRow(ctx, "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()").Scan(&n))
		return n == 0
	})
}

// rotateKEK runs rotate-kek beside the server in some rounds, from a random moment on, and kills every second one at another. The
// channel tells of its end.
func (w *crashWorld) rotateKEK() chan error {
	done := make(chan error, 1)
	if w.rng.IntN(3) != 0 && (w.rotations > 0 || w.kills < 2) {
		done <- nil
		return done
	}
	w.rotations++
	args := []string{"rotate-kek"}
	if w.rng.IntN(3) == 0 {
		args = append(args, "--prune")
	}
	begin, end, kill := w.moment(longestRound), w.moment(longestRotation), w.rng.IntN(2) == 0
	mayFail := w.dbKills
	go func() {
		time.Sleep(begin)
		c, err := w.site.spawn(args...)
		switch {
		case err != nil:
		case kill:
			time.Sleep(end)
			c.kill()
		default:
			if err = c.wait(); mayFail {
				err = nil
			}
		}
		if err != nil {
			err = fmt.Errorf("%s: %w", strings.Join(args, " "), err)
		}
		done <- err
	}()
	return done
}

// read fetches bundles as devices do, all the time: each is one pair, and a number always stands for the same.
func (w *crashWorld) read(ctx context.Context, rng *rand.Rand) error {
	for ctx.Err() == nil {
		w.mu.Lock()
		token := ""
		if len(w.tokens) > 0 {
			token = w.tokens[rng.IntN(len(w.tokens))]
		}
		w.mu.Unlock()
		if token == "" {
			return nil
		}
		r, err := w.fetch(token, "bundle")
		switch {
		case err != nil:
			return nil // the server is gone
		case r.status == http.StatusServiceUnavailable:
			w.refused.Add(1)
			continue
		}
		number, leaf, err := bundleOf(r)
		if err != nil {
			return fmt.Errorf("a device fetched: %w", err)
		}
		if was, loaded := w.seen.LoadOrStore(token+strconv.Itoa(number), leaf); loaded && was != leaf {
			return fmt.Errorf("a device saw two certificates as generation %d", number)
		}
		w.fetched.Add(1)
	}
	return nil
}

func (w *crashWorld) addToken(token string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tokens = append(w.tokens, token)
}

func (w *crashWorld) keep(wants []want) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.kept = append(w.kept, wants...)
}

// killPostgres kills the database under the running server, which says 503 meanwhile and goes on by itself afterwards.
func (w *crashWorld) killPostgres(rounds int) {
	w.dbKills = true
	for range rounds {
		w.round(func() {
			w.pause(longestRound)
			w.pg.Kill()
			w.pgKills++
			w.fatal(w.withoutDatabase())
			w.fatal(w.pg.Restart())
		})
		w.ready()
		w.fatal(w.check(false))
	}
}

// withoutDatabase looks at the server while there is no database: it runs, is not ready, and answers nothing from memory.
func (w *crashWorld) withoutDatabase() error {
	for _, ask := range []struct{ path, token string }{
		{"/readyz", ""}, {"/api/v1/profile", w.api}, {"/api/v1/groups", w.api}, {"/api/push/fetch?kind=bundle", w.tokens[0]},
		{"/api/push/fetch?kind=key", "pt_" + strings.Repeat("x", 49)}, {"/healthz", ""},
	} {
		r, err := w.call(http.MethodGet, ask.path, ask.token, "", nil)
		if err != nil {
			return err
		}
		want := http.StatusServiceUnavailable
		switch {
		case ask.path == "/healthz":
			want = http.StatusOK
		case strings.HasPrefix(ask.token, "pt_xx"): // no token by its form alone
			want = http.StatusUnauthorized
		}
		if r.status != want {
			return fmt.Errorf("without a database GET %s answers %d, not %d: %s", strings.Split(ask.path, "?")[0], r.status, want, r.body)
		}
	}
	return nil
}

// finish looks at everything once more, and ends the server in order.
func (w *crashWorld) finish() {
	w.t.Helper()
	// A reservation that was cut off runs out by itself, within a minute.
	for end := time.Now().Add(patience); w.pending() > 0; time.Sleep(time.Second) {
		if time.Now().After(end) {
			w.fatal(fmt.Errorf("%d requests for a target are still said to be in progress after %s", w.pending(), patience))
		}
		for _, c := range w.clients {
			w.fatal(c.retryTargets())
		}
	}
	w.fatal(w.check(true))
	w.fatal(w.server.stop())
	logs := w.site.logs.bytes()
	for line := range strings.Lines(string(logs)) {
		if strings.Contains(line, `"msg":"panic"`) || strings.HasPrefix(line, "panic:") || strings.HasPrefix(line, "fatal error:") {
			w.t.Errorf("the log holds %s", line)
		}
	}
	if w.byForm.Load() == 0 {
		w.t.Error("no upload by the form of the dashboard was acknowledged")
	}
	if w.acknowledged.Load() == 0 || w.found.Load()+w.undone.Load() == 0 {
		w.t.Error("no change was acknowledged, or none was cut off: the kills came at the wrong moments")
	}
	w.t.Logf("%d kills in use, %d while starting, %d of PostgreSQL, %d KEK rotations; %d uploads acknowledged (%d by form); of those cut off %d were "+
		"carried out, %d not; %d requests repeated; %d rows verified byte for byte (%d kept); %d bundles fetched, %d refused with 503",
		w.kills, w.starts, w.pgKills, w.rotations, w.acknowledged.Load(), w.byForm.Load(), w.found.Load(), w.undone.Load(), w.retried.Load(), w.verified,
		len(w.kept), w.fetched.Load(), w.refused.Load())
}

// integrity looks at the SQLite file from outside the program.
func integrity(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var verdict string
	if err := db.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("integrity_check: %s %v", verdict, err)
	}
	var broken int
	if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM pragma_foreign_key_check").Scan(&broken); err != nil || broken != 0 {
		t.Errorf("%d broken references, %v", broken, err)
	}
}
