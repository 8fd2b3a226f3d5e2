-- +goose Up
-- Programs that asked to be let in by a person who types their code.
CREATE TABLE device_logins (
  hash       TEXT   NOT NULL PRIMARY KEY, -- of the program's secret
  code       TEXT   NOT NULL UNIQUE,      -- what the person types
  machine    TEXT   NOT NULL,
  address    TEXT   NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  wait       BIGINT NOT NULL,             -- between two questions, in ms
  asked_at   BIGINT NOT NULL,
  state      TEXT   NOT NULL,
  person     TEXT   NOT NULL
);
CREATE INDEX device_logins_by_expiry ON device_logins (expires_at);

-- +goose Down
DROP TABLE device_logins;
