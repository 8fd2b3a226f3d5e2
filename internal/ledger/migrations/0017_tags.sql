-- +goose Up
-- What whoever enqueued a job calls it. A job without tags has no row.
CREATE TABLE job_tags (
    job        TEXT   NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    tag        TEXT   NOT NULL,
    created_at BIGINT NOT NULL, -- of the job: the newest of a tag are found first
    PRIMARY KEY (job, tag)
);
CREATE INDEX job_tags_newest ON job_tags (tag, created_at, job);

-- +goose Down
DROP TABLE job_tags;
