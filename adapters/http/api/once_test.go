package api_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
)

func (w *world) keyed(method, path, tok, body, key string) reply {
	return w.do(call{
		method: method, path: "/api/v1" + path, token: tok, body: []byte(body), headers: map[string]string{"Idempotency-Key": key},
	})
}

func (w *world) targetCount() int {
	page, err := w.push.List(w.t.Context(), w.Owner, target.Query{Limit: 200})
	w.must(err)
	return len(page.Items)
}

func TestTheSameKeyDoesTheWorkOnce(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		tok := w.all(w.Owner)
		w.put(w.Owner, "g", "g.pem", pair(t, "g.example.com"))
		body := `{"name":"web","type":"pull","group":"g"}`
		first := w.keyed("POST", "/targets", tok, body, "key 1").want(t, 201, "")
		again := w.keyed("POST", "/targets", tok, body, "key 1").want(t, 201, "")
		if first.body != again.body || !strings.Contains(first.body, `"token":"pt_`) {
			t.Errorf("the answers differ, or hold no token:\n%s\n%s", first.body, again.body)
		}
		if again.header.Get("Idempotency-Replayed") != "true" || again.header.Get("Content-Type") != first.header.Get("Content-Type") {
			t.Errorf("headers of the replay: %v", again.header)
		}
		if n := w.targetCount(); n != 1 {
			t.Errorf("%d targets", n)
		}
		w.keyed("POST", "/targets", tok, `{"name":"other","type":"pull","group":"g"}`, "key 1").want(t, 422, "idempotency_key_reused")
		w.keyed("POST", "/targets?x=1", tok, body, "key 1").want(t, 422, "idempotency_key_reused")
		w.keyed("POST", "/ingest-tokens", tok, `{"name":"p"}`, "key 1").want(t, 201, "") // another route, another key
		other := w.all(w.person(w.Tenant, "editor", false, false))
		w.keyed("POST", "/targets", other, body, "key 1").want(t, 201, "") // another person, another key
		for _, bad := range []string{"", strings.Repeat("k", 201), "a\tb", "é"} {
			w.keyed("POST", "/targets", tok, body, bad).want(t, 422, "bad_idempotency_key")
		}
		if n := w.targetCount(); n != 2 {
			t.Errorf("%d targets, want 2", n)
		}
	})
}

// A stored answer may hold more than another token of the same person is worth.
func TestALesserTokenDoesNotGetTheAnswerOfAStrongerOne(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		strong := w.all(w.Owner)
		lesser, _ := w.tokenFor(w.Owner, time.Time{}, tenant.ScopeRead, tenant.ScopeWrite)
		body := `{"name":"ci","scopes":["export"]}`
		w.keyed("POST", "/api-tokens", strong, body, "k").want(t, 201, "")
		if r := w.keyed("POST", "/api-tokens", lesser, body, "k").want(t, 403, "scope_exceeds_own"); strings.Contains(r.body, "api_") {
			t.Error("the lesser token got the stronger one's answer")
		}
		again := w.keyed("POST", "/api-tokens", strong, body, "k").want(t, 201, "")
		if again.header.Get("Idempotency-Replayed") != "true" {
			t.Error("the token's own answer was not replayed")
		}
	})
}

func TestARefusalGivesTheKeyBack(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		tok := w.all(w.Owner)
		w.keyed("POST", "/targets", tok, `{"name":"web","type":"pull","group":"g"}`, "k").want(t, 404, "")
		w.put(w.Owner, "g", "g.pem", pair(t, "g.example.com"))
		w.keyed("POST", "/targets", tok, `{"name":"web","type":"pull","group":"g","tags":["x"]}`, "k").want(t, 201, "")
	})
}

func TestManyAtOnceDoTheWorkOnce(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		tok := w.all(w.Owner)
		w.put(w.Owner, "g", "g.pem", pair(t, "g.example.com"))
		var mu sync.Mutex
		made := map[string]int{}
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				r := w.keyed("POST", "/targets", tok, `{"name":"web","type":"pull","group":"g"}`, "same")
				mu.Lock()
				defer mu.Unlock()
				switch {
				case r.status == 201:
					made[r.body]++
				case r.status == 409 && strings.Contains(r.body, `"code":"in_progress"`) && r.header.Get("Retry-After") != "":
				default:
					t.Errorf("%d %s %s", r.status, r.header.Get("Retry-After"), r.body)
				}
			})
		}
		wg.Wait()
		if n := w.targetCount(); n != 1 || len(made) != 1 {
			t.Errorf("%d targets, %d different answers", n, len(made))
		}
	})
}

// A server that dies between the commit and the keeping of the answer leaves work done and no answer: the sealer that
// fails in that very moment leaves the same.
func TestALostAnswerIsSaid(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		tok := w.all(w.Owner)
		w.put(w.Owner, "g", "g.pem", pair(t, "g.example.com"))
		body := `{"name":"web","type":"pull","group":"g"}`
		w.knob.setFail("idempotency")
		w.keyed("POST", "/targets", tok, body, "k").want(t, 201, "")
		w.knob.setFail("")
		w.keyed("POST", "/targets", tok, body, "k").want(t, 409, "already_done")
		if n := w.targetCount(); n != 1 {
			t.Errorf("%d targets", n)
		}
	})
}

// Clients draw a new boundary for every try.
func TestAnUploadIsTheSameUnderAnotherBoundary(t *testing.T) {
	w := sqlite(t)
	tok := w.all(w.Owner)
	pem := pair(t, "up.example.com")
	var bodies []string
	for range 2 {
		typ, body := form(map[string][]byte{"a.pem": pem}, map[string]string{"group": "up"})
		r := w.do(call{
			method: "POST", path: "/api/v1/uploads", token: tok, contentType: typ, body: body,
			headers: map[string]string{"Idempotency-Key": "u"},
		}).want(t, 201, "")
		bodies = append(bodies, r.body)
	}
	if bodies[0] != bodies[1] || !strings.Contains(bodies[1], `"status":"stored"`) {
		t.Errorf("not replayed:\n%s\n%s", bodies[0], bodies[1])
	}
	typ, body := form(map[string][]byte{"a.pem": pem}, map[string]string{"group": "other"})
	w.do(call{
		method: "POST", path: "/api/v1/uploads", token: tok, contentType: typ, body: body,
		headers: map[string]string{"Idempotency-Key": "u"},
	}).want(t, 422, "idempotency_key_reused")
}

func TestKeptAnswersAreSealed(t *testing.T) {
	w := sqlite(t)
	tok := w.all(w.Owner)
	w.put(w.Owner, "g", "g.pem", pair(t, "g.example.com"))
	r := w.keyed("POST", "/targets", tok, `{"name":"web","type":"pull","group":"g"}`, "k").want(t, 201, "")
	push := field(t, r.body, "token")
	path := strings.TrimPrefix(w.URL, "sqlite:")
	for _, f := range []string{path, path + "-wal"} {
		if strings.Contains(string(readFile(t, f)), push[10:40]) {
			t.Errorf("%s holds the token", f)
		}
	}
}
