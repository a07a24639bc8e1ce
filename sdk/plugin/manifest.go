package plugin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// ManifestName is the file beside the plugins that names them.
const ManifestName = "manifest.json"

// Bounds of a manifest.
const (
	maxManifest = 1 << 20
	maxEntries  = 200
)

// Manifest names the plugins of a directory, in the order of their ids. What is not named there never runs.
type Manifest struct {
	Plugins []ManifestEntry `json:"plugins"`
}

// ManifestEntry is one plugin.
type ManifestEntry struct {
	ID      string `json:"id"`
	Kind    string `json:"kind"`
	Version string `json:"version"`
	File    string `json:"file"`   // in the directory of the manifest
	SHA256  string `json:"sha256"` // of the file, lower-case hex
}

var (
	fileShape = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)
	sumShape  = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// ParseManifest reads and checks a manifest. It looks at no file.
func ParseManifest(data []byte) (Manifest, error) {
	if len(data) > maxManifest {
		return Manifest{}, fmt.Errorf("plugin manifest: larger than %d bytes", maxManifest)
	}
	var m Manifest
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return Manifest{}, fmt.Errorf("plugin manifest: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Manifest{}, errors.New("plugin manifest: something follows the JSON object")
	}
	return m, m.Check()
}

// Check says what is wrong with the shape of a manifest.
func (m Manifest) Check() error {
	if len(m.Plugins) > maxEntries {
		return fmt.Errorf("plugin manifest: more than %d plugins", maxEntries)
	}
	ids, files := map[string]bool{}, map[string]bool{}
	for _, e := range m.Plugins {
		kind, _, _ := strings.Cut(e.ID, ".")
		switch {
		case !idShape.MatchString(e.ID) || kind != e.Kind:
			return fmt.Errorf("plugin manifest: %q with kind %q is no id of a plugin", e.ID, e.Kind)
		case !versionShape.MatchString(e.Version):
			return fmt.Errorf("plugin manifest: %s: the version %q is not of the form 1.2.3", e.ID, e.Version)
		case !fileShape.MatchString(e.File) || e.File == ManifestName:
			return fmt.Errorf("plugin manifest: %s: the file %q is not a plain name in the same directory", e.ID, e.File)
		case !sumShape.MatchString(e.SHA256):
			return fmt.Errorf("plugin manifest: %s: sha256 is not 64 lower-case hex digits", e.ID)
		case ids[e.ID], files[e.File]:
			return fmt.Errorf("plugin manifest: %s or its file %s appears twice", e.ID, e.File)
		}
		ids[e.ID], files[e.File] = true, true
	}
	return nil
}

// ReadManifest reads the manifest of a directory.
func ReadManifest(dir string) (Manifest, error) {
	f, err := os.Open(filepath.Join(dir, ManifestName))
	if err != nil {
		return Manifest{}, fmt.Errorf("plugin manifest: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxManifest+1))
	if err != nil {
		return Manifest{}, fmt.Errorf("plugin manifest: %w", err)
	}
	return ParseManifest(data)
}

// Write puts the manifest into a directory, whole or not at all.
func (m Manifest) Write(dir string) error {
	m.Plugins = slices.SortedFunc(slices.Values(m.Plugins), func(a, b ManifestEntry) int { return strings.Compare(a.ID, b.ID) })
	if err := m.Check(); err != nil {
		return err
	}
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("plugin manifest: %w", err)
	}
	beside := filepath.Join(dir, "."+ManifestName+".new")
	if err := os.WriteFile(beside, append(data, '\n'), 0o644); err != nil { // no secret, and the server may run as another user
		return fmt.Errorf("plugin manifest: %w", err)
	}
	if err := os.Rename(beside, filepath.Join(dir, ManifestName)); err != nil {
		return fmt.Errorf("plugin manifest: %w", err)
	}
	return nil
}
