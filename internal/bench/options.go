package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// options say how much is measured.
type options struct {
	only    []string // parts; empty: all
	rounds  int      // of everything that is measured in turns
	conns   int      // connections of the load generator
	round   time.Duration
	uploads int   // in one round
	samples int   // of one query at one size
	sizes   []int // artifacts in the stores of the list part, smallest first
	// pageSizes are those of the pages part.
	pageSizes []int
	targets   []int // how many are deployed to at once, the first alone
	healthy   []int // targets that need nothing, in the workspaces of the reconciler part, fewest first
	calls     int   // of a plugin, in one round
	profile   string
	volatile  bool // PostgreSQL without fsync
	engines   []string
}

var partNames = []string{"fetch", "upload", "list", "pages", "process", "deploy", "plugin", "reconciler"}

func parseOptions(args []string, stderr io.Writer) (options, error) {
	o := options{rounds: 9, conns: 64, round: 1500 * time.Millisecond, uploads: 60, samples: 300,
		sizes: []int{1_000, 10_000, 100_000}, pageSizes: []int{100, 10_000, 100_000},
		targets: []int{1, 10, 100}, healthy: []int{100, 10_000}, calls: 1_000}
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(stderr)
	quick := f.Bool("quick", false, "small figures: shows that the tool works and nothing about speed")
	only := f.String("only", "", "parts to run, separated by commas: "+strings.Join(partNames, ", "))
	rounds := f.Int("rounds", 0, "how often each thing is measured, in turns; 9 unless given")
	engines := f.String("engines", "sqlite,postgres", "databases, separated by commas")
	f.StringVar(&o.profile, "cpuprofile", "", "write a CPU profile of the whole run to this file")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if *quick {
		o.rounds, o.conns, o.round, o.uploads, o.samples = 2, 8, 50*time.Millisecond, 4, 5
		o.sizes, o.pageSizes, o.volatile = []int{50, 200}, []int{50, 200}, true
		o.targets, o.healthy, o.calls = []int{1, 3}, []int{20, 60}, 20
	}
	if *rounds > 0 {
		o.rounds = *rounds
	}
	o.engines = strings.Split(*engines, ",")
	if *only != "" {
		o.only = strings.Split(*only, ",")
	}
	if err := errors.Join(known(o.only, partNames), known(o.engines, []string{"sqlite", "postgres"})); err != nil {
		fmt.Fprintln(stderr, err)
		return o, err
	}
	return o, nil
}

func known(given, all []string) error {
	for _, g := range given {
		if !slices.Contains(all, g) {
			return fmt.Errorf("%q is none of %s", g, strings.Join(all, ", "))
		}
	}
	return nil
}
