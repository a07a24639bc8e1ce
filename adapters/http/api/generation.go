package api

import (
	"time"

	"github.com/ignisfox/ignisfox/core/app/vault"
)

// Generation is a numbered set of a group.
type Generation struct {
	Number      int                      `json:"number" doc:"Its number in the group."`
	State       string                   `json:"state" enum:"waiting,staged,current,previous" doc:"waiting for its key, staged until activated, current, or previous."`
	Leaf        Artifact                 `json:"leaf" doc:"The certificate."`
	Key         Maybe[Artifact]          `json:"key" doc:"The private key's row, null while it waits or when it is certificate-only."`
	Chain       []Artifact               `json:"chain" doc:"From the leaf's issuer on, without the root."`
	Missing     *string                  `json:"missing" doc:"Name of the issuer that the chain lacks."`
	Blocked     []BlockedReason          `json:"blocked" doc:"Why it did not become current by itself."`
	Changes     Maybe[GenerationChanges] `json:"changes" doc:"What activating it would alter against the current one."`
	CreatedAt   time.Time                `json:"created_at" doc:"When its leaf came in."`
	ActivatedAt *time.Time               `json:"activated_at" doc:"When it last became current."`
	Source      string                   `json:"source" doc:"How it came in: upload, ingest, acme or ca."`
}

// BlockedReason says why a generation waits for somebody to activate it.
type BlockedReason struct {
	Code  string   `json:"code" doc:"names_missing, does_not_expire_later, expired, not_yet_valid, no_server_auth, trust_lost, weak_key or current_has_key."`
	Names []string `json:"names" doc:"For names_missing: which."`
}

// FromTo is one fact before and after.
type FromTo struct {
	From string `json:"from" doc:"As it is."`
	To   string `json:"to" doc:"As it would be."`
}

func generationOf(g vault.Generation) Generation {
	out := Generation{
		Number: g.Number, State: string(g.State), Leaf: artifactOf(g.Leaf), Chain: artifactsOf(g.Chain), Missing: some(g.Missing),
		Blocked: []BlockedReason{}, CreatedAt: g.CreatedAt.UTC(), ActivatedAt: at(g.ActivatedAt), Source: string(g.Source),
	}
	if g.Key != nil {
		k := artifactOf(*g.Key)
		out.Key = maybe(&k)
	}
	for _, r := range g.Blocked {
		out.Blocked = append(out.Blocked, BlockedReason{Code: r.Code, Names: list(r.Names)})
	}
	if c := g.Changes; c != nil {
		out.Changes = maybe(&GenerationChanges{
			NamesAdded: list(c.NamesAdded), NamesRemoved: list(c.NamesRemoved), Issuer: fromTo(c.Issuer), KeyType: fromTo(c.KeyType),
			NotAfter: fromTo(c.NotAfter), Usage: fromTo(c.Usage), Trusted: fromTo(c.Trusted), Chain: fromTo(c.Chain), Key: fromTo(c.Key),
		})
	}
	return out
}

// GenerationChanges is what activating a generation would alter; facts that stay are null.
type GenerationChanges struct {
	NamesAdded   []string      `json:"names_added" doc:"Names that the current one lacks."`
	NamesRemoved []string      `json:"names_removed" doc:"Names that only the current one has."`
	Issuer       Maybe[FromTo] `json:"issuer" doc:"The issuer."`
	KeyType      Maybe[FromTo] `json:"key_type" doc:"Sort and size of the key."`
	NotAfter     Maybe[FromTo] `json:"not_after" doc:"The end of its validity."`
	Usage        Maybe[FromTo] `json:"ext_key_usage" doc:"What it may be used for, in words; any when it does not say."`
	Trusted      Maybe[FromTo] `json:"trusted" doc:"Whether it leads to a root of this server: yes or no."`
	Chain        Maybe[FromTo] `json:"chain" doc:"The certificates of the chain, each with the first digits of its fingerprint; or none."`
	Key          Maybe[FromTo] `json:"key" doc:"Whether there is a private key: yes or no."`
}

func fromTo(f *vault.FromTo) Maybe[FromTo] {
	if f == nil {
		return Maybe[FromTo]{}
	}
	return maybe(&FromTo{From: f.From, To: f.To})
}
