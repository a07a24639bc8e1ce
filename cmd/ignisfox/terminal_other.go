//go:build !linux

package main

import (
	"context"
	"errors"
	"io"
	"os"
)

// isTerminal is not known on this system: a password is read as from a pipe, to the end of the input, and is seen.
func isTerminal(*os.File) bool { return false }

func readHidden(context.Context, *os.File, io.Writer, int) ([]byte, error) {
	return nil, errors.New("this system is not known")
}
