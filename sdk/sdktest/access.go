package sdktest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/sdk/egress"
	"github.com/ignisfox/ignisfox/sdk/plugin"
	"github.com/ignisfox/ignisfox/sdk/schema"
)

// Access is what a call needs to reach the device or account of a test.
type Access struct {
	Settings map[string]any    // without secrets; defaults may be left out
	Secrets  map[string]string // that are right, by path; of 8 bytes at least, and found in nothing else
	Wrong    map[string]string // for some of these paths one that the device refuses
	Gate     *Gate             // through which the settings reach it
	Egress   egress.Policy     // Loopback() when zero
}

// suite is what the checks of all kinds share.
type suite struct {
	info plugin.Info
	base *plugin.Client
	seen *seen
}

// check is one promise. It answers what is wrong; t makes devices and material.
type check struct {
	name string
	run  func(ctx context.Context, t testing.TB) error
}

// runChecks runs each check as a test of its own, and last those that look at all that the plugin said.
func runChecks(t *testing.T, r *Running, s *suite, checks []check) {
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			if err := s.run(t, c); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("no secret in any log, and settings agree with the schema", func(t *testing.T) {
		r.Stop(t)
		if err := s.judgeLogs(r.Logs()); err != nil {
			t.Error(err)
		}
	})
	if t.Failed() {
		t.Logf("the log of the plugin:\n%s", cut(r.Logs()))
	}
}

// cut leaves the end of a long log.
func cut(logs string) string { return logs[max(0, len(logs)-16<<10):] }

func (s *suite) run(t testing.TB, c check) error {
	ctx, cancel := context.WithTimeout(t.Context(), 4*patience)
	defer cancel()
	return c.run(ctx, t)
}

// judgeLogs looks at what came out of the plugin in all checks.
func (s *suite) judgeLogs(logs string) error {
	if err := s.seen.leaks(logs); err != nil {
		return err
	}
	for line := range strings.SplitSeq(logs, "\n") {
		if strings.Contains(line, plugin.Disagreement) || strings.Contains(line, "the plugin panicked") {
			return fmt.Errorf("in the log of the plugin: %s", line)
		}
	}
	return nil
}

// newSuite asks the plugin what it is.
func newSuite(ctx context.Context, r *Running, kind string) (*suite, error) {
	s := &suite{base: plugin.NewClient(r.Conn), seen: &seen{}}
	info, err := s.base.Describe(ctx)
	if err != nil {
		return nil, err
	}
	if s.info = info; info.Kind != kind {
		return nil, fmt.Errorf("the plugin is of kind %q, and this suite is for %q", info.Kind, kind)
	}
	return s, nil
}

// args makes what a call brings, as the server does: checked against the schema, defaults filled in.
func (s *suite) args(a Access) (plugin.Args, error) {
	for path, secret := range a.Secrets {
		if len(secret) < 8 {
			return plugin.Args{}, fmt.Errorf("the secret %s of the test is shorter than 8 bytes: it could not be told apart in logs", path)
		}
		s.seen.guard(path, []byte(secret))
	}
	settings, problems := s.info.Schema.Validate(a.Settings, a.Secrets, nil)
	if len(problems) > 0 {
		return plugin.Args{}, fmt.Errorf("the schema refuses the settings of the test: %v", problems)
	}
	out := plugin.Args{Settings: settings, Secrets: map[string][]byte{}, Egress: a.Egress, Request: "conformance"}
	if len(a.Egress.Allow) == 0 && len(a.Egress.Deny) == 0 {
		out.Egress = Loopback()
	}
	for path, secret := range a.Secrets {
		out.Secrets[path] = []byte(secret)
	}
	return out, nil
}

// describes checks what the plugin says of itself and of good settings.
func (s *suite) describes(access func(testing.TB) Access, needs ...string) check {
	return check{"it describes itself and takes good settings", func(ctx context.Context, t testing.TB) error {
		again, err := s.base.Describe(ctx)
		if err != nil {
			return err
		}
		if !reflect.DeepEqual(again, s.info) {
			return errors.New("it describes itself otherwise the second time")
		}
		for _, c := range needs {
			if !slices.Contains(s.info.Capabilities, c) {
				return fmt.Errorf("it lacks the capability %q", c)
			}
		}
		a, err := s.args(access(t))
		if err != nil {
			return err
		}
		problems, err := s.base.Validate(ctx, a)
		if err != nil || len(problems) > 0 {
			return fmt.Errorf("good settings are refused: %v %w", problems, err)
		}
		s.seen.add(again.Title, again.Summary)
		return nil
	}}
}

// wrongCredentials checks that a refused secret is named by its field, and that the secret is not.
func (s *suite) wrongCredentials(access func(testing.TB) Access, call func(context.Context, plugin.Args) error) check {
	return check{"wrong credentials are named by their field", func(ctx context.Context, t testing.TB) error {
		good := access(t)
		if len(good.Wrong) == 0 {
			return errors.New("the test gives no wrong secret (Access.Wrong)")
		}
		for path, wrong := range good.Wrong {
			bad := good
			bad.Secrets = maps.Clone(good.Secrets)
			bad.Secrets[path] = wrong
			a, err := s.args(bad)
			if err != nil {
				return err
			}
			if err := s.wantProblem(call(ctx, a), plugin.CodeWrongCredentials, path, true); err != nil {
				return fmt.Errorf("with a wrong %s: %w", path, err)
			}
		}
		return nil
	}}
}

// wantProblem checks that an error is a problem of a code.
func (s *suite) wantProblem(err error, code, field string, final bool) error {
	var p *plugin.Problem
	if !errors.As(err, &p) {
		return fmt.Errorf("want a problem of code %s, got the error %w", code, err)
	}
	s.seen.add(*p)
	if p.Code != code || field != "" && p.Field != field || p.Final != final {
		return fmt.Errorf("want a problem of code %s, field %q, final %v; got %+v", code, field, final, *p)
	}
	return nil
}

// forbidden checks that a plugin keeps to the rule of where it may connect to.
func (s *suite) forbidden(access func(testing.TB) Access, call func(context.Context, plugin.Args) error) check {
	return check{"it connects nowhere that the rule does not allow", func(ctx context.Context, t testing.TB) error {
		device := access(t)
		a, err := s.args(device)
		if err != nil {
			return err
		}
		a.Egress = egress.Policy{}
		device.Gate.Hold() // from here on it tells whether anything came
		defer device.Gate.Release()
		if err := s.wantProblem(call(ctx, a), plugin.CodeAddressNotAllowed, "", true); err != nil {
			return err
		}
		if device.Gate.wasReached() {
			return errors.New("it connected all the same")
		}
		return nil
	}}
}

// nonsense checks that settings that no server would send do not end the plugin.
func (s *suite) nonsense(call func(context.Context, plugin.Args) error) check {
	return check{"nonsense does not end it", func(ctx context.Context, _ testing.TB) error {
		for _, settings := range []map[string]any{{}, {"no_such_field": "x"}, ofAnotherType(s.info.Schema.Fields)} {
			err := call(ctx, plugin.Args{Settings: settings, Egress: egress.Policy{}})
			if err == nil {
				return fmt.Errorf("it answers without an error to the settings %v", settings)
			}
			var p *plugin.Problem
			if errors.Is(err, plugin.ErrGone) || errors.As(err, &p) && p.Code == plugin.CodePanic {
				return fmt.Errorf("it crashes from the settings %v: %w", settings, err)
			}
			s.seen.add(err)
		}
		_, err := s.base.Describe(ctx)
		return err
	}}
}

// ofAnotherType gives each field a value of a type that it is not.
func ofAnotherType(fields []schema.Field) map[string]any {
	out := map[string]any{}
	for _, f := range fields {
		if f.Type == schema.Bool {
			out[f.Name] = "yes"
		} else {
			out[f.Name] = true
		}
	}
	return out
}

const inTimeName = "a call ends in the time that it is given"

// inTime checks it of one call, for kinds whose calls are alike.
func (s *suite) inTime(access func(testing.TB) Access, call func(context.Context, plugin.Args) error) check {
	return check{inTimeName, func(ctx context.Context, t testing.TB) error {
		device := access(t)
		a, err := s.args(device)
		if err != nil {
			return err
		}
		return s.late(ctx, device.Gate, func(ctx context.Context) error { return call(ctx, a) })
	}}
}

// late checks that a call of a device that hangs ends when its time is over, by itself: the deadline of gRPC comes later, and a server
// ends a plugin that lets it pass.
func (s *suite) late(ctx context.Context, g *Gate, call func(context.Context) error) error {
	g.Hold()
	defer g.Release()
	given := min(time.Second, patience/3)
	ctx, stop := context.WithTimeout(ctx, given+patience/2)
	defer stop()
	err := call(plugin.WithTimeout(ctx, given))
	var p *plugin.Problem
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("it was given %s (%s) and had not ended %s later", given, plugin.TimeoutKey, patience/2)
	case err == nil:
		return errors.New("it answered although the device hangs")
	case !errors.Is(err, context.DeadlineExceeded) && (!errors.As(err, &p) || p.Code != plugin.CodeTimedOut):
		return fmt.Errorf("it ended with %w, and neither with the status DEADLINE_EXCEEDED nor as %s", err, plugin.CodeTimedOut)
	}
	return g.Left(ctx)
}

// cancelled checks that a call ends, and its connections with it, when its context does while the device hangs.
func (s *suite) cancelled(ctx context.Context, g *Gate, call func(context.Context) error) error {
	g.Hold()
	defer g.Release()
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	callCtx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- call(callCtx) }()
	if err := g.Reached(ctx); err != nil {
		return err
	}
	cancel()
	select {
	case err := <-ended:
		if err == nil {
			return errors.New("it answered although the device hangs")
		}
		if !errors.Is(err, context.Canceled) {
			return fmt.Errorf("it ended with %w before its context did", err)
		}
	case <-ctx.Done():
		return fmt.Errorf("it had not ended %s after its context", patience)
	}
	return g.Left(ctx)
}
