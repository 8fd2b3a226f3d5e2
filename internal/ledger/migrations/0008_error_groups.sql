-- Errors of the same kind are counted as one group for each client, in the
-- transaction that records them. Old ones are grouped when the ledger is opened.

-- +goose Up
CREATE TABLE error_groups (
    fingerprint TEXT   NOT NULL,
    client      TEXT   NOT NULL,
    task        TEXT   NOT NULL,
    code        TEXT   NOT NULL,
    pattern     TEXT   NOT NULL,
    errors      BIGINT NOT NULL,
    jobs        BIGINT NOT NULL,
    first_at    BIGINT NOT NULL,
    last_at     BIGINT NOT NULL,
    job_id      TEXT   NOT NULL, -- of the newest; it may be gone
    message     TEXT   NOT NULL,
    PRIMARY KEY (fingerprint, client)
);

-- Which jobs are counted in which groups.
CREATE TABLE error_jobs (
    job_id      TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    fingerprint TEXT NOT NULL,
    PRIMARY KEY (job_id, fingerprint)
);

ALTER TABLE job_errors ADD COLUMN fingerprint TEXT NOT NULL DEFAULT '';
ALTER TABLE job_errors ADD COLUMN client      TEXT NOT NULL DEFAULT '';
ALTER TABLE attempts   ADD COLUMN fingerprint TEXT NOT NULL DEFAULT '';
ALTER TABLE attempts   ADD COLUMN client      TEXT NOT NULL DEFAULT ''; -- of failures only

-- A failed attempt has a row of its own from now on.
INSERT INTO attempts (job_id, number, worker, outcome, error, started_at, ended_at)
SELECT id, 1, worker, 'failed', error, started_at, ended_at FROM jobs
WHERE state = 'failed' AND attempt = 1 AND started_at IS NOT NULL
ON CONFLICT (job_id, number) DO NOTHING;

CREATE INDEX job_errors_group ON job_errors (fingerprint, at, job_id, seq, client);
CREATE INDEX job_errors_ungrouped ON job_errors (job_id, seq) WHERE fingerprint = '';
CREATE INDEX attempts_group ON attempts (fingerprint, ended_at, job_id, number, client) WHERE fingerprint <> '';
CREATE INDEX attempts_ungrouped ON attempts (job_id, number) WHERE outcome = 'failed' AND fingerprint = '';

-- +goose Down
DROP INDEX attempts_ungrouped;
DROP INDEX attempts_group;
DROP INDEX job_errors_ungrouped;
DROP INDEX job_errors_group;
ALTER TABLE attempts DROP COLUMN client;
ALTER TABLE attempts DROP COLUMN fingerprint;
ALTER TABLE job_errors DROP COLUMN client;
ALTER TABLE job_errors DROP COLUMN fingerprint;
DROP TABLE error_jobs;
DROP TABLE error_groups;
