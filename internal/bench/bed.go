package main

import (
	"context"
	"fmt"
	"slices"
	"testing"
)

// bed stands for the test that the devices of internal/sshtest and examples/devicetest are started for: they end when it is closed.
// What of testing.TB is not here they do not call.
type bed struct {
	testing.TB
	ctx  context.Context
	ends []func()
}

// broken is what Fatalf leaves with; build makes an error of it.
type broken struct{ err error }

func (*bed) Helper()                    {}
func (b *bed) Context() context.Context { return b.ctx }
func (b *bed) Cleanup(f func())         { b.ends = append(b.ends, f) }
func (*bed) Fatal(args ...any)          { panic(broken{fmt.Errorf("%s", fmt.Sprint(args...))}) }
func (*bed) Fatalf(f string, args ...any) {
	panic(broken{fmt.Errorf(f, args...)})
}

// build runs fn, which starts devices, and answers why one did not start.
func (b *bed) build(fn func()) (err error) {
	defer func() {
		if v := recover(); v != nil {
			why, ours := v.(broken)
			if !ours {
				panic(v)
			}
			err = why.err
		}
	}()
	fn()
	return b.ctx.Err()
}

// close ends everything, the newest first.
func (b *bed) close() {
	for _, end := range slices.Backward(b.ends) {
		end()
	}
	b.ends = nil
}
