package web_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/ignisfox/ignisfox/adapters/auth"
	"github.com/ignisfox/ignisfox/adapters/cron"
	outside "github.com/ignisfox/ignisfox/adapters/http"
	"github.com/ignisfox/ignisfox/adapters/http/web"
	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/app/deploy"
	"github.com/ignisfox/ignisfox/core/app/idempotency"
	"github.com/ignisfox/ignisfox/core/app/ingest"
	"github.com/ignisfox/ignisfox/core/app/overview"
	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/docs"
	"github.com/ignisfox/ignisfox/internal/browser"
	"github.com/ignisfox/ignisfox/internal/pgtest"
	"github.com/ignisfox/ignisfox/internal/testdevice"
	"github.com/ignisfox/ignisfox/internal/testkit"
)

func TestMain(m *testing.M) { browser.Main(pgtest.With(m)) }

const (
	base     = "http://localhost:8080"
	password = "correct horse battery staple"
)

// world is the whole dashboard over a real store, with a clock that stands still.
type world struct {
	*testkit.Kit
	t         *testing.T
	web       *web.Web
	handler   http.Handler
	signin    *signin.Service
	account   *account.Service
	push      *push.Service
	ingest    *ingest.Service
	deploy    *deploy.Service
	device    *testdevice.Device
	passwords *auth.Passwords
	codes     *auth.OneTimeCodes
	log       *journal
	witness   *witness
	now       time.Time
	phc       string // of password
}

// journal keeps what was logged.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) { j.mu.Lock(); defer j.mu.Unlock(); return j.b.Write(b) }
func (j *journal) String() string              { j.mu.Lock(); defer j.mu.Unlock(); return j.b.String() }

// engines runs fn in a world on SQLite and in one on PostgreSQL.
func engines(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Run("sqlite", func(t *testing.T) { fn(t, newWorld(t, testkit.SQLite(t), false)) })
	t.Run("postgres", func(t *testing.T) { fn(t, newWorld(t, pgtest.URL(t), false)) })
}

func newWorld(t *testing.T, url string, signUp bool) *world {
	t.Helper()
	w := &world{t: t, log: &journal{}, now: time.Now().UTC().Truncate(time.Second)}
	now := func() time.Time { return w.now }
	w.Kit = testkit.OpenAt(t, url, nil, now)
	w.witness = newWitness(t, url)
	log := slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w.passwords = auth.NewPasswords(auth.PasswordDeps{Params: argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}})
	w.codes = auth.NewOneTimeCodes("Ignisfox")
	passkeys, err := auth.NewPasskeys(auth.PasskeyDeps{BaseURL: base, Now: now})
	w.must(err)
	w.signin = signin.New(signin.Deps{
		Store: w.Store, Sealer: w.Sealer, Passwords: w.passwords, Codes: w.codes, Passkeys: passkeys, Now: now, Log: log, SignUp: signUp,
	})
	w.account = account.New(account.Deps{Store: w.Store, Sealer: w.Sealer, Passwords: w.passwords, Now: now, Log: log})
	w.push = push.New(push.Deps{Store: w.Store, Sealer: w.Sealer, Now: now, Log: log, BaseURL: base})
	w.ingest = ingest.New(ingest.Deps{Store: w.Store, Sealer: w.Sealer, Intake: w.Intake, Now: now, Log: log})
	w.device = testdevice.New(t)
	w.deploy = deploy.New(deploy.Deps{
		Store: w.Store, Sealer: w.Sealer, Forms: w.Forms, Plugins: w.device, Prober: w.device, Cron: cron.New(), Now: now, Log: log,
	})
	w.web, err = web.New(web.Deps{
		SignIn: w.signin, Account: w.account, Overview: overview.New(overview.Deps{Store: w.Store, Now: now}), Vault: w.Vault, Push: w.push,
		Ingest: w.ingest, Deploy: w.deploy, Once: idempotency.New(idempotency.Deps{Store: w.Store, Sealer: w.Sealer, Now: now, Log: log}), BaseURL: base, Now: now, Log: log, Manual: docs.Pages,
	})
	w.must(err)
	w.handler = outside.New(outside.Deps{Web: w.web, Now: now, Log: log})
	w.phc, err = w.passwords.Hash(context.Background(), secret.NewString(password))
	w.must(err)
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// call is one request, and reply its answer.
type call struct {
	method, path, contentType string
	body                      string
	cookie, bearer            string
	headers                   map[string]string
}

type reply struct {
	status int
	header http.Header
	body   string
}

var (
	addressMu sync.Mutex
	address   [4]byte
)

// ask sends c from an address that nobody used before, so that no try is held against the next.
func (w *world) ask(c call) reply {
	w.t.Helper()
	r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
	r.Host = "localhost:8080"
	r.RemoteAddr = someAddress() + ":4000"
	r.Header.Set("Accept", "text/html")
	if c.contentType == "" && c.method == http.MethodPost {
		c.contentType = "application/x-www-form-urlencoded"
	}
	if c.contentType != "" {
		r.Header.Set("Content-Type", c.contentType)
	}
	if c.cookie != "" {
		r.Header.Set("Cookie", "sid="+c.cookie)
	}
	if c.bearer != "" {
		r.Header.Set("Authorization", "Bearer "+c.bearer)
	}
	for k, v := range c.headers {
		r.Header.Set(k, v)
	}
	out := httptest.NewRecorder()
	w.handler.ServeHTTP(out, r)
	body, err := io.ReadAll(out.Result().Body)
	w.must(err)
	return reply{out.Code, out.Result().Header, string(body)}
}

func someAddress() string {
	addressMu.Lock()
	defer addressMu.Unlock()
	for i := 3; i > 0; i-- {
		if address[i]++; address[i] != 0 {
			break
		}
	}
	return fmt.Sprintf("10.%d.%d.%d", address[1], address[2], address[3])
}

// text answers the answer and its headers as one text.
func (r reply) text() string {
	var b strings.Builder
	_ = r.header.Write(&b)
	return b.String() + r.body
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}
