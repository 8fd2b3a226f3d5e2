-- +goose Up
-- What jobs waited for, and how long: a row for each job that ever did.
CREATE TABLE job_waits (
    job_id TEXT PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    waits  TEXT NOT NULL -- JSON, at most 20
);

-- +goose Down
DROP TABLE job_waits;
