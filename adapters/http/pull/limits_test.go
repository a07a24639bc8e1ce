package pull_test

import (
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/limit"
	"github.com/ignisfox/ignisfox/adapters/http/pull"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/internal/testkit"
)

func mustRate(t testing.TB, s string) limit.Rate {
	t.Helper()
	r, err := limit.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const slowDown = `{"error":"Too many requests. Slow down and try again in a minute — sorry for the friction, it stops abuse of our public tools.","code":"rate_limited"}` + "\n"

func TestClientLimitIsExactAndTrue(t *testing.T) {
	r, _ := keyed(t, sqlite(t), options{client: mustRate(t, "1/h,burst=120")})
	_, tok := r.newTarget("www", target.Settings{})
	var passed, refused atomic.Int64
	var wg sync.WaitGroup
	for c := range 100 {
		wg.Go(func() {
			for i := range 3 { // both forms and ingest count together, with good tokens and bad ones
				var got reply
				switch (c + i) % 4 {
				case 0:
					got = r.fetch(tok, "kind=key")
				case 1:
					got = r.do("GET", "/api/push/fetch?kind=key", nil)
				case 2:
					got = r.fetch("pt_bad", "kind=key")
				case 3:
					got = r.do("POST", "/api/ingest", nil)
				}
				if got.status != 429 {
					passed.Add(1)
					continue
				}
				refused.Add(1)
				if got.body != slowDown || got.header.Get("Retry-After") == "" {
					t.Errorf("%s, Retry-After %q", got.body, got.header.Get("Retry-After"))
				}
			}
		})
	}
	wg.Wait()
	if n := passed.Load(); n < 119 || n > 121 {
		t.Errorf("%d requests passed, want 120", n)
	}
	last := r.fetch(tok, "kind=key")
	wait, err := strconv.Atoi(last.header.Get("Retry-After"))
	if err != nil || wait < 1 || wait > 3600 {
		t.Fatalf("Retry-After %q", last.header.Get("Retry-After"))
	}
	r.ahead.Store(int64(time.Duration(wait) * time.Second))
	if got := r.fetch(tok, "kind=key"); got.status != 200 {
		t.Errorf("after the %d s it was told to wait: %d", wait, got.status)
	}
}

func TestClientLimitComesBeforeTheToken(t *testing.T) {
	r, _ := keyed(t, sqlite(t), options{client: mustRate(t, "1/h,burst=1")})
	_, tok := r.newTarget("www", target.Settings{})
	if got := r.fetch("pt_bad", "kind=key"); got.status != 401 {
		t.Fatal(got.status)
	}
	if got := r.fetch(tok, "kind=key"); got.status != 429 {
		t.Errorf("guesses do not count: %d", got.status)
	}
}

func TestTargetLimit(t *testing.T) {
	r, _ := keyed(t, sqlite(t), options{target: mustRate(t, pull.DefaultTargetRate)})
	tgt, tok := r.newTarget("www", target.Settings{})
	_, other := r.newTarget("www", target.Settings{})
	etag := r.fetch(tok, "kind=key").header.Get("Etag")
	for range 19 {
		if got := r.fetch(tok, "kind=key", "If-None-Match", etag); got.status != 304 {
			t.Fatalf("within the burst: %d", got.status)
		}
	}
	got := r.fetch(tok, "kind=key")
	if got.status != 429 || got.body != slowDown {
		t.Errorf("the 21st: %d %s", got.status, got.body)
	}
	next, err := r.push.Rotate(ctx, r.k.Owner, tgt.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.fetch(next.Reveal(), "kind=key"); got.status != 429 {
		t.Errorf("a new token of the same target: %d", got.status)
	}
	if got := r.fetch(other, "kind=key"); got.status != 200 {
		t.Errorf("another target: %d", got.status)
	}
	wait, _ := strconv.Atoi(got.header.Get("Retry-After"))
	r.ahead.Store(int64(time.Duration(wait) * time.Second))
	if got := r.fetch(next.Reveal(), "kind=key"); got.status != 200 || wait < 1 || wait > 60 {
		t.Errorf("after %d s: %d", wait, got.status)
	}
}

func TestForwardedAddressesCountOnlyBehindAProxy(t *testing.T) {
	proxy := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	k := sqlite(t)
	leaf := inter.Leaf("www.example.com")
	for name, c := range map[string]struct {
		trusted []netip.Prefix
		want    int
	}{"no proxy": {nil, 429}, "proxy": {proxy, 200}} {
		r := newRig(t, k, options{client: mustRate(t, "1/h,burst=1"), trusted: c.trusted})
		r.upload("www", leaf.CertPEM, leaf.KeyPEM, inter.CertPEM) // the second time it is there already
		_, tok := r.newTarget("www", target.Settings{})
		r.fetch(tok, "kind=key", "X-Forwarded-For", "192.0.2.1")
		if got := r.fetch(tok, "kind=key", "X-Forwarded-For", "192.0.2.2"); got.status != c.want {
			t.Errorf("%s: another forwarded address got %d, want %d", name, got.status, c.want)
		}
		if got := r.fetch(tok, "kind=key", "X-Forwarded-For", "203.0.113.5, 192.0.2.1"); got.status != 429 {
			t.Errorf("%s: a made-up address on the left set the client free: %d", name, got.status)
		}
	}
	// The networks of a target are held against the same address.
	r := newRig(t, k, options{})
	_, pinned := r.newTarget("www", target.Settings{AllowedCIDRs: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}})
	if got := r.fetch(pinned, "kind=key", "X-Forwarded-For", "192.0.2.1"); got.status != 401 {
		t.Errorf("a made-up address passed the target's networks: %d", got.status)
	}
	behind := newRig(t, k, options{trusted: proxy})
	if got := behind.fetch(pinned, "kind=key", "X-Forwarded-For", "192.0.2.1"); got.status != 200 {
		t.Errorf("the forwarded address did not count behind a proxy: %d", got.status)
	}
	if got := behind.fetch(pinned, "kind=key", "X-Forwarded-For", "192.0.3.1"); got.status != 401 {
		t.Errorf("another network: %d", got.status)
	}
}

func TestFetchesAreWrittenDownInBatches(t *testing.T) {
	engines(t, func(t *testing.T, k *testkit.Kit) {
		r, _ := keyed(t, k, options{})
		tgt, tok := r.newTarget("www", target.Settings{})
		quiet, silent := r.newTarget("www", target.Settings{})
		state := func(id string) target.Target {
			t.Helper()
			got, err := r.push.Get(ctx, k.Owner, id)
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		if s := state(tgt.ID); s.State() != target.StateNever {
			t.Errorf("before the first fetch: %s", s.State())
		}
		r.do("HEAD", "/api/push/"+silent+"/fetch?kind=key", nil)
		r.fetch(silent, "kind=pfx")
		var wg sync.WaitGroup
		const clients, each = 10, 50
		for range clients {
			wg.Go(func() {
				for range each {
					r.fetch(tok, "kind=key")
				}
			})
		}
		wg.Wait()
		r.fetch(tok, "kind=cert") // must not hide that the device has the key
		if n := r.store.batches.Load(); n != 0 {
			t.Errorf("%d writes before anything was flushed", n)
		}
		r.puller.Start()
		if err := r.puller.Stop(ctx); err != nil {
			t.Fatal(err)
		}
		if n := r.store.fetches.Load(); n > 2 {
			t.Errorf("%d rows written for one token and two kinds", n)
		}
		s := state(tgt.ID)
		f := s.LastFetch
		if s.State() != target.StateUpToDate || f.Observed != 1 || f.Generation != 1 || f.Kind != group.FormCert ||
			!f.Address.IsLoopback() || time.Since(f.At) > time.Minute {
			t.Errorf("after %d fetches: %s %+v", clients*each+1, s.State(), f)
		}
		if s := state(quiet.ID); s.State() != target.StateNever {
			t.Errorf("HEAD and a 404 count as fetches: %+v", s.LastFetch)
		}
		next := inter.Leaf("www.example.com", named("www.example.com"), longer)
		r.upload("www", next.CertPEM, next.KeyPEM)
		if s := state(tgt.ID); s.State() != target.StateBehind || s.Wanted != 2 {
			t.Errorf("behind a new generation: %s, wanted %d", s.State(), s.Wanted)
		}
		tag := r.fetch(tok, "kind=fullchain").header.Get("Etag")
		if err := r.puller.Flush(ctx); err != nil {
			t.Fatal(err)
		}
		if s := state(tgt.ID); s.State() != target.StateBehind {
			t.Errorf("a fullchain counts for a device that fetches keys: %s", s.State())
		}
		if got := r.fetch(tok, "kind=fullchain", "If-None-Match", tag); got.status != http.StatusNotModified {
			t.Error(got.status)
		}
		r.fetch(tok, "kind=bundle")
		if err := r.puller.Flush(ctx); err != nil {
			t.Fatal(err)
		}
		if s := state(tgt.ID); s.State() != target.StateUpToDate || s.LastFetch.Observed != 2 {
			t.Errorf("after the bundle: %s %+v", s.State(), s.LastFetch)
		}
	})
}

func TestLogsHoldNoTokenAndNoAddressLine(t *testing.T) {
	r, _ := keyed(t, sqlite(t), options{})
	_, tok := r.newTarget("www", target.Settings{})
	r.fetch(tok, "kind=key")
	r.fetch(tok, "kind=nothing")
	r.fetch(tok+"x", "kind=key")
	r.do("GET", "/api/push/fetch?kind=key&token="+tok, nil)
	r.do("GET", "/api/push/"+tok, nil)
	log := r.logs.String()
	if strings.Contains(log, tok[:20]) || strings.Contains(log, "kind=") {
		t.Errorf("the log holds a token or a raw path:\n%s", log)
	}
	if !strings.Contains(log, "/api/push/{token}/fetch") || !strings.Contains(log, "status=401") {
		t.Errorf("the log says nothing:\n%s", log)
	}
}
