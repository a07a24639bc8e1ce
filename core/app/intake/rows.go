package intake

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

type outcome uint8

const (
	rowNew       outcome = iota
	rowKnown             // it is here already
	rowElsewhere         // it is in another group and stays there
)

// storeRow inserts the row, or answers the one that is there. A row that is there ungrouped joins the group it is now
// wanted in; one in another group is not moved.
func (w *work) storeRow(ctx context.Context, r row, home *Ref) (artifact.Artifact, outcome, error) {
	known, err := w.same(ctx, r)
	if err != nil {
		return artifact.Artifact{}, 0, err
	}
	if known != nil {
		return w.meet(ctx, *known, r, home)
	}
	a := r.art
	a.ID = artifact.ID(id.New("art", w.tx.Now()))
	a.Source, a.CreatedAt, a.CreatedBy, a.CreatedByID = w.req.Source, w.tx.Now(), w.actor.Name, w.actor.User
	if home != nil {
		a.Group, a.GroupName = home.ID, home.Name
	}
	sealed, err := w.s.Sealer.Seal(ctx, payloadPlace(w.actor.Tenant, a.ID), secret.NewBytes(r.payload))
	if err != nil {
		return a, 0, err
	}
	if err := w.tx.Artifacts().Insert(ctx, a, sealed); err != nil {
		return a, 0, err
	}
	w.placed = append(w.placed, placed{art: a, row: r})
	return a, rowNew, nil
}

func (w *work) meet(ctx context.Context, a artifact.Artifact, r row, home *Ref) (artifact.Artifact, outcome, error) {
	switch {
	case home == nil:
		return a, rowKnown, nil
	case a.Group == home.ID:
		// A leaf whose generation went (a link of its chain was deleted, it was pruned) gets one again.
		w.placed = append(w.placed, placed{art: a, row: r})
		return a, rowKnown, nil
	case a.Group != "":
		return a, rowElsewhere, nil
	}
	if r.key != nil {
		// An ungrouped key serves every group; one that a generation of another group rests on stays ungrouped.
		gens, err := w.tx.Generations().Using(ctx, a.ID)
		if err != nil || slices.ContainsFunc(gens, func(g group.Generation) bool { return g.Group != home.ID }) {
			return a, rowKnown, err
		}
	}
	if err := w.tx.Artifacts().Move(ctx, a.ID, home.ID); err != nil {
		return a, 0, err
	}
	a.Group, a.GroupName = home.ID, home.Name
	w.placed = append(w.placed, placed{art: a, row: r})
	return a, rowKnown, nil
}

// same answers the stored row that is the very same thing, nil when there is none.
func (w *work) same(ctx context.Context, r row) (*artifact.Artifact, error) {
	if w.req.Replaces != "" && r.art.Kind == cert.KindUnknown {
		// It is the content of that row, still unread. Of rows that look like it only some are compared.
		a, err := w.tx.Artifacts().Get(ctx, w.req.Replaces)
		return &a, err
	}
	rows, err := w.tx.Artifacts().Same(ctx, r.art.Kind, r.art.Identity)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		if r.art.Kind == cert.KindCert || r.art.Kind == cert.KindKey {
			return &rows[i], nil
		}
		equal, err := w.samePayload(ctx, rows[i].ID, r.payload)
		if err != nil {
			return nil, err
		}
		if equal {
			return &rows[i], nil
		}
	}
	return nil, nil
}

func (w *work) samePayload(ctx context.Context, id artifact.ID, payload []byte) (bool, error) {
	open, err := Payload(ctx, w.tx, w.s.Sealer, id)
	if err != nil {
		return false, err
	}
	defer open.Wipe()
	return bytes.Equal(open.Reveal(), payload), nil
}

func payloadPlace(t tenant.ID, a artifact.ID) ports.Place {
	return ports.Place{Tenant: t, Table: artifact.Table, Column: artifact.PayloadColumn, Row: string(a)}
}

// Payload opens a row's payload. The caller wipes it.
func Payload(ctx context.Context, tx ports.Tx, sealer ports.Sealer, a artifact.ID) (secret.Bytes, error) {
	sealed, err := tx.Artifacts().Payload(ctx, a)
	if err != nil {
		return secret.Bytes{}, err
	}
	open, err := sealer.Open(ctx, payloadPlace(tx.Tenant(), a), sealed)
	if err != nil {
		return secret.Bytes{}, fmt.Errorf("artifact %s: %w", a, err)
	}
	return open, nil
}
