package signin_test

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/pquerna/otp/totp"

	"github.com/ignisfox/ignisfox/adapters/auth"
	"github.com/ignisfox/ignisfox/adapters/seal"
	"github.com/ignisfox/ignisfox/adapters/storage"
	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/audit"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/pgtest"
	"github.com/ignisfox/ignisfox/internal/testkit"
	"github.com/ignisfox/ignisfox/ports"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var (
	ctx  = context.Background()
	here = signin.Visit{Address: netip.MustParseAddr("192.0.2.7"), Agent: firefox}
)

const (
	firefox  = "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0"
	password = "correct horse"
)

var cheap = argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// desk is the service on a real store, everything under one clock that can be set.
type desk struct {
	*signin.Service
	deps     signin.Deps
	accounts *account.Service
	store    *counting
	hashes   *watched
	device   *device
	mu       sync.Mutex
	now      time.Time
}

func (d *desk) clock() time.Time { d.mu.Lock(); defer d.mu.Unlock(); return d.now }

func (d *desk) pass(t time.Duration) { d.mu.Lock(); d.now = d.now.Add(t); d.mu.Unlock() }

// counting counts look-ups.
type counting struct {
	ports.Store
	mu sync.Mutex
	n  int
}

func (c *counting) Lookup() ports.Lookup {
	c.mu.Lock()
	c.n++
	c.mu.Unlock()
	return c.Store.Lookup()
}

func (c *counting) lookups() int { c.mu.Lock(); defer c.mu.Unlock(); return c.n }

// watched sees which hashes passwords are compared with.
type watched struct {
	ports.Passwords
	mu   sync.Mutex
	with []string
}

func (w *watched) Verify(ctx context.Context, p secret.String, phc string) (bool, bool, error) {
	w.mu.Lock()
	w.with = append(w.with, phc)
	w.mu.Unlock()
	return w.Passwords.Verify(ctx, p, phc)
}

func engines(t *testing.T, fn func(t *testing.T, d *desk)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, open(t, testkit.SQLite(t))) })
	t.Run("postgres", func(t *testing.T) { fn(t, open(t, pgtest.URL(t))) })
}

func open(t *testing.T, url string) *desk {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	d := &desk{now: time.Date(2026, 11, 22, 9, 30, 5, 0, time.UTC), device: newDevice()}
	store, err := storage.Open(ctx, storage.Config{URL: url, Now: d.clock, Log: log, Migrate: true})
	ok(t, err)
	sealer, err := seal.New(seal.Deps{Keysets: store.Keysets(), Source: "file:" + filepath.Join(t.TempDir(), "kek", "kek"), Now: d.clock, Log: log})
	ok(t, err)
	ok(t, sealer.Start(ctx))
	t.Cleanup(func() { sealer.Stop(); _ = store.Close() })
	d.store = &counting{Store: store}
	d.hashes = &watched{Passwords: auth.NewPasswords(auth.PasswordDeps{Params: cheap})}
	d.deps = signin.Deps{
		Store: d.store, Sealer: sealer, Passwords: d.hashes, Codes: auth.NewOneTimeCodes("Ignisfox"), Passkeys: d.device,
		Now: d.clock, Log: log, SignUp: true,
	}
	d.Service = signin.New(d.deps)
	d.accounts = account.New(account.Deps{Store: d.store, Sealer: sealer, Passwords: d.hashes, Now: d.clock, Log: log})
	return d
}

func pw(s string) secret.String { return secret.NewString(s) }

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func code(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || fault.CodeOf(err) != want {
		t.Fatalf("got %v, want %s", err, want)
	}
}

// field wants advice for a field.
func field(t *testing.T, err error, name string) {
	t.Helper()
	var f *fault.Fault
	if !errors.As(err, &f) || f.Kind != fault.Invalid || f.Fields[name] == "" {
		t.Fatalf("got %v, want advice for %s", err, name)
	}
}

// install sets the server up with kim@example.com, owner and platform admin, and answers their session.
func (d *desk) install(t *testing.T) signin.Opened {
	t.Helper()
	link, _, err := d.OpenSetup(ctx)
	ok(t, err)
	out, err := d.Setup(ctx, signin.Setup{
		Link: link, Name: "Kim", Organisation: "Acme", Email: "kim@example.com", TimeZone: "Europe/Berlin", Password: pw(password),
	}, here)
	ok(t, err)
	return out
}

// member makes a person with the usual password in a workspace, made when absent, and answers who they are. They are not
// the first there is, so no platform admin.
func (d *desk) member(t *testing.T, email, workspace string, role tenant.Role) signin.Who {
	t.Helper()
	d.notTheFirst(t)
	if role == tenant.Owner {
		_, err := d.accounts.CreateOwner(ctx, account.NewOwner{Email: email, Name: "Lee " + email, Tenant: workspace, Password: pw(password), Add: true})
		ok(t, err)
	} else {
		ok(t, d.store.Platform().Update(ctx, func(tx ports.PlatformTx) error {
			w, err := tx.Tenants().ByName(ctx, workspace)
			if err != nil {
				return err
			}
			u, err := tx.Users().ByEmail(ctx, email)
			if err != nil {
				return err
			}
			return tx.In(w.ID).Members().Insert(ctx, tenant.Member{User: u.ID, Role: role, CreatedAt: tx.Now()})
		}))
	}
	return d.signedIn(t, email)
}

// notTheFirst sees to it that there is somebody.
func (d *desk) notTheFirst(t *testing.T) {
	t.Helper()
	n := 0
	ok(t, d.store.Platform().View(ctx, func(tx ports.PlatformTx) (err error) {
		n, err = tx.Users().Count(ctx)
		return err
	}))
	if n == 0 {
		d.person(t, tenant.User{Email: "first@example.com"})
	}
}

func (d *desk) signedIn(t *testing.T, email string) signin.Who {
	t.Helper()
	out, err := d.SignIn(ctx, email, pw(password), here)
	ok(t, err)
	if out.Pending {
		t.Fatal("a second factor is asked for")
	}
	return d.who(t, out.Cookie)
}

func (d *desk) who(t *testing.T, cookie secret.String) signin.Who {
	t.Helper()
	w, err := d.Authenticate(ctx, cookie, here.Address)
	ok(t, err)
	return w
}

func (d *desk) trail(t *testing.T, id tenant.ID) (out []audit.Entry) {
	t.Helper()
	out, _, err := d.accounts.Trail(ctx, tenant.Operator(id), 200, 0)
	ok(t, err)
	return out
}

// told counts entries of an action with these details, given as key, value, ….
func (d *desk) told(t *testing.T, id tenant.ID, action tenant.Action, details ...string) int {
	t.Helper()
	n := 0
	for _, e := range d.trail(t, id) {
		fits := e.Action == action
		for pair := range slices.Chunk(details, 2) {
			fits = fits && e.Details[pair[0]] == pair[1]
		}
		if fits {
			n++
		}
	}
	return n
}

// app is somebody's authenticator app.
type app struct{ key string }

func (a app) code(t *testing.T, at time.Time) string {
	t.Helper()
	c, err := totp.GenerateCode(a.key, at)
	ok(t, err)
	return c
}

// withApp gives somebody an authenticator app and lets its code become old.
func (d *desk) withApp(t *testing.T, w signin.Who) (app, []secret.String) {
	t.Helper()
	e, err := d.BeginAuthenticator(ctx, w)
	ok(t, err)
	a := app{e.Key.Reveal()}
	codes, err := d.ConfirmAuthenticator(ctx, w, a.code(t, d.clock()))
	ok(t, err)
	d.pass(time.Minute)
	return a, codes
}

// pending signs in with the password alone.
func (d *desk) pending(t *testing.T, email string) secret.String {
	t.Helper()
	out, err := d.SignIn(ctx, email, pw(password), here)
	ok(t, err)
	if !out.Pending {
		t.Fatal("no second factor is asked for")
	}
	return out.Cookie
}

// atOnce runs fn n times at the same time and answers the errors.
func atOnce(n int, fn func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = fn(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

// one wants one success, and the others refused with one of the codes.
func one(t *testing.T, errs []error, codes ...string) {
	t.Helper()
	good := 0
	for _, err := range errs {
		if err == nil {
			good++
		} else if !slices.Contains(codes, fault.CodeOf(err)) {
			t.Errorf("refused with %v", err)
		}
	}
	if good != 1 {
		t.Errorf("%d succeeded", good)
	}
}

// proved proves who somebody is once more and answers their new cookie.
func (d *desk) proved(t *testing.T, w signin.Who, p signin.Proof) secret.String {
	t.Helper()
	out, err := d.Confirm(ctx, w, p, here)
	ok(t, err)
	return out.Cookie
}
