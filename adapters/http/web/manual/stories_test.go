package manual

import (
	"net/http"
	"testing"
	"testing/fstest"

	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/adapters/http/web/story"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// pages hold one of everything that pages of the manual are written with.
var pages = fstest.MapFS{
	"vault.md": {Data: []byte("# The vault\n\n![A picture](screenshots/vault.png)\n\nWhat came in, *as it came*. See [groups](groups.md#pfx), [above](#the-vault), " +
		"[a decision](decisions/0004.md) and [the format](https://example.com/).\n\n- one\n- `two`\n\nThen:\n\n    curl -T a.pem\n\n## Keys & chains\n\nText.\n")},
	"configuration.md": {Data: []byte("# Settings of the server\n\n| Name | Default | |\n| --- | --- | --- |\n| `IGNISFOX_LISTEN` | `:8080` | where it *listens* |\n" +
		"| `IGNISFOX_A_NAME_WITHOUT_A_PLACE_TO_BREAK_IT` | none | <script>alert(1)</script> |\n")},
	"groups.md":     {Data: []byte("# Groups\n\n## PFX\n\nText.\n")},
	"a-new-page.md": {Data: []byte("No heading.\n")},
}

// narrow is somebody who is in no workspace: the page has the frame of strangers, and no navigation beside it.
func narrow() view.View {
	v := story.View("")
	v.Sections, v.Workspaces, v.Workspace = nil, nil, tenant.Tenant{}
	return v
}

func TestStories(t *testing.T) {
	m, err := load(pages)
	if err != nil {
		t.Fatal(err)
	}
	in, out := story.View(tenant.Viewer), story.Visitor()
	missing := part.Problem{Status: http.StatusNotFound, Text: fault.Missing("page of the manual").Message}
	story.Check(t, []story.Story{
		{Name: "index", Component: index(in, inOrder(m))},
		{Name: "index-visitor", Component: index(out, inOrder(m))},
		{Name: "page", Component: page(in, m["vault"])},
		{Name: "page-visitor", Component: page(out, m["vault"])},
		{Name: "table", Component: page(in, m["configuration"])},
		{Name: "table-narrow", Component: page(narrow(), m["configuration"])},
		{Name: "missing", Component: part.ErrorPage(in, missing)},
		{Name: "missing-visitor", Component: part.ErrorPage(out, missing)},
	})
}
