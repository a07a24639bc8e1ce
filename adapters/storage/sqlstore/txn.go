package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// txLimit is how long one transaction may take, its commit included. Without a bound a network that died would hold a
// connection for as long as TCP hopes.
const txLimit = 2 * time.Minute

// The doors, as row-level security knows them.
const (
	doorLookup   = "lookup"
	doorPlatform = "platform"
	doorJobs     = "jobs"
	doorKeysets  = "keysets"
)

// access says what a transaction may reach.
type access struct {
	pool   *pool
	write  bool
	tenant tenant.ID
	door   string
}

// txn is one open database transaction.
type txn struct {
	s      *Store
	access           // tenant is the one that row-level security is set to now
	conn   *sql.Conn // that tx is open on
	tx     *sql.Tx
	now    time.Time
	spent  bool            // the reservation of the caller's context is marked as done
	broken error           // the first statement that failed: the transaction cannot commit any more
	after  []func()        // run when it has committed and given its connection back
	counts map[counter]int // what counters are to be raised by
	jobs   []ports.Job     // to be put into the queue
}

// run gives fn a transaction, again when the database was busy or could not serialise, as long as patience lasts.
func (s *Store) run(ctx context.Context, a access, fn func(*txn) error) error {
	inner := !a.write && a.pool == s.side // what an open transaction may wait for
	leave, err := s.open.enter(a.write, inner)
	if err != nil {
		return err
	}
	defer leave()
	if err := s.drain.enter(inner); err != nil {
		return err
	}
	defer s.drain.leave()
	p := newPatience()
	for dead := 0; ; {
		err := s.attempt(ctx, a, fn)
		var n *notBegun
		if errors.As(err, &n) && s.d.classify(err) == lost && dead < freshTries && ctx.Err() == nil {
			dead++ // the connection had died in the pool: nothing was done, another is tried
			continue
		}
		if err == nil || !s.d.again(err) {
			return s.known(err)
		}
		if werr := p.wait(ctx); werr != nil {
			return unavailable(errors.Join(err, werr))
		}
	}
}

// notBegun is a failure from before the first statement of the caller.
type notBegun struct{ error }

func (n *notBegun) Unwrap() error { return n.error }

func (s *Store) attempt(ctx context.Context, a access, fn func(*txn) error) error {
	t, err := s.inside(ctx, a, fn)
	if err != nil {
		return err
	}
	for _, f := range t.after {
		f()
	}
	return nil
}

// inside runs fn in one transaction. The connection has been given back when it answers.
func (s *Store) inside(ctx context.Context, a access, fn func(*txn) error) (*txn, error) {
	t, end, err := s.begin(ctx, a)
	if err != nil {
		return nil, err
	}
	defer end()
	err = fn(t)
	if t.broken != nil && (err == nil || s.d.again(t.broken)) {
		err = t.broken // fn may have taken it for something else, or not looked
	}
	if err == nil {
		err = t.settle(ctx)
	}
	if err == nil {
		err = t.send(ctx)
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	if err := t.tx.Commit(); err != nil {
		return nil, fmt.Errorf("storage: commit: %w", err)
	}
	return t, nil
}

// begin opens a transaction. It waits for a connection as long as ctx and patience allow; from there on ctx ends
// statements, never the transaction itself, so that a commit is either not begun or carried through. end rolls back what
// was not committed and gives the connection back.
func (s *Store) begin(ctx context.Context, a access) (*txn, func(), error) {
	wait, stop := context.WithTimeout(ctx, patienceLimit)
	conn, err := a.pool.db.Conn(wait)
	stop()
	if err != nil {
		if ctx.Err() == nil {
			err = unavailable(err)
		}
		return nil, nil, err
	}
	txCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), txLimit)
	tx, err := conn.BeginTx(txCtx, s.d.options(a.write))
	if err != nil {
		cancel()
		_ = conn.Close()
		return nil, nil, &notBegun{fmt.Errorf("storage: begin: %w", err)}
	}
	t := &txn{s: s, access: a, conn: conn, tx: tx, now: s.now().UTC().Truncate(time.Microsecond)}
	end := func() {
		_ = tx.Rollback() // answers ErrTxDone after a commit
		cancel()
		_ = conn.Close()
		a.pool.learn()
	}
	if err := t.announce(ctx); err != nil {
		end()
		return nil, nil, &notBegun{err}
	}
	if a.write {
		if err := t.spend(ctx); err != nil {
			end()
			return nil, nil, err
		}
	}
	return t, end, nil
}

// announce tells row-level security who this transaction works for.
func (t *txn) announce(ctx context.Context) error {
	if !t.s.d.rls {
		return nil
	}
	_, err := t.exec(ctx, "set tenant", `SELECT set_config('ignisfox.tenant', $1, true), set_config('ignisfox.door', $2, true)`,
		string(t.tenant), t.door)
	return err
}

// enter makes id the tenant of the statements that follow.
func (t *txn) enter(ctx context.Context, id tenant.ID) error {
	if t.tenant == id {
		return nil
	}
	t.tenant = id
	if err := t.announce(ctx); err != nil || !t.write {
		return err
	}
	return t.spend(ctx)
}

// spend marks the reservation that ctx carries as done, in the transaction that does the work: the first that writes in its tenant,
// by whatever door.
func (t *txn) spend(ctx context.Context) error {
	once, ok := ports.OnceFrom(ctx)
	if !ok || t.spent || t.tenant == "" || once.Tenant != t.tenant {
		return nil
	}
	t.spent = true
	err := idempotency{scope{t, t.tenant}}.spend(ctx, once)
	if err != nil && t.broken == nil {
		t.broken = err // whatever is made of it, this work is another's by now
	}
	return err
}

// exec runs one statement and answers how many rows it changed. what names it in errors.
func (t *txn) exec(ctx context.Context, what, q string, args ...any) (int64, error) {
	if err := t.fit(args); err != nil {
		return 0, err
	}
	var res sql.Result
	var err error
	if st := t.pool.stmt(q); st != nil {
		res, err = t.tx.StmtContext(ctx, st).ExecContext(ctx, args...)
	} else {
		res, err = t.tx.ExecContext(ctx, q, args...)
	}
	if err != nil {
		return 0, t.spoil(what, err)
	}
	n, err := res.RowsAffected()
	return n, t.spoil(what, err)
}

// row runs a query for one row; sql.ErrNoRows when there is none.
func (t *txn) row(ctx context.Context, what, q string, args []any, dest ...any) error {
	if err := t.fit(args); err != nil {
		return err
	}
	var r *sql.Row
	if st := t.pool.stmt(q); st != nil {
		r = t.tx.StmtContext(ctx, st).QueryRowContext(ctx, args...)
	} else {
		r = t.tx.QueryRowContext(ctx, q, args...)
	}
	err := r.Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return sql.ErrNoRows
	}
	return t.spoil(what, err)
}

// rows runs a query and gives each row to scan.
func (t *txn) rows(ctx context.Context, what, q string, args []any, scan func(row) error) error {
	if err := t.fit(args); err != nil {
		return err
	}
	var rs *sql.Rows
	var err error
	if st := t.pool.stmt(q); st != nil {
		rs, err = t.tx.StmtContext(ctx, st).QueryContext(ctx, args...)
	} else {
		rs, err = t.tx.QueryContext(ctx, q, args...)
	}
	if err != nil {
		return t.spoil(what, err)
	}
	defer func() { _ = rs.Close() }()
	for rs.Next() {
		if err := scan(rs); err != nil {
			return t.spoil(what, err)
		}
	}
	return t.spoil(what, rs.Err())
}

// row is what a row can be read from.
type row interface{ Scan(dest ...any) error }

// spoil remembers that a statement failed.
func (t *txn) spoil(what string, err error) error {
	if err == nil {
		return nil
	}
	err = fmt.Errorf("storage: %s: %w", what, err)
	if t.broken == nil {
		t.broken = err
	}
	return err
}

// scope is the tables of one tenant in a transaction. Every noun is made of one.
type scope struct {
	*txn
	id tenant.ID
}

func (s scope) exec(ctx context.Context, what, q string, args ...any) (int64, error) {
	if err := s.enter(ctx, s.id); err != nil {
		return 0, err
	}
	return s.txn.exec(ctx, what, q, args...)
}

func (s scope) row(ctx context.Context, what, q string, args []any, dest ...any) error {
	if err := s.enter(ctx, s.id); err != nil {
		return err
	}
	return s.txn.row(ctx, what, q, args, dest...)
}

func (s scope) rows(ctx context.Context, what, q string, args []any, scan func(row) error) error {
	if err := s.enter(ctx, s.id); err != nil {
		return err
	}
	return s.txn.rows(ctx, what, q, args, scan)
}
