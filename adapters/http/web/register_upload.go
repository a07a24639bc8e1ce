package web

import "github.com/ignisfox/ignisfox/adapters/http/web/upload"

func (w *Web) registerUpload() { upload.Register(w.kit, upload.Deps{Vault: w.Vault}) }
