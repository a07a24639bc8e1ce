package web

import "github.com/ignisfox/ignisfox/adapters/http/web/signin"

func (w *Web) registerSignIn() {
	signin.Register(w.kit, signin.Deps{SignIn: w.SignIn, BaseURL: w.BaseURL, Server: signin.Server(w.Server)})
}
