-- +goose Up
-- Queues whose jobs do not start; the queue * is all of them.
CREATE TABLE queue_pauses (
    queue    TEXT   PRIMARY KEY,
    by_whom  TEXT   NOT NULL,
    note     TEXT   NOT NULL,
    since_at BIGINT NOT NULL,
    until_at BIGINT
);

-- +goose Down
DROP TABLE queue_pauses;
