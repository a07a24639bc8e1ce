package pluginhost

import (
	"context"
	"testing"

	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/ports"
)

// benched is the call of the benchmarks: a step as it is, with a key and a certificate.
func benched() (ports.PluginCall, ports.DeployStep) {
	m := ports.DeployMaterial{Generation: 1, Certificate: make([]byte, 1800), Fullchain: make([]byte, 3600), Key: secret.NewBytes(make([]byte, 1700))}
	return doing("say", "hello"), ports.DeployStep{Deployment: "d", Step: "stage", Attempt: 1, Material: m}
}

// BenchmarkStep is one step through the process of a plugin.
func BenchmarkStep(b *testing.B) {
	h := one(b)
	d := h.deployer("deploy.one")
	call, step := benched()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Step(context.Background(), call, step, func(string) {}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkStepsAtOnce is the same from as many callers as there are processors.
func BenchmarkStepsAtOnce(b *testing.B) {
	h := one(b)
	d := h.deployer("deploy.one")
	b.RunParallel(func(p *testing.PB) {
		call, step := benched()
		for p.Next() {
			if _, err := d.Step(context.Background(), call, step, func(string) {}); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
