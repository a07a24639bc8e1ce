package api

import (
	"time"

	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/deploy"
	"github.com/ignisfox/ignisfox/core/target"
)

// Target is a target as the API names it. What belongs to targets that we deploy to is empty for one that pulls.
type Target struct {
	ID             string           `json:"id" doc:"Its id."`
	Name           string           `json:"name" doc:"Its name."`
	Type           string           `json:"type" doc:"How it gets its certificate: pull, or the id of a plugin."`
	Group          Maybe[GroupRef]  `json:"group" doc:"The group it is bound to."`
	Settings       Settings         `json:"settings" doc:"Its settings, never its secrets."`
	Endpoints      []string         `json:"endpoints" doc:"host:port where it serves its certificate; with STARTTLS smtp://host:port and the like."`
	SNI            *string          `json:"sni" doc:"Server name to ask for there; null for the endpoint's own."`
	Schedule       *string          `json:"schedule" doc:"When it is looked at again: five fields as in cron, in the time zone of the workspace; null for never."`
	Tags           []string         `json:"tags" doc:"Its tags."`
	State          string           `json:"state" enum:"never,up_to_date,behind,deploying,failed,rolled_back,serving_other,unreachable,paused" doc:"How it stands against the wanted generation."`
	Paused         bool             `json:"paused" doc:"It is not deployed to until it is resumed; a deployment that runs comes to its end."`
	Wanted         *int             `json:"wanted" doc:"Number of the generation it should have."`
	Observed       *int             `json:"observed" doc:"Number of the generation it was last seen with."`
	Served         []ServedEndpoint `json:"served" doc:"What each address of its endpoints served when they were last looked at."`
	LastFetch      Maybe[LastFetch] `json:"last_fetch" doc:"Its last answered fetch."`
	LastDeployment *string          `json:"last_deployment" doc:"Id of the running deployment, or of the last."`
	NextAttemptAt  *time.Time       `json:"next_attempt_at" doc:"When it is tried again."`
	NextCheckAt    *time.Time       `json:"next_check_at" doc:"When its schedule has it looked at again."`
	Reason         *string          `json:"reason" doc:"Why its last deployment did not end well."`
	Tokens         []TargetToken    `json:"tokens" doc:"Its living tokens, never the tokens themselves."`
	CreatedAt      time.Time        `json:"created_at" doc:"When it was made."`
}

// TargetSettings are those of a pull target.
type TargetSettings struct {
	PFXPreset    string     `json:"pfx_preset" enum:"modern,legacy" doc:"How its PFX is encrypted."`
	AllowedCIDRs []string   `json:"allowed_cidrs" doc:"Networks it may fetch from; from anywhere when empty."`
	ExpiresAt    *time.Time `json:"expires_at" doc:"When its tokens stop working; null for never."`
}

// ServedEndpoint is what one address of an endpoint served.
type ServedEndpoint struct {
	Endpoint    string     `json:"endpoint" doc:"The endpoint, as it is given."`
	Address     string     `json:"address" doc:"The address that was connected to; the endpoint where there was none."`
	Fingerprint *string    `json:"fingerprint" doc:"SHA-256 of the certificate, null when none was seen."`
	Generation  *int       `json:"generation" doc:"Its generation, null when it is none of the group's."`
	CheckedAt   *time.Time `json:"checked_at" doc:"When it was looked at."`
	Code        *string    `json:"code" doc:"Why no certificate was seen."`
	Error       *string    `json:"error" doc:"The same in plain words."`
}

// LastFetch is what a device fetched last.
type LastFetch struct {
	At         time.Time `json:"at" doc:"When."`
	Address    string    `json:"address" doc:"From where."`
	Kind       string    `json:"kind" doc:"What: cert, chain, fullchain, key, bundle or pfx."`
	Generation *int      `json:"generation" doc:"Of which generation."`
}

// TargetToken is one token of a target.
type TargetToken struct {
	ID          string     `json:"id" doc:"Its id."`
	Display     string     `json:"display" doc:"What may be shown of it."`
	CreatedAt   time.Time  `json:"created_at" doc:"When it was made."`
	ExpiresAt   *time.Time `json:"expires_at" doc:"When its grace ends, null while it is the newest."`
	LastUsedAt  *time.Time `json:"last_used_at" doc:"When it last fetched."`
	LastAddress *string    `json:"last_address" doc:"From where."`
}

func (a *API) target(t target.Target) Target {
	out := Target{
		ID: t.ID, Name: t.Name, Type: string(t.Type), Group: groupRef(t.Group, t.GroupName), Endpoints: []string{},
		Tags: list(t.Tags), State: string(t.State()), Wanted: number(t.Wanted), Observed: number(t.LastFetch.Observed),
		Served: []ServedEndpoint{}, Tokens: []TargetToken{}, CreatedAt: t.CreatedAt.UTC(),
	}
	if t.Deploy != nil {
		out.Settings = Settings{a.Deploy.Shown(t)}
		out.deployed(t.Deploy)
	} else {
		out.Settings = Settings{pullSettings(t.Settings)}
	}
	if f := t.LastFetch; !f.At.IsZero() {
		out.LastFetch = maybe(&LastFetch{
			At: f.At.UTC(), Address: f.Address.String(), Kind: string(f.Kind), Generation: number(f.Generation),
		})
	}
	for _, k := range t.Tokens {
		out.Tokens = append(out.Tokens, TargetToken{
			ID: k.ID, Display: k.Display, CreatedAt: k.CreatedAt.UTC(), ExpiresAt: at(k.ExpiresAt), LastUsedAt: at(k.LastAt),
			LastAddress: address(k.LastAddress),
		})
	}
	return out
}

func pullSettings(s target.Settings) TargetSettings {
	out := TargetSettings{PFXPreset: string(s.PFXPreset), AllowedCIDRs: []string{}}
	if out.PFXPreset == "" {
		out.PFXPreset = string(cert.PresetModern)
	}
	for _, p := range s.AllowedCIDRs {
		out.AllowedCIDRs = append(out.AllowedCIDRs, p.String())
	}
	if s.ExpiresAt != nil {
		out.ExpiresAt = at(*s.ExpiresAt)
	}
	return out
}

// deployed adds what a target has that is deployed to.
func (t *Target) deployed(d *target.Deploy) {
	for _, e := range d.Endpoints {
		t.Endpoints = append(t.Endpoints, e.String())
	}
	s := d.Status
	t.SNI, t.Schedule, t.Paused, t.Observed, t.Served = some(d.SNI), some(d.Schedule), d.Paused, number(s.Observed), servedOf(s.Served)
	t.LastDeployment, t.Reason = some(s.Deployment), some(s.Reason)
	if !d.Paused {
		t.NextAttemptAt, t.NextCheckAt = at(s.NextAttemptAt), at(s.NextScheduleAt)
	}
}

func servedOf(all []deploy.Served) []ServedEndpoint {
	out := make([]ServedEndpoint, 0, len(all))
	for _, s := range all {
		one := ServedEndpoint{
			Endpoint: s.Endpoint, Address: s.Address, Fingerprint: some(s.Fingerprint), Generation: number(s.Generation),
			CheckedAt: at(s.CheckedAt), Code: some(s.Code), Error: some(s.Error),
		}
		if one.Address == "" {
			one.Address = s.Endpoint
		}
		out = append(out, one)
	}
	return out
}
