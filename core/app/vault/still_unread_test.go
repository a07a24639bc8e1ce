package vault_test

import (
	"crypto/rand"
	"testing"

	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/internal/testkit"
)

// However many files of one size nobody can read: to try one of them again leaves it where it was.
func TestWhatIsStillNotReadStaysTheRowItWas(t *testing.T) {
	k := testkit.Open(t, testkit.SQLite(t), nil)
	var rows []artifact.ID
	for range 40 {
		data := make([]byte, 40)
		_, _ = rand.Read(data)
		data[0] = 0xff
		r, err := k.Vault.Upload(t.Context(), k.Owner, intake.Request{Files: []intake.File{{Filename: "same.bin", Data: data}}})
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, r.Files[0].Artifacts[0].ID)
	}
	for _, id := range rows {
		out, err := k.Vault.ParseAgain(t.Context(), k.Owner, id, secret.NewString("x"))
		if err != nil || out.Status != intake.Unknown || len(out.Artifacts) != 1 || out.Artifacts[0].ID != id {
			t.Errorf("%s: %+v, %v", id, out, err)
		}
		if _, err := k.Vault.Get(t.Context(), k.Owner, id); err != nil {
			t.Errorf("%s is gone: %v", id, err)
		}
	}
}
