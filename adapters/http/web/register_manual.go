package web

import "github.com/ignisfox/ignisfox/adapters/http/web/manual"

// registerManual adds the pages of the manual, which everybody may read.
func (w *Web) registerManual() error {
	if w.Manual == nil {
		return nil
	}
	return manual.Register(w.kit, w.Manual)
}
