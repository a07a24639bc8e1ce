// Package form makes what devices and people fetch of a generation: certificate, chain, key, bundle, PFX.
//
// A form is made once, sealed and stored; whoever stores first wins, and everybody gets the winner's bytes from then
// on, across restarts and replicas:
//
//	f, err := forms.Ensure(ctx, tenantID, groupID, group.FormKey{Generation: genID, Kind: group.FormPrivateKey})
//	body, err := forms.Open(ctx, tenantID, f)
//	defer body.Wipe()
//
// It asks nobody for permission: the use cases that call it have done that.
package form

import (
	"context"
	"sync"
	"time"

	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	// buildLimit bounds one building, which outlives the request that began it as others may wait for it.
	buildLimit = 20 * time.Second
	// attempts is how often a building starts over because the generation changed meanwhile.
	attempts = 3
)

// What a generation may lack. All are 404: the group is there, what was asked of it is not.
var (
	ErrNoKey = fault.New(fault.NotFound, "no_key", "No private key in this cert group")
	// ErrNoPassword: a PFX was asked for and the group has no password.
	ErrNoPassword = fault.New(fault.NotFound, "no_password",
		"No PFX password set for this cert group. Set one on the group and try again.")
	ErrNoChain = fault.New(fault.NotFound, "no_chain",
		"No intermediate certificates in this cert group. Upload the chain that your CA gives you.")
	ErrNoCertificate = fault.New(fault.NotFound, "no_certificate",
		"No certificate in this cert group yet. Upload one and try again.")
)

// Deps are what the service needs.
type Deps struct {
	Store  ports.Store
	Sealer ports.Sealer
}

// Service makes forms. It is safe for concurrent use.
type Service struct {
	Deps
	mu       sync.Mutex
	building map[flight]*build
}

type flight struct {
	tenant tenant.ID
	group  string
	key    group.FormKey
}

// build is one making of a form that several callers may wait for; form and err are set before done is closed.
type build struct {
	done chan struct{}
	form group.Form
	err  error
}

// New makes the service.
func New(d Deps) *Service {
	return &Service{Deps: d, building: map[flight]*build{}}
}

// Place is where the form is sealed.
func Place(t tenant.ID, formID string) ports.Place {
	return ports.Place{Tenant: t, Table: group.FormsTable, Column: group.FormColumn, Row: formID}
}

// Open answers the bytes of a form. The caller wipes them.
func (s *Service) Open(ctx context.Context, t tenant.ID, f group.Form) (secret.Bytes, error) {
	return s.Sealer.Open(ctx, Place(t, f.ID), f.Sealed)
}

// Ensure answers the stored form of that key, made when it is not there. A PFX without a preset gets the modern one;
// its password is the version of the group's that the key names. Faults: ErrNoKey, ErrNoPassword, ErrNoChain,
// ErrNoCertificate (also for a generation that is gone).
func (s *Service) Ensure(ctx context.Context, t tenant.ID, groupID string, key group.FormKey) (group.Form, error) {
	key = normal(key)
	f, err := s.find(ctx, t, key)
	if err == nil || fault.KindOf(err) != fault.NotFound {
		return f, err
	}
	b := s.join(ctx, flight{t, groupID, key})
	select {
	case <-b.done:
		return b.form, b.err
	case <-ctx.Done():
		return group.Form{}, ctx.Err()
	}
}

func (s *Service) find(ctx context.Context, t tenant.ID, key group.FormKey) (f group.Form, err error) {
	err = s.Store.Tenant(t).View(ctx, func(tx ports.Tx) error {
		f, err = tx.Forms().Find(ctx, key)
		return err
	})
	return f, err
}

// join answers the building of that form, begun when nobody has: making a PFX is work that is done once.
func (s *Service) join(ctx context.Context, fl flight) *build {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b, ok := s.building[fl]; ok {
		return b
	}
	b := &build{done: make(chan struct{})}
	s.building[fl] = b
	// The idempotency reservation of the caller is not ours to spend: WithoutCancel would hand it on.
	go s.run(context.Background(), fl, b)
	return b
}

func (s *Service) run(ctx context.Context, fl flight, b *build) {
	ctx, cancel := context.WithTimeout(ctx, buildLimit)
	defer cancel()
	b.err = fault.New(fault.Internal, "form_not_built", "The form could not be made.") // unless we get to the end
	defer func() {
		s.mu.Lock()
		delete(s.building, fl)
		s.mu.Unlock()
		close(b.done)
	}()
	for range attempts {
		var changed bool
		b.form, changed, b.err = s.make(ctx, fl)
		if !changed {
			return
		}
	}
	b.err = fault.New(fault.Unavailable, "form_changing", "The cert group is changing right now. Try again in a moment.")
}

// make builds, seals and stores once. changed says that the generation is no longer what was read.
func (s *Service) make(ctx context.Context, fl flight) (f group.Form, changed bool, err error) {
	p, err := s.read(ctx, fl)
	if err != nil {
		return f, false, err
	}
	defer p.wipe()
	body, err := p.compose(fl.key)
	if err != nil {
		return f, false, err
	}
	defer body.Wipe()
	f = group.Form{Group: fl.group, Key: fl.key, CreatedAt: p.now}
	f.ID = id.New("form", p.now)
	if f.Sealed, err = s.Sealer.Seal(ctx, Place(fl.tenant, f.ID), body); err != nil {
		return f, false, err
	}
	var stored group.Form
	err = s.Store.Tenant(fl.tenant).Update(ctx, func(tx ports.Tx) error {
		stored, changed = group.Form{}, false
		now, err := locked(ctx, tx, fl)
		if err != nil {
			return err
		}
		if !sameSet(now, p.gen) {
			changed = true
			return nil
		}
		stored, err = tx.Forms().Put(ctx, f)
		return err
	})
	return stored, changed, err
}

func normal(k group.FormKey) group.FormKey {
	if k.Kind != group.FormPFX {
		k.Preset, k.PasswordVersion = "", 0
	} else if k.Preset == "" {
		k.Preset = string(cert.PresetModern)
	}
	return k
}
