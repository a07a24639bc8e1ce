package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/sdk/plugin"
	"github.com/ignisfox/ignisfox/sdk/sdktest"
)

func TestAManifestNamesThePluginsOfADirectory(t *testing.T) {
	dir := t.TempDir()
	data, err := os.ReadFile(sdktest.Build(t, "../../../examples/deploy-template"))
	if err != nil {
		t.Fatal(err)
	}
	write0 := func(name string, data []byte, mode os.FileMode) {
		if err := os.WriteFile(filepath.Join(dir, name), data, mode); err != nil {
			t.Fatal(err)
		}
	}
	write0("deploy-template", data, 0o755)
	write0("README", []byte("no program"), 0o644)
	write0(plugin.ManifestName, []byte("{}"), 0o755) // as install -m 0755 leaves it
	if _, err := write(dir); err != nil {
		t.Fatal(err)
	}
	m, err := plugin.ReadManifest(dir)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	want := plugin.ManifestEntry{ID: "deploy.template", Kind: "deploy", Version: "1.0.0", File: "deploy-template", SHA256: hex.EncodeToString(sum[:])}
	if len(m.Plugins) != 1 || m.Plugins[0] != want {
		t.Errorf("got %+v, want %+v", m.Plugins, want)
	}

	write0("true", []byte("#!/bin/sh\necho hello\n"), 0o755)
	if _, err := write(dir); err == nil || !strings.Contains(err.Error(), "true: plugin: it does not start") {
		t.Errorf("a program that is no plugin: %v", err)
	}
}

// Who starts a plugin by hand is told what it is.
func TestAPluginStartedByHandSaysSo(t *testing.T) {
	out, err := exec.Command(sdktest.Build(t, "../../../examples/deploy-template")).CombinedOutput()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("it ended with %v", err)
	}
	if !strings.Contains(string(out), "This is deploy.template 1.0.0, a plugin of Ignisfox.") {
		t.Errorf("it said %q", out)
	}
}
