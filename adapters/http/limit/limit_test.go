package limit_test

import (
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/limit"
)

var t0 = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func mustParse(t *testing.T, s string) limit.Rate {
	t.Helper()
	r, err := limit.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestParse(t *testing.T) {
	for in, want := range map[string]limit.Rate{
		"120/min":          {N: 120, Per: time.Minute, Burst: 120},
		"60/h,burst=20":    {N: 60, Per: time.Hour, Burst: 20},
		"5/s,burst=100":    {N: 5, Per: time.Second, Burst: 100},
		"1000000000/s":     {N: 1_000_000_000, Per: time.Second, Burst: 1_000_000_000},
		"1200/min,burst=1": {N: 1200, Per: time.Minute, Burst: 1},
	} {
		if got := mustParse(t, in); got != want {
			t.Errorf("Parse(%q) = %+v", in, got)
		}
		if got := mustParse(t, mustParse(t, in).String()); got != want {
			t.Errorf("Parse(String(%q)) = %+v", in, got)
		}
	}
	for _, in := range []string{
		"", "120", "/min", "0/min", "-1/min", "+1/min", "01/min", "1.5/s", "120/m", "120/min,", "120/min,burst=", "120/min,burst=0",
		"120/min,burst=5,burst=6", "120/min burst=5", "9999999999/s", "99999999999999999999/s", "120 /min",
	} {
		if r, err := limit.Parse(in); err == nil {
			t.Errorf("Parse(%q) = %+v, want a refusal", in, r)
		}
	}
}

func TestBurstIsExactUnderConcurrency(t *testing.T) {
	l := limit.New[netip.Addr](mustParse(t, "120/min"), limit.DefaultKeys)
	addr := netip.MustParseAddr("192.0.2.1")
	var passed atomic.Int64
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			for range 50 {
				if ok, _ := l.Take(addr, t0); ok {
					passed.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if n := passed.Load(); n != 120 {
		t.Errorf("%d of 5000 requests passed, want 120", n)
	}
}

// Requests that arrive in another order than their times must not be credited twice.
func TestTimeOutOfOrderGivesNothingAway(t *testing.T) {
	l := limit.New[string](mustParse(t, "60/min,burst=1"), 10)
	passed := 0
	for i := range 10_000 {
		now := t0.Add(time.Duration(i%2) * 900 * time.Millisecond) // to and fro
		if ok, _ := l.Take("k", now); ok {
			passed++
		}
	}
	if passed != 1 {
		t.Errorf("%d passed within 0.9 s, want 1", passed)
	}
}

func TestRetryAfterIsTrue(t *testing.T) {
	for _, s := range []string{"120/min", "60/h,burst=20", "7/s,burst=3", "1/h", "1000/s,burst=1"} {
		l := limit.New[string](mustParse(t, s), 10)
		now := t0
		for range 200 { // drain, be refused, wait as told, pass
			ok, wait := l.Take("k", now)
			if ok {
				continue
			}
			seconds, err := strconv.Atoi(limit.Seconds(wait))
			if err != nil || seconds < 1 {
				t.Fatalf("%s: Seconds(%v) = %q", s, wait, limit.Seconds(wait))
			}
			if early, _ := l.Take("k", now.Add(wait-2*time.Millisecond)); early {
				t.Fatalf("%s: passed before the %v it was told to wait", s, wait)
			}
			now = now.Add(time.Duration(seconds) * time.Second)
			if ok, _ := l.Take("k", now); !ok {
				t.Fatalf("%s: refused after waiting the %d s it was told", s, seconds)
			}
		}
	}
}

func TestKeysAreApart(t *testing.T) {
	l := limit.New[string](mustParse(t, "1/min"), limit.DefaultKeys)
	for i := range 1000 {
		if ok, _ := l.Take(strconv.Itoa(i), t0); !ok {
			t.Fatalf("key %d was refused its first request", i)
		}
	}
}

func TestForgottenKeysBeginAnew(t *testing.T) {
	l := limit.New[string](mustParse(t, "12/h,burst=3"), limit.DefaultKeys)
	for want := 3; want > 0; want-- {
		if got := l.Left("a", t0); got != want {
			t.Errorf("%d left, want %d", got, want)
		}
		if ok, _ := l.Take("a", t0); !ok {
			t.Fatal("refused within the burst")
		}
	}
	if ok, wait := l.Take("a", t0); ok || wait.Round(time.Second) != 5*time.Minute || l.Left("a", t0) != 0 {
		t.Errorf("beyond the burst: %v, wait %v, left %d", ok, wait, l.Left("a", t0))
	}
	l.Forget("b")
	if ok, _ := l.Take("a", t0); ok {
		t.Error("forgetting one key set another free")
	}
	l.Forget("a")
	if ok, _ := l.Take("a", t0); !ok || l.Left("a", t0) != 2 {
		t.Errorf("after forgetting: %v, left %d", ok, l.Left("a", t0))
	}
	if n := limit.New[string](limit.Rate{}, 1).Left("a", t0); n != -1 {
		t.Errorf("no limit leaves %d", n)
	}
}

func TestZeroRateAllowsAll(t *testing.T) {
	l := limit.New[string](limit.Rate{}, 10)
	for range 1000 {
		if ok, _ := l.Take("k", t0); !ok {
			t.Fatal("refused")
		}
	}
}

func TestFloodOfNewKeysFreesNobodyAndTakesNoMoreRoom(t *testing.T) {
	const room = 64 * 20
	l := limit.New[int](mustParse(t, "60/h,burst=3"), room)
	const throttled = 100
	for k := range throttled {
		for range 3 {
			l.Take(k, t0)
		}
	}
	refusedNew := 0
	for k := range 50_000 {
		if ok, _ := l.Take(1_000_000+k, t0.Add(time.Duration(k)*time.Microsecond)); !ok {
			refusedNew++
		}
	}
	for k := range throttled {
		if ok, _ := l.Take(k, t0.Add(time.Second)); ok {
			t.Errorf("key %d was let through early", k)
		}
	}
	if n := l.Len(); n > room {
		t.Errorf("%d keys remembered, want at most %d", n, room)
	}
	if refusedNew != 0 {
		t.Errorf("%d new keys were refused though others had used less", refusedNew)
	}
	if ok, _ := l.Take(0, t0.Add(time.Minute+time.Millisecond)); !ok {
		t.Error("a throttled key was refused after it had waited long enough")
	}
}

func TestWhenAllAreThrottledNewKeysShareOneBucket(t *testing.T) {
	l := limit.New[int](mustParse(t, "1/h,burst=1"), 64)
	passed := 0
	for k := range 10_000 {
		if ok, _ := l.Take(k, t0); ok {
			passed++
		}
	}
	if passed > 128 { // one bucket and one shared bucket in each of 64 shards
		t.Errorf("%d of 10,000 keys passed in a store of 64", passed)
	}
	if n := l.Len(); n > 64 {
		t.Errorf("%d keys remembered", n)
	}
}

func TestClientGroupsIPv6BySubnet(t *testing.T) {
	same := [][2]string{
		{"2001:db8:1:2::1", "2001:db8:1:2:ffff::9"}, {"192.0.2.1", "::ffff:192.0.2.1"}, {"fe80::1%eth0", "fe80::2%eth1"},
	}
	for _, p := range same {
		if limit.Client(netip.MustParseAddr(p[0])) != limit.Client(netip.MustParseAddr(p[1])) {
			t.Errorf("%s and %s are counted apart", p[0], p[1])
		}
	}
	apart := [][2]string{{"2001:db8:1:2::1", "2001:db8:1:3::1"}, {"192.0.2.1", "192.0.2.2"}}
	for _, p := range apart {
		if limit.Client(netip.MustParseAddr(p[0])) == limit.Client(netip.MustParseAddr(p[1])) {
			t.Errorf("%s and %s are counted together", p[0], p[1])
		}
	}
}

func BenchmarkTake(b *testing.B) {
	l := limit.New[netip.Addr](limit.Rate{N: 1_000_000_000, Per: time.Second, Burst: 1_000_000_000}, limit.DefaultKeys)
	addr := netip.MustParseAddr("192.0.2.1")
	b.ReportAllocs()
	for b.Loop() {
		l.Take(addr, t0)
	}
}
