package ui

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"github.com/ignisfox/ignisfox/adapters/http/web/story"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// hostile is a name somebody chose to break a page; core/text has made nothing of it harmless yet.
const hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)>'`

var long = strings.Repeat("a-very-long-name-without-a-place-to-break", 8)

func text(s string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, templ.EscapeString(s))
		return err
	})
}

// with draws a component with children.
func with(c templ.Component, children ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return c.Render(templ.WithChildren(ctx, templ.Join(children...)), w)
	})
}

func dialog(v view.View) view.View {
	v.Dialog, v.Script = true, true
	return v
}

func TestStories(t *testing.T) {
	v := story.View(tenant.Owner)
	wrong := fault.New(fault.Invalid, "bad_form", "Some fields need another look.").Field("name", "Give it a name.")
	day := 24 * time.Hour
	expiry := func(life, left time.Duration) templ.Component {
		return Expiry(v, story.Now.Add(left-life), story.Now.Add(left))
	}

	stories := []story.Story{
		{Name: "icons", Component: templ.Join(Icon(v, "vault"), IconSmall(v, "copy"), Logo())},
		{Name: "button-kinds", Component: templ.Join(
			Button(v, ButtonProps{Label: "Primary", Kind: Primary}), Button(v, ButtonProps{Label: "Secondary"}),
			Button(v, ButtonProps{Label: "Ghost", Kind: Ghost}), Button(v, ButtonProps{Label: "Danger", Kind: Danger}),
			Button(v, ButtonProps{Label: "Delete for good", Kind: DangerSolid}), Button(v, ButtonProps{Label: "Small", Size: Small, Icon: "download"}),
			Button(v, ButtonProps{Label: "Large", Size: Large, Block: true, Type: "button"}),
			Button(v, ButtonProps{Label: "Disabled", Disabled: true, Title: "Choose a file first"}),
			Button(v, ButtonProps{Label: "Stop", Name: "do", Value: "stop"}))},
		{Name: "button-links", Component: templ.Join(
			LinkButton(v, "/dashboard/groups/1/rename", ButtonProps{Label: "Rename", Dialog: true}),
			LinkButton(v, "/dashboard/vault/1/pem", ButtonProps{Label: "Download .pem", Icon: "download", Kind: Primary, Download: true}),
			IconButton(v, IconProps{Label: "Remove " + hostile, Icon: "x", Small: true}),
			IconLink(v, "/docs/vault", IconProps{Label: "Help", Icon: "help"}))},
		{Name: "copy", Component: templ.Join(
			CopyButton(v, CopyProps{Label: "Copy reference", From: "ref", Size: Small}),
			CopyButton(v, CopyProps{Label: "Copy all names", Text: hostile, Words: true}))},
		{Name: "field", Component: templ.Join(
			Field(v, FieldProps{Label: "Name", Name: "name", Value: hostile, Hint: "As people see it.", MaxLength: 100, Required: true, Autocomplete: "off"}),
			Field(v, FieldProps{Label: "Note", Name: "note", Optional: true, Placeholder: "Anything", Width: "w6"}),
			Field(v, FieldProps{Label: "Serial", Name: "serial", Value: "00:11", Mono: true, ReadOnly: true, Inputmode: "text"}))},
		{Name: "field-error", Component: Field(v, FieldProps{Label: "Port", Name: "port", Value: "70000", Hint: "Of the device.", Error: "Use a number from 1 to 65535.", Autofocus: true})},
		{Name: "field-password", Component: Field(v, FieldProps{Label: "Password", Name: "password", Type: "password", Value: "never drawn", Reveal: true, Autocomplete: "current-password"})},
		{Name: "textarea", Component: templ.Join(
			TextArea(v, TextAreaProps{FieldProps: FieldProps{Label: "PEM", Name: "pem", Type: "password", Value: "never drawn", Mono: true, Placeholder: "-----BEGIN CERTIFICATE-----"}, Rows: 12}),
			TextArea(v, TextAreaProps{FieldProps: FieldProps{Label: "Ranges", Name: "cidrs", Value: "10.0.0.0/8\n192.0.2.0/24</textarea>", Error: "192.0.2.0/24 is there twice."}}))},
		{Name: "select", Component: templ.Join(
			Select(v, SelectProps{Label: "Kind", Name: "kind", Value: "key", Hint: "Of the file.", Options: []Option{{Value: "cert", Label: "Certificate"}, {Value: "key", Label: "Key"}, {Value: "x", Label: hostile, Disabled: true}}}),
			Select(v, SelectProps{Label: "Group", Name: "group", Bare: true, Options: []Option{{Label: "All groups"}}}))},
		{Name: "check", Component: templ.Join(
			Check(v, CheckProps{Label: "Include the full chain", Name: "chain", Checked: true}),
			with(Check(v, CheckProps{Name: "ok", Value: "yes", Error: "Say yes first."}), text("I have stored the token")))},
		{Name: "switch", Component: templ.Join(
			Switch(v, CheckProps{Label: "Two-step verification", Name: "second_factor", Hint: "For everybody in this workspace.", Checked: true}),
			with(Setting("Passkeys", "None yet."), Button(v, ButtonProps{Label: "Add", Size: Small})))},
		{Name: "choices", Component: Choices(v, ChoicesProps{Label: "Type", Name: "type", Value: "pull", Error: "Choose one.",
			Options: []Option{{Value: "pull", Label: "HTTPS pull", Text: "The device fetches.", Icon: "download"}, {Value: "ssh", Label: "SSH", Disabled: true}}})},
		{Name: "kinds", Component: templ.Join(KindBadge(v, "cert"), KindBadge(v, "key"), KindBadge(v, "bundle"), KindBadge(v, "pfx"), KindBadge(v, hostile),
			Mark(v, "cert"), Mark(v, "pfx"), Mark(v, ""), MarkLarge(v, "ok", "ca"))},
		{Name: "badges", Component: templ.Join(Badge("ok", "current"), Badge("", "neutral"), BadgeIcon(v, "warn", "clock", "waiting"),
			StatusKeep("bad", "failed"), StatusMark("warn", "expiring"))},
		{Name: "tags", Component: templ.Join(Tag("storefront", "/dashboard/groups/1"), Tag(long, ""), TagMono(hostile),
			Chip(ChipProps{Label: "Expiring", Count: "19", Href: "/dashboard/vault?state=expiring", On: true}), Chip(ChipProps{Label: "Expired", Href: "/dashboard/vault"}),
			Avatar("Mara Lindqvist", "mara@aldermoor.example"), Avatar("", ""))},
		{Name: "expiry", Component: templ.Join(expiry(365*day, -2*day), expiry(397*day, 3*day), expiry(6*day, 4*day), expiry(6*day, day), expiry(90*day, 12*day),
			expiry(47*day, 14*day), expiry(90*day, 64*day), expiry(730*day, 301*day), ExpirySmall(v, story.Now.Add(-day), story.Now.Add(5*time.Hour)))},
		{Name: "times", Component: templ.Join(Date(v, story.Now), Time(v, story.Now), Ago(v, story.Now.Add(-2*time.Hour)), Ago(v, story.Now.Add(-30*day)), Until(v, story.Now.Add(41*time.Hour)), Date(v, time.Time{}))},
		{Name: "tile", Component: templ.Join(
			Tile(v, TileProps{Icon: "vault", Label: "Certificates", N: "412", Sub: "138 groups", Href: "/dashboard/vault"}),
			Tile(v, TileProps{Icon: "clock", Label: "Expiring", N: "19", Tone: "warn", Sub: "in 30 days"}))},
		{Name: "card-head", Component: templ.Join(with(CardHead("Chain", "chain-t"), Badge("ok", "complete")), CardLink("Recently uploaded", "", "View all", "/dashboard/vault"),
			with(PageHead("Cert vault", "What is sealed."), LinkButton(v, "/dashboard/vault/upload", ButtonProps{Label: "Upload cert", Kind: Primary})), PageHead(hostile, ""))},
		{Name: "facts", Component: templ.Join(with(KV("Serial", "00ff"), CopyButton(v, CopyProps{Label: "Copy serial", Text: "00ff", Size: Small})), with(Row("Issuer"), text("Aldermoor CA")),
			Two(hostile, "/dashboard/vault/1", long), Two(long, "", ""), FingerprintShort("9f:2c:41:d8:7b:e0"), FingerprintShort("9f2c41d87be00011223344556677889900"), Clip(long))},
		{Name: "callouts", Component: templ.Join(
			with(Callout(v, CalloutProps{Tone: "info", Title: "Something to know", Text: hostile}), text("more")),
			with(Callout(v, CalloutProps{Tone: "warn", Title: "Needs you soon", Row: true}), Button(v, ButtonProps{Label: "Do it", Size: Small})),
			Callout(v, CalloutProps{Tone: "bad", Title: "It failed", Alert: true}), Callout(v, CalloutProps{Icon: "key", Text: "The master key is a file"}))},
		{Name: "empty", Component: templ.Join(
			with(Empty(v, "vault", "Nothing here yet", "Upload a certificate to begin."), LinkButton(v, "/dashboard/vault/upload", ButtonProps{Label: "Upload cert", Kind: Primary})),
			DocsLink(v, "/docs/vault", ""), DocsLink(v, "", ""))},
		{Name: "code", Component: templ.Join(
			Code(v, CodeProps{ID: "c1", Title: "/usr/local/bin/ignisfox-pull.sh", Text: "#!/bin/bash\nset -eu\n\techo \"</code>\" '<b>'\n"}),
			Code(v, CodeProps{ID: "c2", Label: "the command", Text: "curl"}))},
		{Name: "secret", Component: with(SecretOnce(v, SecretProps{ID: "tok", Title: "web-dmz-01 is saved. Copy its token now", Text: "This is the only time it is shown.", Label: "token", Value: "pt_0123456789"}),
			Tabs("Script for", []Tab{{ID: "bash", Title: "bash", Body: text("one")}, {ID: "ps", Title: "PowerShell", Body: text("two")}}))},
		{Name: "steps", Component: templ.Join(
			Steps(v, "Generations", []Step{{Tone: "ok", Title: "Generation 7", Text: "ACME", Aside: Badge("ok", "current")}, {Title: "Generation 6", Body: text("uploaded")}, {Tone: "bad", Title: hostile}, {Tone: "warn", Title: "Waiting", Icon: "key"}, {Tone: "warn", Title: "Late"}}))},
		{Name: "table", Component: templ.Join(
			with(TableWrap("Certificates table"), text("rows")),
			SelectAll(), SortHeader(v, SortProps{Title: "Name", Href: "/dashboard/vault?sort=-name", Sort: "ascending", Class: "c-name"}), SortHeader(v, SortProps{Title: "Kind", Href: "/dashboard/vault?sort=kind"}),
			SelectRow("id", "a1", hostile), with(BulkBar(), Button(v, ButtonProps{Label: "Delete", Kind: Danger, Size: Small})),
			Pager(v, PagerProps{Label: "51 to 100 of 412", First: "?page=1", Prev: "?page=1", Next: "?page=3", Last: "?page=9"}), Pager(v, PagerProps{Label: "1 to 3 of 3"}),
			Search(v, SearchProps{Label: "Search the vault", Value: hostile, Placeholder: "Name, issuer or file name", Attrs: templ.Attributes{"hx-get": "/dashboard/vault"}}))},
		{Name: "menu", Component: templ.Join(MenuButton(v, "m1", "Actions for "+hostile), with(Menu("m1"),
			MenuLink(v, "/dashboard/vault/1/pem", MenuProps{Label: "Download .pem", Icon: "download", Download: true}),
			MenuItem(v, MenuProps{Label: "Keyboard shortcuts", Note: "?", Attrs: templ.Attributes{"data-open": "keys"}}),
			MenuSubmit(v, "/sign-out", MenuProps{Label: "Sign out", Icon: "logout"}),
			MenuLink(v, "/dashboard/vault/1/delete", MenuProps{Label: "Delete", Icon: "trash", Dialog: true, Danger: true})))},
		{Name: "form-page", Component: with(Form(v, FormProps{Title: "Rename the group", Lead: hostile, Action: "/dashboard/groups/1/rename", Submit: "Rename", Back: "/dashboard/groups/1"}),
			Field(v, FieldProps{Label: "Name", Name: "name"}))},
		{Name: "form-dialog", Component: with(Form(dialog(v), FormProps{ID: "del", Title: "Delete 2 items?", Action: "/dashboard/vault/delete", Submit: "Delete 2 items", Icon: "trash", Danger: true, Cancel: "Keep them", Error: wrong}),
			Field(v, FieldProps{Label: "Name", Name: "name", Error: FieldError(wrong, "name")}))},
		{Name: "form-files", Component: with(Form(dialog(v), FormProps{Title: "Attach a key", Action: "/dashboard/groups/1/key", Files: true}), text("file"))},
		{Name: "form-download", Component: with(Form(dialog(v), FormProps{Title: "Build PFX", Action: "/dashboard/groups/1/pfx", Submit: "Build and download", Plain: true, Error: io.ErrUnexpectedEOF}), text("password"))},
		{Name: "frame-dialog", Component: with(DialogFrame(dialog(v), FrameProps{Title: "Difference", Lead: "To the current generation.", Foot: Button(v, ButtonProps{Label: "Close", Type: "button"})}), text("body"))},
		{Name: "frame-page", Component: with(DialogFrame(v, FrameProps{Title: "Difference", Foot: LinkButton(v, "/dashboard", ButtonProps{Label: "Back"})}), text("body"))},
		{Name: "passkey", Component: templ.Join(
			PasskeyButton(v, PasskeyProps{Kind: PasskeySignIn, Begin: "/sign-in/passkey", Finish: "/sign-in/passkey/finish"}),
			PasskeyButton(v, PasskeyProps{Kind: PasskeyEnrol, Label: "Add a passkey", Begin: "/b", Finish: "/f", Name: "f-passkey", Inline: true}))},
	}
	story.Check(t, stories)
}

func TestSecretsAreNotSentBack(t *testing.T) {
	v := story.View(tenant.Owner)
	for _, c := range []templ.Component{
		Field(v, FieldProps{Label: "Password", Name: "p", Type: "password", Value: "swordfish"}),
		TextArea(v, TextAreaProps{FieldProps: FieldProps{Label: "PEM", Name: "pem", Type: "password", Value: "swordfish"}}),
	} {
		if html := story.Draw(t, c); strings.Contains(html, "swordfish") {
			t.Errorf("a secret was drawn: %s", html)
		}
	}
}

func TestWordsOfFailures(t *testing.T) {
	v := story.View(tenant.Owner)
	err := fault.Wrap(io.ErrUnexpectedEOF, fault.Conflict, "taken", "That name is taken. Choose another.")
	if html := story.Draw(t, FormErrors(v, err)); !strings.Contains(html, "That name is taken. Choose another.") || strings.Contains(html, "EOF") {
		t.Errorf("a fault's own words, and nothing of its cause: %s", html)
	}
	if html := story.Draw(t, FormErrors(v, io.ErrUnexpectedEOF)); strings.Contains(html, "EOF") || !strings.Contains(html, "Try again") {
		t.Errorf("an inner error was shown: %s", html)
	}
	if html := story.Draw(t, FormErrors(v, nil)); strings.TrimSpace(html) != "" {
		t.Errorf("no error, yet %q", html)
	}
}

func TestKB(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 241: "241 B", 6246: "6.1 KB", 262144: "256 KB", 1363148: "1.3 MB"} {
		if got := KB(n); got != want {
			t.Errorf("%d bytes: %q, want %q", n, got, want)
		}
	}
}
