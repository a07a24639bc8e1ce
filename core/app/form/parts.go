package form

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/ports"
)

// parts are what a form is made of, opened.
type parts struct {
	gen      group.Generation
	leaf     *cert.Certificate
	chain    []*cert.Certificate
	key      *cert.Key // nil unless the form holds it
	password secret.Bytes
	now      time.Time
}

func (p *parts) wipe() {
	if p.key != nil {
		p.key.Wipe()
	}
	p.password.Wipe()
}

// read answers the opened parts of the form's generation, the key and the password only when the form needs them.
func (s *Service) read(ctx context.Context, fl flight) (*parts, error) {
	p := &parts{}
	err := s.Store.Tenant(fl.tenant).View(ctx, func(tx ports.Tx) (err error) {
		p.wipe() // of a reading that has to be repeated
		*p = parts{now: tx.Now()}
		if p.gen, err = generation(ctx, tx, fl); err != nil {
			return err
		}
		return s.open(ctx, tx, fl, p)
	})
	if err != nil {
		p.wipe()
		return nil, err
	}
	return p, nil
}

// locked answers the generation as it is and stays until the transaction ends. Whoever takes the key from a generation
// holds its group's lock, so a form with that key is either dropped with it or not stored. Nothing else is locked here,
// neither before nor after: a pull waits for the one group, and no writer waits for a pull that waits for it.
func locked(ctx context.Context, tx ports.Tx, fl flight) (group.Generation, error) {
	if _, err := tx.Groups().Lock(ctx, fl.group); err != nil {
		if fault.KindOf(err) == fault.NotFound {
			return group.Generation{}, ErrNoCertificate
		}
		return group.Generation{}, err
	}
	return generation(ctx, tx, fl)
}

// generation answers the generation of the flight; ErrNoCertificate when it is gone.
func generation(ctx context.Context, tx ports.Tx, fl flight) (group.Generation, error) {
	kept, err := tx.Generations().List(ctx, fl.group)
	if err != nil {
		return group.Generation{}, err
	}
	i := slices.IndexFunc(kept, func(g group.Generation) bool { return g.ID == fl.key.Generation })
	if i < 0 {
		return group.Generation{}, ErrNoCertificate
	}
	return kept[i], nil
}

func sameSet(a, b group.Generation) bool {
	return a.Leaf == b.Leaf && a.Key == b.Key && slices.Equal(a.Chain, b.Chain)
}

// open fills p with what the form holds, from the vault.
func (s *Service) open(ctx context.Context, tx ports.Tx, fl flight, p *parts) (err error) {
	kind := fl.key.Kind
	if kind.HoldsKey() && p.gen.Key == "" {
		return ErrNoKey
	}
	if kind == group.FormChain && len(p.gen.Chain) == 0 {
		return ErrNoChain
	}
	if kind == group.FormPFX {
		if p.password, err = s.password(ctx, tx, fl); err != nil {
			return err
		}
	}
	if p.leaf, err = intake.Certificate(ctx, tx, s.Sealer, p.gen.Leaf); err != nil {
		return damaged(p.gen, err)
	}
	for _, link := range p.gen.Chain {
		c, err := intake.Certificate(ctx, tx, s.Sealer, link)
		if err != nil {
			return damaged(p.gen, err)
		}
		p.chain = append(p.chain, c)
	}
	if !kind.HoldsKey() {
		return nil
	}
	text, err := intake.Payload(ctx, tx, s.Sealer, p.gen.Key)
	if err != nil {
		return damaged(p.gen, err)
	}
	defer text.Wipe()
	if p.key, err = cert.ParseKeyPEM(text); err != nil {
		return damaged(p.gen, err)
	}
	return nil
}

// damaged keeps a part of a kept generation that is missing, or does not parse any more, from passing for a refusal of
// what was asked: it was there and sound when it came in, so this is a damaged store. A store that cannot be reached
// stays that.
func damaged(gen group.Generation, err error) error {
	switch fault.KindOf(err) {
	case fault.Internal, fault.Unavailable:
		return fmt.Errorf("generation %s: %w", gen.ID, err)
	}
	return fmt.Errorf("generation %s: a part is missing or cannot be read in the store: %s", gen.ID, fault.CodeOf(err))
}

func (s *Service) password(ctx context.Context, tx ports.Tx, fl flight) (secret.Bytes, error) {
	p, err := tx.Groups().Password(ctx, fl.group, fl.key.PasswordVersion)
	if err != nil {
		if fault.KindOf(err) == fault.NotFound {
			err = ErrNoPassword
		}
		return secret.Bytes{}, err
	}
	return s.Sealer.Open(ctx, ports.Place{Tenant: fl.tenant, Table: group.PasswordsTable, Column: group.PasswordColumn, Row: p.ID}, p.Sealed)
}
