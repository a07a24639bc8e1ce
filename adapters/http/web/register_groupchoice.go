package web

import "github.com/ignisfox/ignisfox/adapters/http/web/groupchoice"

func (w *Web) registerGroupChoice() { groupchoice.Register(w.kit, w.Vault) }
