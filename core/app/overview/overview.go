// Package overview is what a workspace looks like at a glance: how much there is of everything, what expires soon, what
// came in last, what waits for somebody, and the calendar of the next 18 months.
//
//	s := overview.New(overview.Deps{Store: store, Now: time.Now})
//	o, err := s.Get(ctx, actor)
//	cal, err := s.Calendar(ctx, actor, zone)            // how many certificates end on which day there
//	rows, err := s.Day(ctx, actor, zone, overview.Date{2026, time.December, 4})
//
// It only reads, each answer in one transaction. What it costs does not grow with the vault: see ports.Summary.
package overview

import (
	"context"
	"time"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	// Soon is how far ahead the overview looks.
	Soon = 30 * 24 * time.Hour
	// Listed is how many rows each list of the overview holds at most.
	Listed = 10
	// MostNeeds is how many rows each list of Needs holds at most.
	MostNeeds = 200
)

// Deps of New.
type Deps struct {
	Store ports.Store
	Now   func() time.Time
}

// Service is safe for concurrent use.
type Service struct {
	Deps
	made made
}

// New makes the service.
func New(d Deps) *Service { return &Service{Deps: d} }

// Overview is the workspace at a glance. Lists hold at most Listed rows.
type Overview struct {
	Workspace  tenant.Tenant
	Counts     artifact.Counts
	Expiring   Expiring
	Recent     []artifact.Artifact // rows of any kind, newest first
	States     target.StateCounts
	Attention  Attention
	Incomplete bool // somebody should look at their profile: see tenant.Incomplete
}

// Expiring is what ends within Soon or has ended, without what a newer generation took the place of.
type Expiring struct {
	Rows    []artifact.Artifact // soonest first
	Count   int                 // up to artifact.MostCounted; those that have ended are among them
	Expired int                 // how many of them have ended, likewise
}

// Attention is what waits for somebody.
type Attention struct {
	Groups []group.Group   // with generations that wait for a key, or for somebody to activate them; newest first
	Behind []target.Target // whose device does not have or serve the current generation; longest waiting first, without tokens
	// GroupCount and BehindCount are how many there are, listed or not; groups are counted up to artifact.MostCounted.
	GroupCount, BehindCount int
}

// Get answers the overview of the actor's workspace.
func (s *Service) Get(ctx context.Context, actor tenant.Actor) (o Overview, err error) {
	err = s.view(ctx, actor, func(tx ports.Tx) error {
		o, err = s.get(ctx, tx, actor)
		return err
	})
	return o, err
}

// Whole answers the overview and its calendar as one state of the workspace. zone nil is the workspace's time zone.
func (s *Service) Whole(ctx context.Context, actor tenant.Actor, zone *time.Location) (o Overview, c Calendar, err error) {
	err = s.view(ctx, actor, func(tx ports.Tx) error {
		if o, err = s.get(ctx, tx, actor); err != nil {
			return err
		}
		if zone == nil {
			zone = Zone(o.Workspace)
		}
		c, err = s.calendar(ctx, tx, zone)
		return err
	})
	return o, c, err
}

// Zone answers the workspace's time zone; UTC when this server does not know it.
func Zone(t tenant.Tenant) *time.Location {
	zone, err := time.LoadLocation(t.TimeZone)
	if err != nil {
		return time.UTC
	}
	return zone
}

func (s *Service) view(ctx context.Context, actor tenant.Actor, fn func(ports.Tx) error) error {
	if err := actor.Allow(tenant.OverviewRead); err != nil {
		return err
	}
	return s.Store.Tenant(actor.Tenant).View(ctx, fn)
}

func (s *Service) get(ctx context.Context, tx ports.Tx, actor tenant.Actor) (o Overview, err error) {
	if o.Workspace, err = tx.Workspace().Get(ctx); err != nil {
		return o, err
	}
	if o.Incomplete, err = incomplete(ctx, tx, actor, o.Workspace); err != nil {
		return o, err
	}
	if o.Counts, err = tx.Summary().Counts(ctx); err != nil {
		return o, err
	}
	now := s.Now().UTC()
	if o.Expiring.Rows, o.Expiring.Count, err = tx.Summary().Expiring(ctx, now.Add(Soon), Listed); err != nil {
		return o, err
	}
	if _, o.Expiring.Expired, err = tx.Summary().Expiring(ctx, now, 1); err != nil {
		return o, err
	}
	page, err := tx.Artifacts().List(ctx, artifact.Query{Limit: Listed})
	if err != nil {
		return o, err
	}
	o.Recent = page.Items
	o.Attention, o.States, err = attention(ctx, tx, Listed)
	return o, err
}

// Needs answers what waits for somebody, up to MostNeeds of each kind.
func (s *Service) Needs(ctx context.Context, actor tenant.Actor) (a Attention, err error) {
	err = s.view(ctx, actor, func(tx ports.Tx) error {
		a, _, err = attention(ctx, tx, MostNeeds)
		return err
	})
	return a, err
}

func attention(ctx context.Context, tx ports.Tx, limit int) (a Attention, states target.StateCounts, err error) {
	if a.Groups, a.GroupCount, err = tx.Summary().Attention(ctx, limit); err != nil {
		return a, nil, err
	}
	a.Behind, states, err = tx.Summary().Behind(ctx, limit)
	a.BehindCount = states.Needing()
	for i := range a.Behind {
		a.Behind[i].Tokens = nil
	}
	return a, states, err
}

// incomplete is about people: nobody else has a profile.
func incomplete(ctx context.Context, tx ports.Tx, actor tenant.Actor, w tenant.Tenant) (bool, error) {
	if actor.User == "" {
		return false, nil
	}
	m, err := tx.Members().Get(ctx, actor.User)
	return tenant.Incomplete(m.Name, m.Role, w), err
}
