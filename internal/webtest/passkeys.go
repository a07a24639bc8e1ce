package webtest

import (
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/auth"
	"github.com/ignisfox/ignisfox/ports"
)

func passkeys(t testing.TB, base string, now func() time.Time) ports.Passkeys {
	t.Helper()
	p, err := auth.NewPasskeys(auth.PasskeyDeps{BaseURL: base, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return p
}
