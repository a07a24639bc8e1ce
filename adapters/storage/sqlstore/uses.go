package sqlstore

import (
	"context"
	"strings"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/group"
)

// generationUses asks for every generation that rests on one of the artifacts. ANY stands for that condition.
const generationUses = `SELECT g.id, g.name, n.number, COALESCE(g.current_number, 0) = n.number, COALESCE(n.key_id, ''), n.activated_at, u.part,
	CASE WHEN g.current_number = n.number THEN
		(SELECT count(*) FROM targets t WHERE t.tenant_id = g.tenant_id AND t.group_id = g.id) ELSE 0 END
	FROM (SELECT l.id AS generation_id, 'leaf' AS part FROM generations l WHERE l.tenant_id = $1 AND l.leaf_id ANY
		UNION SELECT k.id, 'key' FROM generations k WHERE k.tenant_id = $1 AND k.key_id ANY
		UNION SELECT c.generation_id, 'chain' FROM generation_chain c WHERE c.tenant_id = $1 AND c.artifact_id ANY) u
	JOIN generations n ON n.tenant_id = $1 AND n.id = u.generation_id
	JOIN cert_groups g ON g.tenant_id = n.tenant_id AND g.id = n.group_id
	ORDER BY g.name_key, g.id, n.number, u.part LIMIT $3`

// Uses implements ports.Generations.
func (r generations) Uses(ctx context.Context, ids []artifact.ID, limit int) (out []group.Use, err error) {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = string(id)
	}
	q := strings.ReplaceAll(generationUses, " ANY", r.s.d.in("", "$2"))
	err = r.rows(ctx, "uses of artifacts", q, []any{string(r.id), r.s.d.listArg(names), limit}, func(rw row) error {
		var u group.Use
		var g group.Generation
		err := rw.Scan(&u.Group, &u.GroupName, &u.Number, &g.Current, &g.Key, stamp{&g.ActivatedAt}, &u.As, &u.Targets)
		u.State = g.State()
		out = append(out, u)
		return err
	})
	return out, err
}
