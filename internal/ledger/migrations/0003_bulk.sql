-- +goose Up
-- What a job waits for, until when it must have started, whose trace it is in,
-- and how many workers died under it.
ALTER TABLE jobs ADD COLUMN expires_at BIGINT;
ALTER TABLE jobs ADD COLUMN trace      TEXT   NOT NULL DEFAULT '';
ALTER TABLE jobs ADD COLUMN crashes    BIGINT NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN waiting    TEXT   NOT NULL DEFAULT ''; -- JSON; empty unless it waits

-- The counts of progress are only read and written together: done, total,
-- created, changed and removed, and empty if all are zero.
ALTER TABLE jobs ADD COLUMN progress   TEXT   NOT NULL DEFAULT '';
UPDATE jobs SET progress = done || ' ' || total || ' ' || created || ' ' || changed || ' ' || removed;
ALTER TABLE jobs DROP COLUMN done;
ALTER TABLE jobs DROP COLUMN total;
ALTER TABLE jobs DROP COLUMN created;
ALTER TABLE jobs DROP COLUMN changed;
ALTER TABLE jobs DROP COLUMN removed;

-- A job changes its state several times, and each index that has the state in
-- it costs as much as the row. Only one has. A list of jobs in one state walks
-- that one; a list of jobs that succeeded, or of jobs in any state, walks the
-- index of its filter, which is written once.
DROP INDEX jobs_by_task;
DROP INDEX jobs_by_client;
DROP INDEX jobs_by_both;
DROP INDEX jobs_by_owner;
DROP INDEX jobs_by_root;
DROP INDEX jobs_by_schedule;
CREATE INDEX jobs_by_task     ON jobs (task, created_at, id);
CREATE INDEX jobs_by_client   ON jobs (client, created_at, id);
CREATE INDEX jobs_by_owner    ON jobs (owner, created_at, id);
CREATE INDEX jobs_by_root     ON jobs (root, created_at, id) WHERE root <> id;
CREATE INDEX jobs_by_schedule ON jobs (schedule, created_at, id) WHERE schedule <> '';

-- Limits of operators. An empty name is all together, '*' each client.
CREATE TABLE limits (
    task   TEXT   NOT NULL,
    client TEXT   NOT NULL,
    max    BIGINT NOT NULL,
    PRIMARY KEY (task, client)
);

-- +goose Down
DROP TABLE limits;
DROP INDEX jobs_by_task;
DROP INDEX jobs_by_client;
DROP INDEX jobs_by_owner;
DROP INDEX jobs_by_root;
DROP INDEX jobs_by_schedule;
CREATE INDEX jobs_by_task     ON jobs (task, state, created_at, id);
CREATE INDEX jobs_by_client   ON jobs (client, state, created_at, id);
CREATE INDEX jobs_by_both     ON jobs (client, task, state, created_at, id);
CREATE INDEX jobs_by_owner    ON jobs (owner, state, created_at, id);
CREATE INDEX jobs_by_root     ON jobs (root, state, created_at, id);
CREATE INDEX jobs_by_schedule ON jobs (schedule, state, created_at, id);
ALTER TABLE jobs ADD COLUMN done    BIGINT NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN total   BIGINT NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN created BIGINT NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN changed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN removed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE jobs DROP COLUMN progress;
ALTER TABLE jobs DROP COLUMN waiting;
ALTER TABLE jobs DROP COLUMN crashes;
ALTER TABLE jobs DROP COLUMN trace;
ALTER TABLE jobs DROP COLUMN expires_at;
