package api

import (
	"time"

	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/target"
)

// Target is a target as the API names it. What belongs to targets that we deploy to is empty for one that pulls.
type Target struct {
	ID             string           `json:"id" doc:"Its id."`
	Name           string           `json:"name" doc:"Its name."`
	Type           string           `json:"type" doc:"How it gets its certificate: the id of a plugin."`
	Group          Maybe[GroupRef]  `json:"group" doc:"The group it is bound to."`
	Settings       TargetSettings   `json:"settings" doc:"Its settings."`
	Endpoints      []string         `json:"endpoints" doc:"host:port where it serves its certificate."`
	SNI            *string          `json:"sni" doc:"Server name to ask for there."`
	Tags           []string         `json:"tags" doc:"Its tags."`
	State          string           `json:"state" enum:"never,up_to_date,behind,deploying,failed,rolled_back,serving_other,unreachable,paused" doc:"How it stands against the wanted generation."`
	Wanted         *int             `json:"wanted" doc:"Number of the generation it should have."`
	Observed       *int             `json:"observed" doc:"Number of the generation it was last seen with."`
	Served         []ServedEndpoint `json:"served" doc:"What its endpoints serve."`
	LastFetch      Maybe[LastFetch] `json:"last_fetch" doc:"Its last answered fetch."`
	LastDeployment *string          `json:"last_deployment" doc:"Id of the last deployment."`
	NextAttemptAt  *time.Time       `json:"next_attempt_at" doc:"When it is tried again."`
	Reason         *string          `json:"reason" doc:"Why it is not up to date."`
	Tokens         []TargetToken    `json:"tokens" doc:"Its living tokens, never the tokens themselves."`
	CreatedAt      time.Time        `json:"created_at" doc:"When it was made."`
}

// TargetSettings are those of a pull target.
type TargetSettings struct {
	PFXPreset    string     `json:"pfx_preset" enum:"modern,legacy" doc:"How its PFX is encrypted."`
	AllowedCIDRs []string   `json:"allowed_cidrs" doc:"Networks it may fetch from; from anywhere when empty."`
	ExpiresAt    *time.Time `json:"expires_at" doc:"When its tokens stop working; null for never."`
}

// ServedEndpoint is what one endpoint serves.
type ServedEndpoint struct {
	Address     string     `json:"address" doc:"host:port."`
	Fingerprint string     `json:"fingerprint" doc:"SHA-256 of the certificate."`
	Generation  *int       `json:"generation" doc:"Its generation, null when it is none of the group's."`
	CheckedAt   *time.Time `json:"checked_at" doc:"When it was looked at."`
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

func targetOf(t target.Target) Target {
	out := Target{
		ID: t.ID, Name: t.Name, Type: string(t.Type), Group: groupRef(t.Group, t.GroupName), Endpoints: []string{},
		Tags: list(t.Tags), State: string(t.State()), Wanted: number(t.Wanted), Observed: number(t.LastFetch.Observed),
		Served: []ServedEndpoint{}, Tokens: []TargetToken{}, CreatedAt: t.CreatedAt.UTC(),
		Settings: TargetSettings{PFXPreset: string(t.Settings.PFXPreset), AllowedCIDRs: []string{}},
	}
	if out.Settings.PFXPreset == "" {
		out.Settings.PFXPreset = string(cert.PresetModern)
	}
	for _, p := range t.Settings.AllowedCIDRs {
		out.Settings.AllowedCIDRs = append(out.Settings.AllowedCIDRs, p.String())
	}
	if e := t.Settings.ExpiresAt; e != nil {
		out.Settings.ExpiresAt = at(*e)
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
