package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// PostgreSQL is pgx behind database/sql. The pools are opened by adapters/storage.
var PostgreSQL = Dialect{
	name:       "postgres",
	rls:        true,
	lock:       " FOR NO KEY UPDATE",
	lockShared: " FOR SHARE",
	keyShare:   " FOR KEY SHARE",
	turn:       "SELECT pg_advisory_xact_lock($1)",
	list:       func(param string) string { return "unnest(" + param + "::text[]) AS list(value)" },
	listArg: func(l []string) any {
		if l == nil {
			l = []string{}
		}
		return l
	},
	in:      func(column, param string) string { return column + " = ANY(" + param + "::text[])" },
	indexed: func(string) string { return "" },
	aside:   func(column string) string { return "(" + column + " || '')" },
	options: func(write bool) *sql.TxOptions {
		if write {
			return &sql.TxOptions{Isolation: sql.LevelReadCommitted} // rows are locked where it matters
		}
		return &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	},
	classify:    classifyPostgres,
	epochReader: postgresEpoch,
}

func classifyPostgres(err error) class {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		switch {
		case e.Code == "40001" || e.Code == "40P01": // serialisation, deadlock
			return again
		case e.Code == "23505":
			return unique
		case e.Code == "23503" || e.Code == "23001":
			return foreign
		case e.Code == "53100": // disk full
			return full
		case strings.HasPrefix(e.Code, "57P"), strings.HasPrefix(e.Code, "08"), strings.HasPrefix(e.Code, "53"):
			return lost // shutting down, connection, too many of them
		case e.Code == "25006": // a primary that has become a standby
			return lost
		}
		return other
	}
	var connect *pgconn.ConnectError
	var network net.Error
	if errors.As(err, &connect) || errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, pgconn.ErrConnClosed) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return lost
	}
	return other
}

// postgresEpoch reads by a prepared statement of the protocol itself, which is the cheapest that the driver has.
func postgresEpoch(ctx context.Context, conn any) (func(context.Context) (int64, error), error) {
	c, ok := conn.(*stdlib.Conn)
	if !ok {
		return nil, fmt.Errorf("storage: %T is no connection of pgx", conn)
	}
	raw := c.Conn().PgConn()
	const name = "ignisfox_epoch"
	if _, err := raw.Prepare(ctx, name, "SELECT sum(v)::bigint FROM auth_epoch", nil); err != nil {
		return nil, err
	}
	return func(ctx context.Context) (int64, error) {
		res := raw.ExecPrepared(ctx, name, nil, nil, nil).Read()
		if res.Err != nil {
			return 0, res.Err
		}
		if len(res.Rows) != 1 || len(res.Rows[0]) != 1 {
			return 0, errors.New("storage: the epoch is gone")
		}
		return parseInt(res.Rows[0][0])
	}, nil
}
