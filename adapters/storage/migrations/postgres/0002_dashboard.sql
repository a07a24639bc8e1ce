-- +goose Up
-- People: how they want times shown, the browsers they are signed in with, and their second factors. Columns of hashes hold SHA-256
-- of what the browser, the person or the link carries.
ALTER TABLE tenants ADD COLUMN second_factor BOOLEAN NOT NULL DEFAULT FALSE; -- every member must have one
ALTER TABLE tenants ADD COLUMN confirmed_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN time_zone TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN date_format TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN had_workspace BOOLEAN NOT NULL DEFAULT TRUE; -- whoever is there already was made as an owner
ALTER TABLE members ADD COLUMN last_at BIGINT NOT NULL DEFAULT 0; -- last seen in a browser, in this workspace

CREATE TABLE sessions (
    id           TEXT COLLATE "C" PRIMARY KEY,
    user_id      TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    workspace_id TEXT COLLATE "C" NOT NULL, -- the one in use, empty for none; it may be gone
    hash         BYTEA NOT NULL UNIQUE,
    created_at   BIGINT NOT NULL,
    last_at      BIGINT NOT NULL,
    auth_at      BIGINT NOT NULL,
    strong       BOOLEAN NOT NULL, -- the last proof of identity was by all that the person has
    expires_at   BIGINT NOT NULL,
    pending      BOOLEAN NOT NULL,
    tries        INTEGER NOT NULL,
    stay         BOOLEAN NOT NULL,
    address      TEXT COLLATE "C" NOT NULL,
    agent        TEXT COLLATE "C" NOT NULL,
    previous_hash  BYTEA UNIQUE, -- of the cookie before the last new one, NULL for none
    previous_until BIGINT NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id, pending, last_at, id);
CREATE INDEX sessions_expires ON sessions (expires_at);
CREATE INDEX sessions_seen ON sessions (last_at);

CREATE TABLE authenticators (
    id           TEXT COLLATE "C" PRIMARY KEY,
    user_id      TEXT COLLATE "C" NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    secret       BYTEA NOT NULL, -- sealed
    confirmed_at BIGINT NOT NULL,
    last_step    BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    wrong_codes  INTEGER NOT NULL, -- since the last right second factor
    wrong_at     BIGINT NOT NULL,
    next_id      TEXT COLLATE "C" NOT NULL, -- of another app that takes the place of this one; empty for none
    next_secret  BYTEA -- sealed, NULL for none
);

CREATE TABLE passkeys (
    id            TEXT COLLATE "C" PRIMARY KEY,
    user_id       TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name          TEXT COLLATE "C" NOT NULL,
    credential_id BYTEA NOT NULL UNIQUE,
    data          BYTEA NOT NULL,
    created_at    BIGINT NOT NULL,
    last_at       BIGINT NOT NULL
);
CREATE INDEX passkeys_user ON passkeys (user_id, created_at, id);

CREATE TABLE recovery_codes (
    user_id TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash    BYTEA NOT NULL,
    PRIMARY KEY (user_id, hash)
);

CREATE TABLE ceremonies (
    hash       BYTEA PRIMARY KEY,
    kind       TEXT COLLATE "C" NOT NULL,
    user_id    TEXT COLLATE "C" REFERENCES users (id) ON DELETE CASCADE,
    data       BYTEA NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX ceremonies_user ON ceremonies (user_id, kind); -- one of each kind; strangers have any number
CREATE INDEX ceremonies_expires ON ceremonies (expires_at);

CREATE TABLE setup_links (
    hash       BYTEA PRIMARY KEY,
    expires_at BIGINT NOT NULL
);

CREATE TABLE invites (
    tenant_id  TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    id         TEXT COLLATE "C" NOT NULL,
    email      TEXT COLLATE "C" NOT NULL,
    email_key  TEXT COLLATE "C" NOT NULL,
    role       TEXT COLLATE "C" NOT NULL,
    hash       BYTEA NOT NULL UNIQUE,
    created_by TEXT COLLATE "C" NOT NULL,
    maker_id   TEXT COLLATE "C" NOT NULL, -- the user, empty for the operator
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, email_key)
);
CREATE INDEX invites_created ON invites (tenant_id, created_at, id);
CREATE INDEX invites_expires ON invites (expires_at);

-- What the overview counts, kept by sqlstore in the transactions that change the rows; see sqlstore/counters.go.
CREATE TABLE counters (
    tenant_id TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    what      TEXT COLLATE "C" NOT NULL, -- groups, targets, ingest_tokens, or artifact. and a kind
    n         INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, what)
);

CREATE TABLE expiry_quarters ( -- how many certificates expire in a quarter of an hour: every time zone's days are made of them
    tenant_id TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    quarter   BIGINT NOT NULL, -- the time that it begins at
    n         INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, quarter)
);

CREATE TABLE expiring_certs ( -- certificates whose end matters: those that no newer generation took the place of
    tenant_id   TEXT COLLATE "C" NOT NULL,
    artifact_id TEXT COLLATE "C" NOT NULL,
    not_after   BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, artifact_id),
    FOREIGN KEY (tenant_id, artifact_id) REFERENCES artifacts (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX expiring_certs_end ON expiring_certs (tenant_id, not_after, artifact_id);

-- Of the current leaf. The key is its end, or the end of time when there is none.
ALTER TABLE cert_groups ADD COLUMN not_before BIGINT NOT NULL DEFAULT 0;
ALTER TABLE cert_groups ADD COLUMN expires_key BIGINT NOT NULL DEFAULT 9223372036854775807;
CREATE INDEX cert_groups_expiry ON cert_groups (tenant_id, expires_key, id);
CREATE INDEX cert_groups_name ON cert_groups (tenant_id, name_key, id);
CREATE INDEX generations_open ON generations (tenant_id, created_at, id) WHERE activated_at = 0;

-- What is there already is counted once.
-- Row-level security would hide the rows from this role, which owns the tables: it binds owners again below.
ALTER TABLE artifacts NO FORCE ROW LEVEL SECURITY;
ALTER TABLE cert_groups NO FORCE ROW LEVEL SECURITY;
ALTER TABLE generations NO FORCE ROW LEVEL SECURITY;
ALTER TABLE targets NO FORCE ROW LEVEL SECURITY;
ALTER TABLE ingest_tokens NO FORCE ROW LEVEL SECURITY;
INSERT INTO counters (tenant_id, what, n)
    SELECT tenant_id, 'artifact.' || kind, count(*) FROM artifacts GROUP BY tenant_id, kind
    UNION ALL SELECT tenant_id, 'groups', count(*) FROM cert_groups GROUP BY tenant_id
    UNION ALL SELECT tenant_id, 'targets', count(*) FROM targets GROUP BY tenant_id
    UNION ALL SELECT tenant_id, 'ingest_tokens', count(*) FROM ingest_tokens GROUP BY tenant_id;
INSERT INTO expiry_quarters (tenant_id, quarter, n) -- the remainder of a time before 1970 is negative
    SELECT tenant_id, not_after - ((not_after % 900000000) + 900000000) % 900000000, count(*)
    FROM artifacts WHERE kind = 'cert' AND not_after <> 0 GROUP BY 1, 2;
INSERT INTO expiring_certs (tenant_id, artifact_id, not_after)
    SELECT a.tenant_id, a.id, a.not_after FROM artifacts a WHERE a.kind = 'cert' AND a.not_after <> 0
    AND (NOT EXISTS (SELECT 1 FROM generations n WHERE n.tenant_id = a.tenant_id AND n.leaf_id = a.id)
        OR EXISTS (SELECT 1 FROM generations n JOIN cert_groups g ON g.tenant_id = n.tenant_id AND g.id = n.group_id
            WHERE n.tenant_id = a.tenant_id AND n.leaf_id = a.id AND (n.activated_at = 0 OR g.current_number = n.number)));
UPDATE cert_groups SET
    not_before = (SELECT a.not_before FROM generations n JOIN artifacts a ON a.tenant_id = n.tenant_id AND a.id = n.leaf_id
        WHERE n.tenant_id = cert_groups.tenant_id AND n.group_id = cert_groups.id AND n.number = cert_groups.current_number),
    expires_key = (SELECT a.expires_key FROM generations n JOIN artifacts a ON a.tenant_id = n.tenant_id AND a.id = n.leaf_id
        WHERE n.tenant_id = cert_groups.tenant_id AND n.group_id = cert_groups.id AND n.number = cert_groups.current_number)
    WHERE current_number IS NOT NULL;
SET CONSTRAINTS ALL IMMEDIATE; -- the epoch's triggers: a table cannot be altered while they wait
ALTER TABLE artifacts FORCE ROW LEVEL SECURITY;
ALTER TABLE cert_groups FORCE ROW LEVEL SECURITY;
ALTER TABLE generations FORCE ROW LEVEL SECURITY;
ALTER TABLE targets FORCE ROW LEVEL SECURITY;
ALTER TABLE ingest_tokens FORCE ROW LEVEL SECURITY;

-- People and their browsers belong to no tenant: the platform door makes and ends them, the lookup door finds whose a cookie is, and
-- background work notes who was seen and sweeps.
CREATE POLICY ends ON users FOR DELETE
    USING (current_setting('ignisfox.door', true) = 'platform');
CREATE POLICY platform_reads ON members FOR SELECT
    USING (current_setting('ignisfox.door', true) = 'platform');

ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE sessions FORCE ROW LEVEL SECURITY;
CREATE POLICY platform ON sessions
    USING (current_setting('ignisfox.door', true) = 'platform')
    WITH CHECK (current_setting('ignisfox.door', true) = 'platform');
CREATE POLICY door_reads ON sessions FOR SELECT
    USING (current_setting('ignisfox.door', true) IN ('lookup', 'jobs'));
CREATE POLICY door_changes ON sessions FOR UPDATE
    USING (current_setting('ignisfox.door', true) = 'jobs')
    WITH CHECK (current_setting('ignisfox.door', true) = 'jobs');
CREATE POLICY door_sweeps ON sessions FOR DELETE
    USING (current_setting('ignisfox.door', true) = 'jobs');

ALTER TABLE authenticators ENABLE ROW LEVEL SECURITY;
ALTER TABLE authenticators FORCE ROW LEVEL SECURITY;
CREATE POLICY platform ON authenticators
    USING (current_setting('ignisfox.door', true) = 'platform')
    WITH CHECK (current_setting('ignisfox.door', true) = 'platform');
CREATE POLICY door_reads ON authenticators FOR SELECT
    USING (current_setting('ignisfox.door', true) = 'lookup' AND confirmed_at > 0);

ALTER TABLE passkeys ENABLE ROW LEVEL SECURITY;
ALTER TABLE passkeys FORCE ROW LEVEL SECURITY;
CREATE POLICY platform ON passkeys
    USING (current_setting('ignisfox.door', true) = 'platform')
    WITH CHECK (current_setting('ignisfox.door', true) = 'platform');
CREATE POLICY door_reads ON passkeys FOR SELECT
    USING (current_setting('ignisfox.door', true) = 'lookup');

ALTER TABLE recovery_codes ENABLE ROW LEVEL SECURITY;
ALTER TABLE recovery_codes FORCE ROW LEVEL SECURITY;
CREATE POLICY platform ON recovery_codes
    USING (current_setting('ignisfox.door', true) = 'platform')
    WITH CHECK (current_setting('ignisfox.door', true) = 'platform');

ALTER TABLE ceremonies ENABLE ROW LEVEL SECURITY;
ALTER TABLE ceremonies FORCE ROW LEVEL SECURITY;
CREATE POLICY platform ON ceremonies
    USING (current_setting('ignisfox.door', true) = 'platform')
    WITH CHECK (current_setting('ignisfox.door', true) = 'platform');
CREATE POLICY door_reads ON ceremonies FOR SELECT
    USING (current_setting('ignisfox.door', true) = 'jobs');
CREATE POLICY door_sweeps ON ceremonies FOR DELETE
    USING (current_setting('ignisfox.door', true) = 'jobs');

ALTER TABLE setup_links ENABLE ROW LEVEL SECURITY;
ALTER TABLE setup_links FORCE ROW LEVEL SECURITY;
CREATE POLICY platform ON setup_links
    USING (current_setting('ignisfox.door', true) = 'platform')
    WITH CHECK (current_setting('ignisfox.door', true) = 'platform');
CREATE POLICY door_reads ON setup_links FOR SELECT
    USING (current_setting('ignisfox.door', true) = 'jobs');
CREATE POLICY door_sweeps ON setup_links FOR DELETE
    USING (current_setting('ignisfox.door', true) = 'jobs');

ALTER TABLE invites ENABLE ROW LEVEL SECURITY;
ALTER TABLE invites FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON invites
    USING (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''));
CREATE POLICY door_reads ON invites FOR SELECT
    USING (current_setting('ignisfox.door', true) IN ('lookup', 'jobs'));
CREATE POLICY door_sweeps ON invites FOR DELETE
    USING (current_setting('ignisfox.door', true) = 'jobs');

ALTER TABLE counters ENABLE ROW LEVEL SECURITY;
ALTER TABLE counters FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON counters
    USING (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''));

ALTER TABLE expiry_quarters ENABLE ROW LEVEL SECURITY;
ALTER TABLE expiry_quarters FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON expiry_quarters
    USING (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''));

ALTER TABLE expiring_certs ENABLE ROW LEVEL SECURITY;
ALTER TABLE expiring_certs FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON expiring_certs
    USING (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''));
