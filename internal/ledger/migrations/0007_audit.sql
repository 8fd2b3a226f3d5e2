-- +goose Up
-- Who asked for what change, and what came of it. Rows are added and never
-- changed; each one's hash covers that of the row before.
CREATE TABLE audit (
    seq        BIGINT PRIMARY KEY,
    asked      BIGINT NOT NULL, -- the row whose outcome this is; 0: this is a request
    at         BIGINT NOT NULL,
    actor      TEXT   NOT NULL,
    method     TEXT   NOT NULL,
    route      TEXT   NOT NULL,
    target     TEXT   NOT NULL,
    content    TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    request_id TEXT   NOT NULL,
    status     BIGINT NOT NULL, -- 0: not answered yet
    hash       TEXT   NOT NULL
);
CREATE INDEX audit_requests ON audit (seq) WHERE asked = 0;
CREATE INDEX audit_by_actor ON audit (actor, seq) WHERE asked = 0;
CREATE INDEX audit_by_target ON audit (target, seq) WHERE asked = 0;
CREATE UNIQUE INDEX audit_outcomes ON audit (asked) WHERE asked <> 0;

-- +goose Down
DROP TABLE audit;
