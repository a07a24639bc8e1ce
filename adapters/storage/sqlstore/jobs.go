package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/token"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	// The target is read by the same statement that writes, and kept, so that a fetch of one that is gone is passed over
	// rather than refused. A part is overwritten only by a newer one.
	fetchRecord = `INSERT INTO target_fetches (tenant_id, target_id, at, address, kind, generation, key_at, key_generation,
		fullchain_at, fullchain_generation)
		SELECT t.tenant_id, t.id, $3, $4, $5, $6, $7, $8, $9, $10 FROM targets t WHERE t.tenant_id = $1 AND t.id = $2`
	fetchMerge = ` ON CONFLICT (tenant_id, target_id) DO UPDATE SET
		address = CASE WHEN excluded.at >= target_fetches.at THEN excluded.address ELSE target_fetches.address END,
		kind = CASE WHEN excluded.at >= target_fetches.at THEN excluded.kind ELSE target_fetches.kind END,
		generation = CASE WHEN excluded.at >= target_fetches.at THEN excluded.generation ELSE target_fetches.generation END,
		at = CASE WHEN excluded.at >= target_fetches.at THEN excluded.at ELSE target_fetches.at END,
		key_generation = CASE WHEN excluded.key_at > 0 AND excluded.key_at >= target_fetches.key_at
			THEN excluded.key_generation ELSE target_fetches.key_generation END,
		key_at = CASE WHEN excluded.key_at >= target_fetches.key_at THEN excluded.key_at ELSE target_fetches.key_at END,
		fullchain_generation = CASE WHEN excluded.fullchain_at > 0 AND excluded.fullchain_at >= target_fetches.fullchain_at
			THEN excluded.fullchain_generation ELSE target_fetches.fullchain_generation END,
		fullchain_at = CASE WHEN excluded.fullchain_at >= target_fetches.fullchain_at
			THEN excluded.fullchain_at ELSE target_fetches.fullchain_at END`
	useRecord = `INSERT INTO token_uses (tenant_id, token_id, last_at, last_addr)
		SELECT p.tenant_id, p.id, $3, $4 FROM push_tokens p WHERE p.tenant_id = $1 AND p.id = $2`
	useMerge = ` ON CONFLICT (tenant_id, token_id) DO UPDATE SET last_at = excluded.last_at, last_addr = excluded.last_addr
		WHERE excluded.last_at >= token_uses.last_at`
	seenRecord = `UPDATE sessions SET last_at = $2, address = $3 WHERE id = $1 AND last_at <= $2 RETURNING user_id, workspace_id, pending`
	useAPI     = `UPDATE api_tokens SET last_at = $3, last_addr = $4 WHERE tenant_id = $1 AND id = $2 AND last_at <= $3`
	useIngest  = `UPDATE ingest_tokens SET last_at = $3, last_addr = $4 WHERE tenant_id = $1 AND id = $2 AND last_at <= $3`
)

type jobs struct{ s *Store }

var _ ports.Jobs = jobs{}

func (j jobs) update(ctx context.Context, fn func(*txn) error) error {
	return j.s.run(ctx, access{pool: j.s.write, write: true, door: doorJobs}, fn)
}

// seen is what the fetches of one target come to.
type seen struct {
	last, key, full target.Fetch
}

type place struct {
	tenant tenant.ID
	id     string
}

func (p place) compare(q place) int {
	return cmp.Or(cmp.Compare(p.tenant, q.tenant), cmp.Compare(p.id, q.id))
}

// RecordFetches implements ports.Jobs. Rows are written in one order, so that two replicas do not wait for each other.
func (j jobs) RecordFetches(ctx context.Context, fetches []target.Fetch) error {
	if len(fetches) == 0 {
		return nil
	}
	targets, tokens := gather(fetches)
	return j.update(ctx, func(t *txn) error {
		for _, p := range ordered(targets) {
			s := targets[p]
			_, err := t.exec(ctx, "record fetch", fetchRecord+t.s.d.keyShare+fetchMerge, string(p.tenant), p.id, micros(s.last.At),
				addrText(s.last.Address), string(s.last.Kind), s.last.Generation, micros(s.key.At), s.key.Generation,
				micros(s.full.At), s.full.Generation)
			if err != nil {
				return err
			}
		}
		for _, p := range ordered(tokens) {
			f := tokens[p]
			_, err := t.exec(ctx, "record use", useRecord+t.s.d.keyShare+useMerge, string(p.tenant), p.id, micros(f.At), addrText(f.Address))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// gather keeps the newest fetch of each sort.
func gather(fetches []target.Fetch) (targets map[place]seen, tokens map[place]target.Fetch) {
	targets, tokens = map[place]seen{}, map[place]target.Fetch{}
	newer := func(into *target.Fetch, f target.Fetch) {
		if !f.At.Before(into.At) {
			*into = f
		}
	}
	for _, f := range fetches {
		at := place{f.Tenant, f.Target}
		s := targets[at]
		newer(&s.last, f)
		if f.Kind.HoldsKey() {
			newer(&s.key, f)
		}
		if f.Kind == group.FormFullchain {
			newer(&s.full, f)
		}
		targets[at] = s
		if f.Token != "" {
			use := tokens[place{f.Tenant, f.Token}]
			newer(&use, f)
			tokens[place{f.Tenant, f.Token}] = use
		}
	}
	return targets, tokens
}

func ordered[V any](m map[place]V) []place {
	out := make([]place, 0, len(m))
	for p := range m {
		out = append(out, p)
	}
	slices.SortFunc(out, place.compare)
	return out
}

// ReleaseKeys implements ports.Jobs.
func (j jobs) ReleaseKeys(ctx context.Context) error {
	return j.update(ctx, func(t *txn) error {
		_, err := t.exec(ctx, "release keys", keyReleaseAll)
		return err
	})
}

// RecordUses implements ports.Jobs.
func (j jobs) RecordUses(ctx context.Context, uses []ports.TokenUse) error {
	if len(uses) == 0 {
		return nil
	}
	uses = slices.Clone(uses)
	slices.SortFunc(uses, func(a, b ports.TokenUse) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), place{a.Tenant, a.ID}.compare(place{b.Tenant, b.ID}), a.At.Compare(b.At))
	})
	return j.update(ctx, func(t *txn) error {
		for _, u := range uses {
			q := ""
			switch u.Kind {
			case token.API:
				q = useAPI
			case token.Ingest:
				q = useIngest
			default:
				continue // a push token is used by fetching
			}
			if _, err := t.exec(ctx, "record use", q, string(u.Tenant), u.ID, micros(u.At), addrText(u.Address)); err != nil {
				return err
			}
		}
		return nil
	})
}

// RecordSeen implements ports.Jobs.
func (j jobs) RecordSeen(ctx context.Context, seen []ports.SessionSeen) error {
	if len(seen) == 0 {
		return nil
	}
	seen = slices.Clone(seen)
	slices.SortFunc(seen, func(a, b ports.SessionSeen) int { return cmp.Or(cmp.Compare(a.ID, b.ID), a.At.Compare(b.At)) })
	return j.update(ctx, func(t *txn) error {
		for _, at := range seen {
			s := tenant.Session{LastAt: at.At}
			err := t.row(ctx, "record session", seenRecord, []any{at.ID, micros(at.At), addrText(at.Address)}, &s.User, &s.Tenant, &s.Pending)
			if errors.Is(err, sql.ErrNoRows) {
				continue
			}
			if err == nil && !s.Pending {
				err = t.seenIn(ctx, s)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}
