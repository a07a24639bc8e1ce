package cert

import (
	"bytes"
	"fmt"
	"time"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
)

// ParseWithin is Parse under a deadline (2 s in production): refusal too_slow. A panic becomes the refusal unreadable.
// A parse that is too slow goes on by itself until its bounds end it, on a copy of data; callers bound how many run.
func ParseWithin(limit time.Duration, data []byte, password secret.String) (*File, error) {
	if len(data) > maxFile {
		return Parse(data, password) // refused at once
	}
	copied := bytes.Clone(data)
	return within(limit, func() (*File, error) {
		defer clear(copied)
		return Parse(copied, password)
	})
}

type outcome struct {
	file *File
	err  error
}

func within(limit time.Duration, parse func() (*File, error)) (*File, error) {
	done, gone := make(chan outcome), make(chan struct{})
	go func() {
		o := recovered(parse)
		select {
		case done <- o:
		case <-gone:
			if o.file != nil {
				o.file.Wipe()
			}
		}
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case o := <-done:
		return o.file, o.err
	case <-timer.C:
		close(gone)
		return nil, refuse("too_slow", "Reading the file takes too long. Make it again with fewer key-derivation iterations.")
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
