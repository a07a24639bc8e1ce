package web

import (
	"github.com/ignisfox/ignisfox/adapters/http/web/ingest"
)

func (w *Web) registerIngest() {
	ingest.Register(w.kit, ingest.Deps{Ingest: w.Ingest, Vault: w.Vault, BaseURL: w.BaseURL})
}
