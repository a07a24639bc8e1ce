package push

import (
	"container/list"
	"context"
	"sync"
	"sync/atomic"

	"github.com/ignisfox/ignisfox/core/app/form"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	defaultCacheBytes = 64 << 20
	entryOverhead     = 512 // bytes a cached form takes beside its sealed bytes, roughly
)

// Body is what a device gets. Wipe Plain when it was written. Name is a file name, from the certificate's own name; it may
// hold any visible character.
type Body struct {
	Plain secret.Bytes
	Name  string
}

// cachedForm is a sealed form in memory. It never changes, so it never goes out of date.
type cachedForm struct {
	id     string
	sealed []byte
	name   string
	size   atomic.Int64 // of the plain bytes plus 1; 0 until it was opened once
}

// Open answers the bytes of a form that Find named: one unsealing.
func (p *Puller) Open(ctx context.Context, g *target.Grant, formID string) (Body, error) {
	f, err := p.sealedForm(ctx, g, formID)
	if err != nil {
		return Body{}, err
	}
	plain, err := p.Sealer.Open(ctx, form.Place(g.Tenant, formID), f.sealed)
	if err != nil {
		return Body{}, err
	}
	f.size.Store(int64(plain.Len()) + 1)
	return Body{Plain: plain, Name: f.name}, nil
}

// Size answers how long the form's bytes are and its file name. It unseals only when this process never did.
func (p *Puller) Size(ctx context.Context, g *target.Grant, formID string) (int, string, error) {
	f, err := p.sealedForm(ctx, g, formID)
	if err != nil {
		return 0, "", err
	}
	if n := f.size.Load(); n > 0 {
		return int(n - 1), f.name, nil
	}
	b, err := p.Open(ctx, g, formID)
	if err != nil {
		return 0, "", err
	}
	b.Plain.Wipe()
	return b.Plain.Len(), f.name, nil
}

func (p *Puller) sealedForm(ctx context.Context, g *target.Grant, formID string) (*cachedForm, error) {
	if f := p.forms.get(formID); f != nil {
		return f, nil
	}
	f := &cachedForm{id: formID}
	err := p.Store.Tenant(g.Tenant).View(ctx, func(tx ports.Tx) error {
		stored, err := tx.Forms().Get(ctx, formID)
		if err != nil {
			return err
		}
		gen, err := tx.Generations().Get(ctx, g.Group, g.Number)
		if err != nil {
			return err
		}
		leaf, err := tx.Artifacts().Get(ctx, gen.Leaf)
		if err != nil {
			return err
		}
		f.sealed, f.name = stored.Sealed, fileName(leaf.Subject, stored.Key.Kind)
		return nil
	})
	if err != nil {
		if fault.KindOf(err) == fault.NotFound { // gone since the request was authorized
			return nil, ErrStale
		}
		return nil, err
	}
	p.forms.put(f)
	return f, nil
}

func fileName(subject string, kind group.FormKind) string {
	switch kind {
	case group.FormPFX:
		return subject + ".pfx"
	case group.FormPrivateKey:
		return subject + "-privkey.pem"
	}
	return subject + "-" + string(kind) + ".pem"
}

// formCache keeps the sealed forms used last, up to a number of bytes.
type formCache struct {
	max int

	mu    sync.Mutex
	bytes int
	byID  map[string]*list.Element
	order *list.List // of *cachedForm, used last first
}

func newFormCache(max int) *formCache {
	return &formCache{max: max, byID: map[string]*list.Element{}, order: list.New()}
}

func (c *formCache) get(id string) *cachedForm {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byID[id]
	if !ok {
		return nil
	}
	c.order.MoveToFront(e)
	return e.Value.(*cachedForm) //nolint:forcetypeassert // nothing else is put in
}

func (c *formCache) put(f *cachedForm) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.byID[f.id]; ok {
		return
	}
	c.byID[f.id] = c.order.PushFront(f)
	c.bytes += weight(f)
	for c.bytes > c.max && c.order.Len() > 0 {
		last := c.order.Back()
		old := c.order.Remove(last).(*cachedForm) //nolint:forcetypeassert // as above
		delete(c.byID, old.id)
		c.bytes -= weight(old)
	}
}

func weight(f *cachedForm) int { return len(f.sealed) + len(f.name) + entryOverhead }
