package account_test

import (
	"context"
	"io"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/ignisfox/ignisfox/adapters/auth"
	"github.com/ignisfox/ignisfox/adapters/storage"
	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/audit"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/token"
	"github.com/ignisfox/ignisfox/internal/pgtest"
	"github.com/ignisfox/ignisfox/internal/testkit"
	"github.com/ignisfox/ignisfox/ports"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var ctx = context.Background()

// desk is the service on a real store, with a clock that can be set.
type desk struct {
	*account.Service
	kit       *testkit.Kit
	passwords *auth.Passwords
	lookups   *counting
	mu        sync.Mutex
	now       time.Time
}

func (d *desk) clock() time.Time { d.mu.Lock(); defer d.mu.Unlock(); return d.now }

func (d *desk) pass(t time.Duration) { d.mu.Lock(); d.now = d.now.Add(t); d.mu.Unlock() }

// counting counts look-ups of tokens.
type counting struct {
	ports.Store
	n int
}

func (c *counting) Lookup() ports.Lookup { c.n++; return c.Store.Lookup() }

func engines(t *testing.T, fn func(t *testing.T, d *desk)) {
	testkit.Engines(t, func(t *testing.T, k *testkit.Kit) {
		cheap := argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}
		d := &desk{kit: k, passwords: auth.NewPasswords(auth.PasswordDeps{Params: cheap}), lookups: &counting{Store: k.Store}, now: time.Now()}
		d.Service = account.New(account.Deps{
			Store: d.lookups, Sealer: k.Sealer, Passwords: d.passwords, Now: d.clock, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		})
		fn(t, d)
	})
}

func pw(s string) secret.String { return secret.NewString(s) }

func code(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || fault.CodeOf(err) != want {
		t.Fatalf("got %v, want %s", err, want)
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (d *desk) trail(t *testing.T, id tenant.ID) (out []audit.Entry) {
	t.Helper()
	out, _, err := d.Trail(ctx, tenant.Operator(id), 200, 0)
	ok(t, err)
	return out
}

func TestCreateOwner(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		// The kit's own tenant has a person already, so these are not the first.
		first, err := d.CreateOwner(ctx, account.NewOwner{Email: "kim@example.com", Name: "Kim", Tenant: "Acme", Password: pw("password one")})
		ok(t, err)
		if first.Platform || !first.NewTenant || !first.NewUser {
			t.Errorf("%+v", first)
		}
		again := account.NewOwner{Email: "lee@example.com", Name: "Lee", Tenant: "acme", Password: pw("password two")}
		_, err = d.CreateOwner(ctx, again)
		code(t, err, "tenant_has_owner")
		again.Add, again.Admin = true, true
		second, err := d.CreateOwner(ctx, again)
		ok(t, err)
		if second.Tenant != first.Tenant || second.NewTenant || !second.Platform {
			t.Errorf("%+v", second)
		}
		if e := d.trail(t, first.Tenant); len(e) != 2 || e[0].Details["platform_admin"] != "" {
			t.Errorf("trail: %+v", e)
		}
		_, err = d.CreateOwner(ctx, again)
		code(t, err, "already_owner")

		// Who is an owner there already can be made platform admin, once; the trail says so.
		promote := account.NewOwner{Email: "kim@example.com", Name: "Kim", Tenant: "Acme", Password: pw("password one"), Admin: true, Add: true}
		if o, err := d.CreateOwner(ctx, promote); err != nil || !o.Platform || o.User != first.User || o.NewTenant || o.NewUser {
			t.Errorf("%+v, %v", o, err)
		}
		if u := d.user(t, "kim@example.com"); !u.PlatformAdmin || !u.HadWorkspace {
			t.Errorf("%+v", u)
		}
		if e := d.trail(t, first.Tenant); len(e) != 3 || e[0].Details["platform_admin"] != "true" || e[0].ObjectName != "kim@example.com" {
			t.Errorf("trail: %+v", e)
		}
		_, err = d.CreateOwner(ctx, promote)
		code(t, err, "already_owner")

		// Somebody with an account joins another workspace: only with Add, and with the password they have.
		join := account.NewOwner{Email: " KIM@example.com ", Name: "Somebody else", Tenant: "Beta", Password: pw("not the one")}
		_, err = d.CreateOwner(ctx, join)
		code(t, err, "email_taken")
		join.Add = true
		third, err := d.CreateOwner(ctx, join)
		ok(t, err)
		if third.User != first.User || third.NewUser || !third.NewTenant {
			t.Errorf("%+v", third)
		}
		d.signsIn(t, "kim@example.com", "password one", true)
		d.signsIn(t, "kim@example.com", "not the one", false)
		if e := d.trail(t, third.Tenant); len(e) != 1 || e[0].Action != tenant.MemberUpdate || e[0].Principal != tenant.PrincipalOperator || e[0].ObjectName != "kim@example.com" {
			t.Errorf("trail: %+v", e)
		}

		// What was refused left nothing behind.
		_, err = d.CreateOwner(ctx, account.NewOwner{Email: "new@example.com", Name: "New", Tenant: "Acme", Password: pw("password one")})
		code(t, err, "tenant_has_owner")
		_, err = d.ResetPassword(ctx, account.PasswordReset{Email: "new@example.com", Password: pw("password three")})
		code(t, err, "no_such_user")
		for _, bad := range []account.NewOwner{
			{Email: "no address", Name: "N", Tenant: "T", Password: pw("password one")},
			{Email: "a@example.com", Name: "", Tenant: "T", Password: pw("password one")},
			{Email: "a@example.com", Name: "N", Tenant: "T\n", Password: pw("short")},
			{Email: "a@example.com", Name: "N", Tenant: "a\x00b", Password: pw("password one")},
		} {
			if _, err := d.CreateOwner(ctx, bad); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%+v: %v", bad, err)
			}
		}
	})
}

func (d *desk) user(t *testing.T, email string) (u tenant.User) {
	t.Helper()
	ok(t, d.kit.Store.Platform().View(ctx, func(tx ports.PlatformTx) (err error) {
		u, err = tx.Users().ByEmail(ctx, email)
		return err
	}))
	return u
}

func (d *desk) signsIn(t *testing.T, email, password string, want bool) {
	t.Helper()
	if got, _, err := d.passwords.Verify(ctx, pw(password), d.user(t, email).PasswordHash); err != nil || got != want {
		t.Errorf("%s signs in: %v %v", email, got, err)
	}
}

func TestTheFirstAccountEverIsPlatformAdmin(t *testing.T) {
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	for name, url := range map[string]string{"sqlite": testkit.SQLite(t), "postgres": pgtest.URL(t)} {
		t.Run(name, func(t *testing.T) {
			k := testkit.Open(t, testkit.SQLite(t), nil) // for its sealer: there is a person in its store
			empty, err := storage.Open(ctx, storage.Config{URL: url, Now: time.Now, Log: log, Migrate: true})
			ok(t, err)
			defer empty.Close()
			s := account.New(account.Deps{
				Store: empty, Sealer: k.Sealer, Now: time.Now, Log: log,
				Passwords: auth.NewPasswords(auth.PasswordDeps{Params: argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}}),
			})
			first, err := s.CreateOwner(ctx, account.NewOwner{Email: "a@example.com", Name: "A", Tenant: "T", Password: pw("password one")})
			ok(t, err)
			second, err := s.CreateOwner(ctx, account.NewOwner{Email: "b@example.com", Name: "B", Tenant: "U", Password: pw("password one")})
			ok(t, err)
			if !first.Platform || second.Platform {
				t.Errorf("platform admins: first %v, second %v", first.Platform, second.Platform)
			}
		})
	}
}

func TestResetPassword(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		o, err := d.CreateOwner(ctx, account.NewOwner{Email: "kim@example.com", Name: "Kim", Tenant: "Acme", Password: pw("password one")})
		ok(t, err)
		code(t, second(d.ResetPassword(ctx, account.PasswordReset{Email: "kim@example.com", Password: pw("short")})), "bad_password")
		ok(t, second(d.ResetPassword(ctx, account.PasswordReset{Email: "Kim@Example.com", Password: pw("password two")})))
		d.signsIn(t, "kim@example.com", "password one", false)
		d.signsIn(t, "kim@example.com", "password two", true)
		if e := d.trail(t, o.Tenant); e[0].Details["password"] != "reset" {
			t.Errorf("trail: %+v", e[0])
		}
		if e := d.trail(t, d.kit.Tenant); len(e) != 0 {
			t.Errorf("told a workspace that it does not concern: %+v", e)
		}
	})
}

func TestIssuedTokensOpenAsLongAsTheyShould(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		o, err := d.CreateOwner(ctx, account.NewOwner{Email: "kim@example.com", Name: "Kim", Tenant: "Acme", Password: pw("password one")})
		ok(t, err)
		tok, err := d.IssueToken(ctx, account.OperatorToken{Email: "kim@example.com", Tenant: "ACME", Name: "cli"})
		ok(t, err)
		addr := netip.MustParseAddr("192.0.2.7")
		who, err := d.Authenticate(ctx, tok.Reveal(), addr)
		ok(t, err)
		if who.Tenant != o.Tenant || who.User != o.User || who.Role != tenant.Owner || who.HasScope(tenant.ScopeExport) || !who.HasScope(tenant.ScopeWrite) || who.Addr != addr {
			t.Errorf("%+v", who)
		}
		for _, bad := range []account.OperatorToken{
			{Email: "none@example.com", Tenant: "Acme", Name: "x"}, {Email: "kim@example.com", Tenant: "None", Name: "x"},
			{Email: "kim@example.com", Tenant: "Test workspace", Name: "x"}, {Email: "kim@example.com", Tenant: "Acme", Name: ""},
			{Email: "kim@example.com", Tenant: "Acme", Name: "x", Scopes: []string{"all"}},
		} {
			if _, err := d.IssueToken(ctx, bad); err == nil {
				t.Errorf("%+v was issued", bad)
			}
		}
		end := d.clock().Add(time.Hour)
		mine, raw, err := d.CreateToken(ctx, who, account.NewToken{Name: "short", Scopes: []string{"read"}, ExpiresAt: &end})
		ok(t, err)
		short, err := d.Authenticate(ctx, raw.Reveal(), addr)
		ok(t, err)
		short.Scopes = who.Scopes // as if it might make tokens: none may outlive it
		heir, _, err := d.CreateToken(ctx, short, account.NewToken{Name: "heir"})
		ok(t, err)
		if !heir.ExpiresAt.Equal(mine.ExpiresAt) {
			t.Errorf("the heir lives until %v, its maker until %v", heir.ExpiresAt, mine.ExpiresAt)
		}
		later := end.Add(time.Second)
		_, _, err = d.CreateToken(ctx, short, account.NewToken{Name: "later", ExpiresAt: &later})
		code(t, err, "bad_expiry")
		ok(t, d.DeleteToken(ctx, who, heir.ID))
		ok(t, d.FlushUses(ctx))
		d.pass(time.Hour)
		_, err = d.Authenticate(ctx, raw.Reveal(), addr)
		code(t, err, "invalid_token")
		list, _, err := d.Tokens(ctx, who, 50, "")
		ok(t, err)
		if len(list) != 2 || list[0].ID != mine.ID || list[0].LastAddr != addr || list[0].LastAt.IsZero() || list[0].LastAt.Second() != 0 {
			t.Errorf("%+v", list)
		}
		ok(t, d.DeleteToken(ctx, who, mine.ID))
		code(t, d.DeleteToken(ctx, who, mine.ID), "not_found")
	})
}

func TestNoTokenByItsFormIsNeverLookedUp(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		good, _ := token.New(token.API)
		g := good.Reveal()
		flipped := g[:len(g)-1] + string(rune('a'+(g[len(g)-1]-'a'+1)%2))
		push, _ := token.New(token.Push)
		for _, s := range []string{"", "api_", flipped, g + "x", g[:len(g)-1], push.Reveal(), strings.Repeat("a", 10000)} {
			_, err := d.Authenticate(ctx, s, netip.Addr{})
			code(t, err, "invalid_token")
		}
		if d.lookups.n != 0 {
			t.Errorf("%d look-ups", d.lookups.n)
		}
		_, err := d.Authenticate(ctx, g, netip.Addr{})
		code(t, err, "invalid_token")
		if d.lookups.n != 1 {
			t.Errorf("%d look-ups", d.lookups.n)
		}
	})
}

func TestEachActionIsAskedOfThePolicy(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		viewer := d.kit.Owner
		viewer.Role = tenant.Viewer
		name := "x"
		for what, err := range map[string]error{
			"create token": third(d.CreateToken(ctx, viewer, account.NewToken{Name: "x"})),
			"delete token": d.DeleteToken(ctx, viewer, "tok_x"),
			"role":         second(d.ChangeMember(ctx, viewer, viewer.User, account.MemberChange{Role: new(tenant.Owner)})),
			"remove":       d.RemoveMember(ctx, viewer, viewer.User),
			"workspace":    second(d.ChangeWorkspace(ctx, viewer, account.WorkspaceChange{Name: &name})),
			"delete":       d.DeleteWorkspace(ctx, viewer, "Test workspace"),
			"trail":        third(d.Trail(ctx, viewer, 10, 0)),
		} {
			if fault.KindOf(err) != fault.Forbidden {
				t.Errorf("%s: %v", what, err)
			}
		}
		if e := d.trail(t, d.kit.Tenant); len(e) != 0 {
			t.Errorf("refusals had effects: %+v", e)
		}
		_, _, err := d.Tokens(ctx, tenant.Operator(d.kit.Tenant), 10, "")
		code(t, err, "forbidden")
	})
}

func second[A any](_ A, err error) error        { return err }
func third[A, B any](_ A, _ B, err error) error { return err }

func TestTwoOwnersCannotBothGo(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		a := d.kit.Owner
		o, err := d.CreateOwner(ctx, account.NewOwner{Email: "kim@example.com", Name: "Kim", Tenant: "Test workspace", Add: true, Password: pw("password one")})
		ok(t, err)
		b := a
		b.User, b.Name = o.User, "kim@example.com"
		var wg sync.WaitGroup
		errs := make([]error, 2)
		wg.Go(func() { errs[0] = d.RemoveMember(ctx, a, b.User) })
		wg.Go(func() { _, errs[1] = d.ChangeMember(ctx, b, a.User, account.MemberChange{Role: new(tenant.Viewer)}) })
		wg.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("one must go and one must stay: %v", errs)
		}
		members, err := d.Members(ctx, tenant.Operator(a.Tenant))
		ok(t, err)
		owners := 0
		for _, m := range members {
			if m.Role == tenant.Owner {
				owners++
			}
		}
		if owners != 1 {
			t.Errorf("%d owners: %+v", owners, members)
		}
	})
}

func TestWorkspace(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		who := d.kit.Owner
		name, zone := "New name", "Europe/Berlin"
		ws, err := d.ChangeWorkspace(ctx, who, account.WorkspaceChange{Name: &name, TimeZone: &zone})
		ok(t, err)
		if ws.Name != name || ws.TimeZone != zone {
			t.Errorf("%+v", ws)
		}
		for _, bad := range []string{"", "Local", "Europe/Nowhere", "../../etc/passwd", "UTC\x00"} {
			_, err := d.ChangeWorkspace(ctx, who, account.WorkspaceChange{TimeZone: &bad})
			code(t, err, "bad_time_zone")
		}
		d.kit.NewTenant(t, "Taken")
		taken := "TAKEN"
		_, err = d.ChangeWorkspace(ctx, who, account.WorkspaceChange{Name: &taken})
		code(t, err, "name_taken")
		p, err := d.Profile(ctx, who)
		ok(t, err)
		if p.Workspace.Name != name || p.Member.Role != tenant.Owner || p.Member.User != who.User {
			t.Errorf("%+v", p)
		}
	})
}

func TestADeletedWorkspaceCannotBeOpened(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		who := d.kit.Owner
		_, raw, err := d.CreateToken(ctx, who, account.NewToken{Name: "t"})
		ok(t, err)
		at := ports.Place{Tenant: who.Tenant, Table: "artifacts", Column: "payload", Row: "r"}
		sealed, err := d.kit.Sealer.Seal(ctx, at, secret.NewBytes([]byte("plain")))
		ok(t, err)
		code(t, d.DeleteWorkspace(ctx, who, "test workspace"), "name_differs")
		ok(t, d.DeleteWorkspace(ctx, who, "Test workspace"))
		if _, err := d.kit.Sealer.Open(ctx, at, sealed); fault.KindOf(err) != fault.NotFound {
			t.Errorf("its keys still open: %v", err)
		}
		_, err = d.Authenticate(ctx, raw.Reveal(), netip.Addr{})
		code(t, err, "invalid_token")
		if _, err := d.CreateOwner(ctx, account.NewOwner{Email: "n@example.com", Name: "N", Tenant: "Test workspace", Password: pw("password one")}); err != nil {
			t.Errorf("its name is not free: %v", err)
		}
	})
}

func TestTheTrailIsPagedAndChained(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		who := d.kit.Owner
		for _, n := range []string{"a", "b", "c", "d", "e"} {
			_, err := d.ChangeWorkspace(ctx, who, account.WorkspaceChange{Name: &n})
			ok(t, err)
		}
		var seen []int64
		for before := int64(0); ; {
			page, next, err := d.Trail(ctx, who, 2, before)
			ok(t, err)
			for _, e := range page {
				seen = append(seen, e.Seq)
			}
			if next == 0 {
				break
			}
			before = next
		}
		if len(seen) != 5 || seen[0] != 5 || seen[4] != 1 {
			t.Errorf("seen %v", seen)
		}
		all := d.trail(t, who.Tenant)
		for i, e := range all {
			var prev []byte
			if i+1 < len(all) {
				prev = all[i+1].MAC
			}
			mac, err := audit.Sum(ctx, d.kit.Sealer, who.Tenant, prev, e)
			ok(t, err)
			if string(mac) != string(e.MAC) {
				t.Errorf("entry %d is not bound to the one before", e.Seq)
			}
		}
		_, _, err := d.Trail(ctx, who, 201, 0)
		code(t, err, "bad_limit")
	})
}
