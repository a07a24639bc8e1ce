package settings

import (
	"context"
	"encoding/base64"
	"net/http"

	"github.com/ignisfox/ignisfox/adapters/http/web/kit"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
)

func (h *handlers) authenticatorForm(rq *kit.Request) error {
	return rq.Render(http.StatusOK, beginAuthenticator(rq.View, nil))
}

// beginAuthenticator makes the key of an app and shows it, this once.
func (h *handlers) beginAuthenticator(rq *kit.Request) error {
	var e signin.Enrolment
	err := rq.TryBegin()
	if err == nil {
		e, err = h.SignIn.BeginAuthenticator(rq.Context(), rq.Who)
	}
	if status, ok := rq.Refused(err); ok {
		return rq.Render(status, beginAuthenticator(rq.View, err))
	}
	if err != nil {
		return err
	}
	defer e.PNG.Wipe()
	picture := "data:image/png;base64," + base64.StdEncoding.EncodeToString(e.PNG.Reveal())
	return rq.RenderSecret(http.StatusOK, enrolAuthenticator(rq.View, picture, inGroups(e.Key.Reveal())))
}

// confirmForm asks for the first code where the key is not on the page any more.
func (h *handlers) confirmForm(rq *kit.Request) error {
	return rq.Render(http.StatusOK, confirmAuthenticator(rq.View, nil))
}

func (h *handlers) confirmAuthenticator(rq *kit.Request) error {
	var codes []secret.String
	err := rq.TryBegin()
	if err == nil {
		codes, err = h.SignIn.ConfirmAuthenticator(rq.Context(), rq.Who, rq.Text("code"))
	}
	if fault.KindOf(err) == fault.NotFound { // nothing was begun, or it was begun anew elsewhere
		return rq.Go(securityPath + "/authenticator")
	}
	if status, ok := rq.Refused(err); ok {
		return rq.Render(status, confirmAuthenticator(rq.View, err))
	}
	if err != nil {
		return err
	}
	rq.W.Header().Set("HX-Retarget", "#enrol") // the codes take the place of the picture, not that of the form alone
	return h.enrolled(rq, "Your authenticator app is added.", codes)
}

// enrolled goes on after a factor was added: with recovery codes, when these are the first.
func (h *handlers) enrolled(rq *kit.Request, text string, codes []secret.String) error {
	if len(codes) > 0 {
		return rq.RenderSecret(http.StatusOK, codesOnce(rq.View, text, codes, goOn(rq)))
	}
	return rq.Go(goOn(rq), view.Toast{Text: text})
}

// goOn answers where somebody goes who has a second factor now: to the dashboard when nothing else was open to them.
func goOn(rq *kit.Request) string {
	if rq.Who.Must != "" {
		return "/dashboard"
	}
	return securityPath
}

func (h *handlers) removeAuthenticatorForm(rq *kit.Request) error {
	return rq.Render(http.StatusOK, removeAuthenticator(rq.View, nil))
}

func (h *handlers) removeAuthenticator(rq *kit.Request) error {
	err := h.SignIn.RemoveAuthenticator(rq.Context(), rq.Who)
	if status, ok := rq.Refused(err); ok {
		return rq.Render(status, removeAuthenticator(rq.View, err))
	}
	if err != nil {
		return err
	}
	return rq.Go(securityPath, view.Toast{Text: "The authenticator app is removed. Its codes stopped working."})
}

func (h *handlers) codesForm(rq *kit.Request) error {
	return rq.Render(http.StatusOK, renewCodes(rq.View, nil))
}

// newCodes puts new recovery codes in the place of all there were.
func (h *handlers) newCodes(rq *kit.Request) error {
	var codes []secret.String
	err := rq.Once(func(ctx context.Context) (_ string, err error) {
		codes, err = h.SignIn.NewRecoveryCodes(ctx, rq.Who)
		return securityPath, err
	})
	if status, ok := rq.Refused(err); ok {
		return rq.Render(status, renewCodes(rq.View, err))
	}
	if err != nil {
		return err
	}
	return rq.RenderSecret(http.StatusOK, codesOnce(rq.View, "The old codes stopped working.", codes, securityPath))
}
