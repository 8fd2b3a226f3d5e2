-- +goose Up
-- How long jobs are kept after they have ended, where it is not as the settings
-- say: in days, 0 for ever, NULL as the next best rule says.
CREATE TABLE retention_rules (
    client TEXT   NOT NULL, -- empty: every client
    tasks  TEXT   NOT NULL, -- a task or a pattern; empty: every task
    jobs   BIGINT,
    errors BIGINT,
    logs   BIGINT,
    reason TEXT   NOT NULL,
    actor  TEXT   NOT NULL,
    at     BIGINT NOT NULL,
    PRIMARY KEY (client, tasks)
);

-- What must be kept however old it is.
CREATE TABLE holds (
    name    TEXT   PRIMARY KEY,
    kind    TEXT   NOT NULL,
    subject TEXT   NOT NULL,
    reason  TEXT   NOT NULL,
    actor   TEXT   NOT NULL,
    since   BIGINT NOT NULL
);

-- Grows with every change of a rule or a hold.
INSERT INTO meta (name, value) VALUES ('retention', '1');

-- How many jobs ended on each day, those included that were removed since. It
-- is kept by whoever records that a job has ended.
CREATE TABLE job_history (
    day    BIGINT NOT NULL, -- since 1970, in UTC
    client TEXT   NOT NULL,
    task   TEXT   NOT NULL,
    state  TEXT   NOT NULL,
    jobs   BIGINT NOT NULL,
    pruned BIGINT NOT NULL, -- of these, were removed
    errors BIGINT NOT NULL, -- of records
    ran    BIGINT NOT NULL, -- milliseconds, all jobs together
    PRIMARY KEY (day, client, task, state)
);
INSERT INTO job_history (day, client, task, state, jobs, pruned, errors, ran)
SELECT ended_at / 86400000, client, task, state, COUNT(*), 0, CAST(SUM(errors) AS BIGINT),
    CAST(SUM(CASE WHEN ended_at > started_at THEN ended_at - started_at ELSE 0 END) AS BIGINT)
FROM jobs WHERE ended_at IS NOT NULL
GROUP BY ended_at / 86400000, client, task, state;

-- When the job of a slot was removed.
ALTER TABLE slots ADD COLUMN pruned_at BIGINT;

-- +goose Down
ALTER TABLE slots DROP COLUMN pruned_at;
DROP TABLE job_history;
DELETE FROM meta WHERE name IN ('retention', 'retention_base');
DROP TABLE holds;
DROP TABLE retention_rules;
