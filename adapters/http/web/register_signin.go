package web

import "github.com/ignisfox/ignisfox/adapters/http/web/signin"

func (w *Web) registerSignIn() {
	signin.Register(w.kit, signin.Deps{SignIn: w.SignIn, Now: w.Now, BaseURL: w.BaseURL, Server: signin.Server(w.Server)})
}
