// Package static serves what a browser needs besides pages: style sheet, script, icons and font, under names that hold a hash of
// their content, so that a browser never asks twice.
//
//	files, err := static.Load() // fails when `make assets` was not run
//	view.Assets = files.Assets()
//	mux.Handle("/static/", files)
//
// src/ is what people edit; build.mjs makes dist/ of it and of the npm packages that package-lock.json names. Only dist/ is in
// the program, and no request of a page leaves our origin.
package static

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/ignisfox/ignisfox/adapters/http/web/view"
)

//go:embed all:dist
var dist embed.FS

// Prefix is where files are served.
const Prefix = "/static/"

// ErrNotBuilt is answered by Load when there is nothing to serve.
var ErrNotBuilt = errors.New("the assets were not built: run make assets")

// types are all sorts of files there are.
var types = map[string]string{
	".css":   "text/css; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".svg":   "image/svg+xml",
	".woff2": "font/woff2",
}

// file is one file in each way it can be sent.
type file struct {
	name   string // with hash
	typ    string
	bodies map[string][]byte // by content coding; "" is the file itself
}

// Static is what was built. It does not change, and is safe for concurrent use.
type Static struct {
	assets view.Assets
	files  map[string]file // by name with hash
}

// Load reads what was built into the program.
func Load() (*Static, error) { return load(dist) }

func load(from fs.FS) (*Static, error) {
	b, err := fs.ReadFile(from, "dist/manifest.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotBuilt
	}
	if err != nil {
		return nil, fmt.Errorf("assets: %w", err)
	}
	var names map[string]string
	if err := json.Unmarshal(b, &names); err != nil {
		return nil, fmt.Errorf("assets: manifest: %w", err)
	}
	s := &Static{files: make(map[string]file, len(names))}
	for _, name := range names {
		if s.files[name], err = read(from, name); err != nil {
			return nil, fmt.Errorf("assets: %w", err)
		}
	}
	for plain, to := range map[string]*string{
		"app.css": &s.assets.CSS, "app.js": &s.assets.JS, "icons.svg": &s.assets.Icons, "logo.svg": &s.assets.Logo,
		"inter-latin.woff2": &s.assets.Font,
	} {
		if names[plain] == "" {
			return nil, fmt.Errorf("assets: the manifest has no %s: run make assets", plain)
		}
		*to = Prefix + names[plain]
	}
	return s, nil
}

func read(from fs.FS, name string) (file, error) {
	f := file{name: name, typ: types[path.Ext(name)], bodies: map[string][]byte{}}
	if f.typ == "" {
		return f, fmt.Errorf("%s is of no known type", name)
	}
	for coding, suffix := range map[string]string{"": "", "br": ".br", "gzip": ".gz"} {
		b, err := fs.ReadFile(from, "dist/"+name+suffix)
		if errors.Is(err, fs.ErrNotExist) && coding != "" {
			continue // it did not get smaller
		}
		if err != nil {
			return f, err
		}
		f.bodies[coding] = b
	}
	return f, nil
}

// Assets answers the addresses of what was built.
func (s *Static) Assets() view.Assets { return s.assets }
