package pull_test

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/seal"
	"github.com/ignisfox/ignisfox/adapters/storage"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/internal/testkit"
)

// replica makes a second server: on PostgreSQL with a store and a sealer of its own, on SQLite, where there is one
// process, with a Puller of its own.
func replica(t *testing.T, r *rig) *rig {
	t.Helper()
	if strings.HasPrefix(r.k.URL, "sqlite:") {
		return newRig(t, r.k, options{})
	}
	return newRig(t, reopened(t, r.k), options{})
}

// reopened answers the same database under a new store and sealer.
func reopened(t *testing.T, k *testkit.Kit) *testkit.Kit {
	t.Helper()
	other := *k
	log := slog.New(slog.DiscardHandler)
	s, err := storage.Open(ctx, storage.Config{URL: k.URL, Now: time.Now, Log: log, Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	sl, err := seal.New(seal.Deps{Keysets: s.Keysets(), Source: k.KEK, Now: time.Now, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	if err := sl.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sl.Stop(); _ = s.Close() })
	other.Store, other.Sealer = s, sl
	return &other
}

var allKinds = []string{"cert", "chain", "fullchain", "key", "bundle", "pfx"}

func TestSameBytesOnReplicasAndAfterARestart(t *testing.T) {
	engines(t, func(t *testing.T, k *testkit.Kit) {
		r, _ := keyed(t, k, options{})
		r.setPassword("www", "pw")
		_, tok := r.newTarget("www", target.Settings{})
		other := replica(t, r)
		// Both build the PFX at the same moment: one of them wins.
		var wg sync.WaitGroup
		bodies := make([]string, 20)
		for i := range bodies {
			wg.Go(func() {
				from := r
				if i%2 == 1 {
					from = other
				}
				bodies[i] = from.fetch(tok, "kind=pfx").body
			})
		}
		wg.Wait()
		for _, b := range bodies {
			if b != bodies[0] || b == "" {
				t.Fatal("two PFX files of one generation")
			}
		}
		before := map[string]reply{}
		for _, kind := range allKinds {
			before[kind] = r.fetch(tok, "kind="+kind)
			got := other.fetch(tok, "kind="+kind)
			if got.body != before[kind].body || got.header.Get("Etag") != before[kind].header.Get("Etag") ||
				got.header.Get("Content-Disposition") != before[kind].header.Get("Content-Disposition") {
				t.Errorf("%s: the replica answers something else", kind)
			}
		}
		k.Sealer.Stop()
		if err := k.Store.Close(); err != nil {
			t.Fatal(err)
		}
		again := newRig(t, reopened(t, k), options{})
		for _, kind := range allKinds {
			got := again.fetch(tok, "kind="+kind)
			if got.body != before[kind].body || got.header.Get("Etag") != before[kind].header.Get("Etag") {
				t.Errorf("%s: other bytes after a restart: %d", kind, got.status)
			}
		}
	})
}

func TestRotateHoldsOnEveryReplicaBeforeItAnswers(t *testing.T) {
	engines(t, func(t *testing.T, k *testkit.Kit) {
		r, _ := keyed(t, k, options{})
		replicas := []*rig{r, replica(t, r)}
		tgt, tok := r.newTarget("www", target.Settings{})
		const rotations, clients = 40, 8
		tokens := make([]string, 1, rotations+1)
		tokens[0] = tok
		var mu sync.RWMutex // guards tokens
		at := func(i int64) string {
			mu.RLock()
			defer mu.RUnlock()
			return tokens[i]
		}
		// Tokens up to dead were dead before this value was stored; those from doomed on live until it is raised.
		var current, dead, doomed atomic.Int64
		dead.Store(-1)
		var fetched, refused, violations, wrong atomic.Int64
		stop, cancel := context.WithCancel(ctx)
		var wg sync.WaitGroup
		for c := range clients {
			wg.Go(func() {
				for i := 0; stop.Err() == nil; i++ {
					d, n := dead.Load(), current.Load()
					if i%2 == 1 && d >= 0 {
						n = d
					}
					got := replicas[c%2].fetch(at(n), "kind=key")
					switch {
					case got.status == 200 && n <= d:
						violations.Add(1)
					case got.status == 200:
						fetched.Add(1)
					case got.status == 401 && n >= doomed.Load():
						wrong.Add(1)
					case got.status == 401:
						refused.Add(1)
					default:
						t.Errorf("%d %s", got.status, got.body)
					}
				}
			})
		}
		for i := range int64(rotations) {
			seen := fetched.Load() + refused.Load()
			doomed.Store(i + 1)
			next, err := r.push.Rotate(ctx, k.Owner, tgt.ID, 0)
			if err != nil {
				t.Error(err)
				break
			}
			mu.Lock()
			tokens = append(tokens, next.Reveal())
			mu.Unlock()
			dead.Store(i)
			current.Store(i + 1)
			for fetched.Load()+refused.Load() < seen+clients && violations.Load() == 0 && !t.Failed() {
				time.Sleep(100 * time.Microsecond)
			}
		}
		cancel()
		wg.Wait()
		if violations.Load() != 0 || wrong.Load() != 0 {
			t.Errorf("%d fetches with a dead token were answered, %d with the living one refused", violations.Load(), wrong.Load())
		}
		if fetched.Load() == 0 || refused.Load() == 0 {
			t.Errorf("nothing was tried: %d fetched, %d refused", fetched.Load(), refused.Load())
		}
	})
}

func TestNeverAnOldKeyWithANewCertificate(t *testing.T) {
	engines(t, func(t *testing.T, k *testkit.Kit) {
		r := newRig(t, k, options{})
		for day := range 3 {
			leaf := inter.Leaf("www.example.com", testcert.Names("www.example.com"), testcert.Days(30+day))
			r.upload("www", leaf.CertPEM, leaf.KeyPEM, inter.CertPEM)
		}
		gid := r.groupID("www")
		_, tok := r.newTarget("www", target.Settings{})
		replicas := []*rig{r, replica(t, r)}
		stop, cancel := context.WithCancel(ctx)
		var bundles, pairs, torn atomic.Int64
		var wg sync.WaitGroup
		for c := range 8 {
			from := replicas[c%2]
			wg.Go(func() {
				for stop.Err() == nil {
					if c%4 < 2 {
						b := from.fetch(tok, "kind=bundle")
						count(t, b, b, &bundles, &torn)
						continue
					}
					full := from.fetch(tok, "kind=fullchain")
					n := full.header.Get("X-Ignisfox-Generation")
					key := from.fetch(tok, "kind=key&generation="+n)
					if key.status == http.StatusConflict {
						continue // a new generation came between: the device begins again
					}
					if key.header.Get("X-Ignisfox-Generation") != n {
						t.Errorf("pinned to %s, got %s", n, key.header.Get("X-Ignisfox-Generation"))
					}
					count(t, full, key, &pairs, &torn)
				}
			})
		}
		for i := range 30 {
			seen := bundles.Load() + pairs.Load()
			if _, err := k.Vault.Activate(ctx, k.Owner, gid, 1+i%3); err != nil {
				t.Error(err)
				break
			}
			for bundles.Load()+pairs.Load() < seen+4 && !t.Failed() {
				time.Sleep(100 * time.Microsecond)
			}
		}
		cancel()
		wg.Wait()
		if torn.Load() != 0 || bundles.Load() == 0 || pairs.Load() == 0 {
			t.Errorf("%d torn pairs in %d bundles and %d pairs", torn.Load(), bundles.Load(), pairs.Load())
		}
	})
}

func count(t *testing.T, c, k reply, good, torn *atomic.Int64) {
	if c.status != 200 || k.status != 200 {
		t.Errorf("%d %d %s", c.status, k.status, k.body)
		return
	}
	if _, err := tls.X509KeyPair([]byte(c.body), []byte(k.body)); err != nil {
		torn.Add(1)
		return
	}
	good.Add(1)
}

// The generation that became current is what the next fetch gets, on every replica.
func TestANewGenerationIsServedAtOnce(t *testing.T) {
	engines(t, func(t *testing.T, k *testkit.Kit) {
		r, _ := keyed(t, k, options{})
		other := replica(t, r)
		_, tok := r.newTarget("www", target.Settings{})
		for i := range 5 {
			other.fetch(tok, "kind=cert")
			next := inter.Leaf("www.example.com", testcert.Names("www.example.com"), testcert.Days(40+i))
			r.upload("www", next.CertPEM, next.KeyPEM)
			for _, from := range []*rig{r, other} {
				if got := from.fetch(tok, "kind=cert"); got.body != string(next.CertPEM) {
					t.Fatalf("round %d: an older certificate was served, generation %s", i, got.header.Get("X-Ignisfox-Generation"))
				}
			}
		}
	})
}
