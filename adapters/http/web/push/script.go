package push

import (
	"slices"

	"github.com/ignisfox/ignisfox/adapters/http/download"
	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/token"
)

// script sends the script with a placeholder where the token belongs.
func (h *handlers) script(rq *kit.Request) error {
	return h.send(rq, rq.Text("os"), push.ScriptOptions{})
}

// scriptWithToken sends the script with the token that the page which shows it once has put into the form. Nothing else knows it
// any more: the server has its hash, by which it is held to be one of this target's.
func (h *handlers) scriptWithToken(rq *kit.Request) error {
	tok := rq.Secret("token")
	t, err := h.Push.Get(rq.Context(), rq.Who.Actor, rq.ID())
	if err != nil {
		return err
	}
	if !opens(t, tok) {
		return fault.New(fault.Invalid, "token_gone", "That token opens this target no more. Rotate it, and take the script that comes with the new one.")
	}
	return h.send(rq, rq.Text("os"), push.ScriptOptions{Token: tok})
}

func opens(t target.Target, tok secret.String) bool {
	kind, hash, ok := token.Parse(tok.Reveal())
	return ok && kind == token.Push && slices.ContainsFunc(t.Tokens, func(k target.Token) bool { return k.Hash == hash })
}

func (h *handlers) send(rq *kit.Request, system string, o push.ScriptOptions) error {
	name, contentType, body, err := h.Push.Script(rq.Context(), rq.Who.Actor, rq.ID(), system, o)
	if err != nil {
		return err
	}
	defer clear(body)
	download.Send(rq.W, name, contentType, body)
	return nil
}
