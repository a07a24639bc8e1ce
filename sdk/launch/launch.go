// Package launch starts a plugin from its file, as the server does: with an empty environment, over a socket in a directory of its
// own, with certificates for both sides that live as long as the process. Tests of plugins and the program that writes the manifest
// use it; the server's own host also keeps a private copy, watches the process and starts it anew.
//
//	p, err := launch.Start("/path/to/deploy-example", os.Stderr)
//	defer p.Stop()
//	info, err := plugin.NewClient(p.Conn).Describe(ctx)
package launch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/ignisfox/ignisfox/sdk/plugin"
)

// startTimeout bounds the time until a plugin says where it listens.
const startTimeout = 30 * time.Second

// Process is a plugin that runs.
type Process struct {
	Conn   grpc.ClientConnInterface // for plugin.NewClient, deploy.NewClient and their like
	SHA256 [sha256.Size]byte        // of the file
	client *goplugin.Client
	dir    string
}

// Start runs the file and waits until it answers. What the plugin logs goes to logs, one write at a time, until Stop.
func Start(file string, logs io.Writer) (*Process, error) {
	logs = &inTurn{w: logs}
	file, err := filepath.Abs(file)
	if err != nil {
		return nil, fmt.Errorf("plugin: %w", err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("plugin: %w", err)
	}
	dir, err := os.MkdirTemp("", "ifx") // short: the path of a socket has about 100 bytes
	if err != nil {
		return nil, fmt.Errorf("plugin: %w", err)
	}
	p := &Process{SHA256: sha256.Sum256(data), dir: dir}
	cmd := exec.CommandContext(context.Background(), file) // Stop ends it
	cmd.Env = []string{"PLUGIN_UNIX_SOCKET_DIR=" + dir}
	p.client = goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig: plugin.Handshake(), Plugins: plugin.Set(), Cmd: cmd, SkipHostEnv: true, AutoMTLS: true,
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		SecureConfig:     &goplugin.SecureConfig{Checksum: bytes.Clone(p.SHA256[:]), Hash: sha256.New()},
		StartTimeout:     startTimeout,
		Logger:           hclog.New(&hclog.LoggerOptions{Level: hclog.Trace, Output: logs}),
		SyncStdout:       logs, SyncStderr: logs,
	})
	if err := p.connect(); err != nil {
		p.Stop()
		return nil, err
	}
	return p, nil
}

func (p *Process) connect() error {
	rpc, err := p.client.Client()
	if err != nil {
		return fmt.Errorf("plugin: it does not start: %w", err)
	}
	if err := rpc.Ping(); err != nil {
		return fmt.Errorf("plugin: it does not answer: %w", err)
	}
	p.Conn, err = plugin.Conn(rpc)
	return err
}

// Stop asks the plugin to end, ends it when it does not, and removes what Start made.
func (p *Process) Stop() {
	p.client.Kill()
	_ = os.RemoveAll(p.dir)
}

// inTurn lets one write through at a time.
type inTurn struct {
	mu sync.Mutex
	w  io.Writer
}

func (t *inTurn) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.w.Write(p)
}
