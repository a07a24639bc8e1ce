package main

import (
	"context"
	"os"
)

// purpose is what a command opens the database for.
type purpose int

const (
	serving  purpose = iota // an older schema is brought up to date; database and KEK are made when they are not there
	making                  // they are made when they are not there; another schema version is refused
	existing                // nothing is made
)

// operate runs one of the operator's commands: fn gets its service on the store that the settings name. A database of
// another version is refused.
func operate[T any](ctx context.Context, src sources, why purpose, fn func(T) error) error {
	c, err := load(src)
	if err != nil {
		return err
	}
	if why == existing {
		if err := requireDatabase(&c.config); err != nil {
			return err
		}
	}
	if err := prepareDataDir(c.DataDir, why != existing); err != nil {
		return err
	}
	log := newLogger(os.Stderr, c.LogLevel)
	c.logSettings(log)
	if err := harden(); err != nil {
		log.Warn("core dumps could not be switched off", "error", err)
	}
	return withOperator(ctx, c, log, why, fn)
}
