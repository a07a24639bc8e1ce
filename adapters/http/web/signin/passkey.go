package signin

import (
	"cmp"
	"encoding/json"
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	core "github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/secret"
)

// answer is what the browser's script sends after a passkey was used.
type answer struct {
	Ceremony string          `json:"ceremony"`
	Answer   json.RawMessage `json:"answer"`
	Stay     bool            `json:"stay"`
}

// challenge hands the browser what a passkey has to answer.
func challenge(rq *kit.Request, c core.Challenge, err error) error {
	if err != nil {
		return rq.RefuseJSON(err)
	}
	return rq.AnswerJSON(http.StatusOK, map[string]any{"options": json.RawMessage(c.Options), "ceremony": c.Ceremony.Reveal()})
}

func (h *handlers) beginPasskey(rq *kit.Request) error {
	c, err := h.SignIn.BeginPasskeySignIn(rq.Context())
	return challenge(rq, c, err)
}

func (h *handlers) finishPasskey(rq *kit.Request) error {
	var in answer
	if err := rq.JSON(&in); err != nil {
		return rq.RefuseJSON(err)
	}
	visit := rq.Visit()
	visit.Stay = in.Stay
	opened, err := h.SignIn.FinishPasskeySignIn(rq.Context(), secret.NewString(in.Ceremony), in.Answer, visit)
	return entered(rq, opened, err)
}

func (h *handlers) beginConfirmPasskey(rq *kit.Request) error {
	if err := rq.TryBegin(); err != nil {
		return rq.RefuseJSON(err)
	}
	c, err := h.SignIn.BeginConfirmPasskey(rq.Context(), rq.Who)
	return challenge(rq, c, err)
}

func (h *handlers) finishConfirmPasskey(rq *kit.Request) error {
	if err := rq.TryBegin(); err != nil {
		return rq.RefuseJSON(err)
	}
	var in answer
	if err := rq.JSON(&in); err != nil {
		return rq.RefuseJSON(err)
	}
	opened, err := h.SignIn.FinishConfirmPasskey(rq.Context(), rq.Who, secret.NewString(in.Ceremony), in.Answer, rq.Visit())
	return entered(rq, opened, err)
}

// entered gives the browser its cookie and tells its script where to go on.
func entered(rq *kit.Request, o core.Opened, err error) error {
	if err != nil {
		return rq.RefuseJSON(err)
	}
	rq.SignedIn(o)
	tellGuesses(rq, o)
	return rq.AnswerJSON(http.StatusOK, map[string]string{"redirect": nextOf(rq)})
}

// nextOf is Next for what the script asks: there is no form, so it is in the address.
func nextOf(rq *kit.Request) string {
	return cmp.Or(kit.Local(rq.URL.Query().Get("next")), "/dashboard")
}
