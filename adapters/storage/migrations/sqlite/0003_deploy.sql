-- +goose Up
-- Deployments: what a target is deployed with, who works on it, and the journal of what was done. None of these tables raises the
-- epoch: a pull rests on none of them.

CREATE INDEX targets_of_group ON targets (tenant_id, group_id, id);

CREATE TABLE deploy_settings ( -- of a target that is deployed to; apart from targets, so that no door shows them
    tenant_id TEXT NOT NULL,
    target_id TEXT NOT NULL,
    settings  TEXT NOT NULL, -- the plain ones, a JSON object
    endpoints TEXT NOT NULL, -- a JSON list
    sni       TEXT NOT NULL,
    schedule  TEXT NOT NULL,
    PRIMARY KEY (tenant_id, target_id),
    FOREIGN KEY (tenant_id, target_id) REFERENCES targets (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE target_secrets (
    tenant_id TEXT NOT NULL,
    target_id TEXT NOT NULL,
    path      TEXT NOT NULL,
    id        TEXT NOT NULL,
    payload   BLOB NOT NULL, -- sealed
    PRIMARY KEY (tenant_id, target_id, path),
    UNIQUE (tenant_id, id),
    FOREIGN KEY (tenant_id, target_id) REFERENCES targets (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE target_status ( -- a row for each target that is deployed to
    tenant_id        TEXT NOT NULL,
    target_id        TEXT NOT NULL,
    paused           BOOLEAN NOT NULL,
    fence            BIGINT NOT NULL DEFAULT 0,
    holder           TEXT NOT NULL DEFAULT '',
    lease_until      BIGINT NOT NULL DEFAULT 0, -- with no holder: when it was given back
    observed         INTEGER NOT NULL DEFAULT 0,
    observed_at      BIGINT NOT NULL DEFAULT 0,
    served           TEXT NOT NULL DEFAULT '[]',
    deployment_id    TEXT NOT NULL DEFAULT '',
    generation       INTEGER NOT NULL DEFAULT 0, -- of that deployment; 0 when it was of another group
    state            TEXT NOT NULL DEFAULT '',
    code             TEXT NOT NULL DEFAULT '',
    reason           TEXT NOT NULL DEFAULT '',
    attempts         INTEGER NOT NULL DEFAULT 0,
    next_attempt_at  BIGINT NOT NULL DEFAULT 0,
    next_schedule_at BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, target_id),
    FOREIGN KEY (tenant_id, target_id) REFERENCES targets (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE target_due ( -- when somebody should look at a target, 0 for never: all that the door of background work sees
    tenant_id TEXT NOT NULL,
    target_id TEXT NOT NULL,
    due_at    BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, target_id),
    FOREIGN KEY (tenant_id, target_id) REFERENCES targets (tenant_id, id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX target_due_at ON target_due (due_at, tenant_id, target_id) WHERE due_at > 0;

CREATE TABLE deployments (
    tenant_id     TEXT NOT NULL,
    id            TEXT NOT NULL,
    target_id     TEXT NOT NULL,
    group_id      TEXT NOT NULL, -- of then; it may be gone
    generation    INTEGER NOT NULL,
    before_number INTEGER NOT NULL,
    state         TEXT NOT NULL,
    cause         TEXT NOT NULL,
    attempt       INTEGER NOT NULL,
    started_by    TEXT NOT NULL,
    started_at    BIGINT NOT NULL,
    ended_at      BIGINT NOT NULL,
    code          TEXT NOT NULL,
    reason        TEXT NOT NULL,
    final         BOOLEAN NOT NULL,
    swapped       BOOLEAN NOT NULL,
    crashed       BOOLEAN NOT NULL,
    baseline      TEXT NOT NULL,
    carry         BLOB NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, target_id) REFERENCES targets (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX deployments_target ON deployments (tenant_id, target_id, started_at, id);
CREATE UNIQUE INDEX deployments_running ON deployments (tenant_id, target_id) WHERE state = 'running'; -- one of a target

CREATE TABLE deployment_steps (
    tenant_id     TEXT NOT NULL,
    deployment_id TEXT NOT NULL,
    seq           INTEGER NOT NULL,
    name          TEXT NOT NULL,
    state         TEXT NOT NULL,
    attempt       INTEGER NOT NULL,
    started_at    BIGINT NOT NULL,
    ended_at      BIGINT NOT NULL,
    code          TEXT NOT NULL,
    message       TEXT NOT NULL,
    PRIMARY KEY (tenant_id, deployment_id, seq),
    FOREIGN KEY (tenant_id, deployment_id) REFERENCES deployments (tenant_id, id) ON DELETE CASCADE
) WITHOUT ROWID;

CREATE TABLE deployment_transcripts ( -- in pieces; those between the first and the last ones are dropped
    tenant_id     TEXT NOT NULL,
    deployment_id TEXT NOT NULL,
    seq           INTEGER NOT NULL,
    size          INTEGER NOT NULL, -- bytes
    lines         TEXT NOT NULL,
    PRIMARY KEY (tenant_id, deployment_id, seq),
    FOREIGN KEY (tenant_id, deployment_id) REFERENCES deployments (tenant_id, id) ON DELETE CASCADE
);
