package deploy_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/cron"
	usecase "github.com/ignisfox/ignisfox/core/app/deploy"
	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/deploy"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/internal/pgtest"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/internal/testdevice"
	"github.com/ignisfox/ignisfox/internal/testkit"
	"github.com/ignisfox/ignisfox/ports"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var ctx = context.Background()

// site is a workspace with one device.
type site struct {
	*testkit.Kit
	t     *testing.T
	clock *watch
	dev   *testdevice.Device
	s     *usecase.Service
	until time.Time
	log   *journal
}

// journal is a log that a test reads.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) { j.mu.Lock(); defer j.mu.Unlock(); return j.b.Write(b) }
func (j *journal) String() string              { j.mu.Lock(); defer j.mu.Unlock(); return j.b.String() }

func sites(t *testing.T, fn func(t *testing.T, s *site)) {
	open := func(t *testing.T, url string) {
		w := &watch{now: time.Now().UTC().Truncate(time.Microsecond)}
		k := testkit.OpenAt(t, url, nil, w.Now)
		s := &site{Kit: k, t: t, clock: w, dev: testdevice.New(t), log: &journal{}}
		s.s = usecase.New(usecase.Deps{
			Store: k.Store, Sealer: k.Sealer, Forms: k.Forms, Plugins: s.dev, Prober: s.dev, Cron: cron.New(), Now: w.Now,
			Log: slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		})
		s.issue(30 * 24 * time.Hour)
		fn(t, s)
	}
	t.Run("sqlite", func(t *testing.T) { open(t, testkit.SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { open(t, pgtest.URL(t)) })
}

// issue uploads a new certificate of www, which becomes current.
func (s *site) issue(life time.Duration) {
	s.t.Helper()
	if s.until = s.until.Add(time.Hour); s.until.Before(s.clock.Now().Add(life)) {
		s.until = s.clock.Now().Add(life)
	}
	c := testcert.SelfSigned("www.example.com", testcert.Valid(time.Now().Add(-time.Hour), s.until))
	data := bytes.Join([][]byte{c.CertPEM, c.KeyPEM}, nil)
	if _, err := s.Vault.Upload(ctx, s.Owner, intake.Request{Group: "www", Files: []intake.File{{Filename: "a.pem", Data: data}}}); err != nil {
		s.t.Fatal(err)
	}
}

// second uploads a certificate of another group.
func (s *site) second(group string) {
	s.t.Helper()
	c := testcert.SelfSigned(group+".example.com", testcert.Valid(time.Now().Add(-time.Hour), s.clock.Now().Add(30*24*time.Hour)))
	data := bytes.Join([][]byte{c.CertPEM, c.KeyPEM}, nil)
	if _, err := s.Vault.Upload(ctx, s.Owner, intake.Request{Group: group, Files: []intake.File{{Filename: "b.pem", Data: data}}}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) create(change ...func(*usecase.NewTarget)) target.Target {
	s.t.Helper()
	in := usecase.NewTarget{
		Name: "web 1", Type: "deploy.device", Group: "www", Endpoints: []string{"www.example.com"},
		Settings: map[string]any{"host": "web1.example.com", "password": "s3cret pass", "host_key": "SHA256:abc", "check_command": "check", "reload_command": "reload"},
	}
	for _, c := range change {
		c(&in)
	}
	t, err := s.s.Create(ctx, s.Owner, in)
	if err != nil {
		s.t.Fatal(err)
	}
	return t
}

// one does the job that is due first; false when none is due.
func (s *site) one() bool {
	s.t.Helper()
	j, ok := s.Queue.Take(s.clock.Now())
	if !ok {
		return false
	}
	s.clock.to(s.clock.Now().Add(time.Millisecond))
	work := map[ports.JobKind]ports.Worker{ports.JobReconcile: s.s.Reconcile, ports.JobFanOut: s.s.FanOut, ports.JobSweep: s.s.Sweep}
	if err := work[j.Kind](ctx, j); err != nil {
		s.t.Fatalf("%s: %v", j.Kind, err)
	}
	return true
}

// run does jobs until none is due before the given time has passed.
func (s *site) run(d time.Duration) {
	s.t.Helper()
	end := s.clock.Now().Add(d)
	for range 500 {
		if s.one() {
			continue
		}
		at, ok := s.Queue.Next()
		if !ok || at.After(end) {
			s.clock.to(end)
			return
		}
		s.clock.to(at)
	}
	s.t.Fatal("jobs without end")
}

func (s *site) get(id string) (t target.Target) {
	s.t.Helper()
	err := s.Store.Tenant(s.Tenant).View(ctx, func(tx ports.Tx) (err error) {
		t, err = tx.Targets().Get(ctx, id)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return t
}

// last answers the newest deployment with its transcript.
func (s *site) last(id string) deploy.Deployment {
	s.t.Helper()
	d, err := s.s.Deployment(ctx, s.Owner, id, s.get(id).Deploy.Status.Deployment)
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

func steps(d deploy.Deployment) string {
	var out []string
	for _, st := range d.Steps {
		out = append(out, string(st.Name)+":"+string(st.State))
	}
	return strings.Join(out, " ")
}

func (s *site) want(id string, state target.State, d deploy.State) {
	s.t.Helper()
	t := s.get(id)
	if t.State() != state || t.Deploy.Status.State != d {
		last := s.last(id)
		s.t.Fatalf("target %s, deployment %s, want %s and %s\n%s\n%s: %s", t.State(), t.Deploy.Status.State, state, d, steps(last), last.Code, last.Reason)
	}
}

const fine = "observe:done stage:done swap:done check:done reload:done verify:done clean:done"

func TestANewTargetIsServed(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		tg := s.create()
		if tg.State() != target.StateNever || tg.Wanted != 1 {
			t.Errorf("%s, wants %d", tg.State(), tg.Wanted)
		}
		s.dev.Live = "ab" + strings.Repeat("0", 62)
		s.run(time.Minute)
		s.want(tg.ID, target.StateUpToDate, deploy.Serving)
		tg = s.get(tg.ID)
		st := tg.Deploy.Status
		if st.Observed != 1 || len(st.Served) != 1 || st.Served[0].Generation != 1 || st.Attempts != 0 || !st.NextAttemptAt.IsZero() {
			t.Errorf("%+v", st)
		}
		d := s.last(tg.ID)
		if steps(d) != fine || d.Trigger != deploy.TriggerChange || !strings.Contains(d.Transcript, "doing swap") {
			t.Errorf("%s by %s\n%s", steps(d), d.Trigger, d.Transcript)
		}
		if s.dev.Reloads != 1 || s.dev.Seen["password"] != "s3cret pass" {
			t.Errorf("%d reloads, secrets %v", s.dev.Reloads, s.dev.Seen)
		}
	})
}

func TestARenewalIsServedWithoutAHand(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		tg := s.create()
		s.run(time.Minute)
		s.issue(40 * 24 * time.Hour)
		tg = s.get(tg.ID)
		if got := tg.State(); got != target.StateBehind {
			t.Errorf("%s before anything ran", got)
		}
		s.run(time.Minute)
		s.want(tg.ID, target.StateUpToDate, deploy.Serving)
		if d := s.last(tg.ID); d.Generation != 2 || d.Before != 1 || s.dev.Reloads != 2 {
			t.Errorf("generation %d after %d, %d reloads", d.Generation, d.Before, s.dev.Reloads)
		}
	})
}

func TestALostEventCostsASweep(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		tg := s.create()
		s.run(time.Minute)
		s.issue(40 * 24 * time.Hour)
		s.Queue.Drop()
		if err := s.s.Sweep(ctx, ports.Job{Kind: ports.JobSweep}); err != nil {
			t.Fatal(err)
		}
		s.run(time.Minute)
		s.want(tg.ID, target.StateUpToDate, deploy.Serving)
	})
}

func TestWhatFailsIsPutBack(t *testing.T) {
	for what, c := range map[string]struct {
		knob   func(d *testdevice.Device)
		state  target.State
		end    deploy.State
		steps  string
		back   bool // the old one is served and on disk
		reload int
	}{
		"check fails": {
			func(d *testdevice.Device) { d.Fail["check"] = []error{testdevice.Problem("check_failed")} }, target.StateRolledBack, deploy.RolledBack,
			"observe:done stage:done swap:done check:failed restore:done verify_restored:done clean:done", true, 0,
		},
		"reload fails": {
			func(d *testdevice.Device) { d.Fail["reload"] = []error{testdevice.Problem("reload_failed")} }, target.StateRolledBack, deploy.RolledBack,
			"observe:done stage:done swap:done check:done reload:failed restore:done reload_restored:done verify_restored:done clean:done", true, 1,
		},
		"reload succeeds and the old one is served": {
			func(d *testdevice.Device) { d.Stuck = true }, target.StateRolledBack, deploy.RolledBack,
			"observe:done stage:done swap:done check:done reload:done verify:failed restore:done reload_restored:done verify_restored:done clean:done", true, 2,
		},
		"swap is refused": {
			func(d *testdevice.Device) { d.Fail["swap"] = []error{testdevice.Problem("rename_refused")} }, target.StateRolledBack, deploy.RolledBack,
			"observe:done stage:done swap:failed restore:done verify_restored:done clean:done", true, 0,
		},
		"the device is away": {
			func(d *testdevice.Device) { d.Fail["stage"] = []error{testdevice.Problem("unreachable")} }, target.StateUnreachable, deploy.Unreachable,
			"observe:done stage:failed clean:done", true, 0,
		},
		"the disk is full": {
			func(d *testdevice.Device) { d.Fail["stage"] = []error{testdevice.Problem("no_space")} }, target.StateFailed, deploy.Failed,
			"observe:done stage:failed clean:done", true, 0,
		},
		"restore fails too": {
			func(d *testdevice.Device) {
				d.Fail["check"] = []error{testdevice.Problem("check_failed")}
				for range 20 {
					d.Fail["restore"] = append(d.Fail["restore"], testdevice.Problem("connection_lost"))
				}
			}, target.StateFailed, deploy.Failed, "observe:done stage:done swap:done check:failed restore:failed clean:done", false, 0,
		},
		"restore needs some tries": {
			func(d *testdevice.Device) {
				d.Fail["check"] = []error{testdevice.Problem("check_failed")}
				d.Fail["restore"] = []error{testdevice.Problem("connection_lost"), testdevice.Problem("connection_lost")}
			}, target.StateRolledBack, deploy.RolledBack,
			"observe:done stage:done swap:done check:failed restore:done verify_restored:done clean:done", true, 0,
		},
	} {
		t.Run(what, func(t *testing.T) {
			sites(t, func(t *testing.T, s *site) {
				tg := s.create()
				s.run(time.Minute)
				old, reloads := s.dev.Live, s.dev.Reloads
				s.issue(40 * 24 * time.Hour)
				s.dev.Set(func() { c.knob(s.dev) })
				for range 400 {
					if st := s.get(tg.ID).Deploy.Status; st.Generation == 2 && st.State.Final() {
						break
					}
					if !s.one() {
						at, ok := s.Queue.Next()
						if !ok {
							t.Fatal("nothing to do")
						}
						s.clock.to(at)
					}
				}
				s.want(tg.ID, c.state, c.end)
				d := s.last(tg.ID)
				if steps(d) != c.steps {
					t.Errorf("steps %s\nwant  %s", steps(d), c.steps)
				}
				if d.Code == "" || d.Reason == "" {
					t.Errorf("no reason: %+v", d)
				}
				if c.back && (s.dev.Live != old || s.dev.File != old) {
					t.Errorf("the old one is not back")
				}
				if got := s.dev.Reloads - reloads; got != c.reload {
					t.Errorf("%d reloads, want %d", got, c.reload)
				}
				st := s.get(tg.ID).Deploy.Status
				if st.Attempts != 1 || st.NextAttemptAt.Sub(d.EndedAt) != 30*time.Second {
					t.Errorf("%d attempts, next %s after the end", st.Attempts, st.NextAttemptAt.Sub(d.EndedAt))
				}
				s.dev.Set(func() { s.dev.Fail, s.dev.Stuck = map[string][]error{}, false })
				s.run(time.Minute)
				s.want(tg.ID, target.StateUpToDate, deploy.Serving)
			})
		})
	}
}

func TestAReloadWhoseAnswerIsLostIsNotDoneTwice(t *testing.T) {
	for _, code := range []string{"connection_lost", "plugin_crashed", "plugin_deadline"} {
		for _, happened := range []bool{true, false} {
			t.Run(fmt.Sprint(code, " ", happened), func(t *testing.T) {
				sites(t, func(t *testing.T, s *site) {
					tg := s.create()
					s.dev.Live = "ab" + strings.Repeat("0", 62)
					s.dev.Fail["reload"] = []error{testdevice.Problem(code)}
					s.dev.During = func(step string) {
						if step == "reload" && happened && s.dev.Reloads == 0 {
							s.dev.Set(func() { s.dev.Live = s.dev.File; s.dev.Reloads++ })
						}
					}
					s.run(time.Minute)
					s.want(tg.ID, target.StateUpToDate, deploy.Serving)
					want := fine
					if happened {
						want = strings.Replace(fine, "reload:done", "reload:skipped", 1)
					}
					if d := s.last(tg.ID); steps(d) != want || s.dev.Reloads != 1 {
						t.Errorf("%s with %d reloads", steps(d), s.dev.Reloads)
					}
				})
			})
		}
	}
}

func TestBackOff(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		for range 300 {
			s.dev.Fail["stage"] = append(s.dev.Fail["stage"], testdevice.Problem("unreachable"))
		}
		tg := s.create()
		s.run(10 * time.Hour)
		if n := s.dev.Count("stage"); n < 12 || n > 20 {
			t.Errorf("%d attempts in ten hours", n)
		}
		if got := s.get(tg.ID).Deploy.Status.Attempts; got != s.dev.Count("stage") {
			t.Errorf("%d attempts counted", got)
		}
		d, err := s.s.Deploy(ctx, s.Owner, tg.ID) // now, whatever was planned
		if err != nil || d.Trigger != deploy.TriggerHand {
			t.Fatalf("%v by %s", err, d.Trigger)
		}
		s.dev.Set(func() { s.dev.Fail = map[string][]error{} })
		s.run(time.Second)
		s.want(tg.ID, target.StateUpToDate, deploy.Serving)
	})
}

func TestWhatAPersonMustMendIsNotRetried(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		s.dev.Fail["stage"] = []error{testdevice.Final("host_key_changed")}
		tg := s.create()
		s.run(48 * time.Hour)
		s.want(tg.ID, target.StateFailed, deploy.Failed)
		if d := s.last(tg.ID); s.dev.Count("stage") != 1 || d.Code != "host_key_changed" || !d.Final {
			t.Errorf("%d attempts, %s", s.dev.Count("stage"), d.Code)
		}
		name := "renamed"
		if _, err := s.s.Change(ctx, s.Owner, tg.ID, usecase.Change{Name: &name}); err != nil {
			t.Fatal(err)
		}
		s.run(time.Hour)
		if s.dev.Count("stage") != 1 {
			t.Error("a new name had it tried again")
		}
		_, err := s.s.Change(ctx, s.Owner, tg.ID, usecase.Change{Settings: map[string]any{"host_key": "SHA256:new", "password": "again"}})
		if err != nil {
			t.Fatal(err)
		}
		s.run(time.Minute)
		s.want(tg.ID, target.StateUpToDate, deploy.Serving)
	})
}

func TestSuperseded(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		tg := s.create()
		s.dev.During = func(step string) {
			if step == "stage" && s.dev.Count("stage") == 1 {
				s.issue(40 * 24 * time.Hour)
			}
		}
		s.run(time.Minute)
		s.want(tg.ID, target.StateUpToDate, deploy.Serving)
		all, _, err := s.s.Deployments(ctx, s.Owner, tg.ID, "", 10)
		if err != nil || len(all) != 2 || all[0].Generation != 2 || all[1].State != deploy.Superseded {
			t.Fatalf("%v: %d deployments: %+v", err, len(all), all)
		}
		if s.dev.Reloads != 1 {
			t.Errorf("%d reloads", s.dev.Reloads)
		}
	})
}

// The job of a server that died comes back before the lease has ended that it held. It is not lost for that.
func TestWhoComesTooEarlyComesAgain(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		tg := s.create()
		err := s.Store.Tenant(s.Tenant).Update(ctx, func(tx ports.Tx) error {
			_, err := tx.Deployments().Claim(ctx, tg.ID, "dead", tx.Now().Add(usecase.Lease))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		s.run(usecase.Lease / 2)
		if now := s.get(tg.ID); now.State() != target.StateNever {
			t.Fatalf("%s while another had it", now.State())
		}
		s.run(usecase.Lease)
		s.want(tg.ID, target.StateUpToDate, deploy.Serving)
	})
}

// TestADeadServerIsFollowed has the work of each step lost at either side of its effect: another takes over when the lease is over.
func TestADeadServerIsFollowed(t *testing.T) {
	for _, step := range []string{"stage", "swap", "check", "reload", "clean"} {
		for _, after := range []bool{false, true} {
			t.Run(step+map[bool]string{true: " done", false: " not done"}[after], func(t *testing.T) {
				sites(t, func(t *testing.T, s *site) {
					tg := s.create()
					s.run(time.Minute)
					s.issue(40 * 24 * time.Hour)
					reloads := s.dev.Reloads
					died := false
					s.dev.During = func(now string) {
						if now != step || died || s.get(tg.ID).Deploy.Status.Generation != 2 {
							return
						}
						died = true
						// The server hangs here; somebody else claims the target when its lease is over.
						s.clock.to(s.clock.Now().Add(usecase.Lease + time.Second))
						if !after {
							s.dev.Set(func() { s.dev.Fail[step] = []error{testdevice.Problem("connection_lost")} })
						}
						err := s.Store.Tenant(s.Tenant).Update(ctx, func(tx ports.Tx) error {
							fence, err := tx.Deployments().Claim(ctx, tg.ID, "another", tx.Now().Add(time.Second))
							if err != nil {
								return err
							}
							return tx.Deployments().Release(ctx, tg.ID, fence)
						})
						if err != nil {
							t.Error(err)
						}
						s.dev.Set(func() {
							if after { // its effect happens all the same; what it says of it does not
								switch step {
								case "swap":
									s.dev.Kept, s.dev.File, s.dev.By = s.dev.File, s.dev.Next, s.get(tg.ID).Deploy.Status.Deployment
								}
							}
						})
					}
					s.run(time.Minute)
					if !died {
						t.Fatal("the step was never reached")
					}
					s.dev.Set(func() { s.dev.Fail = map[string][]error{} })
					s.clock.to(s.clock.Now().Add(3 * time.Minute))
					if err := s.s.Sweep(ctx, ports.Job{}); err != nil {
						t.Fatal(err)
					}
					s.run(time.Minute)
					s.want(tg.ID, target.StateUpToDate, deploy.Serving)
					d := s.last(tg.ID)
					if !d.Crashed || s.dev.File != s.dev.Live {
						t.Errorf("crashed %v: %s", d.Crashed, steps(d))
					}
					if n := s.dev.Reloads - reloads; n != 1 {
						t.Errorf("%d reloads: %s", n, steps(d))
					}
				})
			})
		}
	}
}

func TestDriftIsFoundAndHealed(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		tg := s.create(func(in *usecase.NewTarget) { in.Schedule = "0 * * * *" })
		s.run(time.Minute)
		calls := len(s.dev.Calls)
		s.run(3 * time.Hour)
		all, _, err := s.s.Deployments(ctx, s.Owner, tg.ID, "", 10)
		if err != nil || len(all) != 1 {
			t.Fatalf("%v: %d deployments of a healthy target", err, len(all))
		}
		if n := s.dev.Count("plan"); n != 3 || len(s.dev.Calls) != calls+3 {
			t.Errorf("%d re-checks in three hours, %d calls", n, len(s.dev.Calls)-calls)
		}
		s.dev.Set(func() { s.dev.File, s.dev.Live = "somebody", strings.Repeat("cd", 32) })
		s.run(time.Hour)
		s.want(tg.ID, target.StateUpToDate, deploy.Serving)
		if d := s.last(tg.ID); d.Trigger != deploy.TriggerSchedule || !strings.Contains(d.Transcript, "Re-check:") {
			t.Errorf("by %s: %s", d.Trigger, d.Transcript)
		}
	})
}

func TestPause(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		tg := s.create()
		s.run(time.Minute)
		if _, err := s.s.Pause(ctx, s.Owner, tg.ID); err != nil {
			t.Fatal(err)
		}
		s.issue(40 * 24 * time.Hour)
		s.run(time.Hour)
		if tg = s.get(tg.ID); tg.State() != target.StatePaused || s.dev.Reloads != 1 {
			t.Errorf("%s after %d reloads", tg.State(), s.dev.Reloads)
		}
		if _, err := s.s.Deploy(ctx, s.Owner, tg.ID); fault.CodeOf(err) != "target_paused" {
			t.Errorf("%v", err)
		}
		if _, err := s.s.Resume(ctx, s.Owner, tg.ID); err != nil {
			t.Fatal(err)
		}
		s.run(time.Minute)
		s.want(tg.ID, target.StateUpToDate, deploy.Serving)
	})
}

func TestWithoutEndpoints(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		tg := s.create(func(in *usecase.NewTarget) { in.Endpoints = nil })
		s.run(time.Minute)
		s.want(tg.ID, target.StateUpToDate, deploy.Delivered)
		if _, err := s.s.Deploy(ctx, s.Owner, tg.ID); err != nil {
			t.Fatal(err)
		}
		s.run(time.Minute)
		s.want(tg.ID, target.StateUpToDate, deploy.Unchanged)
		if s.dev.Reloads != 1 {
			t.Errorf("%d reloads", s.dev.Reloads)
		}
	})
}

// A plugin that is down for a moment takes no step with it: nothing is called delivered that was never loaded.
func TestNoStepIsLeftOutWhileThePluginIsAway(t *testing.T) {
	for _, after := range []string{"swap", "check", "reload"} {
		t.Run(after, func(t *testing.T) {
			sites(t, func(t *testing.T, s *site) {
				tg := s.create(func(in *usecase.NewTarget) { in.Endpoints = nil })
				s.dev.During = func(step string) {
					if step == after && s.dev.Count(step) == 1 {
						s.dev.Set(func() { s.dev.Away = true })
					}
				}
				s.run(time.Second)
				s.dev.Away = false
				s.run(time.Minute)
				s.want(tg.ID, target.StateUpToDate, deploy.Delivered)
				if d := s.last(tg.ID); steps(d) != "stage:done swap:done check:done reload:done clean:done" || s.dev.Live != s.dev.File || s.dev.Reloads != 1 {
					t.Errorf("%s with %d reloads", steps(d), s.dev.Reloads)
				}
			})
		})
	}
}

func TestAStepThatProvesNotNeededIsSkipped(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		tg := s.create(func(in *usecase.NewTarget) {
			in.Endpoints = nil
			delete(in.Settings, "check_command")
		})
		s.dev.During = func(step string) {
			if step == "swap" {
				s.dev.Set(func() { s.dev.Away = true })
			}
		}
		s.run(time.Second)
		s.dev.Away = false
		s.run(time.Minute)
		s.want(tg.ID, target.StateUpToDate, deploy.Delivered)
		if d := s.last(tg.ID); steps(d) != "stage:done swap:done check:skipped reload:done clean:done" {
			t.Error(steps(d))
		}
	})
}

// TestAJobGoesOnWhileItHasTheTime until its target is served; tidying up is for later. Each step is a job of its own for one that has no time for more, and the journal is the same.
func TestAJobGoesOnWhileItHasTheTime(t *testing.T) {
	for _, c := range []struct {
		limit time.Duration
		jobs  int // until it is served and tidied up
	}{{50 * time.Second, 2}, {20 * time.Second, 7}} {
		t.Run(c.limit.String(), func(t *testing.T) {
			sites(t, func(t *testing.T, s *site) {
				tg := s.create()
				s.dev.Live = "ab" + strings.Repeat("0", 62)
				jobs := 0
				for {
					j, ok := s.Queue.Take(s.clock.Now())
					if !ok {
						break
					}
					jobs++
					s.clock.to(s.clock.Now().Add(time.Millisecond))
					within, cancel := context.WithTimeout(ctx, c.limit)
					if j.Kind == ports.JobFanOut {
						jobs--
						if err := s.s.FanOut(within, j); err != nil {
							t.Error(err)
						}
					} else if err := s.s.Reconcile(within, j); err != nil {
						t.Error(err)
					}
					cancel()
				}
				s.want(tg.ID, target.StateUpToDate, deploy.Serving)
				if d := s.last(tg.ID); jobs != c.jobs || steps(d) != fine {
					t.Errorf("%d jobs: %s", jobs, steps(d))
				}
			})
		})
	}
}
