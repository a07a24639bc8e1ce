package storage

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/ignisfox/ignisfox/adapters/storage/sqlstore"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

const (
	postgresConns     = 16 // unless the URL says pool_max_conns
	postgresSideConns = 3
	postgresJobConns  = 5 // one of them listens
	connectTimeout    = 10 * time.Second
	closeLimit        = 5 * time.Second // for connections that somebody still has
)

// connectPostgres opens two pools: one for transactions, a small one for what those may have to wait for; and a third one where
// there is a queue, which holds a connection for good and must not wait for the transactions of its own jobs.
func connectPostgres(ctx context.Context, c Config) (deps sqlstore.Deps, queue *pgxpool.Pool, err error) {
	main, err := poolConfig(c.URL)
	if err != nil {
		return sqlstore.Deps{}, nil, err
	}
	var pools []*pgxpool.Pool
	closePools := func() error { return closeAll(pools) }
	defer func() {
		if err != nil {
			_ = closePools()
		}
	}()
	open := func(c *pgxpool.Config) (*pgxpool.Pool, error) {
		p, err := pgxpool.NewWithConfig(ctx, c)
		if err != nil {
			return nil, unreachable(err)
		}
		pools = append(pools, p)
		return p, nil
	}
	few := func(n int32) *pgxpool.Config {
		c := main.Copy()
		c.MaxConns, c.MinConns, c.MinIdleConns = n, 0, 0
		return c
	}
	mainPool, err := open(main)
	if err != nil {
		return sqlstore.Deps{}, nil, err
	}
	sidePool, err := open(few(postgresSideConns))
	if err != nil {
		return sqlstore.Deps{}, nil, err
	}
	if c.Queue != nil {
		if queue, err = open(few(postgresJobConns)); err != nil {
			return sqlstore.Deps{}, nil, err
		}
	}
	db, side := stdlib.OpenDBFromPool(mainPool), stdlib.OpenDBFromPool(sidePool)
	db.SetMaxOpenConns(int(main.MaxConns))
	side.SetMaxOpenConns(postgresSideConns)
	if err := checkRole(ctx, side); err != nil {
		_ = side.Close()
		_ = db.Close()
		return sqlstore.Deps{}, nil, err
	}
	return sqlstore.Deps{Dialect: sqlstore.PostgreSQL, Write: db, Read: db, Side: side, Close: closePools}, queue, nil
}

// closeAll closes the pools and waits for connections that are in use, of a job that does not end, say, no longer than closeLimit.
func closeAll(pools []*pgxpool.Pool) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, p := range pools {
			p.Close()
		}
	}()
	timer := time.NewTimer(closeLimit)
	defer timer.Stop()
	select {
	case <-done:
		return nil
	case <-timer.C:
		return errors.New("connections to the database were still in use when it was closed")
	}
}

func poolConfig(url string) (*pgxpool.Config, error) {
	c, err := pgxpool.ParseConfig(url)
	if err != nil {
		// The driver's text may hold the password: it is not kept as a cause.
		return nil, fault.New(fault.Invalid, "database_url",
			"The database URL is not usable. Give postgres://USER:PASSWORD@HOST/DATABASE.")
	}
	if !strings.Contains(url, "pool_max_conns") {
		c.MaxConns = postgresConns
	}
	if c.ConnConfig.ConnectTimeout == 0 {
		c.ConnConfig.ConnectTimeout = connectTimeout
	}
	if c.ConnConfig.ValidateConnect == nil && !strings.Contains(url, "target_session_attrs") {
		c.ConnConfig.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite // a standby would refuse what comes later
	}
	c.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheStatement
	c.ConnConfig.RuntimeParams["application_name"] = "ignisfox"
	return c, nil
}

// checkRole refuses a login that row-level security does not bind.
func checkRole(ctx context.Context, db *sql.DB) error {
	var passes bool
	err := db.QueryRowContext(ctx, "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user").Scan(&passes)
	if errors.Is(err, pgconn.ErrReadOnlyConnection) {
		return fault.Wrap(err, fault.Unavailable, "database_read_only", "This PostgreSQL server takes no changes: it is a standby, or "+
			"default_transaction_read_only is set. Name the primary in the database URL.")
	}
	if err != nil {
		return unreachable(err)
	}
	if passes {
		return fault.New(fault.Forbidden, "database_role", "This PostgreSQL login is a superuser or has BYPASSRLS, so row-level "+
			"security would not keep tenants apart. Connect as a plain role that owns the database: "+
			"CREATE ROLE ignisfox LOGIN NOSUPERUSER NOBYPASSRLS; ALTER DATABASE … OWNER TO ignisfox.")
	}
	return nil
}
