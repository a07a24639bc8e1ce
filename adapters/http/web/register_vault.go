package web

import (
	"github.com/ignisfox/ignisfox/adapters/http/web/deploy"
	"github.com/ignisfox/ignisfox/adapters/http/web/vault"
)

// registerVault adds the pages of certificates and groups, which call targets as the section of devices does.
func (w *Web) registerVault() {
	d := vault.Deps{Vault: w.Vault, Log: w.Log}
	if w.Deploy != nil {
		d.Kinds = (&deploy.Pages{Deps: deploy.Deps{Deploy: w.Deploy, Vault: w.Vault}}).Known
	}
	vault.Register(w.kit, d)
}
