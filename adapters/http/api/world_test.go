package api_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/cron"
	"github.com/ignisfox/ignisfox/adapters/http/api"
	"github.com/ignisfox/ignisfox/adapters/http/limit"
	"github.com/ignisfox/ignisfox/adapters/http/problem"
	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/app/deploy"
	"github.com/ignisfox/ignisfox/core/app/idempotency"
	"github.com/ignisfox/ignisfox/core/app/ingest"
	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/app/overview"
	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/token"
	"github.com/ignisfox/ignisfox/internal/pgtest"
	"github.com/ignisfox/ignisfox/internal/testdevice"
	"github.com/ignisfox/ignisfox/internal/testkit"
	"github.com/ignisfox/ignisfox/ports"

	web "github.com/ignisfox/ignisfox/adapters/http"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// world is a whole server on a real store, with people in it.
type world struct {
	*testkit.Kit
	t       *testing.T
	api     *api.API
	push    *push.Service
	deploy  *deploy.Service
	dev     *testdevice.Device
	ingest  *ingest.Service
	account *account.Service
	once    *idempotency.Service
	knob    *sealer
	url     string
	log     *journal

	snapshots map[*things]string // of the matrix
}

// sealer can be told to fail for one table.
type sealer struct {
	ports.Sealer
	mu   sync.Mutex
	fail string
}

func (s *sealer) setFail(table string) { s.mu.Lock(); s.fail = table; s.mu.Unlock() }

func (s *sealer) Seal(ctx context.Context, at ports.Place, plain secret.Bytes) ([]byte, error) {
	s.mu.Lock()
	fail := s.fail == at.Table
	s.mu.Unlock()
	if fail {
		return nil, fmt.Errorf("sealer told to fail")
	}
	return s.Sealer.Seal(ctx, at, plain)
}

// journal keeps what was logged.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) { j.mu.Lock(); defer j.mu.Unlock(); return j.b.Write(b) }
func (j *journal) String() string              { j.mu.Lock(); defer j.mu.Unlock(); return j.b.String() }

func engines(t *testing.T, fn func(t *testing.T, w *world)) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) { fn(t, newWorld(t, k, limit.Rate{})) })
}

func sqlite(t *testing.T) *world {
	return newWorld(t, testkit.Open(t, testkit.SQLite(t), nil), limit.Rate{})
}

func newWorld(t *testing.T, k *testkit.Kit, rate limit.Rate) *world {
	w := &world{Kit: k, t: t, log: &journal{}, knob: &sealer{Sealer: k.Sealer}}
	log := slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w.push = push.New(push.Deps{Store: k.Store, Sealer: k.Sealer, Now: time.Now, Log: log, BaseURL: "http://localhost:8080"})
	w.ingest = ingest.New(ingest.Deps{Store: k.Store, Sealer: k.Sealer, Intake: k.Intake, Now: time.Now, Log: log})
	w.account = account.New(account.Deps{Store: k.Store, Sealer: k.Sealer, Passwords: nil, Now: time.Now, Log: log})
	w.once = idempotency.New(idempotency.Deps{Store: k.Store, Sealer: w.knob, Now: time.Now, Log: log})
	w.dev = testdevice.New(t)
	w.deploy = deploy.New(deploy.Deps{
		Store: k.Store, Sealer: k.Sealer, Forms: k.Forms, Plugins: w.dev, Prober: w.dev, Cron: cron.New(), Now: time.Now, Log: log,
	})
	w.api = api.New(api.Deps{
		Vault: k.Vault, Push: w.push, Deploy: w.deploy, Ingest: w.ingest, Account: w.account, Overview: overview.New(overview.Deps{Store: k.Store, Now: time.Now}),
		Once: w.once, Rate: rate, BaseURL: "https://certs.example.com/", Now: time.Now, Log: log, Version: "test",
	})
	pull := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { problem.NoSuchPath().Render(rw, r) })
	s := web.New(web.Deps{Pull: pull, API: w.api, Ready: k.Store.Ping, Now: time.Now, Log: log})
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	w.url = srv.URL
	return w
}

// person makes a member and answers an actor of theirs.
func (w *world) person(in tenant.ID, role tenant.Role, disabled, platform bool) tenant.Actor {
	w.t.Helper()
	ctx := context.Background()
	uid := tenant.UserID(id.New("usr", time.Now()))
	u := tenant.User{
		ID: uid, Email: string(uid) + "@example.com", Name: "Person", PasswordHash: "x", CreatedAt: time.Now().UTC().Truncate(time.Microsecond),
		PlatformAdmin: platform,
	}
	if disabled {
		u.DisabledAt = u.CreatedAt
	}
	w.must(w.Store.Platform().Update(ctx, func(tx ports.PlatformTx) error {
		if err := tx.Users().Insert(ctx, u); err != nil {
			return err
		}
		return tx.In(in).Members().Insert(ctx, tenant.Member{User: uid, Role: role, CreatedAt: tx.Now()})
	}))
	return tenant.Actor{Principal: tenant.PrincipalUser, Tenant: in, User: uid, Name: u.Email, Role: role}
}

// tokenFor stores an API token and answers it.
func (w *world) tokenFor(who tenant.Actor, expires time.Time, scopes ...tenant.Scope) (raw, tokenID string) {
	w.t.Helper()
	ctx := context.Background()
	tok, hash := token.New(token.API)
	tokenID = id.New("tok", time.Now())
	w.must(w.Store.Tenant(who.Tenant).Update(ctx, func(tx ports.Tx) error {
		return tx.APITokens().Insert(ctx, tenant.APIToken{
			ID: tokenID, User: who.User, Name: "test", Hash: hash, Display: token.Display(tok), Scopes: scopes,
			CreatedAt: tx.Now(), ExpiresAt: expires,
		})
	}))
	return tok.Reveal(), tokenID
}

func (w *world) all(who tenant.Actor) string {
	raw, _ := w.tokenFor(who, time.Time{}, tenant.ScopeRead, tenant.ScopeWrite, tenant.ScopeExport)
	return raw
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// pair makes a self-signed certificate of its own and its key, as one PEM.
func pair(t *testing.T, name string) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, _ := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 100))
	c := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(90 * 24 * time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	k, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	out := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return append(out, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: k})...)
}

// put uploads a file as who and answers its result.
func (w *world) put(who tenant.Actor, group, filename string, data []byte) intake.FileResult {
	w.t.Helper()
	r, err := w.Vault.Upload(context.Background(), who, intake.Request{Group: group, Files: []intake.File{{Filename: filename, Data: data}}})
	w.must(err)
	if !r.Accepted() {
		w.t.Fatalf("upload: %+v", r.Files)
	}
	return r.Files[0]
}

func (w *world) unknown(who tenant.Actor) artifact.ID {
	junk := make([]byte, 40)
	_, _ = rand.Read(junk)
	return w.put(who, "", "junk.bin", junk).Artifacts[0].ID
}

func (w *world) target(who tenant.Actor, group, name string) (target.Target, string) {
	w.t.Helper()
	tgt, tok, err := w.push.Create(context.Background(), who, push.NewTarget{Name: name, Type: target.TypePull, Group: group})
	w.must(err)
	return tgt, tok.Reveal()
}

// deployed makes a target that is deployed to, and answers its id.
func (w *world) deployed(who tenant.Actor, group, name string) string {
	w.t.Helper()
	tgt, err := w.deploy.Create(context.Background(), who, deploy.NewTarget{
		Name: name, Type: testdevice.ID, Group: group, Endpoints: []string{"www.example.com"},
		Settings: map[string]any{"host": "web1.example.com", "password": "s3cret pass", "host_key": testdevice.HostKey},
	})
	w.must(err)
	return tgt.ID
}

// work does what the reconciler has to do now.
func (w *world) work() {
	w.t.Helper()
	work := map[ports.JobKind]ports.Worker{ports.JobReconcile: w.deploy.Reconcile, ports.JobFanOut: w.deploy.FanOut, ports.JobSweep: w.deploy.Sweep}
	for range 200 {
		j, ok := w.Queue.Take(time.Now())
		if !ok {
			return
		}
		w.must(work[j.Kind](context.Background(), j))
	}
	w.t.Fatal("jobs without end")
}

// reply is an answer read to its end.
type reply struct {
	status int
	header http.Header
	body   string
}

type call struct {
	method, path, token, contentType string
	body                             []byte
	headers                          map[string]string
}

func (w *world) do(c call) reply {
	w.t.Helper()
	req, err := http.NewRequest(c.method, w.url+c.path, bytes.NewReader(c.body))
	w.must(err)
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if c.contentType == "" && len(c.body) > 0 {
		c.contentType = "application/json"
	}
	if c.contentType != "" {
		req.Header.Set("Content-Type", c.contentType)
	}
	for k, v := range c.headers {
		req.Header.Set(k, v)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	w.must(err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	w.must(err)
	return reply{resp.StatusCode, resp.Header, string(b)}
}

func (w *world) json(method, path, tok, body string) reply {
	w.t.Helper()
	return w.do(call{method: method, path: "/api/v1" + path, token: tok, body: []byte(body)})
}

// want fails the test when the status, or the code in the body where one is given, is another.
func (r reply) want(t *testing.T, status int, code string) reply {
	t.Helper()
	if r.status != status || code != "" && !strings.Contains(r.body, `"code":"`+code+`"`) {
		t.Fatalf("got %d %s, want %d %s", r.status, r.body, status, code)
	}
	return r
}
