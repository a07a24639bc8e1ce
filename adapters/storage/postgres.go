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
	connectTimeout    = 10 * time.Second
)

// connectPostgres opens two pools: one for transactions, a small one for what those may have to wait for.
func connectPostgres(ctx context.Context, url string) (sqlstore.Deps, error) {
	main, err := poolConfig(url)
	if err != nil {
		return sqlstore.Deps{}, err
	}
	side := main.Copy()
	side.MaxConns, side.MinConns, side.MinIdleConns = postgresSideConns, 0, 0
	mainPool, err := pgxpool.NewWithConfig(ctx, main)
	if err != nil {
		return sqlstore.Deps{}, unreachable(err)
	}
	sidePool, err := pgxpool.NewWithConfig(ctx, side)
	if err != nil {
		mainPool.Close()
		return sqlstore.Deps{}, unreachable(err)
	}
	db := stdlib.OpenDBFromPool(mainPool)
	deps := sqlstore.Deps{
		Dialect: sqlstore.PostgreSQL, Write: db, Read: db, Side: stdlib.OpenDBFromPool(sidePool),
		Close: func() error {
			sidePool.Close()
			mainPool.Close()
			return nil
		},
	}
	deps.Write.SetMaxOpenConns(int(main.MaxConns))
	deps.Side.SetMaxOpenConns(postgresSideConns)
	if err := checkRole(ctx, deps.Side); err != nil {
		_ = deps.Side.Close()
		_ = deps.Write.Close()
		_ = deps.Close()
		return sqlstore.Deps{}, err
	}
	return deps, nil
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
