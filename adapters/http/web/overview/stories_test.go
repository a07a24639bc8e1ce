package overview

import (
	"strconv"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/web/story"
	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/app/overview"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/deploy"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
)

const hostile = `"><script>alert(1)</script> a very long name that goes on and on and on and on`

func full(v view.View) overview.Overview {
	rows := make([]artifact.Artifact, 6)
	for i := range rows {
		rows[i] = artifact.Artifact{
			ID: artifact.ID("art_" + strconv.Itoa(i)), Kind: cert.KindCert, Name: "shop-" + strconv.Itoa(i), Subject: "shop.example.com",
			Source: artifact.SourceUpload, CreatedBy: "mara@aldermoor.example", CreatedAt: v.Now.Add(-time.Duration(i) * 30 * time.Hour),
			NotBefore: v.Now.AddDate(0, -2, 0), NotAfter: v.Now.AddDate(0, 0, 5*i-2),
		}
	}
	rows[0].Name, rows[0].Subject = hostile, hostile
	rows[1].Source, rows[1].CreatedBy, rows[1].Kind = artifact.SourceIngest, hostile, cert.KindBundle
	rows[2].Kind, rows[2].Reason = cert.KindUnknown, "This is no certificate."
	return overview.Overview{
		Counts:   artifact.Counts{Artifacts: map[cert.Kind]int{cert.KindCert: 412, cert.KindKey: 96, cert.KindUnknown: 1}, Groups: 138, Targets: 18},
		Expiring: overview.Expiring{Rows: rows, Count: 1000, Expired: 1}, Recent: rows,
		States: target.StateCounts{target.StateUpToDate: 15, target.StateBehind: 2, target.StateNever: 1},
		Attention: overview.Attention{
			Groups: []group.Group{{ID: "grp_1", Name: hostile, Waiting: 1, Staged: 1}, {ID: "grp_2", Name: "weak", Staged: 1, Unfit: 1}}, GroupCount: 25, BehindCount: 2,
			Behind: []target.Target{
				{ID: "tgt_1", Name: "web-1", Wanted: 3, LastFetch: target.LastFetch{At: v.Now, Observed: 2}},
				{ID: "tgt_2", Name: hostile, Wanted: 3, LastFetch: target.LastFetch{At: v.Now}},
			},
		},
		Incomplete: true,
	}
}

// months draws a calendar of certificates that live for a year.
func months(v view.View, days map[overview.Date]int) calendar {
	turns := map[overview.Date]overview.Turn{}
	for d := range days {
		end := d.Start(time.UTC)
		ahead := artifact.Ahead(end.AddDate(-1, 0, 0), end)
		turns[d] = overview.Turn{Amber: end.Add(-ahead), Red: end.Add(-ahead / 4)}
	}
	from := overview.Date{Year: v.Now.Year(), Month: v.Now.Month(), Day: 1}
	until := overview.DateOf(monthOf(from).AddDate(0, overview.Months, 0), time.UTC)
	return drawn(overview.Calendar{Zone: time.UTC, From: from, Until: until, Days: days, Turns: turns}, v.Now)
}

func TestStories(t *testing.T) {
	v := story.View(tenant.Editor)
	viewer := v
	viewer.Actor.Role = tenant.Viewer
	o := full(v)
	today := overview.DateOf(v.Now, time.UTC)
	c := months(v, map[overview.Date]int{today.Add(-1): 1, today.Add(3): 2, today.Add(20): 7, today.Add(200): 140})
	c.openDay(today.Add(20))
	c.Open.Rows = o.Recent
	quiet := overview.Overview{Counts: artifact.Counts{Artifacts: map[cert.Kind]int{cert.KindKey: 1}}, Recent: o.Recent[3:4]}
	month := months(v, map[overview.Date]int{today.Add(200): 140})
	month.openMonth(overview.Date{Year: today.Add(200).Year, Month: today.Add(200).Month, Day: 1})
	month.Open.Rows = o.Recent
	waiting := make([]group.Group, 12)
	for i := range waiting {
		waiting[i] = group.Group{ID: "grp_" + strconv.Itoa(i), Name: "shop-" + strconv.Itoa(i), Waiting: 1 - i%2, Staged: i % 3}
	}
	failed := o
	failed.States = target.StateCounts{target.StateUpToDate: 9, target.StateServingOther: 2, target.StatePaused: 1}
	story.Check(t, []story.Story{
		{Name: "empty", Component: welcome(v, overview.Overview{Incomplete: true})},
		{Name: "empty-viewer", Component: welcome(viewer, overview.Overview{})},
		{Name: "full", Component: page(v, o, c)},
		{Name: "full-viewer", Component: page(viewer, o, c)},
		{Name: "quiet", Component: page(v, quiet, months(v, nil))},
		{Name: "needs", Component: allNeeds(v, o.Attention)},
		{Name: "needs-many", Component: allNeeds(v, overview.Attention{Groups: waiting, GroupCount: 1000, BehindCount: 12})},
		{Name: "needs-deployed", Component: allNeeds(v, overview.Attention{Behind: deployed(), BehindCount: 5})},
		{Name: "tiles-deployed", Component: tiles(v, failed)},
		{Name: "needs-none", Component: allNeeds(v, overview.Attention{})},
		{Name: "a-month", Component: layout(v, month)},
		{Name: "search", Component: results(v, o.Recent, []group.Group{{ID: "grp_1", Name: hostile, NotBefore: v.Now, NotAfter: v.Now.AddDate(0, 2, 0)}, {ID: "grp_2", Name: "empty"}})},
	})
}

// deployed answers targets that we deploy to and that do not have what they should, the worst last.
func deployed() []target.Target {
	var out []target.Target
	for i, s := range []deploy.State{deploy.Serving, deploy.Failed, deploy.RolledBack, deploy.Unreachable, deploy.ServingOther} {
		st := target.Status{State: s, Generation: 3, Observed: 2, Deployment: "dep_1", Reason: "why " + hostile}
		if s == deploy.Serving {
			st.Generation = 2
		}
		out = append(out, target.Target{ID: "tgt_d" + string(s), Name: "served-" + string(rune('0'+i)), Type: "deploy.ssh", Wanted: 3, Deploy: &target.Deploy{Status: st}})
	}
	return out
}
