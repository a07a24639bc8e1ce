package deploy_test

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/cron"
	usecase "github.com/ignisfox/ignisfox/core/app/deploy"
	"github.com/ignisfox/ignisfox/core/deploy"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/internal/testdevice"
	"github.com/ignisfox/ignisfox/ports"
)

// addresses is a look at a name with several addresses.
type addresses func() []ports.Served

func (a addresses) Probe(context.Context, ports.ProbeRequest) ([]ports.Served, error) {
	return a(), nil
}

// looksBy has the endpoints looked at by another prober.
func (s *site) looksBy(p ports.Prober) {
	s.s = usecase.New(usecase.Deps{
		Store: s.Store, Sealer: s.Sealer, Forms: s.Forms, Plugins: s.dev, Prober: p, Cron: cron.New(), Now: s.clock.Now,
	})
}

var v4, v6 = netip.MustParseAddrPort("192.0.2.1:443"), netip.MustParseAddrPort("[2001:db8::1]:443")

func dark(at netip.AddrPort, code string) ports.Served {
	return ports.Served{Address: at, Err: fault.New(fault.Unavailable, code, "It is dark.")}
}

// live answers what the device serves, at one address.
func (s *site) live(at netip.AddrPort) (one ports.Served) {
	s.dev.Set(func() { one = ports.Served{Address: at, Fingerprint: s.dev.Live} })
	if one.Fingerprint == "" {
		return dark(at, "connect_refused")
	}
	return one
}

// A server without IPv6 sees by IPv4 what is served; by nothing it sees nothing.
func TestAnAddressWithoutARouteDecidesNothing(t *testing.T) {
	for what, c := range map[string]struct {
		look  func(s *site) []ports.Served
		state target.State
		end   deploy.State
	}{
		"beside one that is seen": {func(s *site) []ports.Served { return []ports.Served{dark(v6, "no_route"), s.live(v4)} }, target.StateUpToDate, deploy.Serving},
		"one that is silent":      {func(s *site) []ports.Served { return []ports.Served{dark(v6, "connect_timeout"), s.live(v4)} }, target.StateUnreachable, deploy.Unreachable},
		"alone":                   {func(*site) []ports.Served { return []ports.Served{dark(v6, "no_route")} }, target.StateUnreachable, deploy.Unreachable},
	} {
		t.Run(what, func(t *testing.T) {
			sites(t, func(t *testing.T, s *site) {
				s.dev.Live = strings.Repeat("ab", 32)
				s.looksBy(addresses(func() []ports.Served { return c.look(s) }))
				tg := s.create()
				if c.end != deploy.Serving {
					s.dev.Stuck = true // what was there before is served on
				}
				s.untilEnded(tg.ID)
				if c.end == deploy.Serving {
					s.want(tg.ID, c.state, c.end)
					if d := s.last(tg.ID); steps(d) != fine || !strings.Contains(d.Transcript, "It is dark.") {
						t.Errorf("%s\n%s", steps(d), d.Transcript)
					}
				}
				served := s.get(tg.ID).Deploy.Status.Served
				if len(served) == 0 || served[0].Fingerprint != "" || served[0].Code == "" {
					t.Errorf("%+v: what is not seen is told", served)
				}
				if now := s.get(tg.ID); c.end != deploy.Serving && now.State() == target.StateUpToDate {
					t.Error("up to date, and nobody saw it")
				}
			})
		})
	}
}

// untilEnded does jobs until the first deployment has ended.
func (s *site) untilEnded(id string) {
	s.t.Helper()
	for range 400 {
		if st := s.get(id).Deploy.Status; st.Deployment != "" && st.State.Final() {
			return
		}
		if s.one() {
			continue
		}
		at, ok := s.Queue.Next()
		if !ok {
			s.t.Fatal("nothing to do")
		}
		s.clock.to(at)
	}
	s.t.Fatal("the deployment does not end")
}

// A roll back is judged by what could be seen before. What could not be looked at then and cannot now says nothing against it.
func TestARollBackIsJudgedByWhatWasSeenBefore(t *testing.T) {
	old, other := strings.Repeat("ab", 32), strings.Repeat("cd", 32)
	for what, c := range map[string]struct {
		before, after func(s *site) []ports.Served
		end           deploy.State
	}{
		"one address was dark and is": {
			func(s *site) []ports.Served { return []ports.Served{s.live(v4), dark(v6, "connect_timeout")} },
			func(s *site) []ports.Served { return []ports.Served{s.live(v4), dark(v6, "connect_timeout")} }, deploy.RolledBack,
		},
		"one address went dark": {
			func(s *site) []ports.Served { return []ports.Served{s.live(v4), s.live(v6)} },
			func(s *site) []ports.Served { return []ports.Served{s.live(v4), dark(v6, "connect_timeout")} }, deploy.Unreachable,
		},
		"one address serves another": {
			func(s *site) []ports.Served { return []ports.Served{s.live(v4), s.live(v6)} },
			func(s *site) []ports.Served { return []ports.Served{s.live(v4), {Address: v6, Fingerprint: other}} }, deploy.ServingOther,
		},
		"all was dark and is": {
			func(*site) []ports.Served { return []ports.Served{dark(v4, "connect_refused")} },
			func(*site) []ports.Served { return []ports.Served{dark(v4, "connect_refused")} }, deploy.Unreachable,
		},
		"all was dark, something is served": {
			func(*site) []ports.Served { return []ports.Served{dark(v4, "connect_refused")} },
			func(*site) []ports.Served { return []ports.Served{{Address: v4, Fingerprint: other}} }, deploy.ServingOther,
		},
	} {
		t.Run(what, func(t *testing.T) {
			sites(t, func(t *testing.T, s *site) {
				s.dev.Live, s.dev.File = old, old
				s.dev.Fail["check"] = []error{testdevice.Problem("check_failed")}
				s.looksBy(addresses(func() []ports.Served {
					if s.dev.Count("restore") > 0 {
						return c.after(s)
					}
					return c.before(s)
				}))
				tg := s.create()
				s.untilEnded(tg.ID)
				if d := s.last(tg.ID); d.State != c.end || d.Code != "check_failed" {
					t.Errorf("%s (%s), want %s: %s\n%s", d.State, d.Code, c.end, steps(d), d.Transcript)
				}
			})
		})
	}
}

// The generation that was on the device is known, though nobody could look at the endpoint before: seen now, it is back.
func TestARollBackIsProvenByTheGenerationThatIsBack(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		tg := s.create()
		s.dev.Live = strings.Repeat("ab", 32)
		s.run(time.Minute)
		s.want(tg.ID, target.StateUpToDate, deploy.Serving)
		s.issue(40 * 24 * time.Hour)
		s.dev.Set(func() { s.dev.Down, s.dev.Fail["check"] = true, []error{testdevice.Problem("check_failed")} })
		s.dev.During = func(step string) {
			if step == "restore" {
				s.dev.Set(func() { s.dev.Down = false })
			}
		}
		for s.get(tg.ID).Deploy.Status.Generation != 2 {
			s.one()
		}
		s.untilEnded(tg.ID)
		s.want(tg.ID, target.StateRolledBack, deploy.RolledBack)
		if got := s.get(tg.ID).Deploy.Status.Observed; got != 1 {
			t.Errorf("observed %d", got)
		}
	})
}

// An endpoint that nobody can reach is not reached by reloading the service over and over.
func TestWhatCannotBeReachedIsNotReloadedAgain(t *testing.T) {
	sites(t, func(t *testing.T, s *site) {
		s.dev.Live = strings.Repeat("ab", 32)
		tg := s.create(func(in *usecase.NewTarget) { in.Schedule = "0 * * * *" })
		s.run(time.Minute)
		s.want(tg.ID, target.StateUpToDate, deploy.Serving)
		s.dev.Set(func() { s.dev.Down = true })
		s.run(6 * time.Hour)
		s.want(tg.ID, target.StateUnreachable, deploy.Unreachable)
		if s.dev.Reloads != 1 || s.dev.Count("stage") < 4 {
			t.Errorf("%d reloads in %d deployments", s.dev.Reloads, s.dev.Count("stage"))
		}
		if _, err := s.s.Deploy(ctx, s.Owner, tg.ID); err != nil { // a person may have a reason
			t.Fatal(err)
		}
		s.run(3 * time.Hour)
		if s.dev.Reloads != 2 {
			t.Errorf("%d reloads by hand", s.dev.Reloads-1)
		}
		s.dev.Set(func() { s.dev.Down = false })
		s.run(2 * time.Hour)
		s.want(tg.ID, target.StateUpToDate, deploy.Unchanged)
	})
}
