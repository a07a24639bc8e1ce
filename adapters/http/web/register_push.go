package web

import (
	"github.com/ignisfox/ignisfox/adapters/http/web/deploy"
	"github.com/ignisfox/ignisfox/adapters/http/web/push"
)

// registerPush adds the pages of devices: those that fetch, and, where the server deploys, those that we deploy to.
func (w *Web) registerPush() {
	d := push.Deps{Push: w.Push, Vault: w.Vault, BaseURL: w.BaseURL}
	if w.Deploy != nil {
		d.Deployed = deploy.Register(w.kit, deploy.Deps{Deploy: w.Deploy, Vault: w.Vault})
	}
	push.Register(w.kit, d)
}
