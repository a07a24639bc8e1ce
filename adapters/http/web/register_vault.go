package web

import "github.com/ignisfox/ignisfox/adapters/http/web/vault"

func (w *Web) registerVault() { vault.Register(w.kit, vault.Deps{Vault: w.Vault, Log: w.Log}) }
