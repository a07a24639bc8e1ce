package sqlstore

import (
	"database/sql"
	"path/filepath"
	"runtime"
	"testing"

	_ "modernc.org/sqlite"
)

func learningPool(t *testing.T) *pool {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	p := newPool(db, true)
	t.Cleanup(func() { _ = p.close() })
	return p
}

func (p *pool) busy() bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.learning
}

// The one connection may be with the next writer for long. Nobody waits for it, and what could not be prepared is later.
func TestLearningWaitsForNobody(t *testing.T) {
	p := learningPool(t)
	const q = "SELECT 1"
	for range 2 {
		if p.stmt(q) != nil {
			t.Fatal("prepared out of nothing")
		}
	}
	conn, err := p.db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p.learn() // would never answer if it waited for the connection
	for p.busy() {
		runtime.Gosched() // until it has given up
	}
	if p.stmt(q) != nil {
		t.Fatal("prepared without a connection")
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	p.learn()
	for p.busy() {
		runtime.Gosched()
	}
	if p.stmt(q) == nil {
		t.Error("the statement was forgotten")
	}
}

func TestWhatCannotBePreparedIsGivenUp(t *testing.T) {
	p := learningPool(t)
	for range 2 {
		p.stmt("SELECT FROM nonsense")
	}
	for range learnTries {
		p.learn()
		for p.busy() {
			runtime.Gosched()
		}
	}
	if len(p.next) != 0 {
		t.Error("it is tried for ever")
	}
}

func TestCloseEndsLearning(t *testing.T) {
	p := learningPool(t)
	for range 2 {
		p.stmt("SELECT 1")
	}
	conn, err := p.db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p.learn()
	if err := p.close(); err != nil {
		t.Error(err)
	}
	if p.busy() {
		t.Error("it is still at work")
	}
	_ = conn.Close()
}
