package ingest

import (
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/web/paging"
	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/adapters/http/web/story"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/ingest"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// hostile tries to be markup, ends quotes and turns the line round; core/text has shown such names before.
const hostile = `"><script>alert(1)</script>'` + "\\u{202E}" + `txt.exe`

var long = strings.Repeat("very-long-name-without-a-break", 6)

func named(n int, name, groupName string, rested time.Duration) tenant.IngestToken {
	t := tenant.IngestToken{
		ID: "itk_" + strconv.Itoa(n), Name: name, Display: "it_…c2" + strconv.Itoa(n%10), CreatedAt: story.Now.Add(-300 * 24 * time.Hour),
		CreatedBy: "mara@aldermoor.example",
	}
	if groupName != "" {
		t.Group, t.GroupName = "grp_"+strconv.Itoa(n), groupName
	}
	if rested >= 0 {
		t.LastAt, t.LastAddr = story.Now.Add(-rested), netip.MustParseAddr("198.51.100.4")
	}
	return t
}

func page(t *testing.T, tokens ...tenant.IngestToken) listPage {
	p := listPage{Tokens: tokens, Endpoint: ingest.Endpoint("https://ignisfox.example.com")}
	var err error
	if p.Snippets, err = ingest.Snippets("https://ignisfox.example.com"); err != nil {
		t.Fatal(err)
	}
	return p
}

func as(role tenant.Role) view.View {
	v := story.View(role)
	v.Current, v.Path = section, home
	for i := range v.Sections {
		v.Sections[i].Docs = "/docs/" + v.Sections[i].ID
	}
	return v
}

func inDialog() view.View {
	v := as(tenant.Owner)
	v.Dialog, v.Script = true, true
	return v
}

func TestStories(t *testing.T) {
	owner, viewer := as(tenant.Owner), as(tenant.Viewer)
	usual := page(t, named(1, "ci-prod", "edge", 2*time.Hour), named(2, "certbot-mailhost", "mail", 230*24*time.Hour), named(3, "staging", "", -1))
	many := page(t)
	for i := range paging.Rows {
		many.Tokens = append(many.Tokens, named(i, "runner-"+strconv.Itoa(i), "edge", time.Hour))
	}
	many.Next, many.Place = "c2", paging.Place{Cursor: "c1", Skipped: 50}
	many.Sort = "-" + tenant.IngestTokensByName
	past := page(t)
	past.Place = paging.Place{Cursor: "c1", Skipped: 50}
	evil := page(t, named(4, hostile+long, hostile+long, time.Hour))
	evil.Tokens[0].CreatedBy = hostile + long
	mute := page(t)
	mute.Snippets = nil
	form := newPage{Groups: part.Groups{Items: []group.Group{{Name: "edge"}, {Name: hostile}}, More: true}}
	wrong := newPage{Name: "ci-prod", Group: "none", Groups: form.Groups.Choose("none"), Error: fault.New(fault.Invalid, "bad_name", "The name is not usable.").
		Field("group", "Choose another name: this one has a meaning of its own.")}
	token, _ := find(usual.Snippets, "token")
	shownOnce := oncePage{Token: usual.Tokens[0], Value: "it_7Qm4xVb0sYt9KcR2hLw8ZpE3nJf6uXo1gTi5vHk7aBqWd9DaG", Snippet: token}
	unbound := shownOnce
	unbound.Token, unbound.Snippet = usual.Tokens[2], ingest.Snippet{}
	story.Check(t, []story.Story{
		{Name: "list", Component: list(owner, usual)},
		{Name: "list-viewer", Component: list(viewer, usual)},
		{Name: "list-empty", Component: list(owner, page(t))},
		{Name: "list-empty-viewer", Component: list(viewer, page(t))},
		{Name: "list-many", Component: list(owner, many)},
		{Name: "list-past-the-end", Component: list(owner, past)},
		{Name: "list-hostile", Component: list(owner, evil)},
		{Name: "list-without-commands", Component: list(owner, mute)},
		{Name: "new-dialog", Component: newToken(inDialog(), form)},
		{Name: "new-page", Component: newToken(owner, form)},
		{Name: "new-wrong", Component: newToken(inDialog(), wrong)},
		{Name: "made-dialog", Component: made(inDialog(), shownOnce)},
		{Name: "made-page", Component: made(owner, unbound)},
		{Name: "revoke-dialog", Component: revoke(inDialog(), usual.Tokens[0], nil)},
		{Name: "revoke-page", Component: revoke(owner, usual.Tokens[2], nil)},
		{Name: "revoke-hostile", Component: revoke(inDialog(), evil.Tokens[0], nil)},
	})
}
