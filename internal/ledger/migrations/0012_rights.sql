-- +goose Up
-- Who may see a part of the jobs is told how many of those there are: a part is
-- a client, or tasks, or both.
CREATE TABLE job_counts_by_task (
    client TEXT   NOT NULL,
    task   TEXT   NOT NULL,
    state  TEXT   NOT NULL,
    jobs   BIGINT NOT NULL,
    PRIMARY KEY (client, task, state)
);
INSERT INTO job_counts_by_task (client, task, state, jobs)
    SELECT client, task, state, COUNT(*) FROM jobs GROUP BY client, task, state;
DROP TABLE job_counts;
ALTER TABLE job_counts_by_task RENAME TO job_counts;

-- +goose Down
CREATE TABLE job_counts_by_client (
    client TEXT   NOT NULL,
    state  TEXT   NOT NULL,
    jobs   BIGINT NOT NULL,
    PRIMARY KEY (client, state)
);
INSERT INTO job_counts_by_client (client, state, jobs)
    SELECT client, state, CAST(SUM(jobs) AS BIGINT) FROM job_counts GROUP BY client, state;
DROP TABLE job_counts;
ALTER TABLE job_counts_by_client RENAME TO job_counts;
