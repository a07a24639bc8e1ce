package vault

import (
	"bytes"
	"errors"
	"io"
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/fault"
)

// mostKey is more than any key we read takes.
const mostKey = 256 << 10

func (h *handlers) keyForm(rq *kit.Request) error {
	p, err := h.groupPage(rq)
	if err != nil {
		return err
	}
	return rq.Render(http.StatusOK, keyPage(rq.View, p, nil))
}

// key attaches the private key that a generation of the group waits for, pasted or as a file.
func (h *handlers) key(rq *kit.Request) error {
	f, err := keyFile(rq)
	n := 0
	if err == nil {
		defer clear(f.Data)
		n, err = h.Vault.AttachKey(rq.Context(), rq.Who.Actor, rq.ID(), f)
	}
	if status, no := rq.Refused(err); no {
		p, failed := h.groupPage(rq)
		if failed != nil {
			return failed
		}
		return rq.Render(status, keyPage(rq.View, p, err))
	}
	if err != nil {
		return err
	}
	return rq.Go(groupPath(rq.ID()), view.Toast{Text: attached(n)})
}

// keyFile answers the key that the form brings: the file when there is one, else what was pasted.
func keyFile(rq *kit.Request) (intake.File, error) {
	out := intake.File{Filename: "pasted.key", Unnamed: true, Password: rq.Secret("password")}
	in, head, err := rq.FormFile("file")
	switch {
	case errors.Is(err, http.ErrMissingFile), errors.Is(err, http.ErrNotMultipart):
		out.Data = []byte(rq.PostFormValue("key"))
	case err != nil:
		return out, fault.New(fault.Malformed, "malformed", "The file did not arrive whole. Try again.")
	default:
		defer in.Close()
		out.Filename, out.Unnamed = head.Filename, false
		if out.Data, err = io.ReadAll(io.LimitReader(in, mostKey+1)); err != nil {
			return out, err
		}
	}
	if len(bytes.TrimSpace(out.Data)) == 0 {
		return out, fault.New(fault.Invalid, "no_key", "There is no key in the form.").Field("key", "Paste the key, or choose its file.")
	}
	return out, nil
}
