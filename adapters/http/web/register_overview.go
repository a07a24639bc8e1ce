package web

import (
	"github.com/ignisfox/ignisfox/adapters/http/web/overview"
)

func (w *Web) registerOverview() {
	overview.Register(w.kit, overview.Deps{Overview: w.Overview, Vault: w.Vault})
}
