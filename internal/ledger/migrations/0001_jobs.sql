-- +goose Up
-- Times are milliseconds since 1970 in UTC: they sort, compare and mean the
-- same in SQLite and in PostgreSQL. INTEGER columns are 0 or 1, or small.

-- What the ledger knows about itself.
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
INSERT INTO meta (name, value) VALUES ('position', ''), ('epoch', '');

CREATE TABLE clients (
    name       TEXT    PRIMARY KEY,
    title      TEXT    NOT NULL,
    disabled   INTEGER NOT NULL DEFAULT 0,
    created_at BIGINT  NOT NULL
);
INSERT INTO clients (name, title, created_at) VALUES ('default', 'Default', 0);

CREATE TABLE jobs (
    id          TEXT    PRIMARY KEY,
    task        TEXT    NOT NULL,
    description TEXT    NOT NULL,
    client      TEXT    NOT NULL,
    owner       TEXT    NOT NULL,
    queue       TEXT    NOT NULL,
    args        TEXT    NOT NULL,
    state       TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    stage       TEXT    NOT NULL,
    done        BIGINT  NOT NULL,
    total       BIGINT  NOT NULL,
    created     BIGINT  NOT NULL, -- counts of what the job did
    changed     BIGINT  NOT NULL,
    removed     BIGINT  NOT NULL,
    errors      BIGINT  NOT NULL,
    error       TEXT    NOT NULL,
    troubled    INTEGER NOT NULL, -- has record errors, or failed
    attempt     BIGINT  NOT NULL,
    failures    BIGINT  NOT NULL,
    worker      TEXT    NOT NULL,
    parent      TEXT    NOT NULL,
    root        TEXT    NOT NULL,
    retry_of    TEXT    NOT NULL,
    schedule    TEXT    NOT NULL,
    slot_at     BIGINT,
    due_at      BIGINT  NOT NULL,
    created_at  BIGINT  NOT NULL,
    started_at  BIGINT,
    ended_at    BIGINT,
    seen        TEXT    NOT NULL  -- stream entry of the last event recorded of this job
);

-- A list, newest first, is merged from one walk for each state, along the index
-- of its filter.
CREATE INDEX jobs_by_state    ON jobs (state, created_at, id);
CREATE INDEX jobs_by_task     ON jobs (task, state, created_at, id);
CREATE INDEX jobs_by_client   ON jobs (client, state, created_at, id);
CREATE INDEX jobs_by_both     ON jobs (client, task, state, created_at, id);
CREATE INDEX jobs_by_owner    ON jobs (owner, state, created_at, id);
CREATE INDEX jobs_by_root     ON jobs (root, state, created_at, id);
CREATE INDEX jobs_by_schedule ON jobs (schedule, state, created_at, id);
CREATE INDEX jobs_troubled    ON jobs (troubled, state, created_at, id) WHERE troubled = 1;
CREATE INDEX jobs_open        ON jobs (id) WHERE ended_at IS NULL;
CREATE INDEX jobs_open_slots  ON jobs (schedule, slot_at) WHERE ended_at IS NULL AND schedule <> '';
CREATE INDEX jobs_due         ON jobs (due_at) WHERE state = 'scheduled';

-- How many jobs each client has in each state.
CREATE TABLE job_counts (
    client TEXT   NOT NULL,
    state  TEXT   NOT NULL,
    jobs   BIGINT NOT NULL,
    PRIMARY KEY (client, state)
);

CREATE TABLE attempts (
    job_id     TEXT   NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    number     BIGINT NOT NULL,
    worker     TEXT   NOT NULL,
    outcome    TEXT   NOT NULL,
    error      TEXT   NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at   BIGINT,
    PRIMARY KEY (job_id, number)
);

-- What went wrong with single records of a job.
CREATE TABLE job_errors (
    job_id  TEXT   NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    seq     BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    record  TEXT   NOT NULL,
    code    TEXT   NOT NULL,
    message TEXT   NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (job_id, seq)
);

CREATE TABLE job_logs (
    job_id  TEXT   NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    seq     BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    level   TEXT   NOT NULL,
    text    TEXT   NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (job_id, seq)
);

-- The catalogue: tasks as workers announce them.
CREATE TABLE tasks (
    name         TEXT    PRIMARY KEY,
    declaration  TEXT    NOT NULL, -- JSON
    built_at     BIGINT  NOT NULL,
    missing      INTEGER NOT NULL
);

CREATE TABLE schedules (
    name       TEXT    PRIMARY KEY,
    task       TEXT    NOT NULL,
    client     TEXT    NOT NULL,
    cron       TEXT    NOT NULL,
    zone       TEXT    NOT NULL,
    args       TEXT    NOT NULL,
    enabled    INTEGER NOT NULL,
    missing    INTEGER NOT NULL,
    problem    TEXT    NOT NULL,
    created_at BIGINT  NOT NULL,
    decided_at BIGINT  NOT NULL  -- every slot up to here has its outcome
);

CREATE TABLE slots (
    schedule   TEXT   NOT NULL,
    due_at     BIGINT NOT NULL,
    outcome    TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    job_id     TEXT   NOT NULL,
    decided_at BIGINT NOT NULL,
    lag        BIGINT NOT NULL, -- milliseconds from due to enqueued
    PRIMARY KEY (schedule, due_at)
);
CREATE INDEX slots_newest ON slots (due_at, schedule);
CREATE INDEX slots_open   ON slots (due_at) WHERE outcome = 'intended';

-- +goose Down
DROP TABLE slots;
DROP TABLE schedules;
DROP TABLE tasks;
DROP TABLE job_logs;
DROP TABLE job_errors;
DROP TABLE attempts;
DROP TABLE job_counts;
DROP TABLE jobs;
DROP TABLE clients;
DROP TABLE meta;
