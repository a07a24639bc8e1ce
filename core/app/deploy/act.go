package deploy

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/ignisfox/ignisfox/core/deploy"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	messageRunes = 500
	linesBytes   = 64 << 10 // of one step
)

// ended is how the effect of a step ended.
type ended struct {
	state   deploy.StepState
	code    string
	message string
	final   bool
	carry   []byte // nil: as before
	lines   string
	served  []deploy.Served
	looked  bool   // served is an answer
	drift   string // of a re-check: why the target is not as it should be
}

func done(message string) ended { return ended{state: deploy.StepDone, message: message} }

func failed(code, message string) ended {
	return ended{state: deploy.StepFailed, code: code, message: message}
}

// well says that what was to be done or looked at was, and found right.
func (e ended) well() bool { return e.drift == "" && e.state != deploy.StepFailed }

// act does what was written down as begun.
func (s *Service) act(ctx context.Context, w *work) ended {
	if w.recheck {
		return s.actRecheck(ctx, w)
	}
	if !w.needed() {
		return ended{state: deploy.StepSkipped, message: "The target has no such step."}
	}
	switch name := w.step().Name; name {
	case deploy.StepObserve:
		e := s.look(ctx, w)
		if why := unreached(e.served); why != nil {
			return e.as(failed(why.Code, why.Error))
		}
		return e.as(done("The endpoints were looked at."))
	case deploy.StepVerify:
		return s.verify(ctx, w)
	case deploy.StepReverify:
		return s.reverify(ctx, w)
	case deploy.StepReload:
		// One that was begun before may have happened, be it that the server died or that the answer was lost: no second reload is
		// needed to know.
		if w.step().Attempt > 1 && w.can.Endpoints {
			if e := s.verify(ctx, w); e.state == deploy.StepDone {
				return e.as(ended{state: deploy.StepSkipped, message: "The new certificate is served: the reload had happened."})
			}
		}
		return s.call(ctx, w, deploy.StepReload)
	case deploy.StepReloadOn:
		return s.call(ctx, w, deploy.StepReload)
	default:
		return s.call(ctx, w, name)
	}
}

// needed says whether the step is one that the target has: it may have been begun when that was not known.
func (w *work) needed() bool {
	switch w.step().Name {
	case deploy.StepCheck:
		return w.can.Check
	case deploy.StepReload, deploy.StepReloadOn:
		return w.can.Reload
	case deploy.StepClean:
		return w.can.Clean
	}
	return true
}

// as answers end with what e saw.
func (e ended) as(end ended) ended {
	end.served, end.looked, end.lines = e.served, e.looked, e.lines
	return end
}

// call has the plugin do one step.
func (s *Service) call(ctx context.Context, w *work, step deploy.StepName) ended {
	p, err := s.Plugins.Deployer(string(w.t.Type))
	if err != nil {
		return s.failure(w, err)
	}
	call, err := s.open(ctx, w)
	if err != nil {
		return s.failure(w, err)
	}
	defer wipe(call)
	m := ports.DeployMaterial{}
	if step == deploy.StepStage || step == deploy.StepSwap {
		if m, err = s.material(ctx, w); err != nil {
			return s.failure(w, err)
		}
		defer wipeMaterial(m)
	}
	var heard transcript
	res, err := p.Step(ctx, call, ports.DeployStep{
		Deployment: w.d.ID, Step: string(step), Attempt: w.step().Attempt, State: w.d.Carry, Material: m,
	}, heard.line)
	e := ended{}
	if err != nil {
		e = s.failure(w, err)
	} else {
		e = done(res.Message)
		e.carry = res.State
		if step == deploy.StepStage && res.Unchanged {
			e.code = deploy.CodeUnchanged
		}
	}
	e.lines = heard.String()
	return e
}

// failure answers how a step ended that answered err. What is not meant for people is told to the log alone.
func (s *Service) failure(w *work, err error) ended {
	var problem *ports.PluginProblem
	if errors.As(err, &problem) {
		e := failed(problem.Code, cmp.Or(problem.Message, "The plugin says no more than "+problem.Code+"."))
		e.final = problem.Final
		return e
	}
	var f *fault.Fault
	switch {
	case errors.As(err, &f) && f.Kind != fault.Internal:
		return failed(f.Code, f.Message)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return failed("plugin_deadline", "The step took too long, and nobody knows how far it got.")
	}
	s.Log.Error("a step of a deployment could not be done", "workspace", string(w.tenant), "target", w.t.ID, "deployment", w.d.ID, "error", err)
	return failed("internal", "The server could not do this step. Its log says why.")
}

// transcript collects lines within bounds.
type transcript struct {
	mu  sync.Mutex
	b   strings.Builder
	cut bool
}

func (t *transcript) line(l string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.cut:
	case t.b.Len()+len(l) > linesBytes:
		t.cut = true
		t.b.WriteString("… more lines were left out\n")
	default:
		t.b.WriteString(strings.TrimRight(l, "\r\n"))
		t.b.WriteByte('\n')
	}
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}

// clipped answers one line of at most 500 characters.
func clipped(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	if r := []rune(s); len(r) > messageRunes {
		return string(r[:messageRunes-1]) + "…"
	}
	return s
}
