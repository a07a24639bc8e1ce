package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/ignisfox/ignisfox/core/fault"
)

// class is what a driver's error means to us.
type class uint8

const (
	other      class = iota
	again            // busy, deadlock, serialisation: the transaction was rolled back and may be run again
	unique           // a unique constraint
	foreign          // a foreign key
	lost             // the connection or the database cannot be reached
	unreadable       // the file is damaged or none of ours
	full             // no space left, or the medium fails
)

// again says whether the transaction that failed with err may be run again.
func (d Dialect) again(err error) bool { return d.classify(err) == again }

// unavailable is the answer when the database cannot be reached or stays busy.
func unavailable(cause error) error {
	return fault.Wrap(cause, fault.Unavailable, "store_unavailable", "The database does not answer. Try again in a moment.")
}

// known turns what the driver said into a Fault where a person can be told something; other errors stay as they are.
func (s *Store) known(err error) error {
	var f *fault.Fault
	if err == nil || errors.As(err, &f) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	switch s.d.classify(err) {
	case lost:
		return unavailable(err)
	case unreadable:
		return fault.Wrap(err, fault.Unavailable, "database_damaged",
			"The database is damaged. Stop the server and restore a backup.")
	case full:
		return fault.Wrap(err, fault.Unavailable, "storage_full",
			"The database cannot be written: its disk is full or fails.")
	}
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) {
		return unavailable(err)
	}
	return err
}

// on answers f instead of err when err is of class c. The transaction stays spoilt: it then answers f to everything.
func (t *txn) on(err error, c class, f *fault.Fault) error {
	if err == nil || t.s.d.classify(err) != c {
		return err
	}
	w := fault.Wrap(err, f.Kind, f.Code, f.Message)
	w.Fields = f.Fields
	t.broken = w
	return w
}

// found turns the absence of a row into "there is no such noun".
func found(err error, noun string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fault.Missing(noun)
	}
	return err
}

// changed turns a statement that changed nothing into "there is no such noun".
func changed(n int64, err error, noun string) error {
	if err == nil && n == 0 {
		return fault.Missing(noun)
	}
	return err
}

// fit refuses a spoilt transaction, and text that PostgreSQL cannot hold, before it reaches an engine.
func (t *txn) fit(args []any) error {
	if t.broken != nil {
		return t.broken
	}
	for _, a := range args {
		if s, ok := a.(string); ok && (strings.IndexByte(s, 0) >= 0 || !utf8.ValidString(s)) {
			return fault.New(fault.Invalid, "bad_text", "Text must be UTF-8 without NUL characters.")
		}
	}
	return nil
}
