package upload

import (
	"errors"
	"net/http"
	"testing"

	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/adapters/http/web/story"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/tenant"
)

const hostile = `"><script>alert(1)</script> a very long name that goes on and on and on, ` + "\u2764" + ` and on`

func TestStories(t *testing.T) {
	v := story.View(tenant.Editor)
	leaf := &artifact.Artifact{Subject: "checkout.example.com", NotAfter: v.Now.AddDate(0, 3, 0)}
	rows := []row{
		{N: 0, File: "checkout.fullchain.pem", Size: "6.1 KB", Kind: "bundle", Facts: "certificate + 2 intermediates", Name: "checkout", Group: "checkout.example.com",
			State: ready, Badge: "ready", Text: "checkout.example.com and 3 more names, Let's Encrypt YE2", Until: leaf,
			More: "Matches checkout.privkey.pem, so both go to group checkout.example.com."},
		{N: 1, File: "checkout.privkey.pem", Size: "241 B", Kind: "key", Facts: "RSA 1024 private key", Name: "checkout", Group: "checkout.example.com", State: ready,
			Badge: "ready", More: "Matches checkout.fullchain.pem, so both go to group checkout.example.com.", Warnings: []view.Warning{view.WarningOf("weak_key_rsa_small")}},
		{N: 2, File: "iis.pfx", Size: "4.8 KB", Kind: "pfx", Facts: "password-protected", State: password},
		{N: 3, File: "wrong.pfx", Size: "4.8 KB", Kind: "pfx", Facts: "password-protected", State: password, Text: "The password does not open the file."},
		{N: 4, File: "notes.txt", Size: "12 B", Kind: "unknown", State: kept, Badge: "not recognised", Text: "This is no certificate."},
		{N: 5, File: hostile, Size: "12 B", State: refused, Text: "The private key is cut off."},
		{N: 6, File: "a.pem", Size: "1 KB", Name: hostile, Own: "none", Group: hostile, State: again, Text: "The name is not usable. Choose another name."},
	}
	results := []row{
		{N: 0, File: "a.pem", Size: "1 KB", Kind: "cert", State: done, Badge: "stored", Text: "In group a.example.com, generation 1.", Href: "/dashboard/vault/art_1"},
		{N: 1, File: hostile, Size: "1 KB", Kind: "unknown", State: done, Badge: "kept as it is", Text: "This is no certificate."},
		{N: 2, File: "b.pfx", Size: "1 KB", Kind: "pfx", State: password, Text: "The password does not open the file."},
		{N: 3, File: "c.pem", Size: "1 KB", State: refused, Text: "The file is empty."},
	}
	script := v
	script.Script = true
	dark := v
	dark.Theme = "dark"
	inDialog := script
	inDialog.Dialog = true
	var tooLarge *fault.Fault
	if !errors.As(malformed(&http.MaxBytesError{Limit: maxBody}), &tooLarge) {
		t.Fatal("a body that is too large is no fault")
	}
	late := part.Problem{Status: http.StatusServiceUnavailable, Change: true} // the page has its own words for turns that are all taken
	story.Check(t, []story.Story{
		{Name: "empty", Component: page(v, form{}, nil)},
		{Name: "into-a-group", Component: page(dark, form{Group: hostile, Groups: offered("storefront", hostile)}, nil)},
		{Name: "looked-at", Component: fileRows(script, rows)},
		{Name: "results-with-script", Component: fileRows(script, append(results, rows[6]))},
		{Name: "results", Component: page(v, form{Groups: offered("storefront"), Rows: results}, nil)},
		{Name: "refused", Component: page(v, form{Group: "storefront"}, fault.New(fault.TooLarge, "too_many_files", "Send at most 20 files at a time. Nothing was stored."))},
		{Name: "too-large", Component: page(v, form{Group: hostile, Groups: offered("storefront")}, tooLarge)},
		{Name: "too-large-with-script", Component: part.ErrorPage(inDialog, part.Problem{Status: http.StatusRequestEntityTooLarge, Text: tooLarge.Message, Change: true})},
		{Name: "busy", Component: part.ErrorPage(v, late)},
		{Name: "busy-with-script", Component: part.ErrorPage(inDialog, late)},
	})
}

func offered(names ...string) (g part.Groups) {
	for _, name := range names {
		g.Items = append(g.Items, group.Group{Name: name})
	}
	g.More = true
	return g
}
