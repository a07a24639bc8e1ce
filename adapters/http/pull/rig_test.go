package pull_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/limit"
	"github.com/ignisfox/ignisfox/adapters/http/pull"
	"github.com/ignisfox/ignisfox/core/app/form"
	"github.com/ignisfox/ignisfox/core/app/ingest"
	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/internal/pgtest"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/internal/testkit"
	"github.com/ignisfox/ignisfox/ports"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var (
	ctx   = context.Background()
	root  = testcert.Root("Pull Root")
	inter = root.Intermediate("Pull CA 1")
)

// store is the real one, with an epoch that can be made to fail or to be an old one once, and a count of the batches written.
type store struct {
	ports.Store
	epochErr atomic.Pointer[error]
	epochOld atomic.Int64 // answered by the next read unless 0
	batches  atomic.Int64
	fetches  atomic.Int64
}

func (s *store) Epoch(ctx context.Context) (int64, error) {
	if err := s.epochErr.Load(); err != nil {
		return 0, *err
	}
	if old := s.epochOld.Swap(0); old != 0 {
		return old, nil
	}
	return s.Store.Epoch(ctx)
}

func (s *store) Jobs() ports.Jobs { return jobs{s.Store.Jobs(), s} }

type jobs struct {
	ports.Jobs
	s *store
}

func (j jobs) RecordFetches(ctx context.Context, list []target.Fetch) error {
	j.s.batches.Add(1)
	j.s.fetches.Add(int64(len(list)))
	return j.Jobs.RecordFetches(ctx, list)
}

// sealer is the real one; it counts what forms are opened, and can fail.
type sealer struct {
	ports.Sealer
	opened atomic.Int64
	fail   atomic.Pointer[func()]
}

func (s *sealer) Open(ctx context.Context, at ports.Place, blob []byte) (secret.Bytes, error) {
	if at.Table == group.FormsTable {
		s.opened.Add(1)
		if f := s.fail.Load(); f != nil {
			(*f)()
		}
	}
	return s.Sealer.Open(ctx, at, blob)
}

// logs keeps what was logged.
type logs struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// rig is a server on a real store.
type rig struct {
	t      testing.TB
	k      *testkit.Kit
	store  *store
	sealer *sealer
	logs   *logs
	ahead  atomic.Int64 // how far the clock is ahead, in ns
	push   *push.Service
	ingest *ingest.Service
	puller *push.Puller
	*httptest.Server
}

type options struct {
	client, target limit.Rate
	trusted        []netip.Prefix
}

func newRig(t testing.TB, k *testkit.Kit, o options) *rig {
	t.Helper()
	r := &rig{t: t, k: k, store: &store{Store: k.Store}, sealer: &sealer{Sealer: k.Sealer}, logs: &logs{}}
	log := slog.New(slog.NewTextHandler(r.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	forms := form.New(form.Deps{Store: r.store, Sealer: r.sealer})
	r.push = push.New(push.Deps{Store: r.store, Sealer: r.sealer, Now: r.now, Log: log, BaseURL: "https://ignisfox.example.com"})
	r.puller = push.NewPuller(push.PullerDeps{Store: r.store, Sealer: r.sealer, Forms: forms, Now: r.now, Log: log})
	r.ingest = ingest.New(ingest.Deps{Store: r.store, Sealer: r.sealer, Intake: k.Intake, Now: r.now, Log: log})
	r.Server = httptest.NewServer(pull.New(pull.Deps{
		Puller: r.puller, Ingest: r.ingest, ClientRate: o.client, TargetRate: o.target, Trusted: o.trusted, Now: r.now, Log: log,
	}))
	t.Cleanup(r.Server.Close)
	r.Client().Transport.(*http.Transport).MaxIdleConnsPerHost = 100
	return r
}

func (r *rig) now() time.Time { return time.Now().Add(time.Duration(r.ahead.Load())) }

func engines(t *testing.T, fn func(t *testing.T, k *testkit.Kit)) { testkit.Engines(t, fn) }

func sqlite(t testing.TB) *testkit.Kit { return testkit.Open(t, testkit.SQLite(t), nil) }

// upload puts PEM texts into the group in one file.
func (r *rig) upload(groupName string, parts ...[]byte) {
	r.t.Helper()
	res, err := r.k.Vault.Upload(ctx, r.k.Owner, intake.Request{
		Group: groupName, Files: []intake.File{{Filename: "up.pem", Data: bytes.Join(parts, nil)}},
	})
	if err != nil || !res.Accepted() {
		r.t.Fatalf("upload: %+v, %v", res, err)
	}
}

func (r *rig) groupID(name string) string {
	r.t.Helper()
	g, err := r.k.Vault.Group(ctx, r.k.Owner, name)
	if err != nil {
		r.t.Fatal(err)
	}
	return g.ID
}

func (r *rig) setPassword(groupName, password string) {
	r.t.Helper()
	p := secret.NewString(password)
	if _, err := r.k.Vault.ChangeGroup(ctx, r.k.Owner, r.groupID(groupName), vault.GroupChange{Password: &p}); err != nil {
		r.t.Fatal(err)
	}
}

// newTarget makes a pull target of the group and answers it with its token.
func (r *rig) newTarget(groupName string, s target.Settings) (target.Target, string) {
	r.t.Helper()
	t, tok, err := r.push.Create(ctx, r.k.Owner, push.NewTarget{Name: "web 1", Type: target.TypePull, Group: groupName, Settings: s})
	if err != nil {
		r.t.Fatal(err)
	}
	return t, tok.Reveal()
}

// reply is an answer that was read to its end.
type reply struct {
	status int
	header http.Header
	body   string
}

func (p reply) code() string {
	var e struct{ Error, Code string }
	_ = json.Unmarshal([]byte(p.body), &e)
	return e.Code
}

func (r *rig) do(method, path string, body io.Reader, headers ...string) reply {
	r.t.Helper()
	req, err := http.NewRequest(method, r.URL+path, body)
	if err != nil {
		r.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	return r.send(req)
}

func (r *rig) send(req *http.Request) reply {
	r.t.Helper()
	res, err := r.Client().Do(req)
	if err != nil {
		r.t.Error(err)
		return reply{}
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Error(err)
	}
	return reply{res.StatusCode, res.Header, string(b)}
}

// fetch asks by the path form.
func (r *rig) fetch(token, query string, headers ...string) reply {
	r.t.Helper()
	return r.do("GET", "/api/push/"+token+"/fetch?"+query, nil, headers...)
}

// keyed makes a rig with the group "www" holding leaf, key and intermediate.
func keyed(t testing.TB, k *testkit.Kit, o options) (*rig, *testcert.Pair) {
	t.Helper()
	r := newRig(t, k, o)
	leaf := inter.Leaf("www.example.com", testcert.Names("www.example.com"), testcert.Days(30))
	r.upload("www", leaf.CertPEM, leaf.KeyPEM, inter.CertPEM)
	return r, leaf
}

// moveTarget points a target at a group past the rule that it must hold a key.
func moveTarget(t *testing.T, r *rig, targetID, groupName string) {
	t.Helper()
	gid := r.groupID(groupName)
	err := r.k.Store.Tenant(r.k.Tenant).Update(ctx, func(tx ports.Tx) error {
		tgt, err := tx.Targets().Get(ctx, targetID)
		if err != nil {
			return err
		}
		tgt.Group = gid
		return tx.Targets().Update(ctx, tgt)
	})
	if err != nil {
		t.Fatal(err)
	}
}

var longer = testcert.Days(60)

func named(names ...string) testcert.Option { return testcert.Names(names...) }
