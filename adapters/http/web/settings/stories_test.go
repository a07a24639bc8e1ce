package settings

import (
	"bytes"
	"context"
	"io"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"github.com/ignisfox/ignisfox/adapters/http/web/story"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/plugin"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// hostile tries to be markup, ends quotes and turns the line round; core/text has shown such names before.
const hostile = `"><script>alert(1)</script>'` + "\\u{202E}" + `txt.exe`

var long = strings.Repeat("very-long-name-without-a-break", 6)

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

func ago(d time.Duration) time.Time { return story.Now.Add(-d) }

func of(role tenant.Role) view.View {
	v := story.View(role)
	v.Current = section
	return v
}

func inDialog(v view.View) view.View {
	v.Dialog, v.Script = true, true
	return v
}

// bound is somebody who must make a second factor first.
func bound(admin bool) view.View {
	v := of("")
	v.Sections, v.Person.PlatformAdmin = nil, admin
	return v
}

func refused(message string, fields ...string) error {
	f := fault.New(fault.Invalid, "bad", message)
	for i := 0; i < len(fields); i += 2 {
		f = f.Field(fields[i], fields[i+1])
	}
	return f
}

func someone(n int, name string, role tenant.Role, seen time.Time) tenant.Member {
	return tenant.Member{User: tenant.UserID("u" + strconv.Itoa(n)), Name: name, Email: "m" + strconv.Itoa(n) + "@aldermoor.example", Role: role, LastAt: seen}
}

func staff() []tenant.Member {
	return []tenant.Member{
		someone(1, "Mara Lindqvist", tenant.Owner, story.Now),
		someone(2, "Jonas Ferrer", tenant.Owner, ago(2*time.Hour)),
		someone(3, "Adaeze Okonjo", tenant.Editor, ago(26*time.Hour)),
		someone(4, "", tenant.Viewer, time.Time{}),
	}
}

func asked(n int, email string, left time.Duration) tenant.Invite {
	return tenant.Invite{ID: "inv_" + strconv.Itoa(n), Email: email, Role: tenant.Editor, ExpiresAt: story.Now.Add(left)}
}

func apiToken(n int, name string, scopes ...tenant.Scope) tenant.APIToken {
	return tenant.APIToken{ID: "tok_" + strconv.Itoa(n), Name: name, Display: "api_…9dG" + strconv.Itoa(n), Scopes: scopes, CreatedAt: ago(90 * 24 * time.Hour)}
}

func apiTokens() []tenant.APIToken {
	a, b, c := apiToken(1, "grafana", tenant.ScopeRead), apiToken(2, "terraform", tenant.ScopeRead, tenant.ScopeWrite), apiToken(3, "old-export", tenant.ScopeExport)
	a.LastAt, a.LastAddr, a.ExpiresAt = ago(3*time.Hour), netip.MustParseAddr("203.0.113.9"), story.Now.Add(12*24*time.Hour)
	c.ExpiresAt = ago(24 * time.Hour)
	return []tenant.APIToken{a, b, c}
}

func passkeys() []tenant.Passkey {
	return []tenant.Passkey{
		{ID: "psk_1", Name: "MacBook", CreatedAt: ago(300 * 24 * time.Hour), LastAt: ago(2 * time.Hour)},
		{ID: "psk_2", Name: hostile, CreatedAt: ago(24 * time.Hour)},
	}
}

func browsers() []tenant.Session {
	return []tenant.Session{
		{ID: "ses_1", Agent: "Firefox on Linux", CreatedAt: ago(time.Hour), LastAt: story.Now, Address: netip.MustParseAddr("203.0.113.9")},
		{ID: "ses_2", Agent: "Safari on iPhone", CreatedAt: ago(50 * time.Hour), LastAt: ago(5 * time.Hour), Address: netip.MustParseAddr("2001:db8::7")},
		{ID: "ses_3", Agent: hostile, CreatedAt: ago(70 * time.Hour), LastAt: ago(60 * time.Hour)},
	}
}

func me(role tenant.Role) profilePage {
	w := tenant.Tenant{Name: "Aldermoor Logistics", TimeZone: "Europe/Stockholm", ConfirmedAt: ago(time.Hour)}
	return profilePage{
		Name: "Mara Lindqvist", Organisation: w.Name, TimeZone: w.TimeZone, Here: "ses_1", Sessions: browsers()[:1],
		Profile: account.Profile{Member: tenant.Member{Name: "Mara Lindqvist", Role: role}, Workspace: w},
	}
}

func full() profilePage {
	p := me(tenant.Owner)
	p.Factors = signin.Factors{Authenticator: true, Passkeys: passkeys(), RecoveryCodes: 8}
	p.Sessions, p.Tokens, p.Profile.Platform = browsers(), append(apiTokens(), apiToken(4, hostile, tenant.ScopeRead)), true
	return p
}

func profileStories() []story.Story {
	first, bad := me(tenant.Owner), me(tenant.Owner)
	first.Profile.Incomplete = true
	bad.Name, bad.Organisation = "", long
	required := me(tenant.Viewer)
	required.Profile.Workspace.SecondFactor = true
	compact := of(tenant.Owner)
	compact.Compact, compact.Theme = true, "dark"
	return []story.Story{
		{Name: "profile-first", Component: short(profile(of(tenant.Owner), first, nil))},
		{Name: "profile-full", Component: short(profile(of(tenant.Owner), full(), nil))},
		{Name: "profile-viewer", Component: short(profile(of(tenant.Viewer), required, nil))},
		{Name: "profile-refused", Component: short(profile(of(tenant.Owner), bad, refused("The name is not usable.", "name", "Give it a name.", "organisation", "The name is too long.")))},
		{Name: "preferences", Component: short(preferences(of(tenant.Editor), preferencesPage{Workspace: "Europe/Stockholm", DateFormat: tenant.DateLong}, nil))},
		{Name: "preferences-own", Component: short(preferences(compact, preferencesPage{TimeZone: "Asia/Tokyo", Workspace: "UTC", DateFormat: tenant.DateISO, Theme: "dark", Compact: true}, nil))},
		{Name: "preferences-refused", Component: short(preferences(of(tenant.Editor), preferencesPage{Workspace: "UTC"}, refused("There is no such time zone.", "time_zone", "Give an IANA name.")))},
		{Name: "leave-dialog", Component: leave(inDialog(of(tenant.Editor)), nil)},
		{Name: "leave-page-refused", Component: leave(of(tenant.Owner), refused("A workspace keeps one owner. Make somebody else an owner first."))},
		{Name: "delete-dialog", Component: deleteWorkspace(inDialog(of(tenant.Owner)), "", nil)},
		{Name: "delete-page-refused", Component: deleteWorkspace(of(tenant.Owner), hostile, refused("To delete the workspace, repeat its name.", "name", "Repeat the name of the workspace exactly."))},
	}
}

func memberStories() []story.Story {
	var many []tenant.Member
	for i := range mostMembers {
		many = append(many, someone(i+1, "Member "+strconv.Itoa(i+1), tenant.Viewer, time.Time{}))
	}
	invites := []tenant.Invite{asked(1, "lena@aldermoor.example", 41*time.Hour), asked(2, "late@aldermoor.example", -time.Hour), asked(3, "soon@aldermoor.example", 20*time.Minute)}
	page := membersPage{Members: staff(), Total: 4, Invites: invites, Form: inviteForm{Role: tenant.Viewer}}
	nasty := membersPage{Members: []tenant.Member{someone(1, hostile, tenant.Owner, story.Now), someone(2, long, tenant.Editor, ago(time.Minute))}, Total: 2}
	both := []made{
		{Email: "lena@aldermoor.example", Role: tenant.Editor, Link: secret.NewString("https://ignisfox.example.com/invite#inv_one")},
		{Email: "ivo@aldermoor.example", Role: tenant.Editor, Link: secret.NewString("https://ignisfox.example.com/invite#inv_two")},
		{Email: "mara@aldermoor.example", Err: refused("This person is a member of the workspace already.")},
	}
	return []story.Story{
		{Name: "members", Component: members(of(tenant.Owner), page, nil)},
		{Name: "members-viewer", Component: members(of(tenant.Viewer), membersPage{Members: staff(), Total: 4}, nil)},
		{Name: "members-hostile", Component: members(of(tenant.Owner), nasty, nil)},
		{Name: "members-many", Component: members(of(tenant.Editor), membersPage{Members: many, Total: 940}, nil)},
		{Name: "members-refused", Component: members(of(tenant.Owner), page, refused("A workspace keeps one owner. Make somebody else an owner first."))},
		{Name: "invite-refused", Component: inviteQuestion(of(tenant.Owner), inviteForm{Emails: hostile, Role: tenant.Owner}, refused("Nobody was invited.", "emails", "One of these is no address."))},
		{Name: "invited", Component: invited(of(tenant.Owner), both[:1])},
		{Name: "invited-dialog", Component: invited(inDialog(of(tenant.Owner)), both)},
		{Name: "role-page", Component: roleOf(of(tenant.Owner), staff()[2])},
		{Name: "remove-dialog", Component: removeMember(inDialog(of(tenant.Owner)), staff()[2], nil)},
		{Name: "remove-page", Component: removeMember(of(tenant.Owner), someone(9, hostile, tenant.Editor, story.Now), nil)},
		{Name: "renew-dialog", Component: renewInvite(inDialog(of(tenant.Owner)), invites[0], nil)},
		{Name: "cancel-dialog", Component: cancelInvite(inDialog(of(tenant.Owner)), invites[0], nil)},
	}
}

func tokenStories() []story.Story {
	form := tokenForm{Name: "grafana", Scopes: []string{"read"}, Days: "90"}
	return []story.Story{
		{Name: "tokens", Component: tokens(of(tenant.Editor), apiTokens())},
		{Name: "tokens-empty", Component: tokens(of(tenant.Editor), nil)},
		{Name: "tokens-viewer", Component: tokens(of(tenant.Viewer), nil)},
		{Name: "tokens-hostile", Component: tokens(of(tenant.Owner), []tenant.APIToken{apiToken(1, hostile, tenant.ScopeRead), apiToken(2, long, tenant.ScopeRead)})},
		{Name: "new-token-dialog", Component: newToken(inDialog(of(tenant.Editor)), form, nil)},
		{Name: "new-token-page-refused", Component: newToken(of(tenant.Editor), tokenForm{Name: hostile, Days: "7"}, refused("The token could do nothing.", "scopes", "Choose at least one.", "days", "Choose one of these."))},
		{Name: "token-once-dialog", Component: tokenOnce(inDialog(of(tenant.Editor)), apiToken(1, "grafana", tenant.ScopeRead), "api_7Qm4xVb0sYt9KcR2hLw8ZpE3")},
		{Name: "token-once-page", Component: tokenOnce(of(tenant.Editor), apiToken(1, hostile, tenant.ScopeRead), "api_7Qm4xVb0sYt9KcR2hLw8ZpE3")},
		{Name: "delete-token-dialog", Component: deleteToken(inDialog(of(tenant.Editor)), apiTokens()[0], nil)},
	}
}

func securityStories() []story.Story {
	own := securityPage{Sessions: browsers()[:1], Here: "ses_1"}
	all := securityPage{Sessions: browsers(), Here: "ses_1", Factors: signin.Factors{Authenticator: true, Passkeys: passkeys(), RecoveryCodes: 2}, Required: true}
	codes := []secret.String{secret.NewString("7q4mx-vbast"), secret.NewString("2hkw8-zpe3n")}
	const picture = "data:image/png;base64,iVBORw0KGgo="
	return []story.Story{
		{Name: "security", Component: security(of(tenant.Viewer), own, nil)},
		{Name: "security-full", Component: security(of(tenant.Owner), all, nil)},
		{Name: "security-refused", Component: security(of(tenant.Owner), own, refused("You have no second factor yourself.", "second_factor", "Add a second factor of your own first."))},
		{Name: "security-must", Component: security(bound(false), securityPage{Must: true, Required: true}, nil)},
		{Name: "security-must-admin", Component: security(bound(true), securityPage{Must: true}, nil)},
		{Name: "password-dialog", Component: changePassword(inDialog(of(tenant.Viewer)), nil)},
		{Name: "password-page-refused", Component: changePassword(of(tenant.Viewer), refused("The password is wrong.", "password", "Give the password that you sign in with.", "new_password", "Give at least 8 characters."))},
		{Name: "end-session-dialog", Component: endSession(inDialog(of(tenant.Viewer)), browsers()[0], true)},
		{Name: "end-session-page", Component: endSession(of(tenant.Viewer), browsers()[1], false)},
		{Name: "app-dialog", Component: beginAuthenticator(inDialog(of(tenant.Viewer)), nil)},
		{Name: "app-scan-dialog", Component: enrolAuthenticator(inDialog(of(tenant.Viewer)), picture, "5C7T 4SKJ Q6EA")},
		{Name: "app-scan-page", Component: enrolAuthenticator(bound(true), picture, "5C7T 4SKJ Q6EA")},
		{Name: "app-code-dialog", Component: confirmAuthenticator(inDialog(of(tenant.Viewer)), refused("The code is wrong or was used already.", "code", "Give the newest code."))},
		{Name: "app-code-page", Component: confirmAuthenticator(of(tenant.Viewer), refused("The code is wrong or was used already.", "code", "Give the newest code."))},
		{Name: "app-remove-dialog", Component: removeAuthenticator(inDialog(of(tenant.Viewer)), refused("You must have a second factor, and this is the last one. Add another first."))},
		{Name: "codes-dialog", Component: codesOnce(inDialog(of(tenant.Viewer)), "Your authenticator app is added.", codes, securityPath)},
		{Name: "codes-page", Component: codesOnce(bound(true), hostile+" is added.", codes, "/dashboard")},
		{Name: "codes-renew-dialog", Component: renewCodes(inDialog(of(tenant.Viewer)), nil)},
		{Name: "passkey-dialog", Component: addPasskey(inDialog(of(tenant.Viewer)))},
		{Name: "passkey-page", Component: addPasskey(of(tenant.Viewer))},
		{Name: "passkey-rename-dialog", Component: renamePasskey(inDialog(of(tenant.Viewer)), passkeys()[1], hostile, nil)},
		{Name: "passkey-remove-dialog", Component: removePasskey(inDialog(of(tenant.Viewer)), passkeys()[0], nil)},
	}
}

func TestStories(t *testing.T) {
	story.Check(t, append(append(append(profileStories(), memberStories()...), tokenStories()...), append(securityStories(), pluginStories()...)...))
}

func pluginStories() []story.Story {
	v := story.View(tenant.Owner)
	v.Actor.Platform, v.Current = true, section
	since := story.Now.Add(-time.Hour)
	all := []plugin.Info{
		{ID: "deploy.ssh", Kind: plugin.KindDeploy, Title: "Linux or Unix by SSH", Version: "0.1.0", SHA256: strings.Repeat("ab", 32), State: plugin.StateReady, Since: since},
		{ID: "deploy.f5", Kind: plugin.KindDeploy, Title: "F5 BIG-IP", Version: "1.2.0", SHA256: strings.Repeat("cd", 32), State: plugin.StateStarting, Restarts: 3, Since: since},
		{ID: "dns.x", Kind: plugin.KindDNS, Title: "<b>bold</b>\u202e", Version: "1", State: plugin.StateFailed, Reason: "Its bytes are not those of the manifest."},
		{ID: "ca.y", Kind: plugin.KindCA, Title: "Some CA", Version: "2", State: plugin.StateDisabled, Reason: "Switched off by the settings."},
	}
	return []story.Story{{Name: "plugins", Component: pluginList(v, all)}, {Name: "plugins-none", Component: pluginList(v, nil)}}
}
