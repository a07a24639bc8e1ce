package deploy_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	usecase "github.com/ignisfox/ignisfox/core/app/deploy"
	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/deploy"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/internal/testdevice"
	"github.com/ignisfox/ignisfox/ports"
)

func (s *site) pushing() *push.Service {
	return push.New(push.Deps{Store: s.Store, Sealer: s.Sealer, Now: s.clock.Now})
}

func (s *site) test(in usecase.Trial) usecase.Tested {
	s.t.Helper()
	out, err := s.s.Test(ctx, s.Owner, in)
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

func TestSettingsAreTriedBeforeTheyAreStored(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		entries, ends := s.entries(), []string{"www.example.com"}
		in := usecase.Trial{Type: testdevice.ID, Settings: map[string]any{"host": "web1.example.com", "password": canary}, Endpoints: &ends}
		out := s.test(in)
		if out.Identity != testdevice.HostKey || out.Confirmed || out.Problem != nil || len(out.Served) != 1 || out.Served[0].Code != "connect_refused" {
			t.Errorf("%+v", out)
		}
		in.Settings["host_key"] = testdevice.HostKey
		s.dev.Live = strings.Repeat("ab", 32)
		out = s.test(in)
		if !out.Confirmed || len(out.Served) != 1 || out.Served[0].Fingerprint != s.dev.Live || out.Served[0].Generation != 0 {
			t.Errorf("%+v", out)
		}
		if !maps.Equal(s.dev.Seen, map[string]string{"password": canary}) || s.dev.Told["port"] != int64(22) {
			t.Errorf("%v %v", s.dev.Seen, s.dev.Told)
		}
		s.dev.Fail["test"] = []error{&ports.PluginProblem{Code: "wrong_credentials", Message: "The device refused the password.", Field: "password", Final: true}}
		if out = s.test(in); out.Problem == nil || out.Problem.Code != "wrong_credentials" || out.Problem.Field != "password" {
			t.Errorf("%+v", out)
		}
		bad := []string{"a b"}
		for code, in := range map[string]usecase.Trial{
			"bad_settings": {Type: testdevice.ID, Settings: map[string]any{"host": "web1.example.com"}},
			"bad_type":     {Type: "deploy.nothing", Settings: in.Settings},
			"bad_endpoint": {Type: testdevice.ID, Settings: in.Settings, Endpoints: &bad},
			"bad_sni":      {Type: testdevice.ID, Settings: in.Settings, SNI: &bad[0]},
		} {
			if _, err := s.s.Test(ctx, s.Owner, in); fault.CodeOf(err) != code {
				t.Errorf("%v, want %s", err, code)
			}
		}
		if s.entries() != entries {
			t.Error("a test left a trace")
		}
	})
}

func TestAStoredTargetIsTriedWithWhatIsStored(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		tg := s.create(func(in *usecase.NewTarget) { delete(in.Settings, "host_key") })
		s.run(time.Minute)
		was := s.get(tg.ID)
		out := s.test(usecase.Trial{Target: tg.ID})
		if out.Confirmed || !maps.Equal(s.dev.Seen, map[string]string{"password": "s3cret pass"}) || out.Served[0].Generation != 1 {
			t.Errorf("%+v with %v", out, s.dev.Seen)
		}
		// The key it showed, the stored password.
		out = s.test(usecase.Trial{Target: tg.ID, Settings: map[string]any{"host_key": testdevice.HostKey}})
		if !out.Confirmed || s.dev.Seen["password"] != "s3cret pass" {
			t.Errorf("%+v with %v", out, s.dev.Seen)
		}
		s.test(usecase.Trial{Target: tg.ID, Settings: map[string]any{"password": "another"}})
		if !maps.Equal(s.dev.Seen, map[string]string{"password": "another"}) {
			t.Errorf("%v", s.dev.Seen)
		}
		// Elsewhere with what is given for it, and with nothing else.
		s.test(usecase.Trial{Target: tg.ID, Settings: map[string]any{"host": "web2.example.com", "password": "for web2"}})
		if !maps.Equal(s.dev.Seen, map[string]string{"password": "for web2"}) || s.dev.Told["host"] != "web2.example.com" {
			t.Errorf("%v %v", s.dev.Seen, s.dev.Told)
		}
		if now := s.get(tg.ID); now.Deploy.Settings["host"] != "web1.example.com" || now.Deploy.Status.Deployment != was.Deploy.Status.Deployment {
			t.Errorf("%+v", now.Deploy)
		}
		s.dev.Away = true
		if _, err := s.s.Test(ctx, s.Owner, usecase.Trial{Target: tg.ID}); fault.CodeOf(err) != "plugin_unavailable" {
			t.Errorf("%v", err)
		}
	})
}

func TestPlan(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		tg := s.create()
		plan, err := s.s.Plan(ctx, s.Owner, tg.ID)
		if err != nil || plan.Unchanged || len(plan.Changes) != 2 || s.dev.File != "" {
			t.Errorf("%v: %+v", err, plan)
		}
		s.run(time.Minute)
		plan, err = s.s.Plan(ctx, s.Owner, tg.ID)
		if err != nil || !plan.Unchanged || plan.Present != s.dev.Live {
			t.Errorf("%v: %+v", err, plan)
		}
		s.dev.Fail["plan"] = []error{testdevice.Problem("unreachable"), fault.New(fault.Unavailable, "plugin_crashed", "The plugin ended.")}
		plan, err = s.s.Plan(ctx, s.Owner, tg.ID)
		if err != nil || plan.Problem == nil || plan.Problem.Code != "unreachable" {
			t.Errorf("%v: %+v", err, plan)
		}
		if _, err = s.s.Plan(ctx, s.Owner, tg.ID); fault.CodeOf(err) != "plugin_crashed" {
			t.Errorf("%v", err)
		}
		s.dev.Away = true
		if _, err = s.s.Plan(ctx, s.Owner, tg.ID); fault.CodeOf(err) != "plugin_unavailable" {
			t.Errorf("%v", err)
		}
	})
}

func TestDeployAnswersTheRunningOne(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		tg := s.create()
		s.run(time.Minute)
		first, err := s.s.Deploy(ctx, s.Owner, tg.ID)
		if err != nil || first.State != deploy.Running || first.By != s.Owner.Name || first.Trigger != deploy.TriggerHand {
			t.Fatalf("%v: %+v", err, first)
		}
		again, err := s.s.Deploy(ctx, s.Owner, tg.ID)
		if err != nil || again.ID != first.ID {
			t.Errorf("%v: %s, want %s", err, again.ID, first.ID)
		}
		s.dev.During = func(step string) {
			if d, err := s.s.Deploy(ctx, s.Owner, tg.ID); err != nil || d.ID != first.ID || step == "clean" && len(d.Steps) < 3 {
				t.Errorf("at %s: %v: %+v", step, err, d)
			}
		}
		if now := s.get(tg.ID); now.State() != target.StateDeploying {
			t.Errorf("%s", now.State())
		}
		s.run(time.Minute)
		s.want(tg.ID, target.StateUpToDate, deploy.Unchanged)
		s.dev.During = nil
		next, err := s.s.Deploy(ctx, s.Owner, tg.ID)
		if err != nil || next.ID == first.ID {
			t.Errorf("%v: %s", err, next.ID)
		}
		s.run(time.Minute)
		list, more, err := s.s.Deployments(ctx, s.Owner, tg.ID, "", 2)
		if err != nil || len(list) != 2 || list[0].ID != next.ID || list[1].ID != first.ID || more == "" {
			t.Errorf("%v: %d deployments", err, len(list))
		}
		rest, more, err := s.s.Deployments(ctx, s.Owner, tg.ID, more, 2)
		if err != nil || len(rest) != 1 || more != "" || rest[0].Trigger != deploy.TriggerChange {
			t.Errorf("%v: %d more", err, len(rest))
		}
	})
}

func TestAPauseLetsWhatRunsComeToItsEnd(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		tg := s.create()
		s.dev.During = func(step string) {
			if step == "swap" {
				paused, err := s.s.Pause(ctx, s.Owner, tg.ID)
				if err != nil || !paused.Deploy.Paused || paused.State() != target.StateDeploying {
					t.Errorf("%v: %s", err, paused.State())
				}
			}
		}
		s.run(time.Minute)
		if now := s.get(tg.ID); now.State() != target.StatePaused || now.Deploy.Status.State != deploy.Serving || s.dev.Reloads != 1 {
			t.Errorf("%s, %s after %d reloads", now.State(), now.Deploy.Status.State, s.dev.Reloads)
		}
		s.dev.During = nil
		entries := s.entries()
		if _, err := s.s.Pause(ctx, s.Owner, tg.ID); err != nil || s.entries() != entries {
			t.Errorf("a second pause: %v", err)
		}
		name := "renamed"
		s.change(tg.ID, usecase.Change{Name: &name})
		s.change(tg.ID, patch("reload_command", "other"))
		s.run(time.Hour)
		if n := s.dev.Count("stage"); n != 1 {
			t.Errorf("%d deployments of a paused target", n)
		}
		if got, err := s.s.Resume(ctx, s.Owner, tg.ID); err != nil || got.Deploy.Paused {
			t.Fatalf("%v", err)
		}
		s.run(time.Minute)
		if n := s.dev.Count("stage"); n != 2 {
			t.Errorf("%d deployments once it goes on", n)
		}
	})
}

// What a deployment works with stays as it is until it has ended: nothing is left half done on a device that nobody knows any more.
func TestATargetStaysAsItIsWhileItIsDeployedTo(t *testing.T) {
	for _, at := range []string{"stage", "swap", "reload", "clean"} {
		t.Run(at, func(t *testing.T) {
			sites(t, func(t *testing.T, s *site) {
				tg := s.create()
				ends, sni, name, when, stale := []string{"other.example.com"}, "other.example.com", "renamed", "0 3 * * *", s.Owner
				stale.Session, stale.Fresh = true, false
				s.dev.During = func(step string) {
					if step != at {
						return
					}
					for what, do := range map[string]func() error{
						"delete": func() error { return s.pushing().Delete(ctx, s.Owner, tg.ID) },
						"host": func() error {
							_, err := s.s.Change(ctx, s.Owner, tg.ID, patch("host", "b.example.com", "password", "p"))
							return err
						},
						"command":   func() error { _, err := s.s.Change(ctx, s.Owner, tg.ID, patch("reload_command", "other")); return err },
						"password":  func() error { _, err := s.s.Change(ctx, s.Owner, tg.ID, patch("password", "other")); return err },
						"endpoints": func() error { _, err := s.s.Change(ctx, s.Owner, tg.ID, usecase.Change{Endpoints: &ends}); return err },
						"sni":       func() error { _, err := s.s.Change(ctx, stale, tg.ID, usecase.Change{SNI: &sni}); return err },
					} {
						if err := do(); fault.KindOf(err) != fault.Conflict || fault.CodeOf(err) != "deployment_running" {
							t.Errorf("%s: %v", what, err)
						}
					}
					s.change(tg.ID, usecase.Change{Name: &name, Schedule: &when}) // nothing that it works with
				}
				s.run(time.Minute)
				s.want(tg.ID, target.StateUpToDate, deploy.Serving)
				if !slices.Equal(s.dev.Calls, []string{"stage", "swap", "check", "reload", "clean"}) || s.dev.Told["host"] != "web1.example.com" {
					t.Errorf("calls %v to %v", s.dev.Calls, s.dev.Told["host"])
				}
				s.dev.During = nil
				s.change(tg.ID, patch("reload_command", "other"))
				s.run(time.Minute)
				calls := len(s.dev.Calls)
				if err := s.pushing().Delete(ctx, s.Owner, tg.ID); err != nil {
					t.Fatal(err)
				}
				if err := s.s.Sweep(ctx, ports.Job{}); err != nil {
					t.Error(err)
				}
				s.run(48 * time.Hour)
				if len(s.dev.Calls) != calls {
					t.Errorf("after its end the device is called: %v", s.dev.Calls[calls:])
				}
				if _, _, err := s.s.Deployments(ctx, s.Owner, tg.ID, "", 5); fault.KindOf(err) != fault.NotFound {
					t.Errorf("%v", err)
				}
				err := s.Store.Tenant(s.Tenant).View(ctx, func(tx ports.Tx) error {
					if rows, err := tx.Deployments().Secrets(ctx, tg.ID); err != nil || len(rows) != 0 {
						t.Errorf("%v: %d secrets outlive their target", err, len(rows))
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// A target that moves while it is deployed to ends with the certificate of the group that it is in, whatever the numbers are.
func TestATargetMovesWhileItIsDeployedTo(t *testing.T) {
	for _, at := range []string{"stage", "swap", "reload", "clean"} {
		t.Run(at, func(t *testing.T) {
			sites(t, func(t *testing.T, s *site) {
				s.second("other")
				tg := s.create()
				group, moved := "other", false
				s.dev.During = func(step string) {
					if step == at && !moved {
						moved = true
						got := s.change(tg.ID, usecase.Change{Group: &group})
						if got.GroupName != "other" || got.Wanted != 1 || got.State() == target.StateUpToDate {
							t.Errorf("%s wants %d of %s", got.State(), got.Wanted, got.GroupName)
						}
					}
				}
				s.run(5 * time.Minute)
				s.want(tg.ID, target.StateUpToDate, deploy.Serving)
				st, g := s.get(tg.ID).Deploy.Status, s.get(tg.ID).Group
				if d := s.last(tg.ID); d.Group != g || !moved {
					t.Errorf("the last deployment is of %s, the target in %s: %s", d.Group, g, steps(d))
				}
				if len(st.Served) != 1 || st.Served[0].Generation != 1 || st.Served[0].Fingerprint != s.dev.Live || s.dev.File != s.dev.Live {
					t.Errorf("%+v", st.Served)
				}
				err := s.Store.Tenant(s.Tenant).View(ctx, func(tx ports.Tx) error {
					gen, err := tx.Generations().Get(ctx, g, 1)
					if err != nil {
						return err
					}
					leaf, err := tx.Artifacts().Get(ctx, gen.Leaf)
					if err == nil && leaf.Fingerprint != s.dev.Live {
						t.Errorf("%s is served, not that of the group", s.dev.Live)
					}
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestAGroupWithTargetsStays(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		tg := s.create()
		for range 3 { // also while it is deployed to
			if err := s.Vault.DeleteGroup(ctx, s.Owner, tg.Group); fault.CodeOf(err) != "group_has_targets" {
				t.Errorf("%v", err)
			}
			s.one()
		}
		s.run(time.Minute)
		if err := s.pushing().Delete(ctx, s.Owner, tg.ID); err != nil {
			t.Fatal(err)
		}
		if err := s.Vault.DeleteGroup(ctx, s.Owner, tg.Group); err != nil {
			t.Errorf("%v", err)
		}
	})
}

// A device that we deploy to may fetch as well, once somebody gave it a token.
func TestATargetGetsATokenByRotation(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		tg := s.create()
		if len(tg.Tokens) != 0 {
			t.Errorf("%d tokens of a new target", len(tg.Tokens))
		}
		tok, err := s.pushing().Rotate(ctx, s.Owner, tg.ID, 0)
		if err != nil || !strings.HasPrefix(tok.Reveal(), "pt_") {
			t.Fatalf("%v", err)
		}
		got, err := s.pushing().Get(ctx, s.Owner, tg.ID)
		if err != nil || len(got.Tokens) != 1 || got.Deploy == nil || got.Deploy.Settings["host"] != "web1.example.com" {
			t.Errorf("%v: %+v", err, got)
		}
		s.run(time.Minute)
		s.want(tg.ID, target.StateUpToDate, deploy.Serving)
	})
}
