-- +goose Up
-- Times are microseconds since 1970 in UTC, 0 for none. Lists are JSON text. Text compares bytewise (COLLATE "C"), as in SQLite.

CREATE TABLE tenants (
    id         TEXT COLLATE "C" PRIMARY KEY,
    name       TEXT COLLATE "C" NOT NULL,
    name_key   TEXT COLLATE "C" NOT NULL,
    time_zone  TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    deleted_at BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX tenants_name ON tenants (name_key) WHERE deleted_at = 0;

CREATE TABLE users (
    id             TEXT COLLATE "C" PRIMARY KEY,
    email          TEXT COLLATE "C" NOT NULL,
    email_key      TEXT COLLATE "C" NOT NULL UNIQUE,
    name           TEXT COLLATE "C" NOT NULL,
    password_hash  TEXT COLLATE "C" NOT NULL,
    platform_admin BOOLEAN NOT NULL,
    created_at     BIGINT NOT NULL,
    disabled_at    BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE members (
    tenant_id  TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    user_id    TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    role       TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, user_id)
);
CREATE INDEX members_user ON members (user_id);

CREATE TABLE keysets (
    tenant_id TEXT COLLATE "C" PRIMARY KEY, -- empty: the platform's own
    kek       TEXT COLLATE "C" NOT NULL,
    blob      BYTEA NOT NULL
);
CREATE INDEX keysets_kek ON keysets (kek, tenant_id);

CREATE TABLE keks (
    id          TEXT COLLATE "C" PRIMARY KEY,
    check_value BYTEA NOT NULL,
    retired     BOOLEAN NOT NULL DEFAULT FALSE -- wraps nothing and never will again
);

CREATE TABLE cert_groups (
    tenant_id        TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    id               TEXT COLLATE "C" NOT NULL,
    name             TEXT COLLATE "C" NOT NULL,
    name_key         TEXT COLLATE "C" NOT NULL,
    last_number      INTEGER NOT NULL DEFAULT 0,
    current_number   INTEGER,
    password_version INTEGER NOT NULL DEFAULT 0,
    keyed            BOOLEAN NOT NULL DEFAULT FALSE, -- has had a generation with a key
    created_at       BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, name_key)
);
CREATE INDEX cert_groups_created ON cert_groups (tenant_id, created_at, id);

CREATE TABLE group_terms (
    tenant_id TEXT COLLATE "C" NOT NULL,
    group_id  TEXT COLLATE "C" NOT NULL,
    term      TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, group_id, term),
    FOREIGN KEY (tenant_id, group_id) REFERENCES cert_groups (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX group_terms_term ON group_terms (tenant_id, term, group_id);

CREATE TABLE group_passwords (
    tenant_id   TEXT COLLATE "C" NOT NULL,
    group_id    TEXT COLLATE "C" NOT NULL,
    version     INTEGER NOT NULL,
    id          TEXT COLLATE "C" NOT NULL,
    password    BYTEA NOT NULL, -- sealed
    fingerprint BYTEA NOT NULL, -- keyed MAC: the same password in the same group has one version
    PRIMARY KEY (tenant_id, group_id, version),
    UNIQUE (tenant_id, id),
    UNIQUE (tenant_id, group_id, fingerprint),
    FOREIGN KEY (tenant_id, group_id) REFERENCES cert_groups (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE artifacts (
    tenant_id     TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    id            TEXT COLLATE "C" NOT NULL,
    kind          TEXT COLLATE "C" NOT NULL,
    name          TEXT COLLATE "C" NOT NULL,
    name_key      TEXT COLLATE "C" NOT NULL,
    filename      TEXT COLLATE "C" NOT NULL,
    group_id      TEXT COLLATE "C",
    group_key     TEXT COLLATE "C" NOT NULL,
    subject       TEXT COLLATE "C" NOT NULL,
    subject_key   TEXT COLLATE "C" NOT NULL,
    sans          TEXT COLLATE "C" NOT NULL,
    issuer        TEXT COLLATE "C" NOT NULL,
    issuer_key    TEXT COLLATE "C" NOT NULL,
    serial        TEXT COLLATE "C" NOT NULL,
    not_before    BIGINT NOT NULL,
    not_after     BIGINT NOT NULL,
    expires_key   BIGINT NOT NULL, -- not_after, or the end of time when there is none
    fingerprint   TEXT COLLATE "C" NOT NULL,
    spki          TEXT COLLATE "C" NOT NULL,
    key_type      TEXT COLLATE "C" NOT NULL,
    key_bits      INTEGER NOT NULL,
    ca            BOOLEAN NOT NULL,
    holds_key     BOOLEAN NOT NULL,
    subject_hash  TEXT COLLATE "C" NOT NULL,
    issuer_hash   TEXT COLLATE "C" NOT NULL,
    subject_key_id TEXT COLLATE "C" NOT NULL,
    identity      TEXT COLLATE "C" NOT NULL,
    size          INTEGER NOT NULL,
    reason        TEXT COLLATE "C" NOT NULL,
    warnings      TEXT COLLATE "C" NOT NULL,
    source        TEXT COLLATE "C" NOT NULL,
    created_at    BIGINT NOT NULL,
    created_by    TEXT COLLATE "C" NOT NULL,
    created_by_id TEXT COLLATE "C" NOT NULL,
    payload       BYTEA NOT NULL, -- sealed; last, so that lists never read its pages
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, group_id) REFERENCES cert_groups (tenant_id, id)
);
CREATE UNIQUE INDEX artifacts_fingerprint ON artifacts (tenant_id, fingerprint) WHERE kind = 'cert' AND fingerprint <> '';
CREATE UNIQUE INDEX artifacts_key ON artifacts (tenant_id, spki) WHERE kind = 'key' AND spki <> '';
CREATE INDEX artifacts_spki ON artifacts (tenant_id, spki, kind);
CREATE INDEX artifacts_identity ON artifacts (tenant_id, identity, kind);
CREATE INDEX artifacts_ca ON artifacts (tenant_id, subject_hash) WHERE ca AND kind = 'cert';
CREATE INDEX artifacts_by_created ON artifacts (tenant_id, created_at, id);
CREATE INDEX artifacts_by_name ON artifacts (tenant_id, name_key, id);
CREATE INDEX artifacts_by_kind ON artifacts (tenant_id, kind, id);
CREATE INDEX artifacts_by_subject ON artifacts (tenant_id, subject_key, id);
CREATE INDEX artifacts_by_issuer ON artifacts (tenant_id, issuer_key, id);
CREATE INDEX artifacts_by_expiry ON artifacts (tenant_id, expires_key, id);
CREATE INDEX artifacts_by_group ON artifacts (tenant_id, group_key, id);
CREATE INDEX artifacts_of_group ON artifacts (tenant_id, group_id, created_at, id);
CREATE INDEX artifacts_of_kind ON artifacts (tenant_id, kind, created_at, id);

CREATE TABLE artifact_terms (
    tenant_id   TEXT COLLATE "C" NOT NULL,
    artifact_id TEXT COLLATE "C" NOT NULL,
    term        TEXT COLLATE "C" NOT NULL,
    created_at  BIGINT NOT NULL, -- of the artifact: the newest matches are known from the index alone
    PRIMARY KEY (tenant_id, artifact_id, term),
    FOREIGN KEY (tenant_id, artifact_id) REFERENCES artifacts (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX artifact_terms_term ON artifact_terms (tenant_id, term, created_at, artifact_id);

CREATE TABLE generations (
    tenant_id    TEXT COLLATE "C" NOT NULL,
    group_id     TEXT COLLATE "C" NOT NULL,
    number       INTEGER NOT NULL,
    id           TEXT COLLATE "C" NOT NULL,
    leaf_id      TEXT COLLATE "C" NOT NULL,
    leaf_spki    TEXT COLLATE "C" NOT NULL,
    key_id       TEXT COLLATE "C",
    missing      TEXT COLLATE "C" NOT NULL,
    missing_hash TEXT COLLATE "C" NOT NULL,
    blocked      TEXT COLLATE "C" NOT NULL,
    source       TEXT COLLATE "C" NOT NULL,
    created_at   BIGINT NOT NULL,
    activated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, group_id, number),
    UNIQUE (tenant_id, id),
    FOREIGN KEY (tenant_id, group_id) REFERENCES cert_groups (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, leaf_id) REFERENCES artifacts (tenant_id, id),
    FOREIGN KEY (tenant_id, key_id) REFERENCES artifacts (tenant_id, id)
);
CREATE INDEX generations_leaf ON generations (tenant_id, leaf_id);
CREATE INDEX generations_key ON generations (tenant_id, key_id);
CREATE INDEX generations_waiting ON generations (tenant_id, leaf_spki) WHERE key_id IS NULL;
CREATE INDEX generations_missing ON generations (tenant_id, missing_hash) WHERE missing_hash <> '';

ALTER TABLE cert_groups ADD CONSTRAINT cert_groups_current
    FOREIGN KEY (tenant_id, id, current_number) REFERENCES generations (tenant_id, group_id, number);

CREATE TABLE generation_chain (
    tenant_id     TEXT COLLATE "C" NOT NULL,
    generation_id TEXT COLLATE "C" NOT NULL,
    position      INTEGER NOT NULL,
    artifact_id   TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, generation_id, position),
    FOREIGN KEY (tenant_id, generation_id) REFERENCES generations (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, artifact_id) REFERENCES artifacts (tenant_id, id)
);
CREATE INDEX generation_chain_artifact ON generation_chain (tenant_id, artifact_id);

CREATE TABLE forms (
    tenant_id        TEXT COLLATE "C" NOT NULL,
    id               TEXT COLLATE "C" NOT NULL,
    group_id         TEXT COLLATE "C" NOT NULL,
    generation_id    TEXT COLLATE "C" NOT NULL,
    kind             TEXT COLLATE "C" NOT NULL,
    preset           TEXT COLLATE "C" NOT NULL,
    password_version INTEGER NOT NULL,
    created_at       BIGINT NOT NULL,
    payload          BYTEA NOT NULL, -- sealed
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, generation_id, kind, preset, password_version),
    FOREIGN KEY (tenant_id, group_id) REFERENCES cert_groups (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, generation_id) REFERENCES generations (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX forms_group ON forms (tenant_id, group_id);

CREATE TABLE targets (
    tenant_id   TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    id          TEXT COLLATE "C" NOT NULL,
    name        TEXT COLLATE "C" NOT NULL,
    type        TEXT COLLATE "C" NOT NULL,
    group_id    TEXT COLLATE "C" NOT NULL,
    group_since BIGINT NOT NULL, -- fetches up to then were of another group; 0: there was no other
    settings    TEXT COLLATE "C" NOT NULL,
    tags        TEXT COLLATE "C" NOT NULL,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, group_id) REFERENCES cert_groups (tenant_id, id)
);
CREATE INDEX targets_created ON targets (tenant_id, created_at, id);
CREATE INDEX targets_group ON targets (tenant_id, group_id, created_at, id);

CREATE TABLE target_fetches (
    tenant_id            TEXT COLLATE "C" NOT NULL,
    target_id            TEXT COLLATE "C" NOT NULL,
    at                   BIGINT NOT NULL,
    address              TEXT COLLATE "C" NOT NULL,
    kind                 TEXT COLLATE "C" NOT NULL,
    generation           INTEGER NOT NULL,
    key_at               BIGINT NOT NULL, -- the last fetch of a kind that holds the key
    key_generation       INTEGER NOT NULL,
    fullchain_at         BIGINT NOT NULL, -- the last fetch of fullchain
    fullchain_generation INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, target_id),
    FOREIGN KEY (tenant_id, target_id) REFERENCES targets (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE push_tokens (
    tenant_id  TEXT COLLATE "C" NOT NULL,
    id         TEXT COLLATE "C" NOT NULL,
    target_id  TEXT COLLATE "C" NOT NULL,
    hash       BYTEA NOT NULL UNIQUE,
    display    TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, target_id) REFERENCES targets (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX push_tokens_target ON push_tokens (tenant_id, target_id, created_at, id);
CREATE INDEX push_tokens_expires ON push_tokens (expires_at) WHERE expires_at > 0;

CREATE TABLE token_uses ( -- of push tokens; apart from them, since a use is no change of the token
    tenant_id TEXT COLLATE "C" NOT NULL,
    token_id  TEXT COLLATE "C" NOT NULL,
    last_at   BIGINT NOT NULL,
    last_addr TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, token_id),
    FOREIGN KEY (tenant_id, token_id) REFERENCES push_tokens (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE ingest_tokens (
    tenant_id  TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    id         TEXT COLLATE "C" NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    hash       BYTEA NOT NULL UNIQUE,
    display    TEXT COLLATE "C" NOT NULL,
    group_id   TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    created_by TEXT COLLATE "C" NOT NULL,
    last_at    BIGINT NOT NULL DEFAULT 0,
    last_addr  TEXT COLLATE "C" NOT NULL DEFAULT '',
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, group_id) REFERENCES cert_groups (tenant_id, id)
);
CREATE INDEX ingest_tokens_created ON ingest_tokens (tenant_id, created_at, id);
CREATE INDEX ingest_tokens_group ON ingest_tokens (tenant_id, group_id);

CREATE TABLE api_tokens (
    tenant_id  TEXT COLLATE "C" NOT NULL,
    id         TEXT COLLATE "C" NOT NULL,
    user_id    TEXT COLLATE "C" NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    hash       BYTEA NOT NULL UNIQUE,
    display    TEXT COLLATE "C" NOT NULL,
    scopes     TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    last_at    BIGINT NOT NULL DEFAULT 0,
    last_addr  TEXT COLLATE "C" NOT NULL DEFAULT '',
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES members (tenant_id, user_id) ON DELETE CASCADE
);
CREATE INDEX api_tokens_user ON api_tokens (tenant_id, user_id, created_at, id);

CREATE TABLE audit (
    tenant_id   TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    seq         BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    principal   TEXT COLLATE "C" NOT NULL,
    actor       TEXT COLLATE "C" NOT NULL,
    actor_id    TEXT COLLATE "C" NOT NULL,
    address     TEXT COLLATE "C" NOT NULL,
    action      TEXT COLLATE "C" NOT NULL,
    object      TEXT COLLATE "C" NOT NULL,
    object_name TEXT COLLATE "C" NOT NULL,
    details     TEXT COLLATE "C" NOT NULL,
    mac         BYTEA NOT NULL,
    PRIMARY KEY (tenant_id, seq)
);

CREATE TABLE audit_heads ( -- the end of each chain: one row to lock
    tenant_id TEXT COLLATE "C" PRIMARY KEY REFERENCES tenants (id),
    seq       BIGINT NOT NULL,
    mac       BYTEA NOT NULL
);

CREATE TABLE idempotency (
    tenant_id   TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    key         TEXT COLLATE "C" NOT NULL,
    attempt     TEXT COLLATE "C" NOT NULL,
    body_hash   BYTEA NOT NULL,
    spent       BOOLEAN NOT NULL,
    reserved_at BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    status      INTEGER NOT NULL,
    answer      BYTEA NOT NULL, -- sealed
    PRIMARY KEY (tenant_id, key)
);
CREATE INDEX idempotency_expires ON idempotency (expires_at);

-- The epoch: raised in the transaction of whatever a remembered authorization of a pull rests on. Its value is the sum over the
-- slots: several, so that writers seldom wait for one another; raised by a deferred trigger, so that a slot is held for no longer
-- than the commit takes; once in a transaction.
CREATE TABLE auth_epoch (
    slot INTEGER PRIMARY KEY,
    v    BIGINT NOT NULL
);
INSERT INTO auth_epoch (slot, v) SELECT s, 1 FROM generate_series(0, 7) AS s;

-- +goose StatementBegin
CREATE FUNCTION raise_auth_epoch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('ignisfox.raised', true) IS DISTINCT FROM pg_current_xact_id()::text THEN
        UPDATE auth_epoch SET v = v + 1 WHERE slot = pg_backend_pid() % 8;
        PERFORM set_config('ignisfox.raised', pg_current_xact_id()::text, true);
    END IF;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE CONSTRAINT TRIGGER push_tokens_epoch AFTER INSERT OR UPDATE OR DELETE ON push_tokens
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION raise_auth_epoch();
CREATE CONSTRAINT TRIGGER targets_epoch AFTER INSERT OR UPDATE OR DELETE ON targets
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION raise_auth_epoch();
CREATE CONSTRAINT TRIGGER cert_groups_epoch AFTER INSERT OR UPDATE OR DELETE ON cert_groups
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION raise_auth_epoch();
CREATE CONSTRAINT TRIGGER generations_epoch AFTER INSERT OR UPDATE OR DELETE ON generations
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION raise_auth_epoch();
CREATE CONSTRAINT TRIGGER forms_epoch AFTER INSERT OR DELETE ON forms
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION raise_auth_epoch();

-- Row-level security is the second lock on every table that holds what belongs to a tenant. ignisfox.tenant is the tenant of the
-- transaction; ignisfox.door is set by the few places that cross tenants. A policy is for one command: a door that finds something
-- cannot change it, and none reaches a table that it does not need. FORCE binds the owner of the tables too. Where a row may be
-- USED by an UPDATE but no row passes its CHECK, the door may lock the row (FOR SHARE, FOR KEY SHARE) and nothing else. Deletions
-- that follow from a foreign key pass by these policies.

ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
CREATE POLICY reads ON tenants FOR SELECT
    USING (id = NULLIF(current_setting('ignisfox.tenant', true), '') OR current_setting('ignisfox.door', true) IN ('lookup', 'platform', 'jobs'));
CREATE POLICY makes ON tenants FOR INSERT
    WITH CHECK (current_setting('ignisfox.door', true) = 'platform');
CREATE POLICY changes ON tenants FOR UPDATE
    USING (id = NULLIF(current_setting('ignisfox.tenant', true), '') OR current_setting('ignisfox.door', true) = 'platform')
    WITH CHECK (id = NULLIF(current_setting('ignisfox.tenant', true), '') OR current_setting('ignisfox.door', true) = 'platform');
CREATE POLICY buries ON tenants FOR DELETE
    USING (current_setting('ignisfox.door', true) = 'jobs' AND id = NULLIF(current_setting('ignisfox.tenant', true), '') AND deleted_at > 0);

ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE users FORCE ROW LEVEL SECURITY;
CREATE POLICY reads ON users FOR SELECT
    USING (EXISTS (SELECT 1 FROM members m WHERE m.tenant_id = NULLIF(current_setting('ignisfox.tenant', true), '') AND m.user_id = users.id) OR current_setting('ignisfox.door', true) IN ('lookup', 'platform'));
CREATE POLICY makes ON users FOR INSERT
    WITH CHECK (current_setting('ignisfox.door', true) = 'platform');
CREATE POLICY changes ON users FOR UPDATE
    USING (current_setting('ignisfox.door', true) = 'platform')
    WITH CHECK (current_setting('ignisfox.door', true) = 'platform');

ALTER TABLE members ENABLE ROW LEVEL SECURITY;
ALTER TABLE members FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON members
    USING (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''));
CREATE POLICY door_reads ON members FOR SELECT
    USING (current_setting('ignisfox.door', true) = 'lookup');

ALTER TABLE keysets ENABLE ROW LEVEL SECURITY;
ALTER TABLE keysets FORCE ROW LEVEL SECURITY;
CREATE POLICY reads ON keysets FOR SELECT
    USING (current_setting('ignisfox.door', true) = 'keysets' OR current_setting('ignisfox.door', true) = 'platform' AND tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''));
CREATE POLICY makes ON keysets FOR INSERT
    WITH CHECK (current_setting('ignisfox.door', true) = 'keysets' AND tenant_id = '' OR current_setting('ignisfox.door', true) = 'platform' AND tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''));
CREATE POLICY wraps_again ON keysets FOR UPDATE
    USING (current_setting('ignisfox.door', true) = 'keysets')
    WITH CHECK (current_setting('ignisfox.door', true) = 'keysets');
CREATE POLICY shreds ON keysets FOR DELETE
    USING (current_setting('ignisfox.door', true) = 'platform' AND tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''));

ALTER TABLE keks ENABLE ROW LEVEL SECURITY;
ALTER TABLE keks FORCE ROW LEVEL SECURITY;
CREATE POLICY reads ON keks FOR SELECT
    USING (current_setting('ignisfox.door', true) IN ('keysets', 'platform'));
CREATE POLICY makes ON keks FOR INSERT
    WITH CHECK (current_setting('ignisfox.door', true) = 'keysets');
CREATE POLICY retires ON keks FOR UPDATE
    USING (current_setting('ignisfox.door', true) IN ('keysets', 'platform'))
    WITH CHECK (current_setting('ignisfox.door', true) = 'keysets');

ALTER TABLE cert_groups ENABLE ROW LEVEL SECURITY;
ALTER TABLE cert_groups FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON cert_groups
    USING (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''));
CREATE POLICY door_reads ON cert_groups FOR SELECT
    USING (current_setting('ignisfox.door', true) = 'lookup');

ALTER TABLE group_terms ENABLE ROW LEVEL SECURITY;
ALTER TABLE group_terms FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON group_terms
    USING (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''));

ALTER TABLE group_passwords ENABLE ROW LEVEL SECURITY;
ALTER TABLE group_passwords FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON group_passwords
    USING (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''));

ALTER TABLE artifacts ENABLE ROW LEVEL SECURITY;
ALTER TABLE artifacts FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON artifacts
    USING (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''));

ALTER TABLE artifact_terms ENABLE ROW LEVEL SECURITY;
ALTER TABLE artifact_terms FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON artifact_terms
    USING (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''));

ALTER TABLE generations ENABLE ROW LEVEL SECURITY;
ALTER TABLE generations FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON generations
    USING (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''));
CREATE POLICY door_reads ON generations FOR SELECT
    USING (current_setting('ignisfox.door', true) = 'lookup');

ALTER TABLE generation_chain ENABLE ROW LEVEL SECURITY;
ALTER TABLE generation_chain FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON generation_chain
    USING (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''));
CREATE POLICY door_reads ON generation_chain FOR SELECT
    USING (current_setting('ignisfox.door', true) = 'lookup');

ALTER TABLE forms ENABLE ROW LEVEL SECURITY;
ALTER TABLE forms FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON forms
    USING (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''));
CREATE POLICY door_reads ON forms FOR SELECT
    USING (current_setting('ignisfox.door', true) = 'lookup');

ALTER TABLE targets ENABLE ROW LEVEL SECURITY;
ALTER TABLE targets FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON targets
    USING (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''));
CREATE POLICY door_reads ON targets FOR SELECT
    USING (current_setting('ignisfox.door', true) IN ('lookup', 'jobs'));
CREATE POLICY door_locks ON targets FOR UPDATE
    USING (current_setting('ignisfox.door', true) = 'jobs')
    WITH CHECK (FALSE);

ALTER TABLE target_fetches ENABLE ROW LEVEL SECURITY;
ALTER TABLE target_fetches FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON target_fetches
    USING (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''));
CREATE POLICY door_reads ON target_fetches FOR SELECT
    USING (current_setting('ignisfox.door', true) = 'jobs');
CREATE POLICY door_makes ON target_fetches FOR INSERT
    WITH CHECK (current_setting('ignisfox.door', true) = 'jobs');
CREATE POLICY door_changes ON target_fetches FOR UPDATE
    USING (current_setting('ignisfox.door', true) = 'jobs')
    WITH CHECK (current_setting('ignisfox.door', true) = 'jobs');

ALTER TABLE push_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE push_tokens FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON push_tokens
    USING (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''));
CREATE POLICY door_reads ON push_tokens FOR SELECT
    USING (current_setting('ignisfox.door', true) IN ('lookup', 'jobs'));
CREATE POLICY door_locks ON push_tokens FOR UPDATE
    USING (current_setting('ignisfox.door', true) = 'jobs')
    WITH CHECK (FALSE);
CREATE POLICY door_sweeps ON push_tokens FOR DELETE
    USING (current_setting('ignisfox.door', true) = 'jobs' AND expires_at > 0);

ALTER TABLE token_uses ENABLE ROW LEVEL SECURITY;
ALTER TABLE token_uses FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON token_uses
    USING (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''));
CREATE POLICY door_reads ON token_uses FOR SELECT
    USING (current_setting('ignisfox.door', true) = 'jobs');
CREATE POLICY door_makes ON token_uses FOR INSERT
    WITH CHECK (current_setting('ignisfox.door', true) = 'jobs');
CREATE POLICY door_changes ON token_uses FOR UPDATE
    USING (current_setting('ignisfox.door', true) = 'jobs')
    WITH CHECK (current_setting('ignisfox.door', true) = 'jobs');

ALTER TABLE ingest_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE ingest_tokens FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON ingest_tokens
    USING (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''));
CREATE POLICY door_reads ON ingest_tokens FOR SELECT
    USING (current_setting('ignisfox.door', true) IN ('lookup', 'jobs'));
CREATE POLICY door_changes ON ingest_tokens FOR UPDATE
    USING (current_setting('ignisfox.door', true) = 'jobs')
    WITH CHECK (current_setting('ignisfox.door', true) = 'jobs');

ALTER TABLE api_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_tokens FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON api_tokens
    USING (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''));
CREATE POLICY door_reads ON api_tokens FOR SELECT
    USING (current_setting('ignisfox.door', true) IN ('lookup', 'jobs'));
CREATE POLICY door_changes ON api_tokens FOR UPDATE
    USING (current_setting('ignisfox.door', true) = 'jobs')
    WITH CHECK (current_setting('ignisfox.door', true) = 'jobs');

ALTER TABLE audit ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit FORCE ROW LEVEL SECURITY;
CREATE POLICY reads ON audit FOR SELECT
    USING (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''));
CREATE POLICY appends ON audit FOR INSERT
    WITH CHECK (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''));
CREATE POLICY buries ON audit FOR DELETE
    USING (current_setting('ignisfox.door', true) = 'jobs' AND tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''));

ALTER TABLE audit_heads ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_heads FORCE ROW LEVEL SECURITY;
CREATE POLICY reads ON audit_heads FOR SELECT
    USING (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''));
CREATE POLICY begins ON audit_heads FOR INSERT
    WITH CHECK (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''));
CREATE POLICY moves ON audit_heads FOR UPDATE
    USING (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''));
CREATE POLICY buries ON audit_heads FOR DELETE
    USING (current_setting('ignisfox.door', true) = 'jobs' AND tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''));

ALTER TABLE idempotency ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON idempotency
    USING (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''));
CREATE POLICY door_reads ON idempotency FOR SELECT
    USING (current_setting('ignisfox.door', true) = 'jobs');
CREATE POLICY door_sweeps ON idempotency FOR DELETE
    USING (current_setting('ignisfox.door', true) = 'jobs');
