package cert

import (
	"bytes"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
)

// ParseGuarded is Parse under a deadline (2 s in production): refusal too_slow. A panic becomes the refusal unreadable.
//
// ended, when not nil, is called exactly once, from any goroutine, when the parser has really ended: with the answer
// too_slow that may be after it, else it is before. Callers that bound how many parsers run give the place free there. A
// parser that is too slow works on a copy of data, gives up before its next part or key derivation, and its file is wiped.
func ParseGuarded(limit time.Duration, data []byte, password secret.String, ended func()) (*File, error) {
	if ended == nil {
		ended = func() {}
	}
	if len(data) > maxFile { // refused at once, and not worth a copy
		defer ended()
		return Parse(data, password)
	}
	copied := bytes.Clone(data)
	return guarded(limit, ended, func(stop func() bool) (*File, error) {
		defer clear(copied)
		return parse(copied, work{password: password, iterations: maxIterations, stop: stop})
	})
}

type outcome struct {
	file *File
	err  error
}

// guarded runs parse; stop tells it that nobody waits any more.
func guarded(limit time.Duration, ended func(), parse func(stop func() bool) (*File, error)) (*File, error) {
	var settled, late atomic.Bool // settled by whoever is first: the parser or the deadline
	done := make(chan outcome, 1)
	go func() {
		o := recovered(func() (*File, error) { return parse(late.Load) })
		inTime := settled.CompareAndSwap(false, true)
		if !inTime && o.file != nil {
			o.file.Wipe()
		}
		ended()
		done <- o
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case o := <-done:
		return o.file, o.err
	case <-timer.C:
		if !settled.CompareAndSwap(false, true) { // it ended at this very moment
			o := <-done
			return o.file, o.err
		}
		late.Store(true)
		return nil, refuseSlow()
	}
}

func recovered(parse func() (*File, error)) (o outcome) {
	defer func() {
		if p := recover(); p != nil {
			// The type alone: the value may hold content of the file.
			o = outcome{err: fault.Wrap(fmt.Errorf("panic of type %T", p), fault.Invalid, "unreadable", "The file cannot be read.")}
		}
	}()
	file, err := parse()
	return outcome{file, err}
}
