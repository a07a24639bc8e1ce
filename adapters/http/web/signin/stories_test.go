package signin

import (
	"bytes"
	"context"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"github.com/ignisfox/ignisfox/adapters/http/web/story"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	core "github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// hostile tries to be markup, ends quotes and turns the line round; core/text has shown such names before.
const hostile = `"><script>alert(1)</script>'` + "\\u{202E}" + `txt.exe`

var server = facts{
	Server: Server{Version: "0.1.0", Engine: "SQLite", KEK: "It is the file /var/lib/ignisfox/kek."}, host: "ignisfox.example.com",
}

var zones = regexp.MustCompile(`<option value="[A-Z][a-z]+/[^"]+">[^<]*</option>`)

// short leaves out the time zones that are not chosen: which there are is not for a story to say.
func short(c templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		var b bytes.Buffer
		if err := c.Render(ctx, &b); err != nil {
			return err
		}
		_, err := w.Write(zones.ReplaceAll(b.Bytes(), nil))
		return err
	})
}

func refused(message string, fields ...string) error {
	f := fault.New(fault.Invalid, "bad", message)
	for i := 0; i < len(fields); i += 2 {
		f = f.Field(fields[i], fields[i+1])
	}
	return f
}

func grant(name string, known bool) tenant.InviteGrant {
	return tenant.InviteGrant{
		Invite:    tenant.Invite{Email: "lena@aldermoor.example", Role: tenant.Editor, CreatedBy: "mara@aldermoor.example", ExpiresAt: story.Now.Add(41 * time.Hour)},
		Workspace: tenant.Tenant{Name: name}, Known: known,
	}
}

// alone is somebody who is in no workspace.
func alone() view.View {
	v := story.View("")
	v.Sections, v.Workspaces, v.Workspace = nil, nil, tenant.Tenant{}
	return v
}

// warned is somebody whose page says something that stays.
func warned(warnings ...view.Toast) view.View {
	v := alone()
	v.Toasts = warnings
	return v
}

func inDialog(v view.View) view.View {
	v.Dialog, v.Script = true, true
	return v
}

func TestStories(t *testing.T) {
	v, in := story.Visitor(), story.View(tenant.Viewer)
	filled := setupForm{Name: "Mara Lindqvist", Organisation: "Aldermoor Logistics", Email: "mara@aldermoor.example", TimeZone: "Europe/Stockholm"}
	wrong := signInForm{Email: "mara@aldermoor.example", Next: "/dashboard/vault?q=mail", Wrong: true, Left: 3, Stay: true}
	last := wrong
	last.Left = 0
	wrongOne := fault.New(fault.Unauthenticated, "wrong_credentials", "E-mail or password is wrong.")
	dead := fault.New(fault.NotFound, "invite_dead", "This invite is used, too old or withdrawn. Ask for a new one.")
	person := personForm{Name: hostile, Email: "kim@"}
	story.Check(t, []story.Story{
		{Name: "setup", Component: short(setupPage(v, server, setupForm{TimeZone: "UTC"}, nil))},
		{Name: "setup-refused", Component: short(setupPage(v, server, filled, refused("The password is too short or too long.", "password", "Give at least 8 characters.")))},
		{Name: "setup-dead", Component: setupLinkPage(v, fault.New(fault.NotFound, "setup_link_dead", "This setup link is used, too old or not known."))},
		{Name: "setup-link", Component: setupLinkPage(v, nil)},
		{Name: "sign-in", Component: signInPage(v, signInForm{Next: "/dashboard"}, nil)},
		{Name: "sign-in-open", Component: signInPage(v, signInForm{Next: "/dashboard", SignUp: true}, nil)},
		{Name: "sign-in-wrong", Component: signInPage(v, wrong, wrongOne)},
		{Name: "sign-in-last", Component: signInPage(v, last, wrongOne)},
		{Name: "sign-in-waiting", Component: signInPage(v, signInForm{Email: hostile}, fault.New(fault.RateLimited, "too_many_tries", "Too many wrong tries. Wait 4 minutes, then try again."))},
		{Name: "help", Component: helpPage(v)},
		{Name: "code-app", Component: codePage(v, codeForm{Asked: core.Asked{Authenticator: true, RecoveryCode: true}, Next: "/dashboard/vault"}, nil)},
		{Name: "code-passkey", Component: codePage(v, codeForm{Asked: core.Asked{Passkey: true, RecoveryCode: true}}, nil)},
		{Name: "code-passkey-alone", Component: codePage(v, codeForm{Asked: core.Asked{Passkey: true}}, nil)},
		{Name: "code-wrong", Component: codePage(v, codeForm{Asked: core.Asked{Authenticator: true, Passkey: true, RecoveryCode: true}},
			refused("The code is wrong or was used already.", "code", "Give the newest code of your app, or a recovery code that you have not used."))},
		{Name: "sign-up", Component: signUpPage(v, personForm{}, nil)},
		{Name: "sign-up-refused", Component: signUpPage(v, person, refused("The e-mail address is not usable.", "email", "Give an address such as kim@example.com."))},
		{Name: "invite-link", Component: linkPage(v, nil)},
		{Name: "invite-dead", Component: linkPage(v, dead)},
		{Name: "invite-new", Component: invitePage(v, grant("Aldermoor Logistics", false), personForm{}, nil)},
		{Name: "invite-refused", Component: invitePage(v, grant(hostile, false), person, refused("The name is not usable.", "name", "Leave out line breaks."))},
		{Name: "invite-known", Component: invitePage(v, grant("Aldermoor Logistics", true), personForm{}, nil)},
		{Name: "invite-signed-in", Component: invitePage(in, grant(strings.Repeat("very-long-name", 12), true), personForm{}, nil)},
		{Name: "guessed", Component: welcomePage(warned(guessed(1)), welcomeOffer{}, nil)},
		{Name: "guessed-often", Component: welcomePage(warned(guessed(26), view.Toast{Text: hostile, Keep: true}), welcomeOffer{}, nil)},
		{Name: "welcome", Component: welcomePage(alone(), welcomeOffer{Delete: true}, nil)},
		{Name: "welcome-admin", Component: welcomePage(alone(), welcomeOffer{}, nil)},
		{Name: "welcome-open", Component: welcomePage(alone(), welcomeOffer{Workspace: true, Delete: true}, nil)},
		{Name: "welcome-refused", Component: welcomePage(alone(), welcomeOffer{Workspace: true}, fault.New(fault.RateLimited, "rate_limited", "Too many sign-ups from this address. Wait 12 minutes, then try again."))},
		{Name: "delete-account-member", Component: deleteAccountPage(in, "", nil)},
		{Name: "delete-account", Component: deleteAccountPage(alone(), "", nil)},
		{Name: "delete-account-dialog", Component: deleteAccountPage(inDialog(alone()), "kim@", refused("To delete your account, repeat its e-mail address.", "email", "Repeat your e-mail address."))},
		{Name: "deleted", Component: deletedPage(v)},
	})
}
