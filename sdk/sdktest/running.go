package sdktest

import (
	"context"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"github.com/ignisfox/ignisfox/sdk/launch"
	"github.com/ignisfox/ignisfox/sdk/plugin"
)

// Running is a plugin that runs. Its logs are kept.
type Running struct {
	Conn grpc.ClientConnInterface // for plugin.NewClient, deploy.NewClient and their like
	logs logs
	once sync.Once
	end  func(t testing.TB)
}

// Start makes a plugin run until the test ends.
type Start func(t testing.TB) *Running

// Logs answers what the plugin has logged so far.
func (r *Running) Logs() string { return r.logs.String() }

// Stop ends the plugin before the test does, so that the logs are whole.
func (r *Running) Stop(t testing.TB) { r.once.Do(func() { r.end(t) }) }

// InProcess serves a plugin in the process of the test. Calls that outlive their context fail the test.
func InProcess(p plugin.Program) Start {
	return func(t testing.TB) *Running {
		t.Helper()
		r := &Running{}
		server, err := plugin.NewServer(p, hclog.New(&hclog.LoggerOptions{Level: hclog.Trace, Output: &r.logs}))
		if err != nil {
			t.Fatal(err)
		}
		lis := bufconn.Listen(1 << 20)
		served := make(chan struct{})
		go func() { defer close(served); _ = server.Serve(lis) }()
		conn, err := grpc.NewClient("passthrough:///plugin", grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }))
		if err != nil {
			t.Fatal(err)
		}
		r.Conn, r.end = conn, func(t testing.TB) {
			_ = conn.Close()
			ended := make(chan struct{})
			go func() { defer close(ended); server.Stop(); <-served }()
			select {
			case <-ended:
			case <-time.After(patience):
				t.Errorf("a call of the plugin still runs %s after its context ended", patience)
			}
		}
		t.Cleanup(func() { r.Stop(t) })
		return r
	}
}

// patience bounds each wait for a plugin. Tests of the suite itself have less.
var patience = 30 * time.Second

// Process runs a plugin from its file, as the server does.
func Process(file string) Start {
	return func(t testing.TB) *Running {
		t.Helper()
		r := &Running{}
		p, err := launch.Start(file, &r.logs)
		if err != nil {
			t.Fatalf("%v\n%s", err, r.Logs())
		}
		r.Conn, r.end = p.Conn, func(testing.TB) { p.Stop() }
		t.Cleanup(func() { r.Stop(t) })
		return r
	}
}

// Build compiles the program in a folder and answers the file.
func Build(t testing.TB, folder string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "plugin")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", file, ".")
	cmd.Dir = folder
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return file
}

// logs is what a plugin wrote, by any goroutine.
type logs struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
