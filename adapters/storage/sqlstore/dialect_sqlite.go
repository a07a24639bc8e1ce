package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"modernc.org/sqlite"
)

// SQLite is modernc.org/sqlite. The pools are opened by adapters/storage.
var SQLite = Dialect{
	name:     "sqlite",
	prepares: true,
	list:     func(param string) string { return "json_each(" + param + ")" },
	listArg: func(l []string) any {
		if l == nil {
			l = []string{}
		}
		b, _ := json.Marshal(l) // a list of strings always encodes
		return string(b)
	},
	in:      func(column, param string) string { return column + " IN (SELECT value FROM json_each(" + param + "))" },
	indexed: func(index string) string { return " INDEXED BY " + index },
	aside:   func(column string) string { return column },
	options: func(bool) *sql.TxOptions { return nil }, // the write pool begins IMMEDIATE by its URL

	classify:    classifySQLite,
	epochReader: sqliteEpoch,
	emptyLog: func(ctx context.Context, db *sql.DB) (bool, error) {
		// secure_delete zeroes what was deleted in the newest copy of its page; the log holds older copies. Being busy with
		// readers or a writer is no error here but the first column of the answer.
		var busy, frames, moved int
		err := db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &moved)
		return busy == 0, err
	},
}

// Result codes of SQLite, https://sqlite.org/rescode.html.
const (
	sqliteBusy     = 5
	sqliteLocked   = 6
	sqliteReadonly = 8
	sqliteIOErr    = 10
	sqliteCorrupt  = 11
	sqliteFull     = 13
	sqliteCantOpen = 14
	sqliteNotADB   = 26

	sqliteForeignKey = 787
	sqlitePrimaryKey = 1555
	sqliteUnique     = 2067
	sqliteRowID      = 2579
)

func classifySQLite(err error) class {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return other
	}
	switch e.Code() {
	case sqliteForeignKey:
		return foreign
	case sqliteUnique, sqlitePrimaryKey, sqliteRowID:
		return unique
	}
	switch e.Code() & 0xff {
	case sqliteBusy, sqliteLocked:
		return again
	case sqliteNotADB, sqliteCorrupt:
		return unreadable
	case sqliteFull, sqliteIOErr, sqliteReadonly:
		return full
	case sqliteCantOpen:
		return lost
	}
	return other
}

// sqliteEpoch reads without database/sql between: a read is a few microseconds, so ctx is not looked at while it runs.
func sqliteEpoch(ctx context.Context, conn any) (func(context.Context) (int64, error), error) {
	preparer, ok := conn.(driver.ConnPrepareContext)
	if !ok {
		return nil, fmt.Errorf("storage: %T does not prepare", conn)
	}
	st, err := preparer.PrepareContext(ctx, "SELECT v FROM auth_epoch WHERE slot = 0")
	if err != nil {
		return nil, err
	}
	query, ok := st.(driver.StmtQueryContext)
	if !ok {
		return nil, fmt.Errorf("storage: %T does not query", st)
	}
	dest := make([]driver.Value, 1)
	return func(context.Context) (v int64, err error) {
		rows, err := query.QueryContext(context.Background(), nil)
		if err != nil {
			return 0, err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		if err := rows.Next(dest); err != nil {
			if errors.Is(err, io.EOF) {
				err = errors.New("storage: the epoch is gone")
			}
			return 0, err
		}
		v, ok := dest[0].(int64)
		if !ok {
			return 0, fmt.Errorf("storage: the epoch is a %T", dest[0])
		}
		return v, nil
	}, nil
}
