package sqlstore

import (
	"context"
	"time"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/token"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	// Strangers have no id, and none is like another to the index.
	ceremonyPut = `INSERT INTO ceremonies (hash, kind, user_id, data, expires_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (user_id, kind) DO UPDATE SET hash = excluded.hash, data = excluded.data, expires_at = excluded.expires_at`
	ceremonyTake = `DELETE FROM ceremonies WHERE hash = $1 AND expires_at > $2
		RETURNING hash, kind, COALESCE(user_id, ''), data, expires_at`

	setupLinkInsert    = `INSERT INTO setup_links (hash, expires_at) VALUES ($1, $2)`
	setupLinkExpires   = `SELECT expires_at FROM setup_links WHERE hash = $1`
	setupLinkDeleteAll = `DELETE FROM setup_links`

	firstOwnerTurn = 4921937402812 // with Dialect.turn
)

type ceremonies struct{ *txn }

var _ ports.Ceremonies = ceremonies{}

// Put implements ports.Ceremonies.
func (r ceremonies) Put(ctx context.Context, c tenant.Ceremony) error {
	_, err := r.exec(ctx, "put ceremony", ceremonyPut, c.Hash[:], c.Kind, optional(string(c.User)), blob(c.Data), micros(c.ExpiresAt))
	return r.on(err, foreign, fault.Missing("user"))
}

// Take implements ports.Ceremonies. One statement reads and deletes: of two that take it, one finds it. What has expired is left
// to Jobs.Sweep.
func (r ceremonies) Take(ctx context.Context, h token.Hash, now time.Time) (c tenant.Ceremony, err error) {
	err = r.row(ctx, "take ceremony", ceremonyTake, []any{h[:], micros(now)}, hash{&c.Hash}, &c.Kind, &c.User, &c.Data, stamp{&c.ExpiresAt})
	return c, found(err, "challenge")
}

type setupLinks struct{ *txn }

var _ ports.SetupLinks = setupLinks{}

// Insert implements ports.SetupLinks.
func (r setupLinks) Insert(ctx context.Context, h token.Hash, expires time.Time) error {
	_, err := r.exec(ctx, "insert setup link", setupLinkInsert, h[:], micros(expires))
	return err
}

// Expires implements ports.SetupLinks.
func (r setupLinks) Expires(ctx context.Context, h token.Hash) (at time.Time, err error) {
	err = r.row(ctx, "setup link", r.locked(setupLinkExpires), []any{h[:]}, stamp{&at})
	return at, found(err, "setup link")
}

// DeleteAll implements ports.SetupLinks. Links that are deleted make others wait; where there is none the turn does. It comes after
// the links, which somebody who uses one has taken by then.
func (r setupLinks) DeleteAll(ctx context.Context) error {
	if _, err := r.exec(ctx, "delete setup links", setupLinkDeleteAll); err != nil || r.s.d.turn == "" {
		return err
	}
	_, err := r.exec(ctx, "wait for the first owner", r.s.d.turn, int64(firstOwnerTurn))
	return err
}
