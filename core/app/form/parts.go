package form

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/ports"
)

// passwordsRead is how many versions of a group's password are looked at for the one wanted.
const passwordsRead = 50

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

// sealed are the same as they are stored.
type sealed struct {
	leaf, key, password []byte
	passwordID          string
	chain               [][]byte
}

// read answers the opened parts of the form's generation, the key and the password only when the form needs them.
func (s *Service) read(ctx context.Context, fl flight) (*parts, error) {
	p := &parts{}
	var in sealed
	err := s.Store.Tenant(fl.tenant).View(ctx, func(tx ports.Tx) (err error) {
		p.now = tx.Now()
		if p.gen, err = generation(ctx, tx, fl); err != nil {
			return err
		}
		in, err = payloads(ctx, tx, fl, p.gen)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := s.open(ctx, fl, p, in); err != nil {
		p.wipe()
		return nil, err
	}
	return p, nil
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

func payloads(ctx context.Context, tx ports.Tx, fl flight, gen group.Generation) (in sealed, err error) {
	if fl.key.Kind.HoldsKey() && gen.Key == "" {
		return in, ErrNoKey
	}
	if fl.key.Kind == group.FormChain && len(gen.Chain) == 0 {
		return in, ErrNoChain
	}
	if fl.key.Kind == group.FormPFX {
		if in.passwordID, in.password, err = password(ctx, tx, fl); err != nil {
			return in, err
		}
	}
	if in.leaf, err = tx.Artifacts().Payload(ctx, gen.Leaf); err != nil {
		return in, fmt.Errorf("leaf of generation %s: %w", gen.ID, hidden(err))
	}
	if fl.key.Kind.HoldsKey() {
		if in.key, err = tx.Artifacts().Payload(ctx, gen.Key); err != nil {
			return in, fmt.Errorf("key of generation %s: %w", gen.ID, hidden(err))
		}
	}
	for _, link := range gen.Chain {
		b, err := tx.Artifacts().Payload(ctx, link)
		if err != nil {
			return in, fmt.Errorf("chain of generation %s: %w", gen.ID, hidden(err))
		}
		in.chain = append(in.chain, b)
	}
	return in, nil
}

// hidden keeps a missing part of a kept generation from passing for "there is no such thing": it is a damaged store.
func hidden(err error) error {
	if fault.KindOf(err) == fault.NotFound {
		return errors.New("a part is missing in the store")
	}
	return err
}

func password(ctx context.Context, tx ports.Tx, fl flight) (id string, blob []byte, err error) {
	if fl.key.PasswordVersion == 0 {
		return "", nil, ErrNoPassword
	}
	versions, err := tx.Groups().Passwords(ctx, fl.group, passwordsRead)
	if err != nil {
		return "", nil, err
	}
	for _, v := range versions {
		if v.Version == fl.key.PasswordVersion {
			return v.ID, v.Sealed, nil
		}
	}
	return "", nil, ErrNoPassword
}

func (s *Service) open(ctx context.Context, fl flight, p *parts, in sealed) (err error) {
	if p.leaf, err = s.openCert(ctx, fl, p.gen.Leaf, in.leaf); err != nil {
		return err
	}
	for i, link := range p.gen.Chain {
		c, err := s.openCert(ctx, fl, link, in.chain[i])
		if err != nil {
			return err
		}
		p.chain = append(p.chain, c)
	}
	if in.key != nil {
		text, err := s.Sealer.Open(ctx, payloadPlace(fl, p.gen.Key), in.key)
		if err != nil {
			return err
		}
		defer text.Wipe()
		if p.key, err = cert.ParseKeyPEM(text); err != nil {
			return fmt.Errorf("stored key %s: %w", p.gen.Key, stored(err))
		}
	}
	if in.password != nil {
		at := ports.Place{Tenant: fl.tenant, Table: group.PasswordsTable, Column: group.PasswordColumn, Row: in.passwordID}
		p.password, err = s.Sealer.Open(ctx, at, in.password)
	}
	return err
}

func (s *Service) openCert(ctx context.Context, fl flight, a artifact.ID, blob []byte) (*cert.Certificate, error) {
	text, err := s.Sealer.Open(ctx, payloadPlace(fl, a), blob)
	if err != nil {
		return nil, err
	}
	f, err := cert.Parse(text.Reveal(), secret.String{})
	if err != nil {
		return nil, fmt.Errorf("stored certificate %s: %w", a, stored(err))
	}
	defer f.Wipe()
	if len(f.Certificates) != 1 {
		return nil, fmt.Errorf("stored certificate %s: %d certificates in it", a, len(f.Certificates))
	}
	return f.Certificates[0], nil
}

// stored turns a refusal meant for somebody who uploads into an internal error: this one passed when it came in.
func stored(err error) error { return fmt.Errorf("does not parse any more: %s", fault.CodeOf(err)) }

func payloadPlace(fl flight, a artifact.ID) ports.Place {
	return ports.Place{Tenant: fl.tenant, Table: artifact.Table, Column: artifact.PayloadColumn, Row: string(a)}
}
