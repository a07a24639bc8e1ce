package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/app/overview"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// Overview is the workspace at a glance. Its lists hold at most 10.
type Overview struct {
	Counts    OverviewCounts    `json:"counts" doc:"How many there are of everything."`
	Expiring  OverviewExpiring  `json:"expiring" doc:"Certificates that end within 30 days or have ended, without those that a newer generation took the place of."`
	Recent    []Artifact        `json:"recent" doc:"What came in last."`
	Targets   OverviewTargets   `json:"targets" doc:"How many targets are in which state."`
	Attention OverviewAttention `json:"attention" doc:"What waits for somebody."`
	Calendar  OverviewCalendar  `json:"calendar" doc:"When certificates end, for 18 months."`
}

// OverviewCounts is how many there are of everything.
type OverviewCounts struct {
	Certificates int `json:"certificates" doc:"Artifacts of kind cert."`
	Keys         int `json:"keys" doc:"Artifacts of kind key."`
	Bundles      int `json:"bundles" doc:"Artifacts of kind bundle."`
	PFX          int `json:"pfx" doc:"Artifacts of kind pfx."`
	Unknown      int `json:"unknown" doc:"Artifacts of kind unknown."`
	Groups       int `json:"groups" doc:"Groups."`
	Targets      int `json:"targets" doc:"Targets."`
	IngestTokens int `json:"ingest_tokens" doc:"Ingest tokens."`
}

// OverviewExpiring is what ends soon.
type OverviewExpiring struct {
	Count   int        `json:"count" doc:"How many, counted up to 1000."`
	Expired int        `json:"expired" doc:"How many of them have ended, likewise."`
	Items   []Artifact `json:"items" doc:"Those that end first."`
}

// OverviewTargets is how many targets are in which state.
type OverviewTargets struct {
	Never        int `json:"never" doc:"Have never fetched, or were never deployed to."`
	UpToDate     int `json:"up_to_date" doc:"Have the current generation."`
	Behind       int `json:"behind" doc:"Have another than the current generation, as far as is known."`
	Deploying    int `json:"deploying" doc:"Are being deployed to."`
	Failed       int `json:"failed" doc:"Their last deployment failed."`
	RolledBack   int `json:"rolled_back" doc:"Have the generation before, since the current one did not serve."`
	ServingOther int `json:"serving_other" doc:"Serve something else."`
	Unreachable  int `json:"unreachable" doc:"Could not be reached."`
	Paused       int `json:"paused" doc:"Are paused."`
}

// OverviewAttention is what waits for somebody.
type OverviewAttention struct {
	Groups            []Group  `json:"groups" doc:"With generations that wait for their key, or for somebody to activate them."`
	Behind            []Target `json:"behind" doc:"Targets that are behind, those that wait longest first; without their tokens."`
	ProfileIncomplete bool     `json:"profile_incomplete" doc:"One's own profile is incomplete."`
}

// OverviewCalendar is how many certificates end on which day.
type OverviewCalendar struct {
	TimeZone string         `json:"time_zone" doc:"In which days are told: the workspace's."`
	From     string         `json:"from" doc:"First day."`
	Until    string         `json:"until" doc:"The day after the last."`
	Days     map[string]int `json:"days" doc:"Number of certificates by day; days without any are left out."`
}

func (a *API) overviewOf(o overview.Overview, c overview.Calendar) Overview {
	kinds := o.Counts.Artifacts
	out := Overview{
		Counts: OverviewCounts{
			Certificates: kinds[cert.KindCert], Keys: kinds[cert.KindKey], Bundles: kinds[cert.KindBundle], PFX: kinds[cert.KindPFX],
			Unknown: kinds[cert.KindUnknown], Groups: o.Counts.Groups, Targets: o.Counts.Targets, IngestTokens: o.Counts.IngestTokens,
		},
		Expiring: OverviewExpiring{Count: o.Expiring.Count, Expired: o.Expiring.Expired, Items: artifactsOf(o.Expiring.Rows)},
		Recent:   artifactsOf(o.Recent),
		Targets: OverviewTargets{
			Never: o.States[target.StateNever], UpToDate: o.States[target.StateUpToDate], Behind: o.States[target.StateBehind],
			Deploying: o.States[target.StateDeploying], Failed: o.States[target.StateFailed], RolledBack: o.States[target.StateRolledBack],
			ServingOther: o.States[target.StateServingOther], Unreachable: o.States[target.StateUnreachable], Paused: o.States[target.StatePaused],
		},
		Attention: OverviewAttention{Groups: []Group{}, Behind: []Target{}, ProfileIncomplete: o.Incomplete},
		Calendar:  OverviewCalendar{TimeZone: c.Zone.String(), From: c.From.String(), Until: c.Until.String(), Days: map[string]int{}},
	}
	for _, g := range o.Attention.Groups {
		out.Attention.Groups = append(out.Attention.Groups, groupOf(g))
	}
	for _, t := range o.Attention.Behind {
		out.Attention.Behind = append(out.Attention.Behind, a.target(t))
	}
	for d, n := range c.Days {
		out.Calendar.Days[d.String()] = n
	}
	return out
}

// getOverview: GET /overview.
func (a *API) getOverview() {
	register(a, tenant.OverviewRead, Op{
		Method: http.MethodGet, Path: "/overview", Summary: "Read the workspace at a glance", Tag: "overview",
	}, func(ctx context.Context, who Who, _ *struct{}) (*Answer[Overview], error) {
		o, c, err := a.Overview.Whole(ctx, who, nil)
		if err != nil {
			return nil, err
		}
		return answer(a.overviewOf(o, c)), nil
	})
}
