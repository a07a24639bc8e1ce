-- +goose Up
PRAGMA application_id = 1229344600; -- "IFOX": tells our files from those of other programs

-- Times are microseconds since 1970 in UTC, 0 for none. Lists are JSON text. Text compares bytewise.

CREATE TABLE tenants (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    name_key   TEXT NOT NULL,
    time_zone  TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    deleted_at BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX tenants_name ON tenants (name_key) WHERE deleted_at = 0;

CREATE TABLE users (
    id             TEXT PRIMARY KEY,
    email          TEXT NOT NULL,
    email_key      TEXT NOT NULL UNIQUE,
    name           TEXT NOT NULL,
    password_hash  TEXT NOT NULL,
    platform_admin BOOLEAN NOT NULL,
    created_at     BIGINT NOT NULL,
    disabled_at    BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE members (
    tenant_id  TEXT NOT NULL REFERENCES tenants (id),
    user_id    TEXT NOT NULL REFERENCES users (id),
    role       TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, user_id)
);
CREATE INDEX members_user ON members (user_id);

CREATE TABLE keysets (
    tenant_id TEXT PRIMARY KEY, -- empty: the platform's own
    kek       TEXT NOT NULL,
    blob      BLOB NOT NULL
);
CREATE INDEX keysets_kek ON keysets (kek, tenant_id);

CREATE TABLE keks (
    id          TEXT PRIMARY KEY,
    check_value BLOB NOT NULL,
    retired     BOOLEAN NOT NULL DEFAULT FALSE -- wraps nothing and never will again
);

CREATE TABLE cert_groups (
    tenant_id        TEXT NOT NULL REFERENCES tenants (id),
    id               TEXT NOT NULL,
    name             TEXT NOT NULL,
    name_key         TEXT NOT NULL,
    last_number      INTEGER NOT NULL DEFAULT 0,
    current_number   INTEGER,
    password_version INTEGER NOT NULL DEFAULT 0,
    keyed            BOOLEAN NOT NULL DEFAULT FALSE, -- has had a generation with a key
    created_at       BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, name_key),
    FOREIGN KEY (tenant_id, id, current_number) REFERENCES generations (tenant_id, group_id, number)
);
CREATE INDEX cert_groups_created ON cert_groups (tenant_id, created_at, id);

CREATE TABLE group_terms (
    tenant_id TEXT NOT NULL,
    group_id  TEXT NOT NULL,
    term      TEXT NOT NULL,
    PRIMARY KEY (tenant_id, group_id, term),
    FOREIGN KEY (tenant_id, group_id) REFERENCES cert_groups (tenant_id, id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX group_terms_term ON group_terms (tenant_id, term, group_id);

CREATE TABLE group_passwords (
    tenant_id   TEXT NOT NULL,
    group_id    TEXT NOT NULL,
    version     INTEGER NOT NULL,
    id          TEXT NOT NULL,
    password    BLOB NOT NULL, -- sealed
    fingerprint BLOB NOT NULL, -- keyed MAC: the same password in the same group has one version
    PRIMARY KEY (tenant_id, group_id, version),
    UNIQUE (tenant_id, id),
    UNIQUE (tenant_id, group_id, fingerprint),
    FOREIGN KEY (tenant_id, group_id) REFERENCES cert_groups (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE artifacts (
    tenant_id     TEXT NOT NULL REFERENCES tenants (id),
    id            TEXT NOT NULL,
    kind          TEXT NOT NULL,
    name          TEXT NOT NULL,
    name_key      TEXT NOT NULL,
    filename      TEXT NOT NULL,
    group_id      TEXT,
    group_key     TEXT NOT NULL,
    subject       TEXT NOT NULL,
    subject_key   TEXT NOT NULL,
    sans          TEXT NOT NULL,
    issuer        TEXT NOT NULL,
    issuer_key    TEXT NOT NULL,
    serial        TEXT NOT NULL,
    not_before    BIGINT NOT NULL,
    not_after     BIGINT NOT NULL,
    expires_key   BIGINT NOT NULL, -- not_after, or the end of time when there is none
    fingerprint   TEXT NOT NULL,
    spki          TEXT NOT NULL,
    key_type      TEXT NOT NULL,
    key_bits      INTEGER NOT NULL,
    ca            BOOLEAN NOT NULL,
    holds_key     BOOLEAN NOT NULL,
    subject_hash  TEXT NOT NULL,
    issuer_hash   TEXT NOT NULL,
    subject_key_id TEXT NOT NULL,
    identity      TEXT NOT NULL,
    size          INTEGER NOT NULL,
    reason        TEXT NOT NULL,
    warnings      TEXT NOT NULL,
    source        TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    created_by    TEXT NOT NULL,
    created_by_id TEXT NOT NULL,
    payload       BLOB NOT NULL, -- sealed; last, so that lists never read its pages
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
    tenant_id   TEXT NOT NULL,
    artifact_id TEXT NOT NULL,
    term        TEXT NOT NULL,
    created_at  BIGINT NOT NULL, -- of the artifact: the newest matches are known from the index alone
    PRIMARY KEY (tenant_id, artifact_id, term),
    FOREIGN KEY (tenant_id, artifact_id) REFERENCES artifacts (tenant_id, id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX artifact_terms_term ON artifact_terms (tenant_id, term, created_at, artifact_id);

CREATE TABLE generations (
    tenant_id    TEXT NOT NULL,
    group_id     TEXT NOT NULL,
    number       INTEGER NOT NULL,
    id           TEXT NOT NULL,
    leaf_id      TEXT NOT NULL,
    leaf_spki    TEXT NOT NULL,
    key_id       TEXT,
    missing      TEXT NOT NULL,
    missing_hash TEXT NOT NULL,
    blocked      TEXT NOT NULL,
    source       TEXT NOT NULL,
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

CREATE TABLE generation_chain (
    tenant_id     TEXT NOT NULL,
    generation_id TEXT NOT NULL,
    position      INTEGER NOT NULL,
    artifact_id   TEXT NOT NULL,
    PRIMARY KEY (tenant_id, generation_id, position),
    FOREIGN KEY (tenant_id, generation_id) REFERENCES generations (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, artifact_id) REFERENCES artifacts (tenant_id, id)
);
CREATE INDEX generation_chain_artifact ON generation_chain (tenant_id, artifact_id);

CREATE TABLE forms (
    tenant_id        TEXT NOT NULL,
    id               TEXT NOT NULL,
    group_id         TEXT NOT NULL,
    generation_id    TEXT NOT NULL,
    kind             TEXT NOT NULL,
    preset           TEXT NOT NULL,
    password_version INTEGER NOT NULL,
    created_at       BIGINT NOT NULL,
    payload          BLOB NOT NULL, -- sealed
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, generation_id, kind, preset, password_version),
    FOREIGN KEY (tenant_id, group_id) REFERENCES cert_groups (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, generation_id) REFERENCES generations (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX forms_group ON forms (tenant_id, group_id);

CREATE TABLE targets (
    tenant_id   TEXT NOT NULL REFERENCES tenants (id),
    id          TEXT NOT NULL,
    name        TEXT NOT NULL,
    type        TEXT NOT NULL,
    group_id    TEXT NOT NULL,
    group_since BIGINT NOT NULL, -- fetches up to then were of another group; 0: there was no other
    settings    TEXT NOT NULL,
    tags        TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, group_id) REFERENCES cert_groups (tenant_id, id)
);
CREATE INDEX targets_created ON targets (tenant_id, created_at, id);
CREATE INDEX targets_group ON targets (tenant_id, group_id, created_at, id);

CREATE TABLE target_fetches (
    tenant_id            TEXT NOT NULL,
    target_id            TEXT NOT NULL,
    at                   BIGINT NOT NULL,
    address              TEXT NOT NULL,
    kind                 TEXT NOT NULL,
    generation           INTEGER NOT NULL,
    key_at               BIGINT NOT NULL, -- the last fetch of a kind that holds the key
    key_generation       INTEGER NOT NULL,
    fullchain_at         BIGINT NOT NULL, -- the last fetch of fullchain
    fullchain_generation INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, target_id),
    FOREIGN KEY (tenant_id, target_id) REFERENCES targets (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE push_tokens (
    tenant_id  TEXT NOT NULL,
    id         TEXT NOT NULL,
    target_id  TEXT NOT NULL,
    hash       BLOB NOT NULL UNIQUE,
    display    TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, target_id) REFERENCES targets (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX push_tokens_target ON push_tokens (tenant_id, target_id, created_at, id);
CREATE INDEX push_tokens_expires ON push_tokens (expires_at) WHERE expires_at > 0;

CREATE TABLE token_uses ( -- of push tokens; apart from them, since a use is no change of the token
    tenant_id TEXT NOT NULL,
    token_id  TEXT NOT NULL,
    last_at   BIGINT NOT NULL,
    last_addr TEXT NOT NULL,
    PRIMARY KEY (tenant_id, token_id),
    FOREIGN KEY (tenant_id, token_id) REFERENCES push_tokens (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE ingest_tokens (
    tenant_id  TEXT NOT NULL REFERENCES tenants (id),
    id         TEXT NOT NULL,
    name       TEXT NOT NULL,
    hash       BLOB NOT NULL UNIQUE,
    display    TEXT NOT NULL,
    group_id   TEXT,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    last_at    BIGINT NOT NULL DEFAULT 0,
    last_addr  TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, group_id) REFERENCES cert_groups (tenant_id, id)
);
CREATE INDEX ingest_tokens_created ON ingest_tokens (tenant_id, created_at, id);
CREATE INDEX ingest_tokens_group ON ingest_tokens (tenant_id, group_id);

CREATE TABLE api_tokens (
    tenant_id  TEXT NOT NULL,
    id         TEXT NOT NULL,
    user_id    TEXT NOT NULL,
    name       TEXT NOT NULL,
    hash       BLOB NOT NULL UNIQUE,
    display    TEXT NOT NULL,
    scopes     TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    last_at    BIGINT NOT NULL DEFAULT 0,
    last_addr  TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES members (tenant_id, user_id) ON DELETE CASCADE
);
CREATE INDEX api_tokens_user ON api_tokens (tenant_id, user_id, created_at, id);

CREATE TABLE audit (
    tenant_id   TEXT NOT NULL REFERENCES tenants (id),
    seq         BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    principal   TEXT NOT NULL,
    actor       TEXT NOT NULL,
    actor_id    TEXT NOT NULL,
    address     TEXT NOT NULL,
    action      TEXT NOT NULL,
    object      TEXT NOT NULL,
    object_name TEXT NOT NULL,
    details     TEXT NOT NULL,
    mac         BLOB NOT NULL,
    PRIMARY KEY (tenant_id, seq)
);

CREATE TABLE audit_heads ( -- the end of each chain: one row to lock
    tenant_id TEXT PRIMARY KEY REFERENCES tenants (id),
    seq       BIGINT NOT NULL,
    mac       BLOB NOT NULL
);

CREATE TABLE idempotency (
    tenant_id   TEXT NOT NULL REFERENCES tenants (id),
    key         TEXT NOT NULL,
    attempt     TEXT NOT NULL,
    body_hash   BLOB NOT NULL,
    spent       BOOLEAN NOT NULL,
    reserved_at BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    status      INTEGER NOT NULL,
    answer      BLOB NOT NULL, -- sealed
    PRIMARY KEY (tenant_id, key)
);
CREATE INDEX idempotency_expires ON idempotency (expires_at);

-- The epoch: raised in the transaction of whatever a remembered authorization of a pull rests on.
CREATE TABLE auth_epoch (
    slot INTEGER PRIMARY KEY,
    v    BIGINT NOT NULL
);
INSERT INTO auth_epoch (slot, v) VALUES (0, 1);

-- +goose StatementBegin
CREATE TRIGGER push_tokens_insert_epoch AFTER INSERT ON push_tokens BEGIN UPDATE auth_epoch SET v = v + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER push_tokens_update_epoch AFTER UPDATE ON push_tokens BEGIN UPDATE auth_epoch SET v = v + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER push_tokens_delete_epoch AFTER DELETE ON push_tokens BEGIN UPDATE auth_epoch SET v = v + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER targets_insert_epoch AFTER INSERT ON targets BEGIN UPDATE auth_epoch SET v = v + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER targets_update_epoch AFTER UPDATE ON targets BEGIN UPDATE auth_epoch SET v = v + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER targets_delete_epoch AFTER DELETE ON targets BEGIN UPDATE auth_epoch SET v = v + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER cert_groups_insert_epoch AFTER INSERT ON cert_groups BEGIN UPDATE auth_epoch SET v = v + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER cert_groups_update_epoch AFTER UPDATE ON cert_groups BEGIN UPDATE auth_epoch SET v = v + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER cert_groups_delete_epoch AFTER DELETE ON cert_groups BEGIN UPDATE auth_epoch SET v = v + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER generations_insert_epoch AFTER INSERT ON generations BEGIN UPDATE auth_epoch SET v = v + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER generations_update_epoch AFTER UPDATE ON generations BEGIN UPDATE auth_epoch SET v = v + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER generations_delete_epoch AFTER DELETE ON generations BEGIN UPDATE auth_epoch SET v = v + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER forms_insert_epoch AFTER INSERT ON forms BEGIN UPDATE auth_epoch SET v = v + 1; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER forms_delete_epoch AFTER DELETE ON forms BEGIN UPDATE auth_epoch SET v = v + 1; END;
-- +goose StatementEnd
