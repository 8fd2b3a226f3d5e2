-- +goose Up
-- Scheduler processes that are up, or were lately.
CREATE TABLE replicas (
    name    TEXT   PRIMARY KEY,
    zones   TEXT   NOT NULL, -- JSON
    ahead   BIGINT NOT NULL, -- milliseconds
    seen_at BIGINT NOT NULL
);

-- +goose Down
DROP TABLE replicas;
