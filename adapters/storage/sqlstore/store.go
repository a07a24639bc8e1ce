// Package sqlstore is the one implementation of ports.Store, on database/sql, for SQLite and PostgreSQL.
//
// The statements are written out once, with $n parameters; where the engines differ a statement asks the dialect for the
// piece. Each noun has a file: its statements on top, then the methods, then how a row is read. adapters/storage opens the
// database and brings its schema up to date:
//
//	s := sqlstore.New(sqlstore.Deps{Dialect: sqlstore.SQLite, Write: w, Read: r, Side: side, Now: time.Now, Log: log})
//	err := s.Tenant(id).Update(ctx, func(tx ports.Tx) error { … })
//
// Every access is a transaction. A statement that fails, other than by a conflict that its method names, spoils its
// transaction on both engines alike: what follows answers the same error and the transaction is rolled back.
package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"time"

	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// Deps is what a Store stands on. On PostgreSQL Write and Read are the same pool.
type Deps struct {
	Dialect Dialect
	Write   *sql.DB // SQLite: of one connection
	Read    *sql.DB // View and Lookup
	Side    *sql.DB // the epoch and the keysets, which must not wait for transactions that wait for them: 3 connections
	Now     func() time.Time
	Log     *slog.Logger
	Close   func() error // called after the pools are closed; may be nil
}

// Enqueue puts a job into the queue in an open transaction of its connection.
type Enqueue func(ctx context.Context, conn *sql.Conn, tx *sql.Tx, j ports.Job) error

// Store implements ports.Store.
type Store struct {
	d     Dialect
	write *pool
	read  *pool
	side  *pool
	now   func() time.Time
	log   *slog.Logger
	open  guard
	drain drain
	epoch epoch
	close func() error

	enqueue Enqueue // nil: there is no queue
}

var _ ports.Store = (*Store)(nil)

// New makes a Store on pools that are open and a schema that is current. The Store closes them.
func New(d Deps) *Store {
	s := &Store{d: d.Dialect, now: d.Now, log: d.Log, close: d.Close}
	s.write = newPool(d.Write, d.Dialect.prepares)
	s.read = s.write
	if d.Read != d.Write {
		s.read = newPool(d.Read, d.Dialect.prepares)
	}
	s.side = newPool(d.Side, d.Dialect.prepares)
	s.epoch.db, s.epoch.read = d.Side, d.Dialect.epochReader
	return s
}

// SetQueue has jobs put into a queue. It is called before the store is used.
func (s *Store) SetQueue(e Enqueue) { s.enqueue = e }

// Tenant implements ports.Store.
func (s *Store) Tenant(id tenant.ID) ports.TenantStore { return &tenantStore{s, id} }

// Lookup implements ports.Store.
func (s *Store) Lookup() ports.Lookup { return lookup{s} }

// Platform implements ports.Store.
func (s *Store) Platform() ports.Platform { return platform{s} }

// Jobs implements ports.Store.
func (s *Store) Jobs() ports.Jobs { return jobs{s} }

// Keysets implements ports.Store.
func (s *Store) Keysets() ports.Keysets { return keysets{s} }

// Ping implements ports.Store.
func (s *Store) Ping(ctx context.Context) error {
	return s.run(ctx, access{pool: s.side}, func(t *txn) error {
		var one int
		return t.row(ctx, "ping", `SELECT 1 FROM auth_epoch LIMIT 1`, nil, &one)
	})
}

// Close implements ports.Store.
func (s *Store) Close() error {
	if !s.drain.wait(closeLimit) {
		s.log.Warn("the database was closed below transactions that did not end")
	}
	err := errors.Join(s.epoch.stop(), s.read.close(), s.side.close())
	if s.write != s.read {
		err = errors.Join(err, s.write.close())
	}
	if s.close != nil {
		err = errors.Join(err, s.close())
	}
	return err
}
