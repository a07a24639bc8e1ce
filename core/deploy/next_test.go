package deploy_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/deploy"
	"pgregory.net/rapid"
)

var start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// play runs a deployment against a script of answers: "swap!connection_lost" makes that step fail so, each time it is given once.
// It answers the names of what was begun, and how it ended.
func play(t *testing.T, can deploy.Can, script string) (names []string, d deploy.Deployment, end deploy.State) {
	t.Helper()
	now, fails := start, strings.Fields(script)
	for range 200 {
		m := d.Next(can, now)
		if m.Step == "" {
			if m.End == deploy.Running || m.End == "" {
				t.Fatalf("ends as %q", m.End)
			}
			d.Close(m.End, now)
			return names, d, m.End
		}
		now = now.Add(m.Pause)
		if m.Repeat && d.Steps[len(d.Steps)-1].Name != m.Step {
			t.Fatalf("repeats %s, and the last line is %s", m.Step, d.Steps[len(d.Steps)-1].Name)
		}
		d.Begin(m, now)
		names = append(names, string(m.Step))
		s := &d.Steps[len(d.Steps)-1]
		i := slices.IndexFunc(fails, func(f string) bool {
			return strings.HasPrefix(f, string(m.Step)+"!") || f == string(m.Step)+"?" || f == string(m.Step)+"="
		})
		switch {
		case i < 0:
			s.State, s.Code = deploy.StepDone, ""
			continue
		case strings.HasSuffix(fails[i], "?"): // the server died
		case strings.HasSuffix(fails[i], "="):
			s.State, s.Code = deploy.StepDone, deploy.CodeUnchanged
		default:
			_, code, _ := strings.Cut(fails[i], "!")
			forever := strings.HasSuffix(code, "*")
			s.State, s.Code = deploy.StepFailed, strings.TrimSuffix(code, "*")
			now = now.Add(time.Second)
			if forever {
				continue
			}
			if untilReload := strings.HasSuffix(code, "^"); untilReload {
				if s.Code = strings.TrimSuffix(code, "^"); !slices.Contains(names, "reload") {
					continue
				}
				s.State, s.Code = deploy.StepDone, ""
			}
		}
		fails = slices.Delete(fails, i, i+1)
	}
	t.Fatalf("never ends: %v", names)
	return nil, d, ""
}

func TestNext(t *testing.T) {
	all := deploy.Can{Check: true, Reload: true, Clean: true, Endpoints: true}
	blind := all
	blind.Endpoints = false
	leave := all
	leave.Leave = true
	tried := all
	tried.NoNewReload = true
	for _, c := range []struct {
		what   string
		can    deploy.Can
		script string
		steps  string
		end    deploy.State
	}{
		{"all goes well", all, "", "observe stage swap check reload verify clean", deploy.Serving},
		{"without endpoints", blind, "", "stage swap check reload clean", deploy.Delivered},
		{"nothing but files", deploy.Can{}, "", "stage swap", deploy.Delivered},
		{"there already", all, "stage=", "observe stage verify clean", deploy.Unchanged},
		{"there already, nobody can look", blind, "stage=", "stage clean", deploy.Unchanged},
		{"there, and never reloaded", all, "stage= verify!serves_other", "observe stage verify check reload verify clean", deploy.Serving},
		{"the device is away", all, "stage!unreachable", "observe stage clean", deploy.Unreachable},
		{"the endpoint was away before", all, "observe!unreachable", "observe stage swap check reload verify clean", deploy.Serving},
		{"wrong password", all, "stage!wrong_credentials", "observe stage clean", deploy.Failed},
		{"swap lost its connection once", all, "swap!connection_lost", "observe stage swap swap check reload verify clean", deploy.Serving},
		{"swap took too long once", all, "swap!timed_out", "observe stage swap swap check reload verify clean", deploy.Serving},
		{"swap is refused", all, "swap!rename_refused", "observe stage swap restore verify_restored clean", deploy.RolledBack},
		{"the check fails", all, "check!check_failed", "observe stage swap check restore verify_restored clean", deploy.RolledBack},
		{"the reload fails", all, "reload!reload_failed", "observe stage swap check reload restore reload_restored verify_restored clean", deploy.RolledBack},
		{"the reload fails, nobody can look", blind, "reload!reload_failed", "stage swap check reload restore reload_restored clean", deploy.RolledBack},
		{"the roll back does not reload either, and it shows", all, "reload!reload_failed reload_restored!reload_failed verify_restored!serves_other*",
			"", deploy.ServingOther},
		{"the roll back does not reload either, nobody can look", blind, "reload!reload_failed reload_restored!reload_failed",
			"stage swap check reload restore reload_restored clean", deploy.Failed},
		{"the service died", all, "verify!unreachable* verify_restored!unreachable*", "", deploy.Unreachable},
		{"the restore needs three tries", all, "check!check_failed restore!connection_lost restore!connection_lost",
			"observe stage swap check restore restore restore verify_restored clean", deploy.RolledBack},
		{"the restore never works", all, "check!check_failed restore!connection_lost*", "", deploy.Failed},
		{"killed in the swap", all, "swap?", "observe stage swap swap check reload verify clean", deploy.Serving},
		{"killed in the reload", all, "reload?", "observe stage swap check reload reload verify clean", deploy.Serving},
		{"killed at every step", all, "observe? stage? swap? check? reload? verify? clean?",
			"observe observe stage stage swap swap check check reload reload verify verify clean clean", deploy.Serving},
		{"superseded before it began", leave, "", "", deploy.Superseded},
	} {
		t.Run(c.what, func(t *testing.T) {
			names, _, end := play(t, c.can, c.script)
			if got := strings.Join(names, " "); c.steps != "" && got != c.steps {
				t.Errorf("steps %s\nwant  %s", got, c.steps)
			}
			if end != c.end {
				t.Errorf("ends as %s, want %s", end, c.end)
			}
		})
	}
	for _, step := range []string{"stage", "swap", "check", "reload", "restore"} {
		t.Run("servers die of the "+step, func(t *testing.T) {
			script := strings.Repeat(step+"? ", 6)
			if step == "restore" {
				script += "check!check_failed"
			}
			if _, d, end := play(t, all, script); end.Good() || d.Code != deploy.CodeInterrupted || d.Reason == "" || !d.Crashed {
				t.Errorf("ends as %s because of %q: %s", end, d.Code, d.Reason)
			}
		})
	}
	t.Run("servers die of a look", func(t *testing.T) {
		if _, _, end := play(t, all, strings.Repeat("verify? ", 20)); end != deploy.Serving {
			t.Errorf("ends as %s", end)
		}
	})
	t.Run("everything there and not served gets one reload", func(t *testing.T) {
		names, d, end := play(t, all, "stage= verify!serves_other*")
		if n := count(names, "reload"); n != 1 || count(names, "check") != 1 {
			t.Errorf("%d reloads: %v", n, names)
		}
		if end != deploy.ServingOther || d.Swapped || count(names, "restore") != 0 {
			t.Errorf("ends as %s by %v", end, names)
		}
	})
	t.Run("and is serving then", func(t *testing.T) {
		names, d, end := play(t, all, "stage= verify!serves_other^")
		if end != deploy.Serving || d.Cause() != nil || !strings.HasSuffix(strings.Join(names, " "), "check reload verify clean") {
			t.Errorf("ends as %s by %v, because of %+v", end, names, d.Cause())
		}
	})
	t.Run("and no second one of the same generation", func(t *testing.T) {
		if names, _, end := play(t, tried, "stage= verify!serves_other*"); count(names, "reload") != 0 || end != deploy.ServingOther {
			t.Errorf("ends as %s by %v", end, names)
		}
	})
}

func TestSupersededBeforeTheSwap(t *testing.T) {
	all := deploy.Can{Check: true, Reload: true, Clean: true, Endpoints: true}
	d := deploy.Deployment{Steps: []deploy.Step{{Name: deploy.StepStage, State: deploy.StepDone, Attempt: 1}}}
	all.Leave = true
	if m := d.Next(all, start); m.Step != deploy.StepClean {
		t.Fatalf("%+v: what was staged is tidied up", m)
	}
	d.Steps = append(d.Steps, deploy.Step{Name: deploy.StepClean, State: deploy.StepDone, Attempt: 1})
	if m := d.Next(all, start); m.End != deploy.Superseded {
		t.Errorf("%+v", m)
	}
	d = deploy.Deployment{Swapped: true, Steps: []deploy.Step{{Name: deploy.StepStage, State: deploy.StepDone}, {Name: deploy.StepSwap, State: deploy.StepDone}}}
	if m := d.Next(all, start); m.Step != deploy.StepCheck {
		t.Errorf("%+v: what was swapped is carried through", m)
	}
}

// TestHoweverItGoes plays deployments whose every step may fail or lose its server, and holds what must be true of all of them.
func TestHoweverItGoes(t *testing.T) {
	codes := []string{"unreachable", "connection_lost", "plugin_crashed", "check_failed", "reload_failed", "serves_other", "wrong_credentials"}
	rapid.Check(t, func(rt *rapid.T) {
		can := deploy.Can{
			Check: rapid.Bool().Draw(rt, "check"), Reload: rapid.Bool().Draw(rt, "reload"), Clean: rapid.Bool().Draw(rt, "clean"),
			Endpoints: rapid.Bool().Draw(rt, "endpoints"), NoNewReload: rapid.Bool().Draw(rt, "no new reload"),
		}
		var d deploy.Deployment
		now, begun, leaveAt := start, 0, rapid.IntRange(0, 40).Draw(rt, "superseded at")
		for {
			can.Leave = begun >= leaveAt && leaveAt < 15
			m := d.Next(can, now)
			if m.Step == "" {
				d.Close(m.End, now)
				check(rt, &d, can, m.End)
				return
			}
			if begun++; begun > 120 {
				rt.Fatalf("never ends")
			}
			now = now.Add(m.Pause)
			if !m.Repeat && d.Line(m.Step) != nil && (m.Step != deploy.StepVerify || d.Line(deploy.StepReload) == nil) {
				rt.Fatalf("%s is written twice", m.Step)
			}
			d.Begin(m, now)
			s := &d.Steps[len(d.Steps)-1]
			switch rapid.IntRange(0, 5).Draw(rt, string(m.Step)) {
			case 0:
				s.State, s.Code = deploy.StepFailed, rapid.SampledFrom(codes).Draw(rt, "code")
				now = now.Add(10 * time.Second)
			case 1: // the server died
			case 2:
				s.State, s.Code = deploy.StepDone, ""
				if m.Step == deploy.StepStage {
					s.Code = deploy.CodeUnchanged
				}
			default:
				s.State, s.Code = deploy.StepDone, ""
			}
		}
	})
}

func check(rt *rapid.T, d *deploy.Deployment, can deploy.Can, end deploy.State) {
	for _, s := range d.Steps {
		if s.State == deploy.StepBegun || s.State == deploy.StepFailed && s.Code == "" {
			rt.Fatalf("the end, and step %s is %q with code %q", s.Name, s.State, s.Code)
		}
	}
	if bad := end != deploy.Superseded && !end.Good(); bad != (d.Code != "") {
		rt.Fatalf("%s because of %q", end, d.Code)
	}
	done := func(n deploy.StepName) bool {
		s := d.Line(n)
		return s != nil && (s.State == deploy.StepDone || s.State == deploy.StepSkipped)
	}
	if end.Good() && can.Endpoints && !done(deploy.StepVerify) {
		rt.Fatalf("%s, and nobody saw it: %+v", end, d.Steps)
	}
	if d.Swapped && !end.Good() && d.Line(deploy.StepRestore) == nil {
		rt.Fatalf("%s, and what was swapped was not put back: %+v", end, d.Steps)
	}
	if d.Line(deploy.StepRestore) != nil && end.Good() {
		rt.Fatalf("%s after a restore", end)
	}
	if end == deploy.RolledBack && !done(deploy.StepRestore) {
		rt.Fatalf("rolled back without a restore: %+v", d.Steps)
	}
	if end == deploy.RolledBack && can.Endpoints && !done(deploy.StepReverify) {
		rt.Fatalf("rolled back, and nobody saw it: %+v", d.Steps)
	}
	if !end.Good() && end != deploy.Superseded && d.Cause() == nil {
		begun := slices.ContainsFunc(d.Steps, func(s deploy.Step) bool { return s.State == deploy.StepBegun })
		if !begun {
			rt.Fatalf("%s, and no step says why: %+v", end, d.Steps)
		}
	}
}

func count(names []string, name string) (n int) {
	for _, s := range names {
		if s == name {
			n++
		}
	}
	return n
}

// TestGivenUpOnTheWay: the generation is wanted again while what was staged of it is tidied up. Nobody brought it to the device.
func TestGivenUpOnTheWay(t *testing.T) {
	all := deploy.Can{Check: true, Reload: true, Clean: true, Endpoints: true}
	blind := all
	blind.Endpoints = false
	for _, can := range []deploy.Can{all, blind} {
		for _, code := range []string{"", deploy.CodeUnchanged} {
			if code != "" && !can.Endpoints {
				continue // everything is there, and nobody is to look: a good end
			}
			d := deploy.Deployment{}
			for d.Line(deploy.StepStage) == nil {
				d.Begin(d.Next(can, start), start)
				d.Steps[len(d.Steps)-1].State = deploy.StepDone
			}
			d.Steps[len(d.Steps)-1].Code = code
			leave := can
			leave.Leave = true
			d.Begin(d.Next(leave, start), start)
			d.Steps[len(d.Steps)-1].State = deploy.StepDone
			if m := d.Next(can, start); m.End != deploy.Superseded {
				t.Errorf("endpoints %v, stage %q: %+v", can.Endpoints, code, m)
			}
		}
	}
}

// TestFinalIsOfTheCause: whether it is tried again is not decided by what failed while it was tidied up.
func TestFinalIsOfTheCause(t *testing.T) {
	can := deploy.Can{Clean: true}
	for _, final := range []bool{true, false} {
		for _, died := range []bool{true, false} {
			d := deploy.Deployment{}
			fails := func(code string, final bool) {
				s := &d.Steps[len(d.Steps)-1]
				s.Code = code
				d.Fails(s, final)
			}
			d.Begin(d.Next(can, start), start)
			fails("host_key_changed", final)
			d.Begin(d.Next(can, start), start)
			if !died {
				fails("wrong_credentials", !final)
			}
			d.Close(deploy.Failed, start)
			if d.Final != final || d.Code != "host_key_changed" {
				t.Errorf("final %v because of %s, want %v; died while it was tidied up: %v", d.Final, d.Code, final, died)
			}
		}
	}
}
