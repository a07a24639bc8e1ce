package main

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/token"
	"github.com/ignisfox/ignisfox/ports"
)

// dataset is a database that holds so many artifacts of one tenant. It is closed until somebody opens it.
type dataset struct {
	dir, url string
	size     int
	actor    tenant.Actor
	token    secret.String // for the REST API, with every scope
	fleet    string        // id of the largest group
}

// dataset answers the database of that size, filled when first asked for.
func (b *bench) dataset(ctx context.Context, engine string, size int) (_ *dataset, err error) {
	key := fmt.Sprintf("%s-%d", engine, size)
	if d, ok := b.sets[key]; ok {
		return d, nil
	}
	d := &dataset{size: size}
	if d.dir, err = b.tempDir(key); err != nil {
		return nil, err
	}
	if d.url, err = b.database(ctx, engine, d.dir); err != nil {
		return nil, err
	}
	s, err := openStack(ctx, d.dir, d.url)
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.close() }()
	if d.actor, err = s.newTenant(ctx, "Bench"); err != nil {
		return nil, err
	}
	if err := d.issueToken(ctx, s); err != nil {
		return nil, err
	}
	fmt.Fprintf(b.out, "  (filling %s with %d artifacts)\n", engine, size)
	if d.fleet, err = fill(ctx, s, d.actor.Tenant, size); err != nil {
		return nil, err
	}
	if engine == "postgres" {
		if err := b.vacuum(ctx, d.url); err != nil {
			return nil, err
		}
	}
	b.sets[key] = d
	return d, nil
}

func (d *dataset) issueToken(ctx context.Context, s *stack) error {
	raw, hash := token.New(token.API)
	d.token = raw
	return s.store.Tenant(d.actor.Tenant).Update(ctx, func(tx ports.Tx) error {
		return tx.APITokens().Insert(ctx, tenant.APIToken{
			ID: id.New("atk", tx.Now()), User: d.actor.User, Name: "bench", Hash: hash, Display: token.Display(raw),
			Scopes: d.actor.Scopes, CreatedAt: tx.Now(), ExpiresAt: tx.Now().Add(24 * time.Hour),
		})
	})
}

// vacuum does at once what autovacuum does within minutes of so many inserts.
func (b *bench) vacuum(ctx context.Context, plain string) error {
	owner, err := url.Parse(plain)
	if err != nil {
		return err
	}
	super, err := url.Parse(b.pg.SuperURL())
	if err != nil {
		return err
	}
	owner.User = super.User
	conn, err := pgx.Connect(ctx, owner.String())
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, "VACUUM ANALYZE")
	return err
}
