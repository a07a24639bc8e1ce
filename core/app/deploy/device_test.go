package deploy_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/plugin"
	"github.com/ignisfox/ignisfox/ports"
	"github.com/ignisfox/ignisfox/sdk/schema"
)

// device is a server that serves what it loaded at its last reload, and the plugin that reaches it. Its knobs break things.
type device struct {
	t    *testing.T
	mu   sync.Mutex
	file string // fingerprint of the certificate on disk
	next string // staged
	kept string // what swap replaced
	by   string // deployment that did
	live string // what is served

	reloads int
	calls   []string
	seen    map[string]string // secrets of the last call

	// knobs
	fail     map[string][]error // by step, one for each call
	down     bool               // the endpoint does not answer
	stuck    bool               // reload succeeds, and the old certificate is served on
	during   func(step string)  // called in the middle of a step, unlocked
	unpinned bool
}

func newDevice(t *testing.T) *device {
	return &device{t: t, fail: map[string][]error{}}
}

var fields = schema.Schema{Fields: []schema.Field{
	{Name: "host", Title: "Host", Type: schema.Host, Required: true, Destination: true},
	{Name: "password", Title: "Password", Type: schema.String, Secret: true, Required: true},
	{Name: "host_key", Title: "Host key", Type: schema.String, Destination: true},
	{Name: "check_command", Title: "Check", Type: schema.Command},
	{Name: "reload_command", Title: "Reload", Type: schema.Command},
}}

func (d *device) All() []plugin.Info { return []plugin.Info{d.info()} }

func (d *device) info() plugin.Info {
	return plugin.Info{
		ID: "deploy.device", Kind: plugin.KindDeploy, Title: "Device", Version: "1.0.0", State: plugin.StateReady,
		Capabilities: []string{"test", "plan", "stage", "swap", "check", "reload", "restore", "clean"},
	}
}

func (d *device) Find(id string) (plugin.Info, schema.Schema, error) {
	if id != "deploy.device" {
		return plugin.Info{}, schema.Schema{}, fault.New(fault.Invalid, "unknown_plugin", "There is no such plugin.")
	}
	return d.info(), fields, nil
}

func (d *device) Deployer(string) (ports.Deployer, error) { return d, nil }

func (d *device) Validate(_ context.Context, c ports.PluginCall) (schema.Problems, error) {
	if c.Settings["host"] == "refused.example.com" {
		return schema.Problems{"host": "Not this one."}, nil
	}
	return nil, nil
}

func (d *device) Test(_ context.Context, c ports.PluginCall) (ports.DeployTest, error) {
	d.note("test", c)
	return ports.DeployTest{Identity: "SHA256:abc", Confirmed: c.Settings["host_key"] == "SHA256:abc"}, nil
}

func (d *device) Plan(_ context.Context, c ports.PluginCall, m ports.DeployMaterial) (ports.DeployPlan, error) {
	d.note("plan", c)
	d.mu.Lock()
	defer d.mu.Unlock()
	if m.Key.Len() == 0 {
		d.t.Error("a plan without a key")
	}
	return ports.DeployPlan{Unchanged: d.file == m.Fingerprint, Present: d.file}, nil
}

func (d *device) note(what string, c ports.PluginCall) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls = append(d.calls, what)
	d.seen = map[string]string{}
	for path, v := range c.Secrets {
		d.seen[path] = string(v.Reveal())
	}
}

func (d *device) Step(ctx context.Context, c ports.PluginCall, r ports.DeployStep, heard func(string)) (ports.DeployResult, error) {
	d.note(r.Step, c)
	heard("doing " + r.Step)
	if d.during != nil {
		d.during(r.Step)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if errs := d.fail[r.Step]; len(errs) > 0 {
		d.fail[r.Step] = errs[1:]
		if errs[0] != nil {
			return ports.DeployResult{}, errs[0]
		}
	}
	switch r.Step {
	case "stage":
		d.wantPair(r.Material)
		if d.file == r.Material.Fingerprint {
			return ports.DeployResult{Unchanged: true}, nil
		}
		d.next = r.Material.Fingerprint
		return ports.DeployResult{State: []byte("staged " + d.next), Message: "1 file staged"}, nil
	case "swap":
		if string(r.State) != "staged "+r.Material.Fingerprint {
			d.t.Errorf("swap was given the state %q", r.State)
		}
		if d.file != r.Material.Fingerprint {
			d.kept, d.file, d.by = d.file, r.Material.Fingerprint, r.Deployment
		}
	case "reload":
		d.reloads++
		if !d.stuck {
			d.live = d.file
		}
	case "restore":
		if d.by == r.Deployment {
			d.file = d.kept
		}
	}
	return ports.DeployResult{}, nil
}

// wantPair checks that key and certificate are there and belong to the fingerprint.
func (d *device) wantPair(m ports.DeployMaterial) {
	block, _ := pem.Decode(m.Certificate)
	if block == nil || m.Key.Len() == 0 || len(m.Fullchain) < len(m.Certificate) {
		d.t.Error("the material is not whole")
		return
	}
	if sum := sha256.Sum256(block.Bytes); hex.EncodeToString(sum[:]) != m.Fingerprint {
		d.t.Error("the fingerprint is not that of the certificate")
	}
}

func (d *device) Probe(_ context.Context, r ports.ProbeRequest) ([]ports.Served, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	at := netip.MustParseAddrPort("192.0.2.1:443")
	if d.down || d.live == "" {
		return []ports.Served{{Address: at, Err: fault.New(fault.Unavailable, "connect_refused", "Nothing listens there.")}}, nil
	}
	return []ports.Served{{Address: at, Fingerprint: d.live}}, nil
}

func (d *device) count(call string) (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.calls {
		if c == call {
			n++
		}
	}
	return n
}

// set changes knobs.
func (d *device) set(fn func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	fn()
}

// watch is a clock that a test sets.
type watch struct {
	mu  sync.Mutex
	now time.Time
}

func (w *watch) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *watch) to(at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if at.After(w.now) {
		w.now = at
	}
}

func problem(code string) error {
	return &ports.PluginProblem{Code: code, Message: "It says " + code + "."}
}

func final(code string) error {
	return &ports.PluginProblem{Code: code, Message: "It says " + code + ".", Final: true}
}
