package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/ignisfox/ignisfox/adapters/pluginhost"
	"github.com/ignisfox/ignisfox/core/plugin"
	"github.com/ignisfox/ignisfox/sdk/sdktest"
)

const (
	ssh      = "deploy.ssh"
	template = "deploy.template"

	pluginsLimit = 30 * time.Second // until all plugins are ready
)

// plugins builds every plugin as make plugins does, and beside them the template and the one that does nothing. It answers their
// directory.
func (b *bench) plugins(ctx context.Context) (string, error) {
	if b.pluginDir != "" {
		return b.pluginDir, nil
	}
	dir := filepath.Join(b.dir, "plugins")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return "", err
	}
	const module = "github.com/ignisfox/ignisfox/"
	build := []string{"build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o"}
	for _, args := range [][]string{
		append(build, dir+"/", module+"plugins/..."), append(build, dir+"/template", module+"examples/deploy-template"),
		append(build, dir+"/inert", module+"internal/bench/inert/program"), {"run", module + "sdk/cmd/plugin-manifest", dir},
	} {
		cmd := exec.CommandContext(ctx, "go", args...)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("go %s: %w\n%s", args[0], err, out)
		}
	}
	b.pluginDir = dir
	return dir, nil
}

// startHost runs the plugins and answers when all are ready.
func (b *bench) startHost(ctx context.Context, s *stack) (*pluginhost.Host, error) {
	dir, err := b.plugins(ctx)
	if err != nil {
		return nil, err
	}
	h, err := pluginhost.New(pluginhost.Deps{
		Dir: dir, Policy: sdktest.Loopback(), WorkDir: filepath.Join(s.dir, "plugin-run"), Now: time.Now, Log: s.log,
	})
	if err != nil {
		return nil, err
	}
	if err := h.Start(ctx); err != nil {
		return nil, err
	}
	if err := allReady(ctx, h); err != nil {
		return nil, errors.Join(err, h.Stop(context.WithoutCancel(ctx)))
	}
	return h, nil
}

func allReady(ctx context.Context, h *pluginhost.Host) error {
	ctx, cancel := context.WithTimeout(ctx, pluginsLimit)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		var waited *plugin.Info
		for _, info := range h.All() {
			if info.State != plugin.StateReady {
				waited = &info
			}
		}
		if waited == nil {
			return nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return fmt.Errorf("the plugin %s is %s: %s", waited.ID, waited.State, waited.Reason)
		}
	}
}
