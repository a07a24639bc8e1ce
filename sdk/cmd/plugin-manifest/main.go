// Plugin-manifest writes the manifest of a directory of plugins, without which the server runs none of them:
//
//	go run github.com/ignisfox/ignisfox/sdk/cmd/plugin-manifest DIRECTORY
//
// It starts each program of the directory, asks it what it is, and notes its id, kind, version and the SHA-256 of its file. A
// program that changes afterwards never runs.
package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ignisfox/ignisfox/sdk/launch"
	"github.com/ignisfox/ignisfox/sdk/plugin"
)

// patience bounds the answer of one plugin.
const patience = 20 * time.Second

func main() {
	if len(os.Args) != 2 || strings.HasPrefix(os.Args[1], "-") {
		fmt.Fprintln(os.Stderr, "usage: plugin-manifest DIRECTORY")
		os.Exit(2)
	}
	m, err := write(os.Args[1])
	if err != nil {
		fmt.Fprintf(os.Stderr, "plugin-manifest: %v\n", err)
		os.Exit(1)
	}
	for _, e := range m.Plugins {
		fmt.Printf("%s %s %s\n", e.ID, e.Version, e.File)
	}
}

// write makes the manifest of the programs in dir. When one of them is no plugin there is none.
func write(dir string) (plugin.Manifest, error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return plugin.Manifest{}, err
	}
	m := plugin.Manifest{Plugins: []plugin.ManifestEntry{}}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			return plugin.Manifest{}, err
		}
		if !info.Mode().IsRegular() || info.Mode()&0o111 == 0 || strings.HasPrefix(f.Name(), ".") || f.Name() == plugin.ManifestName {
			continue
		}
		entry, err := describe(filepath.Join(dir, f.Name()))
		if err != nil {
			return plugin.Manifest{}, fmt.Errorf("%s: %w", f.Name(), err)
		}
		m.Plugins = append(m.Plugins, entry)
	}
	return m, m.Write(dir)
}

// describe asks one program what it is. Its log is shown when it does not answer.
func describe(file string) (plugin.ManifestEntry, error) {
	var logs bytes.Buffer
	p, err := launch.Start(file, &logs)
	if err != nil {
		return plugin.ManifestEntry{}, fmt.Errorf("%w\n%s", err, logs.String())
	}
	defer p.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	info, err := plugin.NewClient(p.Conn).Describe(ctx)
	if err != nil {
		return plugin.ManifestEntry{}, err
	}
	return plugin.ManifestEntry{ID: info.ID, Kind: info.Kind, Version: info.Version, File: filepath.Base(file), SHA256: hex.EncodeToString(p.SHA256[:])}, nil
}
