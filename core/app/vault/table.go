package vault

import (
	"context"
	"strings"
	"time"

	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// Table is a page of rows with how many there are.
type Table struct {
	artifact.Page
	Counts artifact.Counts // of the whole workspace
	// Total is how many rows the query finds. It is known for the whole vault, for one kind and for one group; nobody
	// counts the rest.
	Total int
	Known bool
	// Ends is how many rows each way to narrow by end finds, counted up to artifact.MostCounted. It is known where nothing else
	// narrows the list, except to certificates; nil otherwise.
	Ends map[Expires]int
}

// Table answers a page of rows as List does, and how many there are, as one state.
func (s *Service) Table(ctx context.Context, actor tenant.Actor, q ListQuery) (t Table, err error) {
	if err := allowAll(actor, tenant.ArtifactRead, tenant.GroupRead); err != nil {
		return Table{}, err
	}
	err = s.Store.Tenant(actor.Tenant).View(ctx, func(tx ports.Tx) error {
		query, err := narrow(ctx, tx, q)
		if err != nil {
			return err
		}
		if t.Page, err = list(ctx, tx, q, query); err != nil {
			return err
		}
		if t.Counts, err = tx.Summary().Counts(ctx); err != nil {
			return err
		}
		if t.Total, t.Known, err = total(ctx, tx, q, query, t.Counts); err != nil {
			return err
		}
		t.Ends, err = ends(ctx, tx, q)
		return err
	})
	return t, err
}

func total(ctx context.Context, tx ports.Tx, q ListQuery, query artifact.Query, c artifact.Counts) (int, bool, error) {
	switch {
	case strings.TrimSpace(q.Search) != "" || q.Expires != ExpiresWhenever || query.Group == intake.NoGroup:
		return 0, false, nil
	case query.Group == "" && query.Kind == "":
		n := 0
		for _, k := range c.Artifacts {
			n += k
		}
		return n, true, nil
	case query.Group == "":
		return c.Artifacts[query.Kind], true, nil
	case query.Kind == "":
		g, err := tx.Groups().Get(ctx, query.Group)
		return g.Artifacts, true, err
	}
	return 0, false, nil
}

func ends(ctx context.Context, tx ports.Tx, q ListQuery) (map[Expires]int, error) {
	if strings.TrimSpace(q.Search) != "" || q.Group != "" || q.Kind != "" && q.Kind != cert.KindCert {
		return nil, nil
	}
	now := tx.Now()
	_, due, err := tx.Summary().Expiring(ctx, now.Add(soon), 0)
	if err != nil {
		return nil, err
	}
	next, err := tx.Summary().Ending(ctx, now, now.Add(soon))
	if err != nil {
		return nil, err
	}
	past, err := tx.Summary().Ending(ctx, time.Time{}, now)
	return map[Expires]int{ExpiresDue: due, ExpiresSoon: next, ExpiresPast: past}, err
}
