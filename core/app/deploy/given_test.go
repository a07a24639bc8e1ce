package deploy_test

import (
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/deploy"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/ports"
)

// The same, when it becomes current again while it is tidied up: nobody else comes to see that.
func TestWhatIsGivenUpIsWantedAgain(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		tg := s.create()
		s.run(time.Minute)
		s.issue(40 * 24 * time.Hour)
		s.dev.During = func(step string) {
			n := map[string]int{"stage": 1, "clean": 2}[step]
			if n == 0 || s.dev.Count(step) != 2 {
				return
			}
			if _, err := s.Vault.Activate(ctx, s.Owner, tg.Group, n); err != nil {
				t.Error(err)
			}
			if step == "clean" { // whoever was told has come, and found it at work
				s.Queue.Drop()
			}
		}
		s.run(time.Minute)
		s.want(tg.ID, target.StateUpToDate, deploy.Serving)
		if st := s.get(tg.ID).Deploy.Status; st.Observed != 2 || s.dev.Reloads != 2 {
			t.Errorf("observed %d after %d reloads", st.Observed, s.dev.Reloads)
		}
	})
}

// What is wanted when a deployment ends is found by a sweep too, were its job lost.
func TestWhatIsWantedAtTheEndCostsASweep(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		tg := s.create()
		s.dev.During = func(step string) {
			if step == "clean" && s.dev.Count("clean") == 1 {
				s.issue(40 * 24 * time.Hour)
			}
		}
		for range 100 {
			if st := s.get(tg.ID).Deploy.Status; st.Deployment != "" && st.State.Final() {
				break
			}
			s.one()
		}
		s.Queue.Drop()
		if err := s.s.Sweep(ctx, ports.Job{}); err != nil {
			t.Fatal(err)
		}
		s.run(time.Minute)
		s.want(tg.ID, target.StateUpToDate, deploy.Serving)
		if st := s.get(tg.ID).Deploy.Status; st.Observed != 2 || !st.NextAttemptAt.IsZero() {
			t.Errorf("observed %d, next attempt %s", st.Observed, st.NextAttemptAt)
		}
	})
}
