package pluginhost

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/sdk/plugin"
)

// Bounds of what is read.
const (
	maxManifest = 1 << 20
	maxEntries  = 200  // plugins
	maxFiles    = 1000 // in the directory
	maxFile     = 512 << 20
)

// readDir checks the directory of the plugins and reads its manifest. It answers the directory without symbolic links in its path, ""
// when there is none.
func readDir(dir string) (string, []plugin.ManifestEntry, error) {
	real, err := filepath.EvalSymlinks(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil, nil
	}
	if err == nil {
		real, err = filepath.Abs(real)
	}
	if err != nil {
		return "", nil, fault.Wrap(err, fault.Unavailable, "plugin_dir", fmt.Sprintf("The plugin directory %s cannot be looked at.", dir))
	}
	if err := trusted(real); err != nil {
		return "", nil, err
	}
	entries, err := readManifest(real)
	return real, entries, err
}

// trusted says whether nobody but root and us can put something else into the directory or in place of a file of it, and nobody but
// they and the group of a directory above in place of itself: that group is often the user's own, where files are made group-writable.
func trusted(dir string) error {
	st, err := os.Lstat(dir)
	if err == nil && !st.IsDir() {
		err = errors.New("not a directory")
	}
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "plugin_dir", fmt.Sprintf("The plugin directory %s is no directory that can be read.", dir))
	}
	if err := writers(dir, st); err != nil {
		return err
	}
	switch above, st, err := looseAbove(dir); {
	case err != nil:
		return fault.Wrap(err, fault.Unavailable, "plugin_dir", fmt.Sprintf("The directory %s cannot be looked at.", above))
	case st != nil:
		return refuse(above, st, "which is above the plugin directory, ")
	}
	f, err := os.Open(dir)
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "plugin_dir", fmt.Sprintf("The plugin directory %s cannot be read.", dir))
	}
	defer f.Close()
	names, err := f.Readdirnames(maxFiles + 1)
	if err != nil && !errors.Is(err, io.EOF) || len(names) > maxFiles {
		return fault.Wrap(err, fault.Unavailable, "plugin_dir",
			fmt.Sprintf("The plugin directory %s cannot be read, or holds more than %d files.", dir, maxFiles))
	}
	for _, name := range names {
		path := filepath.Join(dir, name)
		st, err := os.Lstat(path)
		if err != nil {
			return fault.Wrap(err, fault.Unavailable, "plugin_dir", fmt.Sprintf("The file %s cannot be looked at.", path))
		}
		if err := writers(path, st); err != nil {
			return err
		}
	}
	return nil
}

// looseAbove answers the nearest directory above dir in which others could put another one in its place; st is nil when there is none.
func looseAbove(dir string) (above string, st fs.FileInfo, err error) {
	for above = filepath.Dir(dir); ; above = filepath.Dir(above) {
		st, err = os.Lstat(above)
		if err != nil || !ours(st) || st.Mode().Perm()&0o002 != 0 && st.Mode()&fs.ModeSticky == 0 {
			return above, st, err
		}
		if above == filepath.Dir(above) {
			return above, nil, nil
		}
	}
}

// writers refuses what others than root and we may write to.
func writers(path string, st fs.FileInfo) error {
	loose := st.Mode().Perm()&0o022 != 0 && st.Mode()&fs.ModeSymlink == 0 // the mode of a link says nothing
	if loose || !ours(st) {
		return refuse(path, st, "")
	}
	return nil
}

func refuse(path string, st fs.FileInfo, which string) error {
	if !ours(st) {
		return fault.New(fault.Unavailable, "plugin_dir", fmt.Sprintf("%s, %sbelongs to another user than root and the server's. Whoever owns it "+
			"could run programs as the server: give it to root.", path, which))
	}
	return fault.New(fault.Unavailable, "plugin_dir", fmt.Sprintf("%s, %shas mode %04o, so that others may write to it. Whoever writes there could "+
		"run programs as the server. Run: chmod go-w %s", path, which, st.Mode().Perm(), path))
}

// readManifest answers the entries as they stand there; check looks at each.
func readManifest(dir string) ([]plugin.ManifestEntry, error) {
	broken := func(err error, what string) error {
		return fault.Wrap(err, fault.Unavailable, "plugin_manifest", fmt.Sprintf("The file %s %s.", filepath.Join(dir, plugin.ManifestName), what))
	}
	f, err := openFile(dir, plugin.ManifestName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, broken(err, "is missing; without it no plugin runs. Write it, or take the directory out of the settings")
	}
	if err != nil {
		return nil, broken(err, "cannot be read, or is no plain file")
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxManifest+1))
	if err != nil || len(data) > maxManifest {
		return nil, broken(err, "cannot be read, or is too large")
	}
	var m plugin.Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, broken(err, "is not the JSON of a manifest")
	}
	if len(m.Plugins) > maxEntries {
		return nil, broken(nil, fmt.Sprintf("names more than %d plugins", maxEntries))
	}
	return m.Plugins, nil
}

// openFile opens a plain file of the directory that nobody else may write to. It follows no link and waits for nothing.
func openFile(dir, name string) (*os.File, error) {
	f, err := openPlain(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = errors.New("no plain file")
	}
	if err == nil {
		err = writers(f.Name(), st)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// check says what is wrong with an entry in itself and beside the others; "" for nothing.
func check(all []plugin.ManifestEntry, i int) string {
	e := all[i]
	if err := (plugin.Manifest{Plugins: []plugin.ManifestEntry{e}}).Check(); err != nil {
		return "Its entry in the manifest is wrong: " + safe(err.Error())
	}
	for j, other := range all {
		if j != i && other.ID == e.ID {
			return "The manifest names it twice, so neither runs."
		}
		if j != i && other.File == e.File {
			return "The manifest names its file for another plugin too, so neither runs."
		}
	}
	return ""
}
