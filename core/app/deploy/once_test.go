package deploy_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/deploy"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/ports"
)

// However many say deploy at once, and however many servers work on it: one deployment, each step once.
func TestManyAtOnceAreOne(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		tg := s.create()
		s.run(time.Minute)
		s.issue(40 * 24 * time.Hour)
		calls := len(s.dev.Calls)
		const many = 50
		var all sync.WaitGroup
		ids := make([]string, many)
		for i := range many {
			all.Go(func() {
				d, err := s.s.Deploy(ctx, s.Owner, tg.ID)
				if err != nil {
					t.Error(err)
				}
				ids[i] = d.ID
			})
		}
		all.Wait()
		if len(slices.Compact(slices.Sorted(slices.Values(ids)))) != 1 {
			t.Fatalf("deployments %v", ids)
		}
		for range 8 {
			all.Go(func() {
				for range 500 {
					if err := s.s.Reconcile(ctx, ports.Job{Kind: ports.JobReconcile, Tenant: s.Tenant, Object: tg.ID}); err != nil {
						t.Error(err)
						return
					}
					if st := s.get(tg.ID).Deploy.Status; st.State.Final() {
						return
					}
				}
				t.Error("it does not end")
			})
		}
		all.Wait()
		s.want(tg.ID, target.StateUpToDate, deploy.Serving)
		if got := s.dev.Calls[calls:]; !slices.Equal(got, []string{"stage", "swap", "check", "reload", "clean"}) {
			t.Errorf("calls %v", got)
		}
		if d := s.last(tg.ID); d.ID != ids[0] || d.Crashed || steps(d) != fine {
			t.Errorf("%s: %s", d.ID, steps(d))
		}
	})
}
