package web_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/token"
	"github.com/ignisfox/ignisfox/internal/testauthn"
	"github.com/ignisfox/ignisfox/ports"
)

// comer is somebody who comes with a request.
type comer struct {
	name   string
	cookie string
	bearer string
	who    tenant.Actor // what the policy is asked with; zero: nobody is recognised
	must   string       // what has to be done first
	factor bool         // has an authenticator app
	keys   bool         // has a passkey
	reads  bool         // the cookie opens pages and takes no form
	again  func() comer // the same sort of person, for what uses a person up
}

// kind is how somebody differs from a member with a living session.
type kind struct {
	role     tenant.Role
	platform bool
	disabled bool
	factor   bool // has a second factor
	session  func(s *tenant.Session)
}

// user makes an account, a member of the workspace unless that is empty.
func (w *world) user(in tenant.ID, k kind) tenant.User {
	w.t.Helper()
	ctx := context.Background()
	u := tenant.User{ID: tenant.UserID(id.New("usr", w.now)), Name: "Kim", PasswordHash: w.phc, CreatedAt: w.now, PlatformAdmin: k.platform}
	u.Email = string(u.ID) + "@example.com"
	if k.disabled {
		u.DisabledAt = w.now
	}
	w.must(w.Store.Platform().Update(ctx, func(tx ports.PlatformTx) error {
		if err := tx.Users().Insert(ctx, u); err != nil || in == "" {
			return err
		}
		return tx.In(in).Members().Insert(ctx, tenant.Member{User: u.ID, Role: k.role, CreatedAt: w.now})
	}))
	if k.factor {
		w.authenticator(u.ID)
	}
	return u
}

// authenticator gives somebody an app; it answers its key.
func (w *world) authenticator(u tenant.UserID) (key string) {
	w.t.Helper()
	ctx := context.Background()
	raw, err := w.codes.New()
	w.must(err)
	show, err := w.codes.Enrolment(raw, "kim@example.com")
	w.must(err)
	a := tenant.Authenticator{ID: id.New("aut", w.now), User: u, ConfirmedAt: w.now, CreatedAt: w.now}
	a.Sealed, err = w.Sealer.Seal(ctx, ports.Place{Table: tenant.AuthenticatorsTable, Column: tenant.AuthenticatorColumn, Row: a.ID}, raw)
	w.must(err)
	w.must(w.Store.Platform().Update(ctx, func(tx ports.PlatformTx) error { return tx.Factors().PutAuthenticator(ctx, a) }))
	return show.Key.Reveal()
}

// open makes a session without anybody giving a password.
func (w *world) open(u tenant.UserID, in tenant.ID, alter func(*tenant.Session)) (cookie string, s tenant.Session) {
	w.t.Helper()
	ctx := context.Background()
	cookie = base64.RawURLEncoding.EncodeToString(random(32))
	s = tenant.Session{
		ID: id.New("ses", w.now), User: u, Tenant: in, Hash: sha256.Sum256([]byte(cookie)), CreatedAt: w.now, LastAt: w.now, AuthAt: w.now,
		ExpiresAt: w.now.Add(time.Hour), Agent: "Firefox on Linux",
	}
	if alter != nil {
		alter(&s)
	}
	w.must(w.Store.Platform().Update(ctx, func(tx ports.PlatformTx) error { return tx.Sessions().Insert(ctx, s) }))
	return cookie, s
}

// seated is a new person with a session in the workspace.
func (w *world) seated(name string, in tenant.ID, k kind) comer {
	w.t.Helper()
	c := w.sessionOf(name, w.user(in, k).ID, in, k)
	c.again = func() comer { return w.seated(name, in, k) }
	return c
}

// sessionOf is a session of somebody who is there.
func (w *world) sessionOf(name string, u tenant.UserID, in tenant.ID, k kind) comer {
	w.t.Helper()
	cookie, s := w.open(u, in, k.session)
	fresh := w.now.Sub(s.AuthAt) <= tenant.FreshFor
	return comer{name: name, cookie: cookie, factor: k.factor, who: tenant.Actor{
		Principal: tenant.PrincipalUser, Tenant: in, User: u, Role: k.role, Platform: k.platform, Credential: s.ID, Session: true,
		Scopes: []tenant.Scope{tenant.ScopeRead, tenant.ScopeWrite, tenant.ScopeExport}, Fresh: fresh, Strong: !k.factor || fresh && s.Strong,
	}}
}

// refused is a session that opens nothing.
func (c comer) refused() comer {
	c.who = tenant.Actor{}
	return c
}

// unfinished is somebody who has to do something first: without a role until then.
func (c comer) unfinished(must string) comer {
	c.must, c.who.Role, c.who.Platform = must, "", false
	if again := c.again; again != nil {
		c.again = func() comer { return again().unfinished(must) }
	}
	return c
}

// strong is a session that was begun with all that the person has.
func strong(s *tenant.Session) { s.Strong = true }

func stale(s *tenant.Session) { s.AuthAt = s.AuthAt.Add(-tenant.FreshFor - time.Second) }

// comers are everybody who may come. The third workspace is theirs who are in neither of the two.
func (w *world) comers(home, foreign *things) []comer {
	in, owner := home.owner.Tenant, kind{role: tenant.Owner}
	strict := w.NewTenant(w.t, "Strict")
	on := true
	w.must(w.Store.Tenant(strict.Tenant).Update(context.Background(), func(tx ports.Tx) error {
		t, err := tx.Workspace().Get(context.Background())
		t.SecondFactor = on
		if err != nil {
			return err
		}
		return tx.Workspace().Update(context.Background(), t)
	}))
	third := w.NewTenant(w.t, "Third").Tenant
	session := func(name string, k kind, alter func(*tenant.Session)) comer {
		k.session = alter
		c := w.seated(name, in, k).refused()
		if got := w.ask(call{method: "GET", path: "/dashboard", cookie: c.cookie}); got.header.Get("Location") != "/sign-in" { // a session that is over goes with it
			w.t.Errorf("%s: %d %s", name, got.status, words(got.body))
		}
		return c
	}
	revoked := w.seated("revoked session", in, owner)
	w.must(w.Store.Platform().Update(context.Background(), func(tx ports.PlatformTx) error {
		return tx.Sessions().Delete(context.Background(), revoked.who.User, revoked.who.Credential)
	}))
	api := w.apiToken(home.owner)
	out := []comer{
		{name: "anonymous"}, {name: "garbage cookie", cookie: "garbage"}, {name: "API token as bearer", bearer: api}, {name: "API token as cookie", cookie: api},
		{name: "push token as cookie", cookie: home.raw.push}, {name: "unknown cookie", cookie: base64.RawURLEncoding.EncodeToString(random(32))},
		session("pending second factor", kind{role: tenant.Owner, factor: true}, func(s *tenant.Session) { s.Pending = true }),
		session("expired session", owner, func(s *tenant.Session) { s.ExpiresAt = w.now }),
		session("idle session", owner, func(s *tenant.Session) {
			s.CreatedAt, s.LastAt = w.now.Add(-tenant.SessionIdle), w.now.Add(-tenant.SessionIdle)
		}),
		session("old session", owner, func(s *tenant.Session) { s.CreatedAt = w.now.Add(-tenant.SessionLongest) }),
		session("idle platform admin", kind{role: tenant.Owner, platform: true, factor: true}, func(s *tenant.Session) {
			s.CreatedAt, s.LastAt = w.now.Add(-tenant.AdminSessionIdle), w.now.Add(-tenant.AdminSessionIdle)
		}),
		session("disabled user", kind{role: tenant.Owner, disabled: true}, nil),
		revoked.refused(), w.removed("removed member", in, ""), w.removed("removed member who is elsewhere", in, third),
		w.seated("platform admin without second factor", in, kind{role: tenant.Owner, platform: true}).unfinished(signin.MustSecondFactor),
		w.seated("member without the second factor asked for", strict.Tenant, owner).unfinished(signin.MustSecondFactor),
		w.seated("platform admin of another workspace", third, kind{role: tenant.Owner, platform: true, factor: true, session: strong}),
		w.seated("viewer", in, kind{role: tenant.Viewer}),
		w.seated("viewer whose proof is stale", in, kind{role: tenant.Viewer, session: stale}),
		w.seated("editor", in, kind{role: tenant.Editor}),
		w.seated("editor whose proof is stale", in, kind{role: tenant.Editor, session: stale}),
		w.ownerOf("owner", home, strong), w.ownerOf("owner whose proof is stale", home, stale), w.ownerOf("owner of another workspace", foreign, strong),
		w.ownerOf("owner whose proof is by password alone", home, nil), w.renewed(home),
	}
	return out
}

// removed is somebody who was taken out of the workspace while signed in to it.
func (w *world) removed(name string, in, other tenant.ID) comer {
	c := w.seated(name, in, kind{role: tenant.Owner})
	ctx := context.Background()
	w.must(w.Store.Tenant(in).Update(ctx, func(tx ports.Tx) error { return tx.Members().Delete(ctx, c.who.User) }))
	c.again = func() comer { return w.removed(name, in, other) }
	c.who.Tenant = other
	if other == "" {
		return c.unfinished(signin.MustWorkspace)
	}
	w.must(w.Store.Tenant(other).Update(ctx, func(tx ports.Tx) error {
		return tx.Members().Insert(ctx, tenant.Member{User: c.who.User, Role: tenant.Viewer, CreatedAt: w.now})
	}))
	c.who.Role = tenant.Viewer
	w.ask(call{method: "GET", path: "/dashboard", cookie: c.cookie}) // the session moves with the first request
	return c
}

// ownerOf is the owner that the things belong to; used up, it is another owner.
func (w *world) ownerOf(name string, o *things, alter func(*tenant.Session)) comer {
	k := kind{role: tenant.Owner, session: alter}
	own := k
	own.factor = true
	c := w.sessionOf(name, o.owner.User, o.owner.Tenant, own)
	c.keys = true
	c.again = func() comer { return w.seated(name, o.owner.Tenant, k) }
	return c
}

// renewed is an owner with the cookie that they had until a moment ago: it reads, and does nothing.
func (w *world) renewed(o *things) comer {
	c := w.ownerOf("owner with the cookie before the last", o, func(s *tenant.Session) {
		s.Previous, s.PreviousUntil, s.Strong = s.Hash, w.now.Add(tenant.RenewedFor), true
		s.Hash = sha256.Sum256(random(32))
	})
	c.reads, c.who.Fresh, c.who.Strong = true, false, false
	c.again = func() comer { return w.renewed(o) }
	return c
}

// apiToken answers one with all scopes.
func (w *world) apiToken(who tenant.Actor) string {
	raw, _ := w.apiTokenFor(who)
	return raw
}

func (w *world) apiTokenFor(who tenant.Actor) (raw, tokenID string) {
	w.t.Helper()
	tok, hash := token.New(token.API)
	tokenID = id.New("tok", w.now)
	w.must(w.Store.Tenant(who.Tenant).Update(context.Background(), func(tx ports.Tx) error {
		return tx.APITokens().Insert(context.Background(), tenant.APIToken{
			ID: tokenID, User: who.User, Name: "test", Hash: hash, Display: token.Display(tok), CreatedAt: w.now,
			Scopes: []tenant.Scope{tenant.ScopeRead, tenant.ScopeWrite, tenant.ScopeExport},
		})
	}))
	return tok.Reveal(), tokenID
}

// passkey gives somebody one; it answers its id.
func (w *world) passkey(u tenant.UserID) string {
	w.t.Helper()
	ctx := context.Background()
	cookie, s := w.open(u, "", strong)
	who, err := w.signin.Authenticate(ctx, secret.NewString(cookie), s.Address)
	w.must(err)
	c, err := w.signin.BeginPasskey(ctx, who)
	w.must(err)
	answer, err := testauthn.New(base).Create(c.Options)
	w.must(err)
	p, _, err := w.signin.AddPasskey(ctx, who, c.Ceremony, "Laptop", json.RawMessage(answer))
	w.must(err)
	w.must(w.Store.Platform().Update(ctx, func(tx ports.PlatformTx) error { return tx.Sessions().Delete(ctx, u, who.Browser.ID) }))
	return p.ID
}
