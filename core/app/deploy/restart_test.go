package deploy_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	usecase "github.com/ignisfox/ignisfox/core/app/deploy"
	"github.com/ignisfox/ignisfox/core/deploy"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/testdevice"
	"github.com/ignisfox/ignisfox/ports"
)

// stopping does the next job while the server is stopped in the middle of a step.
func (s *site) stopping(at string) {
	s.t.Helper()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	s.dev.During = func(step string) {
		if step == at {
			s.dev.Set(func() { s.dev.Fail[step] = []error{context.Canceled} })
			stop()
		}
	}
	defer func() { s.dev.During = nil }()
	for ctx.Err() == nil {
		j, ok := s.Queue.Take(s.clock.Now())
		if !ok {
			at, ok := s.Queue.Next()
			if !ok {
				s.t.Fatal("the step is never reached")
			}
			s.clock.to(at)
			continue
		}
		s.clock.to(s.clock.Now().Add(time.Millisecond))
		err := s.s.Reconcile(ctx, j)
		switch {
		case ctx.Err() == nil && err != nil:
			s.t.Fatal(err)
		case ctx.Err() != nil && !errors.Is(err, context.Canceled):
			s.t.Fatalf("the job that was stopped answers %v: nobody would do it again", err)
		case ctx.Err() != nil:
			s.Queue.Put(j)
		}
	}
}

// A server that is stopped says nothing about the device: whoever comes next goes on with the same step, at once.
func TestAServerThatIsStoppedFailsNothing(t *testing.T) {
	for _, at := range []string{"stage", "swap", "check", "reload", "clean"} {
		t.Run(at, func(t *testing.T) {
			sites(t, func(t *testing.T, s *site) {
				s.dev.Live = strings.Repeat("ab", 32)
				tg := s.create()
				s.stopping(at)
				if st := s.get(tg.ID).Deploy.Status; st.State != deploy.Running {
					t.Fatalf("%s: %s", st.State, st.Reason)
				}
				s.run(time.Minute)
				s.want(tg.ID, target.StateUpToDate, deploy.Serving)
				d := s.last(tg.ID)
				if steps(d) != fine || s.dev.Reloads != 1 || !strings.Contains(d.Transcript, "doing "+at+"\ndoing "+at) && at != "reload" {
					t.Errorf("%s with %d reloads\n%s", steps(d), s.dev.Reloads, d.Transcript)
				}
				if all, _, err := s.s.Deployments(ctx, s.Owner, tg.ID, "", 5); err != nil || len(all) != 1 {
					t.Errorf("%v: %d deployments", err, len(all))
				}
			})
		})
	}
}

// Nor is a re-check that was cut off a difference.
func TestAReCheckThatIsStoppedFindsNothing(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		tg := s.create(func(in *usecase.NewTarget) { in.Schedule = "0 * * * *" })
		s.run(time.Minute)
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		s.looksBy(addresses(func() []ports.Served { stop(); return []ports.Served{s.live(v4)} }))
		at, _ := s.Queue.Next()
		s.clock.to(at)
		j, _ := s.Queue.Take(s.clock.Now())
		if err := s.s.Reconcile(ctx, j); !errors.Is(err, context.Canceled) {
			t.Fatalf("%v: nobody would look again", err)
		}
		s.Queue.Put(j)
		s.looksBy(s.dev)
		s.run(time.Minute)
		s.want(tg.ID, target.StateUpToDate, deploy.Serving)
		all, _, err := s.s.Deployments(context.Background(), s.Owner, tg.ID, "", 5)
		if err != nil || len(all) != 1 || s.dev.Count("plan") != 1 {
			t.Errorf("%v: %d deployments, %d plans", err, len(all), s.dev.Count("plan"))
		}
	})
}

// claiming does something between the reading of a target and the claim of it.
type claiming struct {
	ports.Store
	do func()
}

type claimingTenant struct {
	ports.TenantStore
	do func()
}

type claimingTx struct {
	ports.Tx
	do func()
}

type claimingDeployments struct {
	ports.Deployments
	do func()
}

func (c claiming) Tenant(id tenant.ID) ports.TenantStore {
	return claimingTenant{c.Store.Tenant(id), c.do}
}

func (c claimingTenant) Update(ctx context.Context, fn func(ports.Tx) error) error {
	return c.TenantStore.Update(ctx, func(tx ports.Tx) error { return fn(claimingTx{tx, c.do}) })
}

func (c claimingTx) Deployments() ports.Deployments {
	return claimingDeployments{c.Tx.Deployments(), c.do}
}

func (c claimingDeployments) Claim(ctx context.Context, target, holder string, until time.Time) (int64, error) {
	c.do()
	return c.Deployments.Claim(ctx, target, holder, until)
}

// Two servers at once: what one read before the other had done its work is not what it goes on with. (On SQLite one writes at a time.)
func TestWhatAnotherServerEndedIsNotEndedTwice(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		if !strings.HasSuffix(t.Name(), "postgres") {
			return
		}
		s.dev.Fail["stage"] = []error{testdevice.Problem("disk_full")}
		tg := s.create()
		for s.dev.Count("stage") == 0 {
			s.one()
		}
		j, ok := s.Queue.Take(s.clock.Now())
		if !ok {
			t.Fatal("nothing to do")
		}
		once := false
		late := usecase.New(usecase.Deps{Sealer: s.Sealer, Forms: s.Forms, Plugins: s.dev, Prober: s.dev, Now: s.clock.Now, Store: claiming{s.Store, func() {
			if !once {
				once = true
				did := make(chan error) // of another server, so in a goroutine of its own
				go func() { did <- s.s.Reconcile(ctx, j) }()
				if err := <-did; err != nil {
					t.Error(err)
				}
			}
		}}})
		if err := late.Reconcile(ctx, j); err != nil {
			t.Fatal(err)
		}
		st := s.get(tg.ID).Deploy.Status
		if st.State != deploy.Failed || st.Attempts != 1 {
			t.Errorf("%s after %d attempts", st.State, st.Attempts)
		}
	})
}
