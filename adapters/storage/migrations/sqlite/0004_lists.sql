-- +goose Up
-- Lists that are sorted in the database, and a calendar with the tones of every other page.

-- Ends are counted by how long before its end a certificate turns amber, too: see artifact.Ahead.
DROP TABLE expiry_quarters;
CREATE TABLE expiry_quarters ( -- how many certificates expire in a quarter of an hour: every time zone's days are made of them
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    quarter   BIGINT NOT NULL, -- the time that it begins at
    ahead     BIGINT NOT NULL, -- in whole quarters, rounded down
    n         INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, quarter, ahead)
) WITHOUT ROWID;

ALTER TABLE targets ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
ALTER TABLE targets ADD COLUMN group_key TEXT NOT NULL DEFAULT '';
ALTER TABLE ingest_tokens ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
ALTER TABLE ingest_tokens ADD COLUMN group_key TEXT NOT NULL DEFAULT ''; -- empty for no group

INSERT INTO expiry_quarters (tenant_id, quarter, ahead, n) -- the remainder of a time before 1970 is negative
    SELECT tenant_id, not_after - ((not_after % 900000000) + 900000000) % 900000000,
        CASE WHEN not_after - not_before >= 7776000000000 THEN 2592000000000 WHEN not_after <= not_before THEN 0
            ELSE (not_after - not_before) / 2700000000 * 900000000 END, count(*)
    FROM artifacts WHERE kind = 'cert' AND not_after <> 0 GROUP BY 1, 2, 3;
UPDATE targets SET name_key = substr(lower(name), 1, 200), group_key = substr((SELECT g.name_key FROM cert_groups g
    WHERE g.tenant_id = targets.tenant_id AND g.id = targets.group_id), 1, 200);
UPDATE ingest_tokens SET name_key = substr(lower(name), 1, 200), group_key = COALESCE(substr((SELECT g.name_key FROM cert_groups g
    WHERE g.tenant_id = ingest_tokens.tenant_id AND g.id = ingest_tokens.group_id), 1, 200), '');

CREATE INDEX targets_by_name ON targets (tenant_id, name_key, id);
CREATE INDEX targets_by_group ON targets (tenant_id, group_key, id);
CREATE INDEX ingest_tokens_by_name ON ingest_tokens (tenant_id, name_key, id);
CREATE INDEX ingest_tokens_by_group ON ingest_tokens (tenant_id, group_key, id);
CREATE INDEX ingest_tokens_by_maker ON ingest_tokens (tenant_id, created_by, id);
CREATE INDEX ingest_tokens_by_use ON ingest_tokens (tenant_id, last_at, id);
