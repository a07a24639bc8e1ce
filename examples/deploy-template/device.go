package main

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ignisfox/ignisfox/sdk/deploy"
	"github.com/ignisfox/ignisfox/sdk/schema"
)

// prefix marks the certificates that are ours on the appliance: no others are ever removed.
const prefix = "ignisfox-"

// target does the steps. It has no fields: each call brings all it needs.
type target struct{}

var _ deploy.Target = (*target)(nil)

// state is what stage found, for the steps behind it. It holds no secret.
type state struct {
	Previous string `json:"previous"` // what the service ran before; "" for nothing
}

// validate says what the schema cannot see.
func validate(s deploy.Settings) schema.Problems {
	if pem := s.String("ca_certificate"); pem != "" && !x509.NewCertPool().AppendCertsFromPEM([]byte(pem)) {
		return schema.Problems{"ca_certificate": "There is no certificate in this text. It begins with -----BEGIN CERTIFICATE-----."}
	}
	return nil
}

func (target) Test(ctx context.Context, c deploy.Call) (deploy.TestResult, error) {
	api := open(c)
	product, err := api.product(ctx)
	if err != nil {
		return deploy.TestResult{}, err
	}
	_, err = api.service(ctx)
	return deploy.TestResult{Confirmed: true, Lines: []string{product, "certificates and service can be read"}}, err
}

func (target) Plan(ctx context.Context, c deploy.Call, m deploy.Material) (deploy.Plan, error) {
	api, name := open(c), nameOf(m)
	names, err := api.certificates(ctx)
	if err != nil {
		return deploy.Plan{}, err
	}
	s, err := api.service(ctx)
	if err != nil {
		return deploy.Plan{}, err
	}
	p := deploy.Plan{Present: s.Fingerprint, Unchanged: s.Certificate == name && s.Running == name}
	upload, use := "create", "replace"
	if slices.Contains(names, name) {
		upload = "keep"
	}
	if s.Certificate == name {
		use = "keep"
	}
	p.Changes = []deploy.Change{{What: "certificate " + name, Action: upload}, {What: "certificate of the service", Action: use,
		Detail: s.Certificate + " → " + name}}
	if !p.Unchanged {
		p.Changes = append(p.Changes, deploy.Change{What: "reload of the service", Action: "run"})
	}
	return p, nil
}

func (t target) Step(ctx context.Context, c deploy.Call, r deploy.StepRequest) (deploy.StepResult, error) {
	steps := map[deploy.Step]func(context.Context, *api, deploy.StepRequest) (deploy.StepResult, error){
		deploy.Stage: t.stage, deploy.Swap: t.swap, deploy.Reload: t.reload, deploy.Restore: t.restore, deploy.Clean: t.clean,
	}
	do, ok := steps[r.Step]
	if !ok {
		return deploy.StepResult{}, fmt.Errorf("there is no step %q", r.Step)
	}
	return do(ctx, open(c), r)
}

// stage uploads beside what is in use, and remembers what that is.
func (target) stage(ctx context.Context, api *api, r deploy.StepRequest) (deploy.StepResult, error) {
	name := nameOf(r.Material)
	s, err := api.service(ctx)
	if err != nil {
		return deploy.StepResult{}, err
	}
	if s.Certificate == name && s.Running == name {
		return deploy.StepResult{Unchanged: true, Message: "the service runs this certificate already"}, nil
	}
	names, err := api.certificates(ctx)
	if err != nil {
		return deploy.StepResult{}, err
	}
	if !slices.Contains(names, name) {
		if err := api.upload(ctx, name, r.Material); err != nil {
			return deploy.StepResult{}, err
		}
	}
	left, err := json.Marshal(state{Previous: s.Running})
	return deploy.StepResult{State: left, Message: name + " is on the appliance"}, err
}

// swap tells the service what to use. What it used is in the state since stage: asked here, a swap that is repeated would find its
// own work.
func (target) swap(ctx context.Context, api *api, r deploy.StepRequest) (deploy.StepResult, error) {
	return deploy.StepResult{Message: "the service is told to use " + nameOf(r.Material)}, api.use(ctx, nameOf(r.Material))
}

// reload makes the service use what it was told, once.
func (target) reload(ctx context.Context, api *api, _ deploy.StepRequest) (deploy.StepResult, error) {
	s, err := api.service(ctx)
	if err != nil {
		return deploy.StepResult{}, err
	}
	if s.Running == s.Certificate {
		return deploy.StepResult{Message: "the service was reloaded already"}, nil
	}
	return deploy.StepResult{Message: "the service was reloaded"}, api.reload(ctx)
}

// restore puts back what stage found, when swap has replaced it.
func (target) restore(ctx context.Context, api *api, r deploy.StepRequest) (deploy.StepResult, error) {
	var before state
	if err := json.Unmarshal(r.State, &before); err != nil {
		return deploy.StepResult{}, errors.New("the state of this deployment cannot be read; choose the certificate on the appliance by hand")
	}
	s, err := api.service(ctx)
	if err != nil {
		return deploy.StepResult{}, err
	}
	if s.Certificate != nameOf(r.Material) {
		return deploy.StepResult{Message: "nothing to put back"}, nil
	}
	return deploy.StepResult{Message: fmt.Sprintf("the service is told to use %q again", before.Previous)}, api.use(ctx, before.Previous)
}

// clean removes our certificates that the service uses no more.
func (target) clean(ctx context.Context, api *api, _ deploy.StepRequest) (deploy.StepResult, error) {
	names, err := api.certificates(ctx)
	if err != nil {
		return deploy.StepResult{}, err
	}
	s, err := api.service(ctx)
	if err != nil {
		return deploy.StepResult{}, err
	}
	removed := 0
	for _, name := range names {
		if !strings.HasPrefix(name, prefix) || name == s.Certificate || name == s.Running {
			continue
		}
		if err := api.remove(ctx, name); err != nil {
			return deploy.StepResult{}, err
		}
		removed++
	}
	return deploy.StepResult{Message: fmt.Sprintf("%d old certificates removed", removed)}, nil
}

// nameOf is the same for the same certificate, so that what is there already is found. A fingerprint holds nothing that a URL or a
// device could misread; a name of the certificate might.
func nameOf(m deploy.Material) string {
	return prefix + m.Fingerprint[:min(32, len(m.Fingerprint))]
}
