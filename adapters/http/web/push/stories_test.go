package push

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/web/paging"
	"github.com/ignisfox/ignisfox/adapters/http/web/part"
	"github.com/ignisfox/ignisfox/adapters/http/web/story"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/deploy"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/script"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
)

const tok = "pt_7Qm4xVb0sYt9KcR2hLw8ZpE3nJf6uXo1gTi5vHk7aBqWd9DaG"

// hostile tries to be markup, ends quotes and turns the line round; core/text has shown such names before.
const hostile = `"><script>alert(1)</script>'` + "\\u{202E}" + `txt.exe`

var (
	pulls = (&handlers{Deps: Deps{Push: push.New(push.Deps{BaseURL: "https://ignisfox.example.com"})}}).pulled()
	here  = netip.MustParseAddr("203.0.113.9")
	long  = strings.Repeat("very-long-name-without-a-break", 6)
)

func ago(d time.Duration) time.Time { return story.Now.Add(-d) }

// device answers a target that fetched generation has of a group that wants generation wants, some time ago.
func device(n int, name, group string, has, wants int, d time.Duration) target.Target {
	t := target.Target{
		ID: "tgt_" + strconv.Itoa(n), Name: name, Type: target.TypePull, Group: "grp_" + group, GroupName: group, Wanted: wants,
		Settings: target.Settings{PFXPreset: cert.PresetModern}, CreatedAt: ago(90 * 24 * time.Hour),
		Tokens: []target.Token{{ID: "ptk_" + strconv.Itoa(n), Display: "pt_…9dG" + strconv.Itoa(n%10), CreatedAt: ago(90 * 24 * time.Hour)}},
	}
	if has >= 0 {
		t.LastFetch = target.LastFetch{At: ago(d), Address: here, Kind: group2(has), Generation: max(has, 1), Observed: has}
		t.Tokens[0].LastAt, t.Tokens[0].LastAddress = ago(d), here
	}
	return t
}

func group2(has int) group.FormKind {
	if has == 0 {
		return group.FormCert
	}
	return group.FormBundle
}

func devices() []target.Target {
	ended := device(5, "retired-gateway", "edi-as2", 3, 3, 40*24*time.Hour)
	end := ago(24 * time.Hour)
	ended.Settings.ExpiresAt = &end
	return []target.Target{
		device(1, "web-dmz-01", "storefront", -1, 7, 0), device(2, "as2-gateway", "edi-as2", 3, 3, 38*time.Minute),
		device(3, "web-eu-02", "storefront", 6, 7, 26*time.Hour), device(4, "mail-1", "mail", 0, 2, 3*24*time.Hour), ended,
	}
}

// deployed answers targets that we deploy to, one in each state.
func deployed() []target.Target {
	var out []target.Target
	for i, s := range []deploy.State{"", deploy.Running, deploy.Serving, deploy.Unchanged, deploy.ServingOther, deploy.Unreachable, deploy.RolledBack, deploy.Failed, deploy.Delivered} {
		t := device(20+i, "web-"+strconv.Itoa(i), "storefront", -1, 7, 0)
		t.Type, t.Tokens = "deploy.ssh", nil
		st := target.Status{State: s, Generation: 7, Observed: 7, ObservedAt: ago(3 * time.Hour), Deployment: "dep_1"}
		t.Deploy = &target.Deploy{Settings: map[string]any{"host": "10.20.4." + strconv.Itoa(i)}}
		switch {
		case s == "":
			st = target.Status{}
		case s == deploy.Serving:
			st.Generation, st.Observed = 6, 6
		case s == deploy.Delivered:
			t.Deploy.Paused = true
		case !s.Good() && s != deploy.Running:
			st.Observed, st.Attempts, st.NextAttemptAt = 6, 3, story.Now.Add(2*time.Minute)
			st.Served = []deploy.Served{{Endpoint: "x:443", Fingerprint: "ab", Generation: 6}}
		}
		t.Deploy.Status = st
		out = append(out, t)
	}
	return out
}

// mixed is a list with all kinds of targets.
func mixed(items ...target.Target) listPage {
	p := page(items...)
	p.All, p.Kinds = true, append(slices.Clone(pulls), part.Kind{Type: "deploy.ssh", Title: "Linux by SSH", Text: "We copy the files.", Icon: "server"})
	p.Table.States = target.StateCounts{target.StateUpToDate: 12, target.StateBehind: 5, target.StateNever: 1, target.StateFailed: 2, target.StatePaused: 1}
	return p
}

func page(items ...target.Target) listPage {
	return listPage{
		Kinds: pulls, Groups: part.Groups{Items: []group.Group{{ID: "grp_storefront", Name: "storefront"}, {ID: "grp_mail", Name: "mail"}}},
		Table: push.Table{
			Page: target.Page{Items: items}, States: target.StateCounts{target.StateUpToDate: 12, target.StateBehind: 5, target.StateNever: 1},
		},
	}
}

func many() listPage {
	var items []target.Target
	for i := range paging.Rows {
		items = append(items, device(i, "edge-"+strconv.Itoa(i), "edge", 4, 4, time.Duration(i)*time.Minute))
	}
	p := page(items...)
	p.Table.States = target.StateCounts{target.StateUpToDate: 9000, target.StateBehind: 900, target.StateNever: 100}
	p.List.Sort = "-" + target.SortLast
	p.Table.Next, p.List.Place = "c3", paging.Place{Cursor: "c2", Back: []string{"c1"}, Skipped: 100}
	return p
}

func filtered(state target.State, search string) listPage {
	p := page()
	p.List.State, p.List.Search = state, search
	return p
}

func as(role tenant.Role) view.View {
	v := story.View(role)
	v.Current = section
	v.Path = home
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

func pullScripts(with string) []pullScript {
	var out []pullScript
	for _, s := range systems {
		name := "ignisfox-pull-storefront.sh"
		if s.OS == script.Windows {
			name = "ignisfox-pull-storefront.ps1"
		}
		out = append(out, pullScript{s.OS, s.Title, name, "#!/bin/bash\npush_token='" + with + "'\necho \"<done> & gone\"\n"})
	}
	return out
}

func try(t *testing.T) string {
	line, err := script.Once("https://ignisfox.example.com")
	if err != nil {
		t.Fatal(err)
	}
	return line
}

func detail(t *testing.T, d target.Target) targetPage {
	p := targetPage{Kinds: pulls, Scripts: pullScripts("PASTE_THE_PUSH_TOKEN_HERE"), Try: try(t)}
	p.Target, p.Group = d, group.Group{ID: d.Group, Name: d.GroupName, PasswordVersion: 1}
	p.Wait, p.Waits = waitFor(d, story.Now)
	return p
}

// inGrace is a target that was rotated with grace; another device still uses the old token.
func inGrace() target.Target {
	d := devices()[1]
	d.Tokens[0].ExpiresAt = story.Now.Add(23 * time.Hour)
	d.Tokens[0].LastAddress = netip.MustParseAddr("2001:db8::17")
	d.Tokens = append([]target.Token{{ID: "ptk_new", Display: "pt_…4DaG", CreatedAt: ago(time.Hour), LastAt: ago(2 * time.Minute), LastAddress: here}}, d.Tokens...)
	return d
}

// settled is a target with all settings made.
func settled() target.Target {
	d := devices()[2]
	end := story.Now.Add(200 * 24 * time.Hour)
	d.Settings = target.Settings{PFXPreset: cert.PresetLegacy, ExpiresAt: &end, AllowedCIDRs: []netip.Prefix{
		netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("2001:db8::/32")}}
	d.Tags = []string{"eu", "dmz"}
	return d
}

func hostileDevice() target.Target {
	d := device(9, hostile+long, hostile+long, 6, 7, time.Hour)
	d.Tags = []string{hostile, strings.Repeat("w", target.TagRunes)}
	for i := range 100 {
		d.Settings.AllowedCIDRs = append(d.Settings.AllowedCIDRs, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i), 0, 0}), 16))
	}
	return d
}

func once(t *testing.T, d target.Target, old ...target.Token) oncePage {
	return oncePage{
		Target: d, Token: tok, Try: try(t), Scripts: pullScripts(tok), Old: old,
		Wait: waiting{Target: d, Token: target.Token{ID: "ptk_new"}, Since: story.Now, Every: firstEvery},
	}
}

func again(p oncePage) oncePage {
	p.Rotated = true
	return p
}

func choices(n int, more bool) part.Groups {
	c := part.Groups{More: more}
	for i := range n {
		c.Items = append(c.Items, group.Group{ID: "grp_" + strconv.Itoa(i), Name: "group-" + strconv.Itoa(i)})
	}
	return c
}

func form1() form {
	return form{Type: "pull", Name: "web-eu-03", Group: "grp_1", Tags: "eu, dmz", Networks: "203.0.113.0/24\n2001:db8::/33x", Expires: "2026-01-01T00:00", Preset: "modern"}
}

func wrong() error {
	return fault.New(fault.Invalid, "bad_settings", "The settings of the target are not usable.").
		Field("settings.allowed_cidrs", "Give networks such as 192.0.2.0/24 or 2001:db8::/32, or single addresses.").
		Field("settings.expires_at", "Give a time in the future, or leave it out.")
}

func TestStories(t *testing.T) {
	owner, viewer := as(tenant.Owner), as(tenant.Viewer)
	fresh := newPage{Form: form{Type: "pull", Preset: "modern"}, Kinds: pulls, Groups: choices(3, false)}
	bad := fresh
	bad.Form, bad.Groups, bad.Error = form1(), choices(3, false).Choose("grp_1"), wrong()
	dear := fresh
	dear.Groups = choices(50, true)
	several := fresh
	several.Kinds = mixed().Kinds
	nothing := fresh
	nothing.Groups = part.Groups{}
	empty := page()
	empty.Table.States = nil
	unfit := page()
	unfit.List.Place = paging.Place{Cursor: "c1", Skipped: 50}
	noPW := detail(t, devices()[0])
	noPW.Group.PasswordVersion = 0
	gone := detail(t, device(6, "lost", "lost", 2, 0, time.Hour))
	gone.Target.Tokens = nil
	d := devices()[0]
	done := waiting{Target: devices()[1], Token: devices()[1].Tokens[0]}
	story.Check(t, slices.Concat([]story.Story{
		{Name: "list", Component: list(owner, page(devices()...))},
		{Name: "list-viewer", Component: list(viewer, page(devices()...))},
		{Name: "list-empty", Component: list(owner, empty)},
		{Name: "list-empty-viewer", Component: list(viewer, empty)},
		{Name: "list-filtered-empty", Component: list(owner, filtered(target.StateNever, "zz"))},
		{Name: "list-past-the-end", Component: list(owner, unfit)},
		{Name: "list-many", Component: list(owner, many())},
		{Name: "list-hostile", Component: list(owner, page(hostileDevice()))},
		{Name: "list-deployed", Component: list(owner, mixed(append(deployed(), devices()[:2]...)...))},
		{Name: "list-deployed-viewer", Component: list(viewer, mixed(deployed()...))},
		{Name: "table-searched", Component: table(owner, page(devices()[:2]...))},

		{Name: "new", Component: newTarget(owner, fresh)},
		{Name: "new-wrong", Component: newTarget(owner, bad)},
		{Name: "new-of-several", Component: newTarget(owner, several)},
		{Name: "new-many-groups", Component: newTarget(owner, dear)},
		{Name: "new-no-group", Component: newTarget(owner, nothing)},
		{Name: "new-made", Component: made(owner, once(t, d))},

		{Name: "target-never", Component: targetDetail(owner, detail(t, d))},
		{Name: "target-no-password", Component: targetDetail(owner, noPW)},
		{Name: "target-up-to-date", Component: targetDetail(owner, detail(t, devices()[1]))},
		{Name: "target-behind", Component: targetDetail(owner, detail(t, settled()))},
		{Name: "target-unknown", Component: targetDetail(owner, detail(t, devices()[3]))},
		{Name: "target-expired", Component: targetDetail(owner, detail(t, devices()[4]))},
		{Name: "target-nothing-wanted", Component: targetDetail(owner, gone)},
		{Name: "target-in-grace", Component: targetDetail(owner, detail(t, inGrace()))},
		{Name: "target-viewer", Component: targetDetail(viewer, detail(t, inGrace()))},
		{Name: "target-hostile", Component: targetDetail(owner, detail(t, hostileDevice()))},
	}, forms(t, owner, d), []story.Story{
		{Name: "strip-waits", Component: strip(owner, once(t, d).Wait)},
		{Name: "strip-done", Component: strip(owner, done)},
		{Name: "strip-stopped", Component: strip(owner, waiting{Target: d, Token: d.Tokens[0], Since: ago(time.Hour)})},
		{Name: "strip-gone", Component: strip(owner, waiting{Target: d, Gone: true})},
	}))
}

// forms are those of one target, in the dialog and as pages.
func forms(t *testing.T, owner view.View, d target.Target) []story.Story {
	was := settingsPage{Target: settled(), Was: formOf(owner, settled()), Form: formOf(owner, settled())}
	was.Groups = choices(2, false).With(group.Group{ID: settled().Group, Name: settled().GroupName}).Choose(settled().Group)
	bad := was
	bad.Form.Networks, bad.Form.Expires, bad.Error = "10.0.0.0/8 everywhere", "soon", wrong()
	used := devices()[1]
	return []story.Story{
		{Name: "rotate-dialog", Component: rotate(inDialog(), rotatePage{Target: used, Grace: "0"})},
		{Name: "rotate-page", Component: rotate(owner, rotatePage{Target: d, Grace: "24"})},
		{Name: "rotate-too-many", Component: rotate(inDialog(), rotatePage{used, "24", fault.New(fault.Conflict, "too_many_tokens",
			"The target has 5 living tokens already. Wait until one has ended, or rotate without grace.")})},
		{Name: "rotated-dialog", Component: rotated(inDialog(), again(once(t, used)))},
		{Name: "rotated-page-grace", Component: rotated(owner, again(once(t, used, inGrace().Tokens[1])))},
		{Name: "rotate-first", Component: rotate(inDialog(), rotatePage{Target: deployed()[2], Grace: "0"})},
		{Name: "rotated-first", Component: rotated(inDialog(), once(t, deployed()[2]))},
		{Name: "delete-deployed", Component: deleteTarget(inDialog(), deployed()[2], nil)},
		{Name: "settings-dialog", Component: settings(inDialog(), was)},
		{Name: "settings-page", Component: settings(owner, was)},
		{Name: "settings-wrong", Component: settings(inDialog(), bad)},
		{Name: "settings-hostile", Component: settings(inDialog(), settingsPage{Target: hostileDevice(), Form: formOf(owner, hostileDevice())})},
		{Name: "delete-dialog", Component: deleteTarget(inDialog(), inGrace(), nil)},
		{Name: "delete-page", Component: deleteTarget(owner, d, nil)},
		{Name: "delete-hostile", Component: deleteTarget(inDialog(), hostileDevice(), nil)},
	}
}
