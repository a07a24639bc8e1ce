package sqlstore

import (
	"context"
	"database/sql"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	// Whether there is a key is asked so that SQLite does not look all keyed generations of the tenant up for every group.
	groupColumns = `g.id, g.name, COALESCE(g.current_number, 0), g.password_version, g.keyed, g.created_at,
		(SELECT count(*) FROM generations n WHERE n.tenant_id = g.tenant_id AND n.group_id = g.id),
		(SELECT count(*) FROM generations n WHERE n.tenant_id = g.tenant_id AND n.group_id = g.id
			AND n.number <> COALESCE(g.current_number, 0) AND n.activated_at = 0 AND COALESCE(n.key_id, '') = ''),
		(SELECT count(*) FROM generations n WHERE n.tenant_id = g.tenant_id AND n.group_id = g.id
			AND n.number <> COALESCE(g.current_number, 0) AND n.activated_at = 0 AND COALESCE(n.key_id, '') <> ''),
		(SELECT count(*) FROM generations n WHERE n.tenant_id = g.tenant_id AND n.group_id = g.id
			AND n.number <> COALESCE(g.current_number, 0) AND n.activated_at = 0 AND COALESCE(n.key_id, '') <> ''
			AND n.blocked LIKE '%"code":"` + group.ReasonWeakKey + `"%'),
		EXISTS (SELECT 1 FROM generations n WHERE n.tenant_id = g.tenant_id AND n.group_id = g.id
			AND n.number = g.current_number AND n.key_id IS NOT NULL),
		(SELECT count(*) FROM targets t WHERE t.tenant_id = g.tenant_id AND t.group_id = g.id),
		(SELECT count(*) FROM artifacts a WHERE a.tenant_id = g.tenant_id AND a.group_id = g.id), g.not_before,
		CASE WHEN g.expires_key = ` + endOfTimeText + ` THEN 0 ELSE g.expires_key END`
	// groupBrief is groupColumns without what has to be counted.
	groupBrief = `g.id, g.name, COALESCE(g.current_number, 0), g.password_version, g.keyed, g.created_at, 0, 0, 0, 0, FALSE, 0, 0, g.not_before,
		CASE WHEN g.expires_key = ` + endOfTimeText + ` THEN 0 ELSE g.expires_key END`
	groupSelect = `SELECT ` + groupColumns + ` FROM cert_groups g`
	groupGet    = groupSelect + ` WHERE g.tenant_id = $1 AND g.id = $2`
	groupByName = groupSelect + ` WHERE g.tenant_id = $1 AND g.name_key = $2`
	groupLock   = `SELECT 1 FROM cert_groups WHERE tenant_id = $1 AND id = $2`

	groupInsert = `INSERT INTO cert_groups (tenant_id, id, name, name_key, password_version, created_at)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`
	groupRename = `UPDATE cert_groups SET name = $3, name_key = $4 WHERE tenant_id = $1 AND id = $2
		AND NOT EXISTS (SELECT 1 FROM cert_groups o WHERE o.tenant_id = $1 AND o.name_key = $4 AND o.id <> $2)`
	groupRekey      = `UPDATE artifacts SET group_key = $3 WHERE tenant_id = $1 AND group_id = $2`
	groupRetarget   = `UPDATE targets SET group_key = $3 WHERE tenant_id = $1 AND group_id = $2`
	groupRetoken    = `UPDATE ingest_tokens SET group_key = $3 WHERE tenant_id = $1 AND group_id = $2`
	groupNextNumber = `UPDATE cert_groups SET last_number = last_number + 1 WHERE tenant_id = $1 AND id = $2 RETURNING last_number`
	groupDue        = `UPDATE target_due SET due_at = $3 WHERE tenant_id = $1 AND (due_at = 0 OR due_at > $3)
		AND target_id IN (SELECT id FROM targets WHERE tenant_id = $1 AND group_id = $2)`
	groupPoint = `UPDATE cert_groups SET current_number = $3,
		not_before = COALESCE((SELECT a.not_before` + groupLeaf + `), 0),
		expires_key = COALESCE((SELECT a.expires_key` + groupLeaf + `), ` + endOfTimeText + `) WHERE tenant_id = $1 AND id = $2`
	groupLeaf = ` FROM generations n JOIN artifacts a ON a.tenant_id = n.tenant_id AND a.id = n.leaf_id
			WHERE n.tenant_id = $1 AND n.group_id = $2 AND n.number = $3`
	groupTurns = `SELECT n.leaf_id FROM cert_groups g JOIN generations n ON n.tenant_id = g.tenant_id AND n.group_id = g.id
		AND n.number IN (g.current_number, $3) WHERE g.tenant_id = $1 AND g.id = $2`
	groupLeaves      = `SELECT DISTINCT leaf_id FROM generations WHERE tenant_id = $1 AND group_id = $2`
	groupSetKeyed    = `UPDATE cert_groups SET keyed = TRUE WHERE tenant_id = $1 AND id = $2`
	groupSetPassword = `UPDATE cert_groups SET password_version = $3 WHERE tenant_id = $1 AND id = $2`
	groupUsers       = `SELECT (SELECT count(*) FROM targets WHERE tenant_id = $1 AND group_id = $2),
		(SELECT count(*) FROM ingest_tokens WHERE tenant_id = $1 AND group_id = $2)`
	groupEmpty   = `UPDATE artifacts SET group_id = NULL, group_key = '' WHERE tenant_id = $1 AND group_id = $2`
	groupUnpoint = `UPDATE cert_groups SET current_number = NULL WHERE tenant_id = $1 AND id = $2`
	groupDelete  = `DELETE FROM cert_groups WHERE tenant_id = $1 AND id = $2`

	groupTermsDelete = `DELETE FROM group_terms WHERE tenant_id = $1 AND group_id = $2`

	passwordInsert = `INSERT INTO group_passwords (tenant_id, group_id, version, id, password, fingerprint)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`
	passwordSelect = `SELECT id, group_id, version, password FROM group_passwords WHERE tenant_id = $1 AND group_id = $2`
	passwordGet    = passwordSelect + ` AND version = $3`
	passwordFind   = passwordSelect + ` AND fingerprint = $3`
	passwordList   = passwordSelect + ` ORDER BY version DESC LIMIT $3`
)

var (
	errNameTaken = fault.New(fault.Conflict, "name_taken", "The name is taken.").Field("name", "Choose another name.")
	errTargets   = fault.New(fault.Conflict, "group_has_targets",
		"Push targets use this group. Move them to another group or delete them first.")
	errIngestTokens = fault.New(fault.Conflict, "group_has_ingest_tokens",
		"Ingest tokens are bound to this group. Delete them first.")
)

type groups struct{ scope }

var _ ports.Groups = groups{}

// Insert implements ports.Groups.
func (r groups) Insert(ctx context.Context, g group.Group) error {
	key, err := nameKey(g.Name)
	if err != nil {
		return err
	}
	n, err := r.exec(ctx, "insert group", groupInsert, string(r.id), g.ID, g.Name, key, g.PasswordVersion, micros(g.CreatedAt))
	if err != nil {
		return r.on(err, foreign, fault.Missing("workspace"))
	}
	if n == 0 {
		return errNameTaken
	}
	r.count(countGroups, 1)
	return r.putTerms(ctx, g.ID, g.Name)
}

func (r groups) putTerms(ctx context.Context, id, name string) error {
	q := `INSERT INTO group_terms (tenant_id, group_id, term) SELECT $1, $2, value FROM ` + r.s.d.list("$3")
	terms := artifact.Terms(&artifact.Artifact{Name: name})
	_, err := r.exec(ctx, "insert search terms", q, string(r.id), id, r.s.d.listArg(terms))
	return err
}

// Get implements ports.Groups.
func (r groups) Get(ctx context.Context, id string) (group.Group, error) {
	return r.one(ctx, groupGet, id)
}

// ByName implements ports.Groups.
func (r groups) ByName(ctx context.Context, name string) (group.Group, error) {
	key, err := nameKey(name)
	if err != nil {
		return group.Group{}, fault.Missing("group")
	}
	return r.one(ctx, groupByName, key)
}

// Lock implements ports.Groups.
func (r groups) Lock(ctx context.Context, id string) (group.Group, error) {
	var one int
	if err := r.row(ctx, "lock group", groupLock+r.s.d.lock, []any{string(r.id), id}, &one); err != nil {
		return group.Group{}, found(err, "group")
	}
	return r.Get(ctx, id)
}

func (r groups) one(ctx context.Context, q, key string) (g group.Group, err error) {
	err = r.row(ctx, "group", q, []any{string(r.id), key}, groupFields(&g)...)
	return g, found(err, "group")
}

// Rename implements ports.Groups. What is of the group is sorted by its name, so it changes too.
func (r groups) Rename(ctx context.Context, id, name string) error {
	key, err := nameKey(name)
	if err != nil {
		return err
	}
	var n int64
	err = r.part(ctx, func() (err error) { // the statement looks for the name, but somebody may take it meanwhile
		n, err = r.exec(ctx, "rename group", groupRename, string(r.id), id, name, key)
		return r.on(err, unique, errNameTaken)
	})
	if err != nil {
		return err
	}
	if n == 0 {
		if _, err := r.Get(ctx, id); err != nil {
			return err
		}
		return errNameTaken
	}
	for _, q := range []string{groupRekey, groupRetarget, groupRetoken} {
		if _, err := r.exec(ctx, "sort rows of group", q, string(r.id), id, cut(key, sortBytes)); err != nil {
			return err
		}
	}
	if _, err := r.exec(ctx, "delete search terms", groupTermsDelete, string(r.id), id); err != nil {
		return err
	}
	return r.putTerms(ctx, id, name)
}

// NextNumber implements ports.Groups.
func (r groups) NextNumber(ctx context.Context, id string) (n int, err error) {
	err = r.row(ctx, "number generation", groupNextNumber, []any{string(r.id), id}, &n)
	return n, found(err, "group")
}

// SetKeyed implements ports.Groups.
func (r groups) SetKeyed(ctx context.Context, id string) error {
	n, err := r.exec(ctx, "mark group", groupSetKeyed, string(r.id), id)
	return changed(n, err, "group")
}

// Point implements ports.Groups.
func (r groups) Point(ctx context.Context, id string, number int) error {
	to := sql.NullInt64{Int64: int64(number), Valid: number != 0}
	leaves, err := r.leaves(ctx, groupTurns, string(r.id), id, to)
	if err != nil {
		return err
	}
	n, err := r.exec(ctx, "point group", groupPoint, string(r.id), id, to)
	if err := changed(n, r.on(err, foreign, fault.Missing("generation")), "group"); err != nil {
		return err
	}
	if _, err := r.exec(ctx, "targets are due", groupDue, string(r.id), id, micros(r.now)); err != nil {
		return err
	}
	return r.replaced(ctx, leaves...)
}

// leaves answers the certificates of generations that are about to change.
func (s scope) leaves(ctx context.Context, q string, args ...any) (out []artifact.ID, err error) {
	err = s.rows(ctx, "leaves", q, args, func(rw row) error {
		var id artifact.ID
		err := rw.Scan(&id)
		out = append(out, id)
		return err
	})
	return out, err
}

// Delete implements ports.Groups.
func (r groups) Delete(ctx context.Context, id string) error {
	if _, err := r.Lock(ctx, id); err != nil {
		return err
	}
	var targets, tokens int
	if err := r.row(ctx, "users of group", groupUsers, []any{string(r.id), id}, &targets, &tokens); err != nil {
		return err
	}
	switch {
	case targets > 0:
		return errTargets
	case tokens > 0:
		return errIngestTokens
	}
	return r.part(ctx, func() error {
		if _, err := r.exec(ctx, "ungroup", groupEmpty, string(r.id), id); err != nil {
			return err
		}
		leaves, err := r.leaves(ctx, groupLeaves, string(r.id), id)
		if err != nil {
			return err
		}
		if _, err := r.exec(ctx, "unpoint group", groupUnpoint, string(r.id), id); err != nil {
			return err
		}
		n, err := r.exec(ctx, "delete group", groupDelete, string(r.id), id)
		if err := changed(n, r.on(err, foreign, errTargets), "group"); err != nil {
			return err
		}
		r.count(countGroups, -1)
		return r.replaced(ctx, leaves...)
	})
}

// AddPassword implements ports.Groups.
func (r groups) AddPassword(ctx context.Context, p group.Password, fingerprint []byte) error {
	n, err := r.exec(ctx, "insert password", passwordInsert, string(r.id), p.Group, p.Version, p.ID, blob(p.Sealed), blob(fingerprint))
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "version_taken", "The password was changed by somebody else. Try again.")
	}
	return r.on(err, foreign, fault.Missing("group"))
}

// SetPassword implements ports.Groups.
func (r groups) SetPassword(ctx context.Context, id string, version int) error {
	n, err := r.exec(ctx, "set password", groupSetPassword, string(r.id), id, version)
	return changed(n, err, "group")
}

// Password implements ports.Groups.
func (r groups) Password(ctx context.Context, id string, version int) (group.Password, error) {
	return r.password(ctx, passwordGet, id, version)
}

// FindPassword implements ports.Groups.
func (r groups) FindPassword(ctx context.Context, id string, fingerprint []byte) (group.Password, error) {
	return r.password(ctx, passwordFind, id, blob(fingerprint))
}

func (r groups) password(ctx context.Context, q, id string, by any) (p group.Password, err error) {
	err = r.row(ctx, "password", q, []any{string(r.id), id, by}, &p.ID, &p.Group, &p.Version, &p.Sealed)
	return p, found(err, "password")
}

// Passwords implements ports.Groups.
func (r groups) Passwords(ctx context.Context, id string, limit int) (out []group.Password, err error) {
	err = r.rows(ctx, "passwords", passwordList, []any{string(r.id), id, max(limit, 0)}, func(rw row) error {
		var p group.Password
		if err := rw.Scan(&p.ID, &p.Group, &p.Version, &p.Sealed); err != nil {
			return err
		}
		out = append(out, p)
		return nil
	})
	return out, err
}

func groupFields(g *group.Group) []any {
	return []any{&g.ID, &g.Name, &g.Current, &g.PasswordVersion, &g.Keyed, stamp{&g.CreatedAt}, &g.Generations, &g.Waiting, &g.Staged, &g.Unfit,
		&g.HasKey, &g.Targets, &g.Artifacts, stamp{&g.NotBefore}, stamp{&g.NotAfter}}
}
