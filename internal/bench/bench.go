package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"github.com/ignisfox/ignisfox/internal/pgtest"
)

// bench is one run: where it prints, where its files are, and what it found.
type bench struct {
	options
	out  io.Writer
	dir  string
	pg   *pgtest.Server // started when first asked for
	sets map[string]*dataset
	// pluginDir is the directory of the plugins, once they were built.
	pluginDir string

	missed []string
	judged int
}

func begin(o options, out io.Writer) (*bench, error) {
	dir, err := os.MkdirTemp("", "ignisfox-bench-")
	if err != nil {
		return nil, err
	}
	return &bench{options: o, out: out, dir: dir, sets: map[string]*dataset{}}, nil
}

// end stops PostgreSQL and removes all files.
func (b *bench) end() error {
	var err error
	if b.pg != nil {
		err = b.pg.Stop()
	}
	return errors.Join(err, os.RemoveAll(b.dir))
}

// database answers the URL of a new, empty database.
func (b *bench) database(ctx context.Context, engine, dir string) (string, error) {
	if engine == "sqlite" {
		return "sqlite:" + filepath.Join(dir, "ignisfox.db"), nil
	}
	if b.pg == nil {
		pg, err := pgtest.Start(filepath.Join(b.dir, "postgres"), pgtest.Options{Durable: !b.volatile})
		if err != nil {
			return "", err
		}
		b.pg = pg
	}
	url, _, err := b.pg.NewDatabase(ctx)
	return url, err
}

// tempDir makes a directory that only we can read, as serve demands.
func (b *bench) tempDir(name string) (string, error) {
	return os.MkdirTemp(b.dir, name+"-")
}

// judge answers the words for a ratio held against its aim and remembers what was missed.
func (b *bench) judge(what string, v float64, a aim) string {
	b.judged++
	met := a.met(v)
	if !met {
		b.missed = append(b.missed, fmt.Sprintf("%s: %s, aim %s", what, ratio(v), a))
	}
	return verdict(met)
}

func (b *bench) summary() {
	fmt.Fprintf(b.out, "\n%d of %d aims met\n", b.judged-len(b.missed), b.judged)
	for _, m := range b.missed {
		fmt.Fprintf(b.out, "  MISSED  %s\n", m)
	}
}

// settle gives every round the same start: no garbage of the one before.
func settle() { runtime.GC() }
