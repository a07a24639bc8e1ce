package deploy

import (
	"context"
	"maps"

	"github.com/ignisfox/ignisfox/core/app/form"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/ports"
)

// open answers what every call to the plugin brings. The caller wipes it.
func (s *Service) open(ctx context.Context, w *work) (ports.PluginCall, error) {
	call := ports.PluginCall{Settings: maps.Clone(w.t.Deploy.Settings), Secrets: map[string]secret.Bytes{}}
	for _, sealed := range w.secrets {
		at := ports.Place{Tenant: w.tenant, Table: ports.TargetSecretsTable, Column: ports.TargetSecretColumn, Row: sealed.ID}
		plain, err := s.Sealer.Open(ctx, at, sealed.Sealed)
		if err != nil {
			wipe(call)
			return ports.PluginCall{}, err
		}
		call.Secrets[sealed.Path] = plain
	}
	return call, nil
}

func wipe(c ports.PluginCall) {
	for _, b := range c.Secrets {
		b.Wipe()
	}
}

func wipeMaterial(m ports.DeployMaterial) {
	m.Key.Wipe()
	m.PFX.Wipe()
	m.PFXPassword.Wipe()
}

// material answers the generation of the deployment in all forms that the plugin may need. The caller wipes it.
func (s *Service) material(ctx context.Context, w *work) (m ports.DeployMaterial, err error) {
	defer func() {
		if err != nil {
			wipeMaterial(m)
		}
	}()
	if w.leaf.fingerprint == "" {
		return m, fault.New(fault.Conflict, "generation_gone", "This generation is not kept any more.")
	}
	m.Generation, m.Fingerprint = w.d.Generation, w.leaf.fingerprint
	for _, f := range []struct {
		kind group.FormKind
		into *[]byte
	}{{group.FormCert, &m.Certificate}, {group.FormChain, &m.Chain}, {group.FormFullchain, &m.Fullchain}} {
		b, err := s.form(ctx, w, group.FormKey{Kind: f.kind})
		if f.kind == group.FormChain && fault.CodeOf(err) == fault.CodeOf(form.ErrNoChain) {
			continue
		}
		if err != nil {
			return m, err
		}
		*f.into = b.Reveal()
	}
	if m.Key, err = s.form(ctx, w, group.FormKey{Kind: group.FormPrivateKey}); err != nil {
		return m, err
	}
	return m, s.pfx(ctx, w, &m)
}

// pfx adds the PKCS#12 file for a target that wants one: its settings say pfx_path, or its plugin takes nothing else.
func (s *Service) pfx(ctx context.Context, w *work, m *ports.DeployMaterial) error {
	path, _ := w.t.Deploy.Settings["pfx_path"].(string)
	if path == "" && !w.plugin.Can("pfx") {
		return nil
	}
	var sealed group.Password
	err := s.Store.Tenant(w.tenant).View(ctx, func(tx ports.Tx) error {
		g, err := tx.Groups().Get(ctx, w.d.Group)
		if err != nil {
			return err
		}
		if g.PasswordVersion == 0 {
			return form.ErrNoPassword
		}
		sealed, err = tx.Groups().Password(ctx, g.ID, g.PasswordVersion)
		return err
	})
	if err != nil {
		return err
	}
	preset, _ := w.t.Deploy.Settings["pfx_preset"].(string)
	if preset == "" {
		preset = string(cert.PresetModern)
	}
	key := group.FormKey{Kind: group.FormPFX, Preset: preset, PasswordVersion: sealed.Version}
	if m.PFX, err = s.form(ctx, w, key); err != nil {
		return err
	}
	at := ports.Place{Tenant: w.tenant, Table: group.PasswordsTable, Column: group.PasswordColumn, Row: sealed.ID}
	m.PFXPassword, err = s.Sealer.Open(ctx, at, sealed.Sealed)
	return err
}

func (s *Service) form(ctx context.Context, w *work, key group.FormKey) (secret.Bytes, error) {
	key.Generation = w.gen.ID
	f, err := s.Forms.Ensure(ctx, w.tenant, w.d.Group, key)
	if err != nil {
		return secret.Bytes{}, err
	}
	return s.Forms.Open(ctx, w.tenant, f)
}
