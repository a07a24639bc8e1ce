package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
)

// readConfigFile answers the settings of a file: lines KEY = value with the environment's names, empty lines, and
// comments that begin with #. A value may stand in double quotes, which are taken off; nothing in it is expanded.
func readConfigFile(path string) (map[string]string, error) {
	b, err := readBounded(path)
	if err != nil {
		return nil, fmt.Errorf("the configuration file cannot be used: %w", err)
	}
	defer clear(b)
	out := map[string]string{}
	n := 0
	for line := range strings.Lines(string(b)) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if !ok || !strings.HasPrefix(name, envPrefix) || strings.ContainsAny(name, " \t") {
			return nil, fmt.Errorf("line %d of the configuration file is not %sNAME = value", n, envPrefix)
		}
		if _, twice := out[name]; twice {
			return nil, fmt.Errorf("line %d of the configuration file sets %s again", n, name)
		}
		if quoted := strings.TrimPrefix(value, `"`); quoted != value {
			if value, ok = strings.CutSuffix(quoted, `"`); !ok {
				return nil, fmt.Errorf("line %d of the configuration file begins a value with \" and does not end it", n)
			}
		}
		out[name] = value
	}
	return out, nil
}

// readAtMost reads r to its end, refusing more than limit bytes.
func readAtMost(r io.Reader, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		clear(b)
		return nil, cause(err)
	}
	if int64(len(b)) > limit {
		clear(b)
		return nil, fmt.Errorf("it is larger than %d bytes", limit)
	}
	return b, nil
}

// cause answers what went wrong with a file without its path, which the caller names better.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
