package main

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/ignisfox/ignisfox/adapters/auth"
	"github.com/ignisfox/ignisfox/adapters/http/web"
	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/app/idempotency"
	"github.com/ignisfox/ignisfox/core/app/ingest"
	"github.com/ignisfox/ignisfox/core/app/overview"
	"github.com/ignisfox/ignisfox/core/app/push"
	"github.com/ignisfox/ignisfox/core/app/signin"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/docs"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	dashboardURL = "http://localhost:8080"
	visitorsWord = "correct horse battery staple"
)

// visitor is an owner who is signed in to the dashboard over one dataset.
type visitor struct {
	*shelf
	web    http.Handler
	cookie string
	page   []byte // the last one, as it was drawn
	plain  int    // its bytes
	packed int    // its bytes as they were sent
}

// openVisitors opens a dataset of each size with its dashboard.
func (b *bench) openVisitors(ctx context.Context, engine string) (out []*visitor, err error) {
	for _, n := range b.pageSizes {
		d, err := b.dataset(ctx, engine, n)
		if err != nil {
			return out, err
		}
		v := &visitor{shelf: &shelf{dataset: d}}
		if v.stack, err = openStack(ctx, d.dir, d.url); err != nil {
			return out, err
		}
		out = append(out, v)
		if v.deep, err = v.middle(ctx); err != nil {
			return out, err
		}
		v.deep = url.QueryEscape(v.deep)
		if err := v.enter(ctx, engine); err != nil {
			return out, err
		}
	}
	return out, nil
}

// enter wires the dashboard and signs somebody in.
func (v *visitor) enter(ctx context.Context, engine string) error {
	s := v.stack
	words := auth.NewPasswords(auth.PasswordDeps{Params: argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}})
	keys, err := auth.NewPasskeys(auth.PasskeyDeps{BaseURL: dashboardURL, Now: time.Now})
	if err != nil {
		return err
	}
	in := signin.New(signin.Deps{
		Store: s.store, Sealer: s.sealer, Passwords: words, Codes: auth.NewOneTimeCodes("Ignisfox"), Passkeys: keys, Now: time.Now, Log: s.log,
	})
	w, err := web.New(web.Deps{
		SignIn:   in,
		Account:  account.New(account.Deps{Store: s.store, Sealer: s.sealer, Passwords: words, Now: time.Now, Log: s.log}),
		Overview: overview.New(overview.Deps{Store: s.store, Now: time.Now}), Vault: s.vault,
		Push:    push.New(push.Deps{Store: s.store, Sealer: s.sealer, Now: time.Now, Log: s.log, BaseURL: dashboardURL}),
		Ingest:  ingest.New(ingest.Deps{Store: s.store, Sealer: s.sealer, Intake: s.vault.Intake, Now: time.Now, Log: s.log}),
		Once:    idempotency.New(idempotency.Deps{Store: s.store, Sealer: s.sealer, Now: time.Now, Log: s.log}),
		BaseURL: dashboardURL, Now: time.Now, Log: s.log, Server: web.Server{Version: "bench", Engine: engine}, Manual: docs.Pages,
	})
	if err != nil {
		return err
	}
	v.web = w
	email, err := v.person(ctx, words)
	if err != nil {
		return err
	}
	o, err := in.SignIn(ctx, email, secret.NewString(visitorsWord), signin.Visit{Address: netip.MustParseAddr("127.0.0.1"), Agent: "bench"})
	if err != nil {
		return err
	}
	v.cookie = "sid=" + o.Cookie.Reveal()
	return nil
}

// person makes somebody with a password, an owner of the workspace.
func (v *visitor) person(ctx context.Context, words ports.Passwords) (email string, err error) {
	phc, err := words.Hash(ctx, secret.NewString(visitorsWord))
	if err != nil {
		return "", err
	}
	u := tenant.User{ID: tenant.UserID(id.New("usr", time.Now())), Name: "Kim Bench", PasswordHash: phc, CreatedAt: time.Now()}
	u.Email = string(u.ID) + "@example.com"
	return u.Email, v.stack.store.Platform().Update(ctx, func(tx ports.PlatformTx) error {
		if err := tx.Users().Insert(ctx, u); err != nil {
			return err
		}
		return tx.In(v.actor.Tenant).Members().Insert(ctx, tenant.Member{User: u.ID, Role: tenant.Owner, CreatedAt: tx.Now()})
	})
}

// get asks the dashboard for an address, without a network between.
func (v *visitor) get(ctx context.Context, path string, header http.Header) *httptest.ResponseRecorder {
	req := httptest.NewRequestWithContext(ctx, http.MethodGet, dashboardURL+path, nil)
	req.Header, req.RemoteAddr = header, "127.0.0.1:40000" // without https sessions are for this machine alone
	res := httptest.NewRecorder()
	v.web.ServeHTTP(res, req)
	return res
}

// unpacked answers the body as it was before it was compressed; gzip alone is known.
func unpacked(res *httptest.ResponseRecorder) ([]byte, error) {
	switch res.Header().Get("Content-Encoding") {
	case "":
		return res.Body.Bytes(), nil
	case "gzip":
		z, err := gzip.NewReader(res.Body)
		if err != nil {
			return nil, err
		}
		return io.ReadAll(z)
	}
	return nil, errors.New("the page is packed by " + res.Header().Get("Content-Encoding"))
}
