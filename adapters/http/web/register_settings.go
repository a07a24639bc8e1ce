package web

import "github.com/ignisfox/ignisfox/adapters/http/web/settings"

func (w *Web) registerSettings() {
	settings.Register(w.kit, settings.Deps{SignIn: w.SignIn, Account: w.Account, Deploy: w.Deploy, BaseURL: w.BaseURL})
}
