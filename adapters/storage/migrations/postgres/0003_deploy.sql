-- +goose Up
-- Deployments: what a target is deployed with, who works on it, and the journal of what was done. None of these tables raises the
-- epoch: a pull rests on none of them.

CREATE INDEX targets_of_group ON targets (tenant_id, group_id, id);

CREATE TABLE deploy_settings ( -- of a target that is deployed to; apart from targets, so that no door shows them
    tenant_id TEXT COLLATE "C" NOT NULL,
    target_id TEXT COLLATE "C" NOT NULL,
    settings  TEXT COLLATE "C" NOT NULL, -- the plain ones, a JSON object
    endpoints TEXT COLLATE "C" NOT NULL, -- a JSON list
    sni       TEXT COLLATE "C" NOT NULL,
    schedule  TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, target_id),
    FOREIGN KEY (tenant_id, target_id) REFERENCES targets (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE target_secrets (
    tenant_id TEXT COLLATE "C" NOT NULL,
    target_id TEXT COLLATE "C" NOT NULL,
    path      TEXT COLLATE "C" NOT NULL,
    id        TEXT COLLATE "C" NOT NULL,
    payload   BYTEA NOT NULL, -- sealed
    PRIMARY KEY (tenant_id, target_id, path),
    UNIQUE (tenant_id, id),
    FOREIGN KEY (tenant_id, target_id) REFERENCES targets (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE target_status ( -- a row for each target that is deployed to
    tenant_id        TEXT COLLATE "C" NOT NULL,
    target_id        TEXT COLLATE "C" NOT NULL,
    paused           BOOLEAN NOT NULL,
    fence            BIGINT NOT NULL DEFAULT 0,
    holder           TEXT COLLATE "C" NOT NULL DEFAULT '',
    lease_until      BIGINT NOT NULL DEFAULT 0, -- with no holder: when it was given back
    observed         INTEGER NOT NULL DEFAULT 0,
    observed_at      BIGINT NOT NULL DEFAULT 0,
    served           TEXT COLLATE "C" NOT NULL DEFAULT '[]',
    deployment_id    TEXT COLLATE "C" NOT NULL DEFAULT '',
    generation       INTEGER NOT NULL DEFAULT 0, -- of that deployment; 0 when it was of another group
    state            TEXT COLLATE "C" NOT NULL DEFAULT '',
    code             TEXT COLLATE "C" NOT NULL DEFAULT '',
    reason           TEXT COLLATE "C" NOT NULL DEFAULT '',
    attempts         INTEGER NOT NULL DEFAULT 0,
    next_attempt_at  BIGINT NOT NULL DEFAULT 0,
    next_schedule_at BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, target_id),
    FOREIGN KEY (tenant_id, target_id) REFERENCES targets (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE target_due ( -- when somebody should look at a target, 0 for never: all that the door of background work sees
    tenant_id TEXT COLLATE "C" NOT NULL,
    target_id TEXT COLLATE "C" NOT NULL,
    due_at    BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, target_id),
    FOREIGN KEY (tenant_id, target_id) REFERENCES targets (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX target_due_at ON target_due (due_at, tenant_id, target_id) WHERE due_at > 0;

CREATE TABLE deployments (
    tenant_id     TEXT COLLATE "C" NOT NULL,
    id            TEXT COLLATE "C" NOT NULL,
    target_id     TEXT COLLATE "C" NOT NULL,
    group_id      TEXT COLLATE "C" NOT NULL, -- of then; it may be gone
    generation    INTEGER NOT NULL,
    before_number INTEGER NOT NULL,
    state         TEXT COLLATE "C" NOT NULL,
    cause         TEXT COLLATE "C" NOT NULL,
    attempt       INTEGER NOT NULL,
    started_by    TEXT COLLATE "C" NOT NULL,
    started_at    BIGINT NOT NULL,
    ended_at      BIGINT NOT NULL,
    code          TEXT COLLATE "C" NOT NULL,
    reason        TEXT COLLATE "C" NOT NULL,
    final         BOOLEAN NOT NULL,
    swapped       BOOLEAN NOT NULL,
    crashed       BOOLEAN NOT NULL,
    baseline      TEXT COLLATE "C" NOT NULL,
    carry         BYTEA NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, target_id) REFERENCES targets (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX deployments_target ON deployments (tenant_id, target_id, started_at, id);
CREATE UNIQUE INDEX deployments_running ON deployments (tenant_id, target_id) WHERE state = 'running'; -- one of a target

CREATE TABLE deployment_steps (
    tenant_id     TEXT COLLATE "C" NOT NULL,
    deployment_id TEXT COLLATE "C" NOT NULL,
    seq           INTEGER NOT NULL,
    name          TEXT COLLATE "C" NOT NULL,
    state         TEXT COLLATE "C" NOT NULL,
    attempt       INTEGER NOT NULL,
    started_at    BIGINT NOT NULL,
    ended_at      BIGINT NOT NULL,
    code          TEXT COLLATE "C" NOT NULL,
    message       TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, deployment_id, seq),
    FOREIGN KEY (tenant_id, deployment_id) REFERENCES deployments (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE deployment_transcripts ( -- in pieces; those between the first and the last ones are dropped
    tenant_id     TEXT COLLATE "C" NOT NULL,
    deployment_id TEXT COLLATE "C" NOT NULL,
    seq           INTEGER NOT NULL,
    size          INTEGER NOT NULL, -- bytes
    lines         TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, deployment_id, seq),
    FOREIGN KEY (tenant_id, deployment_id) REFERENCES deployments (tenant_id, id) ON DELETE CASCADE
);

-- The door of background work finds what is due, and nothing else of these tables is seen through any.

ALTER TABLE deploy_settings ENABLE ROW LEVEL SECURITY;
ALTER TABLE deploy_settings FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON deploy_settings
    USING (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''));

ALTER TABLE target_secrets ENABLE ROW LEVEL SECURITY;
ALTER TABLE target_secrets FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON target_secrets
    USING (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''));

ALTER TABLE target_status ENABLE ROW LEVEL SECURITY;
ALTER TABLE target_status FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON target_status
    USING (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''));

ALTER TABLE target_due ENABLE ROW LEVEL SECURITY;
ALTER TABLE target_due FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON target_due
    USING (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''));
CREATE POLICY door_reads ON target_due FOR SELECT
    USING (current_setting('ignisfox.door', true) = 'jobs');

ALTER TABLE deployments ENABLE ROW LEVEL SECURITY;
ALTER TABLE deployments FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON deployments
    USING (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''));

ALTER TABLE deployment_steps ENABLE ROW LEVEL SECURITY;
ALTER TABLE deployment_steps FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON deployment_steps
    USING (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''));

ALTER TABLE deployment_transcripts ENABLE ROW LEVEL SECURITY;
ALTER TABLE deployment_transcripts FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON deployment_transcripts
    USING (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''))
    WITH CHECK (tenant_id = NULLIF(current_setting('ignisfox.tenant', true), ''));
