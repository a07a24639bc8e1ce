package plugin

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestAManifestIsReadAsWritten(t *testing.T) {
	dir, sum := t.TempDir(), strings.Repeat("0a", 32)
	m := Manifest{Plugins: []ManifestEntry{{"dns.b", "dns", "1.0.0", "dns-b", sum}, {"deploy.ssh", "deploy", "1.2.3-rc.1", "deploy-ssh", sum}}}
	if err := m.Write(dir); err != nil {
		t.Fatal(err)
	}
	got, err := ReadManifest(dir)
	if err != nil {
		t.Fatal(err)
	}
	if want := []ManifestEntry{m.Plugins[1], m.Plugins[0]}; !reflect.DeepEqual(got.Plugins, want) {
		t.Errorf("got %v", got.Plugins)
	}
	names, err := filepath.Glob(filepath.Join(dir, ".*"))
	if err != nil || len(names) != 0 {
		t.Errorf("left behind: %v %v", names, err)
	}
	if _, err := ReadManifest(t.TempDir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a directory without manifest: %v", err)
	}
}

func TestAWrongManifestIsRefused(t *testing.T) {
	good := `{"id":"deploy.ssh","kind":"deploy","version":"1.0.0","file":"deploy-ssh","sha256":"` + strings.Repeat("ab", 32) + `"}`
	if _, err := ParseManifest([]byte(`{"plugins":[` + good + `]}`)); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"no JSON":       `plugins: []`,
		"more behind":   `{"plugins":[]}{}`,
		"twice":         `{"plugins":[` + good + `,` + good + `]}`,
		"unknown field": `{"plugins":[],"run":"/bin/sh"}`,
		"path":          `{"plugins":[` + strings.Replace(good, `"deploy-ssh"`, `"../deploy-ssh"`, 1) + `]}`,
		"absolute":      `{"plugins":[` + strings.Replace(good, `"deploy-ssh"`, `"/bin/sh"`, 1) + `]}`,
		"hidden":        `{"plugins":[` + strings.Replace(good, `"deploy-ssh"`, `".ssh"`, 1) + `]}`,
		"the manifest":  `{"plugins":[` + strings.Replace(good, `"deploy-ssh"`, `"manifest.json"`, 1) + `]}`,
		"kind":          `{"plugins":[` + strings.Replace(good, `"kind":"deploy"`, `"kind":"dns"`, 1) + `]}`,
		"id":            `{"plugins":[` + strings.Replace(good, `deploy.ssh`, `deploy.SSH`, 1) + `]}`,
		"version":       `{"plugins":[` + strings.Replace(good, `1.0.0`, `one`, 1) + `]}`,
		"sum":           `{"plugins":[` + strings.Replace(good, `abab`, `ABab`, 1) + `]}`,
		"large":         `{"plugins":[]` + strings.Repeat(" ", maxManifest) + `}`,
	} {
		if _, err := ParseManifest([]byte(text)); err == nil {
			t.Errorf("%s: was read", name)
		} else if !strings.Contains(err.Error(), "plugin manifest: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
