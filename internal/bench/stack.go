package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/ignisfox/ignisfox/adapters/seal"
	"github.com/ignisfox/ignisfox/adapters/storage"
	"github.com/ignisfox/ignisfox/core/app/form"
	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// stack is a store with the sealer and the use cases of the vault on top, wired as the server wires them.
type stack struct {
	url    string
	dir    string // holds the KEK file, the log and the SQLite file
	store  ports.Store
	sealer *seal.Sealer
	log    *slog.Logger
	file   *os.File // what is logged
	forms  *form.Service
	vault  *vault.Service
}

// openStack opens the store of url, with may say how else. dir may hold a KEK already.
func openStack(ctx context.Context, dir, url string, with ...func(*storage.Config)) (_ *stack, err error) {
	s := &stack{url: url, dir: dir}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	s.file, err = os.OpenFile(filepath.Join(dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	s.log = slog.New(slog.NewJSONHandler(s.file, &slog.HandlerOptions{Level: slog.LevelInfo}))
	conf := storage.Config{URL: url, Now: time.Now, Log: s.log, Migrate: true}
	for _, w := range with {
		w(&conf)
	}
	s.store, err = storage.Open(ctx, conf)
	if err != nil {
		return nil, err
	}
	sealer, err := seal.New(seal.Deps{
		Keysets: s.store.Keysets(), Source: "file:" + filepath.Join(dir, "kek"), Now: time.Now, Log: s.log,
	})
	if err != nil {
		return nil, err
	}
	if err := sealer.Start(ctx); err != nil {
		return nil, err
	}
	s.sealer = sealer
	s.forms = form.New(form.Deps{Store: s.store, Sealer: sealer})
	s.vault = s.vaultWith(sealer)
	return s, nil
}

// vaultWith answers the use cases of the vault with another sealer.
func (s *stack) vaultWith(sealer ports.Sealer) *vault.Service {
	in := intake.New(intake.Deps{Store: s.store, Sealer: sealer, Log: s.log})
	return vault.New(vault.Deps{Store: s.store, Sealer: sealer, Intake: in, Forms: s.forms})
}

func (s *stack) close() error {
	if s.sealer != nil {
		s.sealer.Stop()
	}
	var errs []error
	if s.store != nil {
		errs = append(errs, s.store.Close())
	}
	if s.file != nil {
		errs = append(errs, s.file.Close())
	}
	return errors.Join(errs...)
}

// newTenant makes a workspace with an owner.
func (s *stack) newTenant(ctx context.Context, name string) (tenant.Actor, error) {
	now := time.Now()
	tid, uid := tenant.ID(id.New("ten", now)), tenant.UserID(id.New("usr", now))
	email := string(uid) + "@example.com"
	keyset, err := s.sealer.NewKeyset(ctx, tid)
	if err != nil {
		return tenant.Actor{}, err
	}
	err = s.store.Platform().Update(ctx, func(tx ports.PlatformTx) error {
		if err := tx.Users().Insert(ctx, tenant.User{ID: uid, Email: email, Name: name, PasswordHash: "x", CreatedAt: tx.Now()}); err != nil {
			return err
		}
		if err := tx.Tenants().Insert(ctx, tenant.Tenant{ID: tid, Name: name, TimeZone: "UTC", CreatedAt: tx.Now()}, keyset); err != nil {
			return err
		}
		return tx.In(tid).Members().Insert(ctx, tenant.Member{User: uid, Role: tenant.Owner, CreatedAt: tx.Now()})
	})
	return tenant.Actor{
		Principal: tenant.PrincipalUser, Tenant: tid, User: uid, Name: email, Role: tenant.Owner,
		Scopes: []tenant.Scope{tenant.ScopeRead, tenant.ScopeWrite, tenant.ScopeExport}, Credential: "bench",
	}, err
}
