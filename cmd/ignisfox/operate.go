package main

import (
	"context"
	"os"
)

// operate runs one of the operator's commands: fn gets its service on the store that the settings name. On an empty data
// directory store and KEK are made as serve makes them; a database of another version is refused.
func operate[T any](ctx context.Context, src sources, fn func(T) error) error {
	c, err := load(src)
	if err != nil {
		return err
	}
	if err := prepareDataDir(c.DataDir); err != nil {
		return err
	}
	log := newLogger(os.Stderr, c.LogLevel)
	c.logSettings(log)
	if err := harden(); err != nil {
		log.Warn("core dumps could not be switched off", "error", err)
	}
	return withOperator(ctx, c, log, fn)
}
