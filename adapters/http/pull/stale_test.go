package pull_test

import (
	"testing"

	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/internal/testkit"
)

// A generation can be superseded and pruned between the moment a fetch is authorized and the moment its form is made. The
// device then gets what is current by now, not a 404.
func TestAGenerationThatGoesAwayUnderAFetch(t *testing.T) {
	engines(t, func(t *testing.T, k *testkit.Kit) {
		r, _ := keyed(t, k, options{})
		_, tok := r.newTarget("www", target.Settings{})
		before, err := r.store.Store.Epoch(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.fetch(tok, "kind=cert"); got.status != 200 {
			t.Fatalf("%d %s", got.status, got.body)
		}
		remembered, err := r.store.Store.Epoch(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if remembered != before { // making the form raised it: remember the grant under the epoch of now
			if got := r.fetch(tok, "kind=cert"); got.status != 200 {
				t.Fatalf("%d %s", got.status, got.body)
			}
		}
		var last *testcert.Pair
		for i := range 12 {
			last = inter.Leaf("www.example.com", testcert.Days(31+i))
			r.upload("www", last.CertPEM, last.KeyPEM)
		}
		r.store.epochOld.Store(remembered) // the next fetch asked just before all that
		got := r.fetch(tok, "kind=bundle")
		if got.status != 200 || got.header.Get("X-Ignisfox-Generation") != "13" {
			t.Errorf("%d, generation %q: %s", got.status, got.header.Get("X-Ignisfox-Generation"), got.body)
		}
	})
}
