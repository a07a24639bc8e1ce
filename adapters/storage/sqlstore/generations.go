package sqlstore

import (
	"context"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	generationSelect = `SELECT n.id, n.group_id, n.number, n.leaf_id, n.leaf_spki, COALESCE(n.key_id, ''), n.missing,
		n.missing_hash, n.blocked, n.source, n.created_at, n.activated_at, COALESCE(g.current_number, 0) = n.number
		FROM generations n JOIN cert_groups g ON g.tenant_id = n.tenant_id AND g.id = n.group_id`
	generationInsert = `INSERT INTO generations (tenant_id, group_id, number, id, leaf_id, leaf_spki, key_id, missing,
		missing_hash, blocked, source, created_at, activated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING`
	generationUpdate = `UPDATE generations SET key_id = $4, missing = $5, missing_hash = $6, blocked = $7, activated_at = $8
		WHERE tenant_id = $1 AND id = $2 AND group_id = $3`
	generationGet     = generationSelect + ` WHERE n.tenant_id = $1 AND n.group_id = $2 AND n.number = $3`
	generationList    = generationSelect + ` WHERE n.tenant_id = $1 AND n.group_id = $2 ORDER BY n.number DESC LIMIT 500`
	generationWaiting = generationSelect + ` WHERE n.tenant_id = $1 AND n.leaf_spki = $2 AND n.key_id IS NULL
		ORDER BY n.created_at, n.id LIMIT 200`
	generationWaitingIn = generationSelect + ` WHERE n.tenant_id = $1 AND n.leaf_spki = $2 AND n.key_id IS NULL
		AND n.group_id = $3 ORDER BY n.created_at, n.id LIMIT 200`
	generationMissing = generationSelect + ` WHERE n.tenant_id = $1 AND n.missing_hash = $2 AND n.missing_hash <> ''
		AND g.current_number = n.number ORDER BY n.created_at, n.id LIMIT 500`
	generationUsing = generationSelect + ` WHERE n.tenant_id = $1 AND n.id IN (
			SELECT u.id FROM generations u WHERE u.tenant_id = $1 AND u.leaf_id = $2
			UNION SELECT u.id FROM generations u WHERE u.tenant_id = $1 AND u.key_id = $2
			UNION SELECT c.generation_id FROM generation_chain c WHERE c.tenant_id = $1 AND c.artifact_id = $2)
		ORDER BY n.created_at, n.id LIMIT 200`
	generationLeaf      = `SELECT leaf_id FROM generations WHERE tenant_id = $1 AND group_id = $2 AND number = $3`
	generationLeafOf    = `SELECT leaf_id FROM generations WHERE tenant_id = $1 AND group_id = $2 AND id = $3`
	generationDelete    = `DELETE FROM generations WHERE tenant_id = $1 AND group_id = $2 AND number = $3`
	generationOnTargets = `SELECT f.generation FROM targets t JOIN target_fetches f ON f.tenant_id = t.tenant_id AND f.target_id = t.id
			WHERE t.tenant_id = $1 AND t.group_id = $2 AND f.at > t.group_since AND f.generation > 0
		UNION SELECT f.key_generation FROM targets t JOIN target_fetches f ON f.tenant_id = t.tenant_id AND f.target_id = t.id
			WHERE t.tenant_id = $1 AND t.group_id = $2 AND f.key_at > t.group_since AND f.key_generation > 0
		UNION SELECT f.fullchain_generation FROM targets t
			JOIN target_fetches f ON f.tenant_id = t.tenant_id AND f.target_id = t.id
			WHERE t.tenant_id = $1 AND t.group_id = $2 AND f.fullchain_at > t.group_since AND f.key_at = 0
			AND f.fullchain_generation > 0
		UNION SELECT s.observed FROM targets t JOIN target_status s ON s.tenant_id = t.tenant_id AND s.target_id = t.id
			WHERE t.tenant_id = $1 AND t.group_id = $2 AND s.observed > 0
		UNION SELECT s.generation FROM targets t JOIN target_status s ON s.tenant_id = t.tenant_id AND s.target_id = t.id
			WHERE t.tenant_id = $1 AND t.group_id = $2 AND s.generation > 0
		UNION SELECT d.before_number FROM targets t JOIN deployments d ON d.tenant_id = t.tenant_id AND d.target_id = t.id
			WHERE t.tenant_id = $1 AND t.group_id = $2 AND d.group_id = $2 AND d.state = 'running' AND d.before_number > 0
		ORDER BY 1`

	chainInsert = `INSERT INTO generation_chain (tenant_id, generation_id, position, artifact_id) VALUES ($1, $2, $3, $4)`
	chainDelete = `DELETE FROM generation_chain WHERE tenant_id = $1 AND generation_id = $2`
)

type generations struct{ scope }

var _ ports.Generations = generations{}

// Insert implements ports.Generations.
func (r generations) Insert(ctx context.Context, g group.Generation) error {
	blocked, err := jsonOf(g.Blocked)
	if err != nil {
		return err
	}
	n, err := r.exec(ctx, "insert generation", generationInsert, string(r.id), g.Group, g.Number, g.ID, string(g.Leaf),
		g.LeafSPKI, optional(string(g.Key)), g.Missing, g.MissingHash, blocked, string(g.Source), micros(g.CreatedAt),
		micros(g.ActivatedAt))
	if err != nil {
		return r.on(err, foreign, fault.Missing("group, certificate or key"))
	}
	if n == 0 {
		return fault.New(fault.Conflict, "number_taken", "The group changed meanwhile. Try again.")
	}
	if err := r.replaced(ctx, g.Leaf); err != nil {
		return err
	}
	return r.putChain(ctx, g)
}

func (r generations) putChain(ctx context.Context, g group.Generation) error {
	for i, id := range g.Chain {
		if _, err := r.exec(ctx, "insert chain", chainInsert, string(r.id), g.ID, i, string(id)); err != nil {
			return r.on(err, foreign, fault.Missing("certificate"))
		}
	}
	return nil
}

// Update implements ports.Generations.
func (r generations) Update(ctx context.Context, g group.Generation) error {
	blocked, err := jsonOf(g.Blocked)
	if err != nil {
		return err
	}
	n, err := r.exec(ctx, "update generation", generationUpdate, string(r.id), g.ID, g.Group, optional(string(g.Key)),
		g.Missing, g.MissingHash, blocked, micros(g.ActivatedAt))
	if err := changed(n, r.on(err, foreign, fault.Missing("key")), "generation"); err != nil {
		return err
	}
	leaves, err := r.leaves(ctx, generationLeafOf, string(r.id), g.Group, g.ID) // the caller's may be wrong: it is not stored
	if err != nil {
		return err
	}
	if err := r.replaced(ctx, leaves...); err != nil {
		return err
	}
	if _, err := r.exec(ctx, "delete chain", chainDelete, string(r.id), g.ID); err != nil {
		return err
	}
	return r.putChain(ctx, g)
}

// Get implements ports.Generations.
func (r generations) Get(ctx context.Context, groupID string, number int) (group.Generation, error) {
	out, err := r.all(ctx, "generation", generationGet, string(r.id), groupID, number)
	if err != nil {
		return group.Generation{}, err
	}
	if len(out) == 0 {
		return group.Generation{}, fault.Missing("generation")
	}
	return out[0], nil
}

// List implements ports.Generations.
func (r generations) List(ctx context.Context, groupID string) ([]group.Generation, error) {
	return r.all(ctx, "generations", generationList, string(r.id), groupID)
}

// WaitingFor implements ports.Generations.
func (r generations) WaitingFor(ctx context.Context, spki, groupID string) ([]group.Generation, error) {
	if groupID == "" {
		return r.all(ctx, "generations that wait", generationWaiting, string(r.id), spki)
	}
	return r.all(ctx, "generations that wait", generationWaitingIn, string(r.id), spki, groupID)
}

// MissingIssuer implements ports.Generations.
func (r generations) MissingIssuer(ctx context.Context, subjectHash string) ([]group.Generation, error) {
	return r.all(ctx, "generations without issuer", generationMissing, string(r.id), subjectHash)
}

// Using implements ports.Generations.
func (r generations) Using(ctx context.Context, id artifact.ID) ([]group.Generation, error) {
	return r.all(ctx, "generations of artifact", generationUsing, string(r.id), string(id))
}

// Delete implements ports.Generations. The current one cannot be deleted: the pointer moves away first.
func (r generations) Delete(ctx context.Context, groupID string, number int) error {
	leaves, err := r.leaves(ctx, generationLeaf, string(r.id), groupID, number)
	if err != nil {
		return err
	}
	var n int64
	err = r.part(ctx, func() (err error) {
		n, err = r.exec(ctx, "delete generation", generationDelete, string(r.id), groupID, number)
		return r.on(err, foreign, fault.New(fault.Conflict, "generation_is_current", "The group points at this generation."))
	})
	if err := changed(n, err, "generation"); err != nil {
		return err
	}
	return r.replaced(ctx, leaves...)
}

// OnTargets implements ports.Generations.
func (r generations) OnTargets(ctx context.Context, groupID string) (out []int, err error) {
	err = r.rows(ctx, "generations on targets", generationOnTargets, []any{string(r.id), groupID}, func(rw row) error {
		var n int
		if err := rw.Scan(&n); err != nil {
			return err
		}
		out = append(out, n)
		return nil
	})
	return out, err
}

// all reads generations, then the chains of all of them.
func (r generations) all(ctx context.Context, what, q string, args ...any) (out []group.Generation, err error) {
	err = r.rows(ctx, what, q, args, func(rw row) error {
		var g group.Generation
		err := rw.Scan(&g.ID, &g.Group, &g.Number, &g.Leaf, &g.LeafSPKI, &g.Key, &g.Missing, &g.MissingHash, stored{&g.Blocked},
			&g.Source, stamp{&g.CreatedAt}, stamp{&g.ActivatedAt}, &g.Current)
		out = append(out, g)
		return err
	})
	if err != nil || len(out) == 0 {
		return out, err
	}
	ids := make([]string, len(out))
	at := make(map[string]*group.Generation, len(out))
	for i := range out {
		ids[i] = out[i].ID
		at[ids[i]] = &out[i]
	}
	chains := `SELECT generation_id, artifact_id FROM generation_chain WHERE tenant_id = $1 AND ` +
		r.s.d.in("generation_id", "$2") + ` ORDER BY position`
	err = r.rows(ctx, "chains", chains, []any{string(r.id), r.s.d.listArg(ids)}, func(rw row) error {
		var gen string
		var id artifact.ID
		if err := rw.Scan(&gen, &id); err != nil {
			return err
		}
		at[gen].Chain = append(at[gen].Chain, id)
		return nil
	})
	return out, err
}
