package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/internal/sshtest"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/sdk/deploy"
	"github.com/ignisfox/ignisfox/sdk/egress"
	"github.com/ignisfox/ignisfox/sdk/plugin"
)

var root = testcert.Root("Test Root").Intermediate("Test CA")

// generation makes the material of one generation for a name.
func generation(n int64, name string) deploy.Material {
	pair := root.Leaf(name)
	print := sha256.Sum256(pair.Cert.Raw)
	return deploy.Material{
		Generation: n, Fingerprint: hex.EncodeToString(print[:]), Certificate: pair.CertPEM, Chain: pair.ChainPEM(),
		Fullchain: append(bytes.Clone(pair.CertPEM), pair.ChainPEM()...), Key: pair.KeyPEM,
		PFX: append([]byte("PFX of "), pair.CertPEM...), PFXPassword: []byte("of the group"),
	}
}

// rig is a target on a server.
type rig struct {
	t        *testing.T
	host     *sshtest.Host
	settings map[string]any
	secrets  map[string][]byte
	mu       sync.Mutex
	lines    []string
}

func newRig(t *testing.T, o sshtest.Options) *rig {
	t.Helper()
	return rigOn(t, sshtest.Start(t, o))
}

func rigOn(t *testing.T, h *sshtest.Host) *rig {
	return &rig{t: t, host: h,
		settings: map[string]any{"host": h.Hostname, "port": int64(h.Port), "username": h.User, "auth": "key", "host_key": h.HostKey,
			"cert_mode": "0644", "key_mode": "0600"},
		secrets: map[string][]byte{"private_key": h.ClientKey},
	}
}

// pair gives the target a full chain and a key in a folder and answers their paths.
func (r *rig) pair() (cert, key string) {
	dir := r.host.Mkdir("certs")
	cert, key = filepath.Join(dir, "www.crt"), filepath.Join(dir, "www.key")
	r.settings["fullchain_path"], r.settings["key_path"] = cert, key
	return cert, key
}

func (r *rig) call() deploy.Call {
	secrets := map[string][]byte{}
	all := [][]byte{}
	for name, value := range r.secrets {
		secrets[name] = bytes.Clone(value)
		all = append(all, value)
	}
	return deploy.Call{
		Settings: plugin.NewSettings(maps.Clone(r.settings), secrets),
		Net:      &egress.Dialer{Policy: egress.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}},
		Log: plugin.NewLog(plugin.NewRedactor(all...), func(e plugin.Entry) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.lines = append(r.lines, e.Text)
		}),
	}
}

func (r *rig) transcript() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.lines, "\n")
}

// deployment is one deployment on a rig, step by step as the host does it.
type deployment struct {
	*rig
	id    string
	m     deploy.Material
	state []byte
}

func (r *rig) deployment(id string, m deploy.Material) *deployment {
	return &deployment{rig: r, id: id, m: m}
}

func (d *deployment) try(ctx context.Context, step deploy.Step) (deploy.StepResult, error) {
	got, err := device{}.Step(ctx, d.call(), deploy.StepRequest{Deployment: d.id, Step: step, Attempt: 1, State: d.state, Material: d.m})
	if err == nil && got.State != nil {
		d.state = got.State
	}
	return got, err
}

// step does a step that has to succeed.
func (d *deployment) step(step deploy.Step) deploy.StepResult {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 45*time.Second)
	defer cancel()
	got, err := d.try(ctx, step)
	if err != nil {
		d.t.Fatalf("%s: %v\n%s", step, err, d.transcript())
	}
	return got
}

// fails does a step that has to fail with a problem of that code, and answers it.
func (d *deployment) fails(step deploy.Step, code string) *plugin.Problem {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 45*time.Second)
	defer cancel()
	_, err := d.try(ctx, step)
	return wantProblem(d.t, err, code)
}

// whole does all steps.
func (d *deployment) whole() {
	d.t.Helper()
	for _, s := range []deploy.Step{deploy.Stage, deploy.Swap, deploy.Check, deploy.Reload, deploy.Clean} {
		d.step(s)
	}
}

func wantProblem(t *testing.T, err error, code string) *plugin.Problem {
	t.Helper()
	var p *plugin.Problem
	if !errors.As(err, &p) {
		t.Fatalf("got %v, want a problem %s", err, code)
	}
	if p.Code != code {
		t.Fatalf("got problem %s (%s), want %s", p.Code, p.Message, code)
	}
	return p
}

func wantFile(t *testing.T, path string, data []byte, mode fs.FileMode) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, data) {
		t.Errorf("%s holds %d bytes that are not the %d wanted", path, len(got), len(data))
	}
	found, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if found.Mode().Perm() != mode {
		t.Errorf("%s has mode %v, want %v", path, found.Mode().Perm(), mode)
	}
}

// ours answers the names of files that the plugin left beside others.
func ours(t *testing.T, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, ".*.ignisfox-*"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range found {
		found[i] = filepath.Base(found[i])
	}
	return found
}
