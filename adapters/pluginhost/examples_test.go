package pluginhost

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	core "github.com/ignisfox/ignisfox/core/plugin"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/examples/devicetest"
	"github.com/ignisfox/ignisfox/ports"
	"github.com/ignisfox/ignisfox/sdk/sdktest"
)

// The examples of the manual, one of them in another language, do a whole deployment under this host.
func TestTheExamplesDeployUnderTheHost(t *testing.T) {
	for id, build := range map[string]func(*testing.T) string{
		"deploy.template": func(t *testing.T) string { return sdktest.Build(t, "../../examples/deploy-template") },
		"deploy.node-example": func(t *testing.T) string {
			file := filepath.Join(t.TempDir(), "plugin")
			if out, err := exec.Command("../../examples/deploy-node/build", file).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			return file
		},
	} {
		t.Run(id, func(t *testing.T) {
			data, err := os.ReadFile(build(t))
			if err != nil {
				t.Fatal(err)
			}
			s := newShelf(t)
			s.add(id, data)
			h := s.start(hastily, func(h *Host) { h.deps.Policy = sdktest.Loopback() })
			h.mustBe(id, core.StateReady)
			deployAll(t, h, id)
		})
	}
}

func deployAll(t *testing.T, h *stand, id string) {
	t.Helper()
	device, m := devicetest.NewDevice(t), sdktest.NewMaterial(t, 1)
	_, sc, err := h.Find(id)
	if err != nil {
		t.Fatal(err)
	}
	call := func(secrets map[string]string) ports.PluginCall {
		c := ports.PluginCall{Secrets: map[string]secret.Bytes{}}
		var problems map[string]string
		if c.Settings, problems = sc.Validate(device.Settings, secrets, nil); len(problems) > 0 {
			t.Fatal(problems)
		}
		for path, s := range secrets {
			c.Secrets[path] = secret.NewBytes([]byte(s))
		}
		return c
	}
	ctx, d := context.Background(), h.deployer(id)
	var p *ports.PluginProblem
	if _, err := d.Test(ctx, call(device.Wrong)); !errors.As(err, &p) || p.Code != "wrong_credentials" || !p.Final {
		t.Errorf("wrong credentials answer %v", err)
	}
	var state []byte
	var heard strings.Builder
	for _, step := range []string{"stage", "swap", "reload"} {
		r, err := d.Step(ctx, call(device.Secrets), ports.DeployStep{Deployment: "d1", Step: step, Attempt: 1, State: state, Material: ports.DeployMaterial{
			Generation: 1, Fingerprint: m.Fingerprint, Certificate: m.Certificate, Chain: m.Chain, Fullchain: m.Fullchain, Key: secret.NewBytes(m.Key)}},
			func(l string) { heard.WriteString(l + "\n") })
		if err != nil {
			t.Fatalf("%s: %v", step, err)
		}
		if r.State != nil {
			state = r.State
		}
	}
	if got := device.Serves(); got != m.Fingerprint {
		t.Errorf("the device serves %q and not %q", got, m.Fingerprint)
	}
	for _, s := range device.Secrets {
		if strings.Contains(heard.String()+h.log.String(), s) {
			t.Error("a secret is in the transcript or the log")
		}
	}
}
