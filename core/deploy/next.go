package deploy

import "time"

// Bounds of what is tried again inside one deployment.
const (
	// Grace is how long endpoints may take to show the new certificate after a reload.
	Grace = 30 * time.Second

	takeOvers    = 5 // of one step whose server died or hung
	effectTries  = 3 // of swap, check, reload and clean, when the connection or the plugin broke
	restoreTries = 8 // of restore and the reload after it: what was begun must be put back
	firstPause   = 2 * time.Second
	longestPause = time.Minute
	mostLooks    = 60 // at the endpoints in one step, whatever the clock says
)

// looks are the pauses between looks at the endpoints: a service lets go of its old certificate a moment after it answered the reload.
var looks = []time.Duration{100 * time.Millisecond, 200 * time.Millisecond, 400 * time.Millisecond, time.Second, time.Second, time.Second}

const laterLooks = 3 * time.Second

// The codes that Next knows.
const (
	CodeUnchanged   = "unchanged"   // of the step stage, done: everything was in place
	CodeUnreachable = "unreachable" // the device or the endpoint does not answer
	CodeServesOther = "serves_other"
	CodeInterrupted = "interrupted" // the step was taken over too often
)

// transient are the codes after which the same step may well succeed a moment later.
var transient = map[string]bool{
	CodeUnreachable: true, "timed_out": true, "plugin_crashed": true, "plugin_deadline": true, "plugin_unavailable": true, "connection_lost": true,
}

// Can says what of the optional steps the target has, and whether the deployment should still go on.
type Can struct {
	Check, Reload, Clean, Endpoints bool
	// NoNewReload: the same generation was reloaded before and still not served; only a person has it done again.
	NoNewReload bool
	// Leave: another generation became current. What was not swapped yet is given up.
	Leave bool
}

// Move is what comes next: a step, after a pause, or the end.
type Move struct {
	Step   StepName // "" at the end
	Repeat bool     // the last line of the journal once more
	Pause  time.Duration
	End    State
}

// Next answers what comes next, from the journal alone.
func (d *Deployment) Next(c Can, now time.Time) Move {
	if len(d.Steps) == 0 {
		switch {
		case c.Leave:
			return Move{End: Superseded}
		case c.Endpoints:
			return Move{Step: StepObserve}
		}
		return Move{Step: StepStage}
	}
	last := &d.Steps[len(d.Steps)-1]
	if c.Leave && !d.Swapped && last.Name != StepClean {
		return d.finish(c)
	}
	if pause, again := d.again(last, now); again {
		return Move{Step: last.Name, Repeat: true, Pause: pause}
	}
	return d.after(last, c)
}

// again says whether a step is to be called once more, and after which pause.
func (d *Deployment) again(s *Step, now time.Time) (time.Duration, bool) {
	look := s.Name == StepVerify || s.Name == StepReverify
	switch {
	case s.State == StepBegun && look:
		return 0, s.Attempt <= mostLooks // a look that was cut off says nothing, however many there were before
	case s.State == StepBegun:
		return 0, s.Attempt <= takeOvers
	case s.State != StepFailed:
		return 0, false
	case s.Name == StepVerify && !d.Swapped && d.Line(StepReload) == nil:
		return 0, false // nothing was told to change: waiting does not help
	case look:
		pause := laterLooks
		if s.Attempt <= len(looks) {
			pause = looks[s.Attempt-1]
		}
		return pause, s.Attempt <= mostLooks && now.Before(s.StartedAt.Add(Grace))
	case s.Name == StepRestore || s.Name == StepReloadOn:
		return s.pause(), s.Attempt < restoreTries && !(s.Name == StepReloadOn && !transient[s.Code])
	case s.Name == StepSwap || s.Name == StepCheck || s.Name == StepReload || s.Name == StepClean:
		return s.pause(), s.Attempt < effectTries && transient[s.Code]
	}
	return 0, false
}

// Begin writes down what Next answered as begun. The caller has waited for its pause.
func (d *Deployment) Begin(m Move, now time.Time) {
	if m.Repeat {
		s := &d.Steps[len(d.Steps)-1]
		d.Crashed = d.Crashed || s.State == StepBegun
		s.State, s.Attempt, s.EndedAt, s.Code, s.Message = StepBegun, s.Attempt+1, time.Time{}, "", ""
		return
	}
	d.interrupt(now)
	d.Steps = append(d.Steps, Step{Seq: len(d.Steps) + 1, Name: m.Step, State: StepBegun, Attempt: 1, StartedAt: now})
	d.Swapped = d.Swapped || m.Step == StepSwap
}

// Close ends the deployment as Next answered.
func (d *Deployment) Close(end State, now time.Time) {
	d.interrupt(now)
	d.State, d.EndedAt, d.Code, d.Reason = end, now, "", ""
	if cause := d.Cause(); cause != nil && !end.Good() && end != Superseded {
		d.Code, d.Reason = cause.Code, cause.Message
	} else {
		d.Final = false
	}
}

// interrupt ends a last step that was begun, never ended, and is not done once more.
func (d *Deployment) interrupt(now time.Time) {
	if len(d.Steps) == 0 || d.Steps[len(d.Steps)-1].State != StepBegun {
		return
	}
	s := &d.Steps[len(d.Steps)-1]
	s.Code, s.EndedAt = CodeInterrupted, now
	s.Message = "The server that did this step died or was stopped in the middle of it, and nobody knows how far it got. Its log says why."
	d.Fails(s, false)
}

// Fails notes that a step has failed, and whether only a person can mend it, which counts of the cause alone.
func (d *Deployment) Fails(s *Step, final bool) {
	if s.State = StepFailed; d.Cause() == s {
		d.Final = final
	}
}

// pause doubles with each attempt.
func (s *Step) pause() time.Duration {
	return min(firstPause<<min(s.Attempt-1, 10), longestPause)
}

func (s *Step) ok() bool { return s.State == StepDone || s.State == StepSkipped }

// Line answers the journal's last line of a step; nil when it was never begun.
func (d *Deployment) Line(name StepName) *Step {
	for i := len(d.Steps) - 1; i >= 0; i-- {
		if d.Steps[i].Name == name {
			return &d.Steps[i]
		}
	}
	return nil
}

// after answers what follows a step that has ended for good.
func (d *Deployment) after(s *Step, c Can) Move {
	switch s.Name {
	case StepObserve:
		return Move{Step: StepStage} // what cannot be seen now is no reason not to bring a certificate
	case StepStage:
		switch {
		case !s.ok():
			return d.finish(c)
		case s.Code != CodeUnchanged:
			return Move{Step: StepSwap}
		case c.Endpoints:
			return Move{Step: StepVerify}
		}
		return d.finish(c)
	case StepSwap:
		return d.undoUnless(s.ok(), c, d.use(c, c.Check))
	case StepCheck:
		return d.undoUnless(s.ok(), c, d.use(c, false))
	case StepReload:
		return d.undoUnless(s.ok(), c, d.look(c))
	case StepVerify:
		return d.afterLook(s, c)
	case StepRestore:
		switch {
		case !s.ok():
			return d.finish(c)
		case d.Line(StepReload) != nil:
			return Move{Step: StepReloadOn} // the service may have the new certificate in memory
		case c.Endpoints:
			return Move{Step: StepReverify}
		}
		return d.finish(c)
	case StepReloadOn:
		if c.Endpoints {
			return Move{Step: StepReverify}
		}
		return d.finish(c)
	case StepReverify:
		return d.finish(c)
	}
	return Move{End: d.outcome(c)}
}

// use answers the step that makes the service take what is on the device.
func (d *Deployment) use(c Can, check bool) Move {
	switch {
	case check:
		return Move{Step: StepCheck}
	case c.Reload:
		return Move{Step: StepReload}
	}
	return d.look(c)
}

func (d *Deployment) look(c Can) Move {
	if c.Endpoints {
		return Move{Step: StepVerify}
	}
	return d.finish(c)
}

// undoUnless goes on when a step went well, and otherwise puts back what was swapped.
func (d *Deployment) undoUnless(ok bool, c Can, on Move) Move {
	switch {
	case ok:
		return on
	case d.Swapped:
		return Move{Step: StepRestore}
	}
	return d.finish(c)
}

// afterLook follows verify. A device that had everything and does not serve it was never told to: it gets its one reload.
func (d *Deployment) afterLook(s *Step, c Can) Move {
	switch {
	case s.ok():
		return d.finish(c)
	case d.Swapped:
		return Move{Step: StepRestore}
	case c.Reload && !c.NoNewReload && d.Line(StepReload) == nil:
		return d.use(c, c.Check && d.Line(StepCheck) == nil)
	}
	return d.finish(c)
}

// finish tidies up what was staged, then ends.
func (d *Deployment) finish(c Can) Move {
	if c.Clean && d.Line(StepStage) != nil && d.Line(StepClean) == nil {
		return Move{Step: StepClean}
	}
	return Move{End: d.outcome(c)}
}

// outcome says how a deployment ended, once no step follows.
func (d *Deployment) outcome(c Can) State {
	if d.Line(StepRestore) != nil {
		return d.undone(c)
	}
	if c.Leave && !d.Swapped {
		return Superseded
	}
	stage, verify := d.Line(StepStage), d.Line(StepVerify)
	switch {
	case stage == nil:
		return Superseded
	case !stage.ok():
		return unless(stage.Code, Failed)
	}
	for _, name := range []StepName{StepSwap, StepCheck, StepReload} {
		if s := d.Line(name); s != nil && !s.ok() {
			return unless(s.Code, Failed)
		}
	}
	seen := verify != nil && verify.State == StepDone
	switch {
	case verify != nil && !verify.ok():
		return unless(verify.Code, ServingOther)
	case stage.Code != CodeUnchanged && !d.Swapped, c.Endpoints && !seen:
		return Superseded // it was given up on the way, and nobody knows of it what a good end says
	case stage.Code == CodeUnchanged && d.Line(StepReload) == nil:
		return Unchanged
	case seen:
		return Serving
	}
	return Delivered
}

// undone says how a deployment ended that had to put back what was there.
func (d *Deployment) undone(c Can) State {
	if !d.Line(StepRestore).ok() {
		return Failed
	}
	if again := d.Line(StepReloadOn); again != nil && !again.ok() && !c.Endpoints {
		return Failed
	}
	if look := d.Line(StepReverify); look != nil && !look.ok() {
		return unless(look.Code, ServingOther)
	}
	return RolledBack
}

func unless(code string, other State) State {
	switch code {
	case CodeUnreachable:
		return Unreachable
	case "": // it was begun and never ended
		return Failed
	}
	return other
}

// Cause answers the step that broke the deployment: the first that failed, or the restore when that failed too. Nil when none did.
func (d *Deployment) Cause() *Step {
	if r := d.Line(StepRestore); r != nil && !r.ok() {
		return r
	}
	for i := range d.Steps {
		s := &d.Steps[i]
		// Only the last look counts: one that came before the reload of a device that had everything was no failure.
		if s.State == StepFailed && s.Name != StepObserve && s.Name != StepClean && s == d.Line(s.Name) {
			return s
		}
	}
	return nil
}
