package node_test

import (
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/examples/devicetest"
	"github.com/ignisfox/ignisfox/sdk/sdktest"
)

func build(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "deploy-node")
	if out, err := exec.Command("./build", file).CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return file
}

func TestConformance(t *testing.T) {
	sdktest.Deploy(t, sdktest.Process(build(t)), devicetest.NewDevice)
}

func TestStartedByHandItSaysWhatItIs(t *testing.T) {
	cmd := exec.Command(build(t))
	cmd.Env = []string{} // and finds node without a PATH
	out, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(string(out), "This is deploy.node-example 1.0.0, a plugin of Ignisfox.") {
		t.Errorf("it ended with %v and said %q", err, out)
	}
}

func TestParts(t *testing.T) {
	files, err := filepath.Glob("src/*.test.mjs")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v %v", files, err)
	}
	if out, err := exec.Command("node", append([]string{"--test"}, files...)...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
