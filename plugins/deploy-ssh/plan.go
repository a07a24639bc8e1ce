package main

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/ignisfox/ignisfox/sdk/deploy"
)

// plan says what a deployment would do.
func plan(w *work, m deploy.Material) (deploy.Plan, error) {
	all, err := w.compare(m)
	if err != nil {
		return deploy.Plan{}, err
	}
	p := deploy.Plan{Unchanged: !slices.ContainsFunc(all, func(c compared) bool { return c.action() != "keep" })}
	for _, c := range all {
		p.Changes = append(p.Changes, deploy.Change{What: c.path, Action: c.action(), Detail: c.detail()})
		if cert := leaf(c.now); cert != nil && c.field != "chain_path" {
			print := sha256.Sum256(cert.Raw)
			p.Present = hex.EncodeToString(print[:]) // of the last in the order of swap: the certificate before the full chain
		}
	}
	if p.Unchanged {
		return p, nil
	}
	for _, field := range []string{"check_command", "reload_command"} {
		if command := w.settings.String(field); command != "" {
			p.Changes = append(p.Changes, deploy.Change{What: command, Action: "run"})
		}
	}
	return p, nil
}
