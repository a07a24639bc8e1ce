// Package pgtest gives tests a real PostgreSQL of their own.
//
// One server is started for a test process when the first test asks, and ends with it, even when the process is killed:
//
//	func TestMain(m *testing.M) { pgtest.Main(m) }
//
//	func TestStore(t *testing.T) {
//		url := pgtest.URL(t) // a fresh database, owned by a fresh plain role
//		...
//	}
//
// The role is plain on purpose: a superuser or BYPASSRLS role passes by row-level security, and tests that connect as one prove
// nothing. SuperURL is for the one test that must show such a login being refused.
//
// Benchmarks, soak runs and whole-binary tests that want a server of their own, or want to kill it, use Start.
//
// The binaries come from Debian's postgresql package. When they are missing tests fail and name `make test-deps`; nothing is
// skipped. A goroutine of this package lives as long as the server; leak checks ignore it with
//
//	goleak.IgnoreAnyFunction(pgtest.Goroutine)
package pgtest

import (
	"context"
	"errors"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"
)

// Goroutine names the function of the one goroutine that waits for a server, for leak checks.
const Goroutine = "github.com/ignisfox/ignisfox/internal/pgtest.(*process).run"

const adminTimeout = time.Minute // for one administrative statement on a busy machine

// M is what *testing.M offers.
type M interface{ Run() int }

// Main runs the tests of a package, then ends the server if one was started, removes its directory and exits.
func Main(m *testing.M) { os.Exit(With(m).Run()) }

// With wraps m so that its Run also ends the server. It is for a TestMain that hands m to something else, as testscript.Main does.
func With(m M) M { return wrapped{m} }

type wrapped struct{ inner M }

// Run implements M.
func (w wrapped) Run() int {
	shared.begin()
	defer shared.end()
	return w.inner.Run()
}

// shared is the lazily started server of this process.
var shared lazy

type lazy struct {
	mu     sync.Mutex
	open   bool // between begin and end
	tried  bool
	dir    string
	server *Server
	err    error
}

func (l *lazy) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open = true
}

func (l *lazy) get() (*Server, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.open {
		return nil, errors.New("pgtest: the package needs func TestMain(m *testing.M) { pgtest.Main(m) }, so that the server ends with its tests")
	}
	if l.tried {
		return l.server, l.err
	}
	l.tried = true
	if l.dir, l.err = freshDir(os.TempDir()); l.err != nil {
		return nil, l.err
	}
	l.server, l.err = Start(l.dir, Options{})
	return l.server, l.err
}

func (l *lazy) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.server != nil {
		l.server.discard()
	}
	if l.dir != "" {
		_ = os.RemoveAll(l.dir)
	}
	l.open, l.tried, l.dir, l.server, l.err = false, false, "", nil, nil
}

// URL answers postgres://role@127.0.0.1:port/db?sslmode=disable for a new database owned by a new plain role. Both are dropped
// when the test ends, connections or not.
func URL(t testing.TB) string {
	t.Helper()
	s, err := shared.get()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), adminTimeout)
	defer cancel()
	u, drop, err := s.NewDatabase(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), adminTimeout)
		defer cancel()
		if err := drop(ctx); err != nil {
			t.Error(err)
		}
	})
	return u
}

// SuperURL answers the same database as the superuser, whom start-up has to refuse.
func SuperURL(t testing.TB, plain string) string {
	t.Helper()
	u, err := url.Parse(plain)
	if err != nil {
		t.Fatalf("pgtest: the URL does not parse: %v", err)
	}
	u.User = url.User(superuser)
	return u.String()
}
