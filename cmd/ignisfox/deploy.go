package main

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/ignisfox/ignisfox/adapters/cron"
	"github.com/ignisfox/ignisfox/adapters/pluginhost"
	"github.com/ignisfox/ignisfox/adapters/probe"
	"github.com/ignisfox/ignisfox/core/app/deploy"
	"github.com/ignisfox/ignisfox/core/app/form"
	"github.com/ignisfox/ignisfox/ports"
	"github.com/ignisfox/ignisfox/sdk/egress"
)

// egress is what plugins and looks at devices are held to. Our own listeners are never reached, whatever is allowed.
func (p parts) egress(open *listeners) egress.Policy {
	policy := egress.Policy{Allow: p.c.EgressAllow}
	for _, l := range []net.Listener{open.main, open.metrics} {
		if l == nil {
			continue
		}
		if at, ok := l.Addr().(*net.TCPAddr); ok {
			a := at.AddrPort()
			policy.Deny = append(policy.Deny, netip.AddrPortFrom(a.Addr().Unmap(), a.Port()))
		}
	}
	return policy
}

func (p parts) plugins(open *listeners) (*pluginhost.Host, error) {
	dir := p.c.PluginDir
	if dir == "" {
		self, err := os.Executable()
		if err != nil {
			return nil, startFailure{err}
		}
		dir = filepath.Join(filepath.Dir(self), "plugins")
	}
	h, err := pluginhost.New(pluginhost.Deps{
		Dir: dir, Disabled: p.c.PluginsOff, Policy: p.egress(open), WorkDir: filepath.Join(p.c.DataDir, "plugin-run"), Now: clock, Log: p.log,
	})
	if err != nil {
		return nil, startFailure{err}
	}
	return h, nil
}

func (p parts) prober(open *listeners) ports.Prober {
	return probe.New(probe.Deps{Dialer: &egress.Dialer{Policy: p.egress(open)}})
}

func (p parts) deploy(store ports.Store, sealer ports.Sealer, forms *form.Service, plugins ports.Plugins, prober ports.Prober) *deploy.Service {
	return deploy.New(deploy.Deps{
		Store: store, Sealer: sealer, Forms: forms, Plugins: plugins, Prober: prober, Cron: cron.New(), Now: clock, Log: p.log,
	})
}

// workers are who does the jobs of each kind.
func workers(d *deploy.Service) map[ports.JobKind]ports.Worker {
	return map[ports.JobKind]ports.Worker{ports.JobReconcile: d.Reconcile, ports.JobFanOut: d.FanOut, ports.JobSweep: d.Sweep}
}
