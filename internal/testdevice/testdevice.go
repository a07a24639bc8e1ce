// Package testdevice is a server that serves what it loaded at its last reload, the plugin that deploys to it and the look at what it
// serves, all in memory, for tests of those who deploy. Its knobs break things.
//
//	dev := testdevice.New(t)
//	s := deploy.New(deploy.Deps{Plugins: dev, Prober: dev, …})
//	dev.Set(func() { dev.Stuck = true })
package testdevice

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/plugin"
	"github.com/ignisfox/ignisfox/ports"
	"github.com/ignisfox/ignisfox/sdk/schema"
)

// Device is one such server. Its fields are looked at and changed while nothing runs, or by Set.
type Device struct {
	t    testing.TB
	mu   sync.Mutex
	File string // fingerprint of the certificate on disk
	Next string // staged
	Kept string // what swap replaced
	By   string // deployment that did
	Live string // what is served

	Reloads int
	Calls   []string
	Seen    map[string]string // secrets of the last call
	Told    map[string]any    // settings of the last call

	// knobs
	Fail   map[string][]error // by step, one for each call
	Down   bool               // the endpoint does not answer
	Stuck  bool               // reload succeeds, and the old certificate is served on
	Away   bool               // the plugin does not run
	During func(step string)  // called in the middle of a step, unlocked
}

// New makes a device that serves nothing.
func New(t testing.TB) *Device {
	return &Device{t: t, Fail: map[string][]error{}}
}

// ID is what its targets name as their type.
const ID = "deploy.device"

// HostKey is what it proves to be.
const HostKey = "SHA256:abc"

// Schema is that of its settings.
var Schema = schema.Schema{Fields: []schema.Field{
	{Name: "host", Title: "Host", Type: schema.Host, Required: true, Destination: true},
	{Name: "port", Title: "Port", Type: schema.Port, Default: int64(22), Destination: true},
	{Name: "password", Title: "Password", Type: schema.String, Secret: true, Required: true},
	{Name: "host_key", Title: "Host key", Type: schema.String, Destination: true},
	{Name: "check_command", Title: "Check", Type: schema.Command},
	{Name: "reload_command", Title: "Reload", Type: schema.Command},
	{Name: "groups", Title: "Groups", Type: schema.Strings},
	{Name: "jump", Title: "Jump host", Type: schema.Object, Fields: []schema.Field{
		{Name: "host", Title: "Host", Type: schema.Host, Required: true, Destination: true},
		{Name: "password", Title: "Password", Type: schema.String, Secret: true, Required: true, Pattern: "[^ ]{4,}", PatternHelp: "four or more, without blanks"},
	}},
}}

// All implements ports.Plugins.
func (d *Device) All() []plugin.Info { return []plugin.Info{d.info()} }

func (d *Device) info() plugin.Info {
	d.mu.Lock()
	defer d.mu.Unlock()
	info := plugin.Info{
		ID: ID, Kind: plugin.KindDeploy, Title: "Device", Version: "1.0.0", SHA256: strings.Repeat("ab12", 16), State: plugin.StateReady,
		Capabilities: []string{"test", "plan", "stage", "swap", "check", "reload", "restore", "clean"},
	}
	if d.Away {
		info.State, info.Reason, info.Restarts = plugin.StateFailed, "It ended at once.", 3
	}
	return info
}

// Find implements ports.Plugins.
func (d *Device) Find(id string) (plugin.Info, schema.Schema, error) {
	info := d.info()
	switch {
	case id != ID:
		return plugin.Info{}, schema.Schema{}, fault.New(fault.Invalid, "unknown_plugin", "There is no such plugin.")
	case info.State != plugin.StateReady:
		return plugin.Info{}, schema.Schema{}, fault.New(fault.Unavailable, "plugin_unavailable", "The plugin does not run now.")
	}
	return info, Schema, nil
}

// Deployer implements ports.Plugins.
func (d *Device) Deployer(id string) (ports.Deployer, error) {
	_, _, err := d.Find(id)
	return d, err
}

// Validate implements ports.Deployer.
func (d *Device) Validate(_ context.Context, c ports.PluginCall) (schema.Problems, error) {
	if c.Settings["host"] == "refused.example.com" {
		return schema.Problems{"host": "Not this one."}, nil
	}
	return nil, nil
}

// Test implements ports.Deployer.
func (d *Device) Test(_ context.Context, c ports.PluginCall) (ports.DeployTest, error) {
	if err := d.note("test", c); err != nil {
		return ports.DeployTest{}, err
	}
	if c.Settings["host_key"] != HostKey {
		return ports.DeployTest{Identity: HostKey, Lines: []string{"nothing was sent"}}, nil
	}
	return ports.DeployTest{Identity: HostKey, Confirmed: true, Lines: []string{"signed in"}}, nil
}

// Plan implements ports.Deployer.
func (d *Device) Plan(_ context.Context, c ports.PluginCall, m ports.DeployMaterial) (ports.DeployPlan, error) {
	if err := d.note("plan", c); err != nil {
		return ports.DeployPlan{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if m.Key.Len() == 0 {
		d.t.Error("a plan without a key")
	}
	if d.File == m.Fingerprint {
		return ports.DeployPlan{Unchanged: true, Present: d.File}, nil
	}
	return ports.DeployPlan{Present: d.File, Changes: []ports.DeployChange{
		{What: "/etc/www.pem", Action: "replace", Detail: "0600"}, {What: "reload", Action: "run"},
	}}, nil
}

// note writes a call down, and answers how it is to fail.
func (d *Device) note(what string, c ports.PluginCall) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.Calls = append(d.Calls, what)
	d.Seen, d.Told = map[string]string{}, c.Settings
	for path, v := range c.Secrets {
		d.Seen[path] = string(v.Reveal())
	}
	if what == "test" || what == "plan" {
		return d.broken(what)
	}
	return nil
}

func (d *Device) broken(what string) error {
	errs := d.Fail[what]
	if len(errs) == 0 {
		return nil
	}
	d.Fail[what] = errs[1:]
	return errs[0]
}

// Step implements ports.Deployer.
func (d *Device) Step(_ context.Context, c ports.PluginCall, r ports.DeployStep, heard func(string)) (ports.DeployResult, error) {
	_ = d.note(r.Step, c) // steps fail in their middle
	heard("doing " + r.Step)
	if d.During != nil {
		d.During(r.Step)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.broken(r.Step); err != nil {
		return ports.DeployResult{}, err
	}
	switch r.Step {
	case "stage":
		d.wantPair(r.Material)
		if d.File == r.Material.Fingerprint {
			return ports.DeployResult{Unchanged: true}, nil
		}
		d.Next = r.Material.Fingerprint
		return ports.DeployResult{State: []byte("staged " + d.Next), Message: "1 file staged"}, nil
	case "swap":
		if string(r.State) != "staged "+r.Material.Fingerprint {
			d.t.Errorf("swap was given the state %q", r.State)
		}
		if d.File != r.Material.Fingerprint {
			d.Kept, d.File, d.By = d.File, r.Material.Fingerprint, r.Deployment
		}
	case "reload":
		d.Reloads++
		if !d.Stuck {
			d.Live = d.File
		}
	case "restore":
		if d.By == r.Deployment {
			d.File = d.Kept
		}
	}
	return ports.DeployResult{}, nil
}

// wantPair checks that key and certificate are there and belong to the fingerprint.
func (d *Device) wantPair(m ports.DeployMaterial) {
	block, _ := pem.Decode(m.Certificate)
	if block == nil || m.Key.Len() == 0 || len(m.Fullchain) < len(m.Certificate) {
		d.t.Error("the material is not whole")
		return
	}
	if sum := sha256.Sum256(block.Bytes); hex.EncodeToString(sum[:]) != m.Fingerprint {
		d.t.Error("the fingerprint is not that of the certificate")
	}
}

// Probe implements ports.Prober.
func (d *Device) Probe(_ context.Context, r ports.ProbeRequest) ([]ports.Served, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	at := netip.MustParseAddrPort("192.0.2.1:443")
	if d.Down || d.Live == "" {
		return []ports.Served{{Address: at, Err: fault.New(fault.Unavailable, "connect_refused", "Nothing listens there.")}}, nil
	}
	return []ports.Served{{Address: at, Fingerprint: d.Live}}, nil
}

// Count answers how often a call was made.
func (d *Device) Count(call string) (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.Calls {
		if c == call {
			n++
		}
	}
	return n
}

// Set changes knobs, alone.
func (d *Device) Set(fn func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	fn()
}

// Problem is one that may pass by itself, for Fail.
func Problem(code string) error {
	return &ports.PluginProblem{Code: code, Message: "It says " + code + "."}
}

// Final is one that somebody has to mend, for Fail.
func Final(code string) error {
	return &ports.PluginProblem{Code: code, Message: "It says " + code + ".", Final: true}
}
