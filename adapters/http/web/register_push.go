package web

import (
	"github.com/ignisfox/ignisfox/adapters/http/web/push"
)

func (w *Web) registerPush() {
	push.Register(w.kit, push.Deps{Push: w.Push, Vault: w.Vault, BaseURL: w.BaseURL})
}
