package pluginhost

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/ignisfox/ignisfox/core/fault"
	core "github.com/ignisfox/ignisfox/core/plugin"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/ports"
	"github.com/ignisfox/ignisfox/sdk/deploy"
	"github.com/ignisfox/ignisfox/sdk/plugin"
)

// do makes one call, bounded by limit, and makes the errors of ports.Deployer of those of the plugin. secrets are what the call brings.
func do[T any](ctx context.Context, m *member, limit time.Duration, secrets [][]byte,
	call func(context.Context, *deploy.Client) (T, error)) (T, error) {
	var none T
	s, free, err := m.enter(ctx)
	if err != nil {
		return none, err
	}
	defer free()
	defer m.output.hide(plugin.NewRedactor(secrets...))()
	if until, ok := ctx.Deadline(); ok {
		left := time.Until(until)
		// A plugin that does not end the call is to be found out before its caller goes away.
		if last := m.host.limits.grace * 3 / 2; left > 4*last {
			left -= last
		}
		limit = max(min(limit, left), time.Millisecond)
	}
	// The deadline that travels is later than the moment when we give up: otherwise gRPC in the plugin may answer for a handler that
	// goes on.
	inner, done := context.WithTimeout(ctx, limit+m.host.limits.grace+time.Second)
	defer done()
	inner, give := context.WithCancelCause(inner)
	defer give(nil)
	defer time.AfterFunc(limit+m.host.limits.grace, func() { give(errGivenUp) }).Stop()
	out, err := call(plugin.WithTimeout(inner, limit), s.deploy)
	return out, m.explain(ctx, inner, s, err)
}

// errGivenUp is why a call ended that the plugin did not end.
var errGivenUp = errors.New("the plugin did not end the call")

// enter takes a place among the running calls of a plugin that is ready; free gives it back. It waits a moment for one that is being
// started, and for a place.
func (m *member) enter(ctx context.Context) (s *session, free func(), err error) {
	wait := time.NewTimer(m.host.limits.wait)
	defer wait.Stop()
	for {
		m.mu.Lock()
		s, soon, changed, info := m.live, m.soon && !m.closing, m.changed, m.info
		if m.closing {
			s = nil
		}
		m.mu.Unlock()
		if s != nil {
			free := func() { <-m.places }
			select {
			case m.places <- struct{}{}:
				return s, free, nil
			default:
			}
			select {
			case m.places <- struct{}{}:
				return s, free, nil
			case <-ctx.Done():
				return nil, nil, m.cancelled(ctx)
			case <-wait.C:
				return nil, nil, m.busy()
			}
		}
		if !soon || info.State == core.StateFailed {
			return nil, nil, unavailable(info)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, nil, m.cancelled(ctx)
		case <-wait.C:
			return nil, nil, unavailable(info)
		}
	}
}

func (m *member) busy() error {
	f := fault.New(fault.Unavailable, "plugin_unavailable", fmt.Sprintf("The plugin %s is doing %d things already. Try again in a moment.", m.entry.ID, maxCalls))
	f.RetryAfter = 5 * time.Second
	return f
}

// explain makes an error of a call one of ports.Deployer. inner ends a moment after the plugin was to end the call.
func (m *member) explain(ctx, inner context.Context, s *session, err error) error {
	var problem *plugin.Problem
	switch {
	case err == nil:
		return nil
	case errors.As(err, &problem):
		return &ports.PluginProblem{Code: problem.Code, Message: problem.Message, Field: problem.Field, Final: problem.Final}
	case errors.Is(context.Cause(inner), errGivenUp), inner.Err() != nil && ctx.Err() == nil: // whatever became of the caller since
		s.kill("a call did not end in time, nor when it was told to")
		return m.late(err)
	case ctx.Err() != nil:
		return m.cancelled(ctx)
	case errors.Is(err, context.DeadlineExceeded):
		return m.late(err)
	case errors.Is(err, plugin.ErrProtocol):
		return fault.Wrap(err, fault.Unavailable, "plugin_crashed", fmt.Sprintf("The plugin %s answered something that it may not, so nobody "+
			"knows how far it got.", m.entry.ID))
	}
	return fault.Wrap(err, fault.Unavailable, "plugin_crashed", fmt.Sprintf("The plugin %s ended in the middle of this, so nobody knows how far "+
		"it got. It is started again.", m.entry.ID))
}

func (m *member) late(err error) error {
	return fault.Wrap(err, fault.Unavailable, "plugin_deadline", fmt.Sprintf("The plugin %s did not end this in time, so nobody knows how far it "+
		"got.", m.entry.ID))
}

// cancelled is the error of a call whose caller does not wait any more.
func (m *member) cancelled(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return m.late(ctx.Err())
	}
	return fmt.Errorf("plugin %s: %w", m.entry.ID, ctx.Err())
}

// args are what travels. The slices are those of the caller, who wipes them: no copy stays behind but what gRPC sent.
func (m *member) args(c ports.PluginCall, request string) plugin.Args {
	a := plugin.Args{Settings: c.Settings, Secrets: make(map[string][]byte, len(c.Secrets)), Egress: m.host.deps.Policy, Request: request}
	for path, s := range c.Secrets {
		a.Secrets[path] = s.Reveal()
	}
	if a.Request == "" {
		a.Request = rand.Text()[:10]
	}
	return a
}

// revealed lists the secrets of a call, and more.
func revealed(c ports.PluginCall, more ...secret.Bytes) [][]byte {
	var all [][]byte
	for _, s := range c.Secrets {
		all = append(all, s.Reveal())
	}
	for _, s := range more {
		all = append(all, s.Reveal())
	}
	return all
}
