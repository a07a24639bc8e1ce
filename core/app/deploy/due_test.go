package deploy_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	usecase "github.com/ignisfox/ignisfox/core/app/deploy"
	"github.com/ignisfox/ignisfox/core/deploy"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/testdevice"
	"github.com/ignisfox/ignisfox/ports"
)

func hourly(in *usecase.NewTarget) { in.Schedule = "0 * * * *" }

// due answers how many targets a sweep would find now.
func (s *site) due() int {
	s.t.Helper()
	due, err := s.Store.Jobs().DueTargets(ctx, s.clock.Now(), 100)
	if err != nil {
		s.t.Fatal(err)
	}
	return len(due)
}

// A schedule looks after what went well. It tries nothing again that only a person may have tried, and goes round no back-off.
func TestAScheduleLeavesAloneWhatFailed(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		for range 99 {
			s.dev.Fail["stage"] = append(s.dev.Fail["stage"], testdevice.Final("host_key_changed"))
		}
		tg := s.create(hourly)
		s.run(48 * time.Hour)
		s.want(tg.ID, target.StateFailed, deploy.Failed)
		if s.dev.Count("stage") != 1 || s.dev.Count("plan") != 0 {
			t.Errorf("a device with another key was called %d times: %v", len(s.dev.Calls), s.dev.Calls)
		}
		if st := s.get(tg.ID).Deploy.Status; !st.NextAttemptAt.IsZero() || !st.NextScheduleAt.After(s.clock.Now()) || s.due() != 0 {
			t.Errorf("next attempt %s, next look %s, %d due", st.NextAttemptAt, st.NextScheduleAt, s.due())
		}
		s.dev.Set(func() { s.dev.Fail = map[string][]error{} })
		if _, err := s.s.Deploy(ctx, s.Owner, tg.ID); err != nil {
			t.Fatal(err)
		}
		s.run(time.Minute)
		s.want(tg.ID, target.StateUpToDate, deploy.Serving)
		s.run(3 * time.Hour)
		if s.dev.Count("plan") < 2 {
			t.Error("once it is well again it is not looked after")
		}
	})
}

// Another schedule changes when a target is looked at, and nothing else that is planned for it.
func TestAnotherScheduleTriesNothing(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		well := s.create()
		s.run(time.Minute)
		s.dev.Fail["stage"] = []error{testdevice.Final("host_key_changed"), testdevice.Problem("disk_full")}
		failed := s.create()
		s.run(time.Second)
		retried := s.create()
		s.run(time.Second)
		next := s.get(retried.ID).Deploy.Status.NextAttemptAt
		stages, when := s.dev.Count("stage"), "0 * * * *"
		for _, id := range []string{well.ID, failed.ID, retried.ID} {
			if got := s.change(id, usecase.Change{Schedule: &when}); !got.Deploy.Status.NextScheduleAt.After(s.clock.Now()) {
				t.Errorf("%+v", got.Deploy.Status)
			}
		}
		s.run(time.Second)
		if at := s.get(retried.ID).Deploy.Status.NextAttemptAt; s.dev.Count("stage") != stages || !at.Equal(next) || next.IsZero() {
			t.Errorf("%d deployments, the next at %s, and it was %s", s.dev.Count("stage")-stages, at, next)
		}
		s.run(2 * time.Hour)
		if s.dev.Count("plan") < 2 || s.get(failed.ID).Deploy.Status.State != deploy.Failed || s.dev.Count("stage") != stages+1 {
			t.Errorf("%d looks, %d deployments", s.dev.Count("plan"), s.dev.Count("stage")-stages)
		}
		s.want(retried.ID, target.StateUpToDate, deploy.Unchanged)
		plans, none := s.dev.Count("plan"), ""
		for _, id := range []string{well.ID, retried.ID} {
			s.change(id, usecase.Change{Schedule: &none})
		}
		s.run(5 * time.Hour)
		if n := s.dev.Count("plan"); n > plans+1 {
			t.Errorf("%d looks without a schedule", n-plans)
		}
	})
}

// One reload for a generation: a service that goes on serving something else is looked at, not reloaded at each tick.
func TestAScheduleReloadsNothingAgain(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		tg := s.create(hourly)
		s.run(time.Minute)
		s.want(tg.ID, target.StateUpToDate, deploy.Serving)
		s.dev.Set(func() { s.dev.Live, s.dev.Stuck = strings.Repeat("cd", 32), true })
		s.run(24 * time.Hour)
		s.want(tg.ID, target.StateServingOther, deploy.ServingOther)
		if s.dev.Reloads != 2 { // the first, and the one that was to heal it
			t.Errorf("%d reloads", s.dev.Reloads)
		}
		s.dev.Set(func() { s.dev.Live, s.dev.Stuck = s.dev.File, false })
		s.run(2 * time.Hour)
		s.want(tg.ID, target.StateUpToDate, deploy.Unchanged)
	})
}

// A corrected command is run: whoever changes what was wrong has it deployed anew, and not only looked at.
func TestAChangeIsNoRetry(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		tg := s.create(hourly)
		s.run(time.Minute)
		s.dev.Set(func() { s.dev.Live, s.dev.Stuck = strings.Repeat("cd", 32), true })
		s.run(3 * time.Hour)
		s.want(tg.ID, target.StateServingOther, deploy.ServingOther)
		s.dev.Set(func() { s.dev.Stuck = false })
		s.run(2 * time.Hour)
		s.want(tg.ID, target.StateServingOther, deploy.ServingOther)
		s.change(tg.ID, patch("reload_command", "reload it really"))
		s.run(time.Minute)
		s.want(tg.ID, target.StateUpToDate, deploy.Serving)
		if d := s.last(tg.ID); s.dev.Reloads != 3 || d.Trigger != deploy.TriggerChange || d.Attempt != 1 {
			t.Errorf("%d reloads; attempt %d by %s", s.dev.Reloads, d.Attempt, d.Trigger)
		}
	})
}

// What was given up because another generation became current is done all the same when its own becomes current again.
func TestWhatWasSupersededIsWantedAgain(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		tg := s.create()
		s.run(time.Minute)
		s.issue(40 * 24 * time.Hour)
		activate := func(n int) {
			if _, err := s.Vault.Activate(ctx, s.Owner, tg.Group, n); err != nil {
				t.Fatal(err)
			}
		}
		s.dev.During = func(step string) {
			if step == "stage" && s.dev.Count("stage") == 2 {
				activate(1)
			}
		}
		for range 100 {
			if s.get(tg.ID).Deploy.Status.State == deploy.Superseded {
				break
			}
			s.one()
		}
		if st := s.get(tg.ID).Deploy.Status; st.State != deploy.Superseded || st.Generation != 2 {
			t.Fatalf("%s of generation %d", st.State, st.Generation)
		}
		activate(2)
		s.run(time.Minute)
		s.want(tg.ID, target.StateUpToDate, deploy.Serving)
		if st := s.get(tg.ID).Deploy.Status; st.Observed != 2 || s.dev.Reloads != 2 {
			t.Errorf("observed %d after %d reloads", st.Observed, s.dev.Reloads)
		}
	})
}

// What is paused, or has nothing to get, takes no room in a sweep, however long its schedule has come and gone.
func TestNothingIsDueForEver(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		paused, empty := s.create(hourly), s.create(hourly)
		s.run(time.Minute)
		if _, err := s.s.Pause(ctx, s.Owner, paused.ID); err != nil {
			t.Fatal(err)
		}
		err := s.Store.Tenant(s.Tenant).Update(ctx, func(tx ports.Tx) error { return tx.Groups().Point(ctx, empty.Group, 0) })
		if err != nil {
			t.Fatal(err)
		}
		s.run(3 * time.Hour)
		if err := s.s.Sweep(ctx, ports.Job{}); err != nil {
			t.Fatal(err)
		}
		s.run(time.Minute)
		if s.due() != 0 {
			t.Errorf("%d targets are due, and there is nothing to do", s.due())
		}
		if _, ok := s.Queue.Next(); ok {
			t.Error("a job waits")
		}
		if _, err := s.s.Resume(ctx, s.Owner, paused.ID); err != nil {
			t.Fatal(err)
		}
		err = s.Store.Tenant(s.Tenant).Update(ctx, func(tx ports.Tx) error { return tx.Groups().Point(ctx, empty.Group, 1) })
		if err != nil {
			t.Fatal(err)
		}
		plans := s.dev.Count("plan")
		for range 12 { // by sweeps alone
			if err := s.s.Sweep(ctx, ports.Job{}); err != nil {
				t.Fatal(err)
			}
			s.run(15 * time.Minute)
		}
		if s.get(paused.ID).Deploy.Status.NextScheduleAt.Before(s.clock.Now()) || s.dev.Count("plan") < plans+2 {
			t.Errorf("%d plans once it goes on", s.dev.Count("plan")-plans)
		}
	})
}

var errStubborn = errors.New("nothing can be written")

// A target that cannot be put into the queue keeps a sweep from no other.
func TestASweepGoesPastWhatFails(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		one, other := s.create(), s.create()
		s.run(time.Minute)
		s.issue(40 * 24 * time.Hour)
		s.Queue.Drop()
		writes := 0
		half := usecase.New(usecase.Deps{Store: first{s.Store, &writes}, Now: s.clock.Now})
		if err := half.Sweep(ctx, ports.Job{}); !errors.Is(err, errStubborn) {
			t.Errorf("%v: what failed is not told", err)
		}
		s.run(time.Minute)
		healed := 0
		for _, tg := range []target.Target{one, other} {
			if s.get(tg.ID).Deploy.Status.Generation == 2 {
				healed++
			}
		}
		if healed != 1 || writes != 2 {
			t.Errorf("%d of 2 were looked at, in %d writes", healed, writes)
		}
	})
}

// first is a store whose first write fails.
type first struct {
	ports.Store
	n *int
}

type firstTenant struct {
	ports.TenantStore
	n *int
}

func (f first) Tenant(id tenant.ID) ports.TenantStore { return firstTenant{f.Store.Tenant(id), f.n} }

func (f firstTenant) Update(ctx context.Context, fn func(ports.Tx) error) error {
	if *f.n++; *f.n == 1 {
		return errStubborn
	}
	return f.TenantStore.Update(ctx, fn)
}

// What is told to the log alone is in the log.
func TestWhatIsNotForPeopleIsLogged(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		s.dev.Fail["stage"] = []error{errors.New("inner part 7 is broken")}
		tg := s.create()
		s.untilEnded(tg.ID)
		d := s.last(tg.ID)
		if d.State != deploy.Failed || d.Code != "internal" || strings.Contains(d.Reason+d.Transcript, "inner part") {
			t.Errorf("%s: %s: %s\n%s", d.State, d.Code, d.Reason, d.Transcript)
		}
		if log := s.log.String(); !strings.Contains(log, "inner part 7 is broken") || !strings.Contains(log, d.ID) || !strings.Contains(log, tg.ID) {
			t.Errorf("the log says %s", log)
		}
	})
}

// A re-check that did not come to its end has found a difference, also when the plugin has no words for it.
func TestAReCheckWithoutWordsIsNoGoodNews(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		tg := s.create(hourly)
		s.run(time.Minute)
		s.dev.Set(func() { s.dev.Fail["plan"] = []error{&ports.PluginProblem{Code: "odd"}} })
		s.run(time.Hour)
		s.want(tg.ID, target.StateUpToDate, deploy.Unchanged)
		if d := s.last(tg.ID); d.Trigger != deploy.TriggerSchedule || !strings.Contains(d.Transcript, "odd") {
			t.Errorf("by %s: %s", d.Trigger, d.Transcript)
		}
	})
}

// ended is a calendar that comes to its end.
type ended struct{ at *bool }

func (e ended) Next(_, _ string, after time.Time) (time.Time, error) {
	if *e.at {
		return time.Time{}, fault.New(fault.Invalid, "bad_schedule", "This schedule never fires.")
	}
	return after.Add(time.Hour), nil
}

// A schedule that has come to its end lets a deployment come to its own.
func TestAScheduleWithoutATimeKeepsNothingFromEnding(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		over := false
		s.s = usecase.New(usecase.Deps{
			Store: s.Store, Sealer: s.Sealer, Forms: s.Forms, Plugins: s.dev, Prober: s.dev, Cron: ended{&over}, Now: s.clock.Now,
		})
		tg := s.create(hourly)
		over = true
		s.run(time.Minute)
		s.want(tg.ID, target.StateUpToDate, deploy.Serving)
		if at := s.get(tg.ID).Deploy.Status.NextScheduleAt; !at.IsZero() {
			t.Errorf("next look at %s", at)
		}
	})
}
