package sqlstore

import (
	"context"
	"database/sql"
)

// Dialect is where the engines differ. The two values are SQLite and PostgreSQL.
type Dialect struct {
	name     string
	rls      bool // transactions name their tenant to the database
	prepares bool // statements are worth keeping

	lock       string // behind a SELECT: takes the rows for writing, yet lets foreign keys refer to them
	lockShared string // behind a SELECT: keeps the rows as they are, with others who want the same
	keyShare   string // behind a SELECT: keeps the rows from being deleted or renamed
	turn       string // waits until no other transaction is past the same statement with the same number; empty where one writes at a time

	// list makes a table with one column, value, of a parameter that listArg made.
	list    func(param string) string
	listArg func([]string) any
	// in answers "column is one of the parameter that listArg made".
	in func(column, param string) string
	// indexed makes SQLite walk this index; PostgreSQL knows better by its statistics.
	indexed func(index string) string
	// aside keeps PostgreSQL from looking a text column up in an index: with the parameters unknown it would guess that a
	// range of terms is rare, and read all of it anew for every row.
	aside func(column string) string

	options  func(write bool) *sql.TxOptions
	classify func(error) class
	// epochReader prepares the read of the epoch on a raw connection.
	epochReader func(ctx context.Context, conn any) (func(context.Context) (int64, error), error)
	// emptyLog takes out of the engine's log what newer commits destroyed, and says whether nothing stood in its way. It runs
	// on a connection of the pool that it is given, outside any transaction; nil where a statement cannot do it.
	emptyLog func(ctx context.Context, db *sql.DB) (bool, error)
}

// Name answers "sqlite" or "postgres".
func (d Dialect) Name() string { return d.name }
