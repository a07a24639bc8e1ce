package sqlstore

import (
	"context"
	"time"

	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

type platform struct{ s *Store }

var _ ports.Platform = platform{}

// View implements ports.Platform.
func (p platform) View(ctx context.Context, fn func(ports.PlatformTx) error) error {
	return p.s.run(ctx, access{pool: p.s.read, door: doorPlatform}, func(t *txn) error { return fn(platformTx{t}) })
}

// Update implements ports.Platform.
func (p platform) Update(ctx context.Context, fn func(ports.PlatformTx) error) error {
	return p.s.run(ctx, access{pool: p.s.write, write: true, door: doorPlatform}, func(t *txn) error { return fn(platformTx{t}) })
}

type platformTx struct{ *txn }

func (t platformTx) Now() time.Time               { return t.now }
func (t platformTx) Users() ports.Users           { return users{t.txn} }
func (t platformTx) Tenants() ports.Tenants       { return tenants{t.txn} }
func (t platformTx) Sessions() ports.Sessions     { return sessions{t.txn} }
func (t platformTx) Factors() ports.Factors       { return factors{t.txn} }
func (t platformTx) Ceremonies() ports.Ceremonies { return ceremonies{t.txn} }
func (t platformTx) SetupLinks() ports.SetupLinks { return setupLinks{t.txn} }
func (t platformTx) In(id tenant.ID) ports.Tx     { return tx{scope{t.txn, id}} }
