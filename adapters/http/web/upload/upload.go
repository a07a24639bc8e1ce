// Package upload is the page through which files come in by hand.
//
//	upload.Register(k, upload.Deps{Vault: service})
//
// With our script, dropped files are sent to be looked at, which stores nothing, and shown as rows with what they are; then all
// are uploaded together, since a certificate and its key belong to one request. Without the script the same form uploads at once.
package upload

import (
	"net/http"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/tenant"
)

const (
	section = "upload"
	path    = "/dashboard/vault/upload"
	// maxAtOnce bounds how many bodies are in memory at a time, and patience how long one waits for its turn.
	maxAtOnce = 8
	patience  = 10 * time.Second
	// suggested is how many groups the field offers; others are typed.
	suggested = 200
)

// Deps of Register.
type Deps struct {
	Vault *vault.Service
}

type handlers struct {
	Deps
	turns chan struct{}
}

// Register adds the routes.
func Register(k *kit.Kit, d Deps) {
	h := &handlers{Deps: d, turns: make(chan struct{}, maxAtOnce)}
	k.Get(path, section, tenant.ArtifactCreate, h.page)
	k.Upload(path, section, tenant.ArtifactCreate, h.upload)
	k.Upload(path+"/look", section, tenant.ArtifactCreate, h.look)
}

func (h *handlers) page(rq *kit.Request) error {
	groups, err := h.groups(rq)
	if err != nil {
		return err
	}
	return rq.Render(http.StatusOK, page(rq.View, form{Group: rq.Text("group"), Groups: groups}, nil))
}

// groups answers names to choose from.
func (h *handlers) groups(rq *kit.Request) ([]string, error) {
	p, err := h.Vault.Groups(rq.Context(), rq.Who.Actor, group.Query{Sort: group.SortName, Limit: suggested})
	if err != nil {
		return nil, err
	}
	out := make([]string, len(p.Items))
	for i, g := range p.Items {
		out[i] = g.Name
	}
	return out, nil
}

// look says what the files are.
func (h *handlers) look(rq *kit.Request) error {
	leave, err := h.enter(rq)
	if err != nil {
		return err
	}
	defer leave()
	in, err := read(rq.W, rq.Request)
	if err != nil {
		return err
	}
	defer in.wipe()
	looks, err := h.Vault.Look(rq.Context(), rq.Who.Actor, in.all())
	if err != nil {
		return err
	}
	return rq.Render(http.StatusOK, fileRows(rq.View, seen(in, looks)))
}

// upload stores the files. Those of one group, or of none, are one request.
func (h *handlers) upload(rq *kit.Request) error {
	leave, err := h.enter(rq)
	if err != nil {
		return err
	}
	defer leave()
	in, err := read(rq.W, rq.Request)
	if err != nil {
		return h.again(rq, in, err)
	}
	defer in.wipe()
	var rows []row
	var groups []string
	for _, batch := range in.batches() {
		done, err := h.Vault.Upload(rq.Context(), rq.Who.Actor, batch.request(in))
		switch _, ok := rq.Refused(err); {
		case ok:
			rows = append(rows, refusedBatch(in, batch, err)...)
		case err != nil:
			return err
		default:
			rows = append(rows, storedBatch(in, batch, done)...)
		}
		groups = append(groups, batch.group)
	}
	return h.answer(rq, in, inOrder(rows), groups)
}

// answer goes to the vault when all was stored; otherwise it says file by file what became of them.
func (h *handlers) answer(rq *kit.Request, in *sent, rows []row, groups []string) error {
	if good := stored(rows); good == len(rows) {
		return rq.Go("/dashboard/vault", view.Toast{Text: summary(rows)})
	}
	if rq.View.Script {
		return rq.Render(http.StatusUnprocessableEntity, fileRows(rq.View, rows))
	}
	names, err := h.groups(rq)
	if err != nil {
		return err
	}
	f := form{Group: in.group, Groups: names, Rows: rows}
	return rq.Render(http.StatusUnprocessableEntity, page(rq.View, f, nil))
}

// again draws the page with what was wrong with the request as a whole.
func (h *handlers) again(rq *kit.Request, in *sent, err error) error {
	status, ok := rq.Refused(err)
	if !ok || rq.View.Script {
		return err
	}
	names, gone := h.groups(rq)
	if gone != nil {
		return gone
	}
	f := form{Groups: names}
	if in != nil {
		f.Group = in.group
	}
	return rq.Render(status, page(rq.View, f, err))
}

// enter waits for a turn; leave gives it back.
func (h *handlers) enter(rq *kit.Request) (leave func(), err error) {
	wait := time.NewTimer(patience)
	defer wait.Stop()
	select {
	case h.turns <- struct{}{}:
		return func() { <-h.turns }, nil
	case <-wait.C:
	case <-rq.Context().Done():
	}
	return nil, fault.New(fault.Unavailable, "busy", "Too many uploads at a time. Try again in a moment.")
}

// maxFile is what one file may have, as the parser sees it.
const maxFile = 256 << 10

var accept = ".pem,.der,.crt,.cer,.key,.pfx,.p12,.p7b,.p7c"

func most() int { return intake.MaxFiles }
