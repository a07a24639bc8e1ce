// Package upload is the page through which files come in by hand.
//
//	upload.Register(k, upload.Deps{Vault: service})
//
// With our script, dropped files are sent to be looked at, which stores nothing, and shown as rows with what they are; then all
// are uploaded together, since a certificate and its key belong to one request. Without the script the same form uploads at once.
package upload

import (
	"net/http"
	"strings"

	"github.com/ignisfox/ignisfox/adapters/http/web/groupchoice"
	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/tenant"
)

const (
	section = "upload"
	path    = "/dashboard/vault/upload"
	// maxFile is what one file may have, as the parser sees it.
	maxFile = 256 << 10
	accept  = ".pem,.der,.crt,.cer,.key,.pfx,.p12,.p7b,.p7c"
)

// Deps of Register.
type Deps struct {
	Vault *vault.Service
}

type handlers struct {
	Deps
	turns *turns
}

// Register adds the routes.
func Register(k *kit.Kit, d Deps) {
	h := &handlers{Deps: d, turns: newTurns()}
	k.Get(path, section, tenant.ArtifactCreate, h.page)
	k.Upload(path, section, tenant.ArtifactCreate, h.upload)
	k.Upload(path+"/look", section, tenant.ArtifactCreate, h.look)
}

// page shows where files are dropped. ?group= names the group they go to, by id or name.
func (h *handlers) page(rq *kit.Request) error {
	f := form{Group: rq.Text("group")}
	if strings.HasPrefix(f.Group, "grp_") && id.Valid(f.Group) {
		g, err := h.Vault.Group(rq.Context(), rq.Who.Actor, f.Group)
		if err != nil {
			return err
		}
		f.Group = g.Name
	}
	return h.show(rq, http.StatusOK, f, nil)
}

// show draws the page with the groups to choose from.
func (h *handlers) show(rq *kit.Request, status int, f form, wrong error) error {
	var err error
	if f.Groups, err = groupchoice.Read(rq, h.Vault, groupchoice.Want{Value: f.Group, Free: true}); err != nil {
		return err
	}
	return rq.Render(status, page(rq.View, f, wrong))
}

// look says what the files are.
func (h *handlers) look(rq *kit.Request) error {
	leave, err := h.turns.enter(rq.Context(), rq.Who.Actor.Tenant)
	if err != nil {
		return err
	}
	defer leave()
	in, err := read(rq.W, rq.Request)
	if err != nil {
		return err
	}
	defer in.wipe()
	if err := rq.SameView(in.fields["view"]); err != nil {
		return err
	}
	looks, err := h.Vault.Look(rq.Context(), rq.Who.Actor, in.all())
	if err != nil {
		return err
	}
	return rq.Render(http.StatusOK, fileRows(rq.View, seen(in, looks)))
}

// upload stores the files. Those of one group, or of none, are one request.
func (h *handlers) upload(rq *kit.Request) error {
	leave, err := h.turns.enter(rq.Context(), rq.Who.Actor.Tenant)
	if err != nil {
		return err
	}
	defer leave()
	in, err := read(rq.W, rq.Request)
	if err != nil {
		return h.again(rq, in, err)
	}
	defer in.wipe()
	if err := rq.SameView(in.fields["view"]); err != nil {
		return err
	}
	out := outcome{in: in}
	for _, b := range in.batches() {
		done, err := h.Vault.Upload(rq.Context(), rq.Who.Actor, b.request(in))
		switch _, ok := rq.Refused(err); {
		case err == nil:
			out.stored(b, done)
		case ok || fault.KindOf(err) == fault.NotFound: // one group that is not there does not spoil the others
			out.refused(b, err)
		case tenant.NotProved(err), rq.Context().Err() != nil: // who it is has to be asked first, or nobody waits for the answer
			return err
		default: // what is stored is stored, and said
			out.failed(b, rq.Incident(err))
		}
	}
	return h.answer(rq, out)
}

// answer goes to the vault when all was stored; otherwise it says file by file what became of them.
func (h *handlers) answer(rq *kit.Request, out outcome) error {
	rows := out.inOrder()
	if out.complete() {
		return rq.Go("/dashboard/vault", out.toast())
	}
	if rq.View.Script {
		return rq.Render(out.status(), fileRows(rq.View, rows))
	}
	return h.show(rq, out.status(), form{Group: out.in.group, Rows: rows}, nil)
}

// again draws the page with what was wrong with the request as a whole.
func (h *handlers) again(rq *kit.Request, in *sent, err error) error {
	status, ok := rq.Refused(err)
	if !ok || rq.View.Script {
		return err
	}
	f := form{}
	if in != nil {
		f.Group = in.fields["group"]
	}
	return h.show(rq, status, f, err)
}

func most() int { return intake.MaxFiles }
