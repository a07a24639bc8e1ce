package settings

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// tokenForm is what a token is made of.
type tokenForm struct {
	Name   string
	Scopes []string
	Days   string // until it expires; "0" for never
}

// has says whether a scope is chosen.
func (f tokenForm) has(s tenant.Scope) bool { return slices.Contains(f.Scopes, string(s)) }

// lives are what is offered, in days.
var lives = []string{"30", "90", "365", "0"}

func (h *handlers) tokens(rq *kit.Request) error {
	list, _, err := h.Account.Tokens(rq.Context(), rq.Who.Actor, maxTokens, "")
	if err != nil {
		return err
	}
	return rq.Render(http.StatusOK, tokens(rq.View, list))
}

func (h *handlers) tokenForm(rq *kit.Request) error {
	return rq.Render(http.StatusOK, newToken(rq.View, tokenForm{Scopes: []string{string(tenant.ScopeRead)}, Days: "90"}, nil))
}

func (h *handlers) newToken(rq *kit.Request) error {
	form := tokenForm{Name: rq.Text("name"), Scopes: rq.Texts("scopes"), Days: rq.Text("days")}
	t, raw, err := h.makeToken(rq, form)
	if status, ok := rq.Refused(err); ok {
		return rq.Render(status, newToken(rq.View, form, err))
	}
	if err != nil {
		return err
	}
	return rq.RenderSecret(http.StatusOK, tokenOnce(rq.View, t, raw.Reveal()))
}

func (h *handlers) makeToken(rq *kit.Request, form tokenForm) (t tenant.APIToken, raw secret.String, err error) {
	in, err := form.token(rq.View.Now)
	if err != nil {
		return t, raw, err
	}
	err = rq.Once(func(ctx context.Context) (_ string, err error) {
		t, raw, err = h.Account.CreateToken(ctx, rq.Who.Actor, in)
		return tokensPath, err
	})
	return t, raw, err
}

// token answers what the form asks for. No scope at all is not taken for the scopes that the API gives unasked.
func (f tokenForm) token(now time.Time) (account.NewToken, error) {
	in := account.NewToken{Name: f.Name, Scopes: f.Scopes}
	if len(f.Scopes) == 0 {
		return in, fault.New(fault.Invalid, "bad_scope", "The token could do nothing.").Field("scopes", "Choose at least one.")
	}
	days, err := strconv.Atoi(f.Days)
	if err != nil || !slices.Contains(lives, f.Days) {
		return in, fault.New(fault.Invalid, "bad_expiry", "There is no such time.").Field("days", "Choose one of these.")
	}
	if days > 0 {
		end := now.AddDate(0, 0, days)
		in.ExpiresAt = &end
	}
	return in, nil
}

// token answers the token that the address names; fault NotFound for any other, also somebody else's.
func (h *handlers) token(rq *kit.Request) (tenant.APIToken, error) {
	list, _, err := h.Account.Tokens(rq.Context(), rq.Who.Actor, maxTokens, "")
	if err != nil {
		return tenant.APIToken{}, err
	}
	i := slices.IndexFunc(list, func(t tenant.APIToken) bool { return t.ID == rq.ID() })
	if i < 0 {
		return tenant.APIToken{}, fault.Missing("token")
	}
	return list[i], nil
}

func (h *handlers) deleteTokenForm(rq *kit.Request) error {
	t, err := h.token(rq)
	if err != nil {
		return err
	}
	return rq.Render(http.StatusOK, deleteToken(rq.View, t, nil))
}

func (h *handlers) deleteToken(rq *kit.Request) error {
	t, err := h.token(rq)
	if err != nil {
		return err
	}
	err = h.Account.DeleteToken(rq.Context(), rq.Who.Actor, t.ID)
	if status, ok := rq.Refused(err); ok {
		return rq.Render(status, deleteToken(rq.View, t, err))
	}
	if err != nil {
		return err
	}
	return rq.Go(tokensPath, view.Toast{Text: t.Name + " is deleted. It stopped working."})
}
