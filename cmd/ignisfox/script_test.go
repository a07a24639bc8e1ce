package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ignisfox/ignisfox/internal/pgtest"
)

func TestMain(m *testing.M) {
	code := pgtest.With(m).Run()
	if binaryDir != "" {
		_ = os.RemoveAll(binaryDir)
	}
	os.Exit(code)
}

var binaryDir string

// buildBinary builds the program as it is shipped, once for all tests, and answers the directory it is in.
var buildBinary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "ignisfox-bin-")
	if err != nil {
		return "", err
	}
	binaryDir = dir
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-X main.version=v0.0.0-test",
		"-o", filepath.Join(dir, "ignisfox"), ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return dir, nil
})

// The whole program as its users meet it, with curl and openssl as the clients; every script runs on both engines.
func TestScripts(t *testing.T) {
	bin, err := buildBinary()
	if err != nil {
		t.Fatal(err)
	}
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			testscript.Run(t, testscript.Params{
				Dir:                 "testdata/script",
				RequireExplicitExec: true,
				RequireUniqueNames:  true,
				Setup:               func(env *testscript.Env) error { return setup(t, env, bin, engine) },
				Condition: func(cond string) (bool, error) {
					switch cond {
					case "sqlite", "postgres":
						return cond == engine, nil
					case "root":
						return os.Geteuid() == 0, nil
					}
					return false, fmt.Errorf("unknown condition %q", cond)
				},
				Cmds: commands,
			})
		})
	}
}

// setup gives a script an environment with nothing of ours in it but what it needs.
func setup(t *testing.T, env *testscript.Env, bin, engine string) error {
	env.Setenv("PATH", bin+string(os.PathListSeparator)+env.Getenv("PATH"))
	env.Setenv("IGNISFOX_DATA_DIR", filepath.Join(env.WorkDir, "data"))
	env.Setenv("IGNISFOX_LISTEN", "127.0.0.1:0")
	env.Setenv("OPENSSL_CONF", "/dev/null")
	if engine == "postgres" {
		plain := pgtest.URL(t)
		env.Setenv("IGNISFOX_DATABASE_URL", plain)
		env.Setenv("SUPER_URL", pgtest.SuperURL(t, plain))
	}
	env.Values[serversKey{}], env.Values[codesKey{}] = servers{}, map[string]time.Time{}
	return nil
}
