package upload_test

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"log/slog"
	"net/http"
	"testing"

	"github.com/ignisfox/ignisfox/adapters/http/web/groupchoice"
	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/upload"
	"github.com/ignisfox/ignisfox/core/app/intake"
	vaults "github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/browser"
	"github.com/ignisfox/ignisfox/internal/testcert"
	"github.com/ignisfox/ignisfox/internal/webtest"
	"github.com/ignisfox/ignisfox/ports"
)

// picky is a sealer that breaks on whatever holds a word.
type picky struct {
	ports.Sealer
	word []byte
}

func (p picky) Seal(ctx context.Context, at ports.Place, plain secret.Bytes) ([]byte, error) {
	b := plain.Reveal()
	if block, _ := pem.Decode(b); block != nil {
		b = block.Bytes
	}
	if bytes.Contains(b, p.word) {
		return nil, errors.New("the sealer broke")
	}
	return p.Sealer.Seal(ctx, at, plain)
}

// What was stored before something broke is said to be stored, and what was not has the reference of what broke.
func TestOneBatchThatBreaksDoesNotHideTheOthers(t *testing.T) {
	r := webtest.New(t, func(k *kit.Kit, r *webtest.Rig) {
		s := picky{r.Sealer, []byte("breaks.example.com")}
		in := intake.New(intake.Deps{Store: r.Store, Sealer: s, Log: slog.New(slog.DiscardHandler)})
		upload.Register(k, upload.Deps{Vault: vaults.New(vaults.Deps{Store: r.Store, Sealer: s, Intake: in, Forms: r.Forms})})
		groupchoice.Register(k, r.Vault)
	})
	good, bad := testcert.SelfSigned("good.example.com", testcert.Names("good.example.com")), testcert.SelfSigned("breaks.example.com", testcert.Names("breaks.example.com"))
	f := sheet{
		files:  []browser.File{file("good.pem", good.CertPEM), file("bad.pem", bad.CertPEM), file("last.pem", good.CertPEM)},
		fields: map[string]string{"group.0": "first", "group.1": "second", "group.2": "third"},
	}
	kim := r.As(t, tenant.Editor)
	for _, script := range []bool{true, false} {
		f.post(kim, home, script).Want(http.StatusInternalServerError, "In group first", "Not stored. Something broke on our side", "give this reference", `data-file="2" data-state="done"`,
			`data-file="1" data-state="again"`, "!Nothing was", "!the sealer broke")
	}
}

// A group beyond those that are offered at first is found by what is typed.
func TestEveryGroupIsOffered(t *testing.T) {
	s := newSite(t)
	for i := range 51 {
		s.put(t, s.Owner, "fleet-"+string(rune('a'+i/26))+string(rune('a'+i%26)), s.leaf("a.example.com").CertPEM)
	}
	s.As(t, tenant.Editor).Get(home).Want(http.StatusOK, `<datalist id="upload-groups" hx-get="/dashboard/groups/names"`, `value="fleet-aa"`, `!value="fleet-by"`)
}
