// Command bench measures Ignisfox against yardsticks and prints ratios: what a machine does in a second says little about
// another one, how two things compare on the same machine at the same time does.
//
//	go run ./internal/bench                 everything; the same as make bench
//	go run ./internal/bench -only fetch     one part: fetch, upload, list, pages, process, deploy, plugin or reconciler
//	go run ./internal/bench -quick          small figures, to see that it works
//
// What is compared runs in turns (A B C A B C …) and the median of the rounds counts, so that a busy moment of the machine
// meets all alike. Every aim is printed beside its ratio with "met" or "MISSED"; a missed aim is no error.
//
// PostgreSQL runs as in production (fsync on) in a temporary directory, from the binaries of Debian's package.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"slices"
	"syscall"
)

func main() {
	o, err := parseOptions(os.Args[1:], os.Stderr)
	if err != nil {
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := profiled(ctx, o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop was called
	}
}

// profiled runs the bench under the CPU profiler when that is asked for.
func profiled(ctx context.Context, o options, out io.Writer) (err error) {
	if o.profile == "" {
		return run(ctx, o, out)
	}
	f, err := os.Create(o.profile)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := pprof.StartCPUProfile(f); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	return run(ctx, o, out)
}

// run measures the parts asked for and writes their tables to out.
func run(ctx context.Context, o options, out io.Writer) (err error) {
	b, err := begin(o, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.end()) }()
	fmt.Fprintf(out, "Ignisfox bench: %d rounds, %d connections, %s, %d processors, %s/%s\n",
		o.rounds, o.conns, runtime.Version(), runtime.GOMAXPROCS(0), runtime.GOOS, runtime.GOARCH)
	fmt.Fprintln(out, "Ratios count; columns of figures per second are their base, on this machine at this time.")
	parts := []struct {
		name string
		run  func(context.Context) error
	}{{"fetch", b.fetch}, {"upload", b.upload}, {"list", b.list}, {"pages", b.pages}, {"process", b.process},
		{"deploy", b.deploys}, {"plugin", b.calling}, {"reconciler", b.reconciler}}
	for _, p := range parts {
		if len(o.only) > 0 && !slices.Contains(o.only, p.name) {
			continue
		}
		if err := p.run(ctx); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	b.summary()
	return nil
}
