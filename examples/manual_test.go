// Package examples_test follows the manual to the letter.
package examples_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/sdk/plugin"
)

// The commands of docs/plugins.md lead a stranger from the repository to a plugin with its manifest.
func TestTheManualLeadsToAPlugin(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, "docs/plugins.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "## From nothing to a plugin\n")
	_, block, _ := strings.Cut(section, "```sh\n")
	block, _, _ = strings.Cut(block, "```")
	first, commands, ok := strings.Cut(block, "\n")
	if !ok || !strings.HasPrefix(first, "git clone ") || !strings.Contains(commands, "plugin-manifest") {
		t.Fatalf("the manual has no such commands any more: %q", block)
	}
	dir := t.TempDir()
	if err := os.Symlink(root, filepath.Join(dir, "ignisfox")); err != nil { // in place of the clone
		t.Fatal(err)
	}
	cmd := exec.Command("bash", "-euo", "pipefail", "-c", commands)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !strings.HasSuffix(string(out), "deploy.widget 1.0.0 deploy-widget\n") {
		t.Errorf("the last command says otherwise:\n%s", out)
	}
	m, err := plugin.ReadManifest(filepath.Join(dir, "deploy-widget/plugins"))
	if err != nil || len(m.Plugins) != 1 || m.Plugins[0].ID != "deploy.widget" {
		t.Errorf("got %+v %v", m, err)
	}
}

// What a page of the manual shows of the manifest is one.
func TestTheManifestOfTheManualIsOne(t *testing.T) {
	page, err := os.ReadFile("../docs/plugins.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(page), "```json\n")
	block, _, _ = strings.Cut(block, "```")
	block = strings.Replace(block, "64 hex digits, lower case", strings.Repeat("0f", 32), 1)
	if m, err := plugin.ParseManifest([]byte(block)); err != nil || len(m.Plugins) != 1 {
		t.Errorf("%v %+v", err, m)
	}
}
