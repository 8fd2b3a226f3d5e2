-- +goose Up
-- Who may log in. Names never change, for jobs and the audit hold them.
CREATE TABLE people (
    name       TEXT    NOT NULL PRIMARY KEY,
    title      TEXT    NOT NULL,
    email      TEXT    NOT NULL,
    source     TEXT    NOT NULL,
    issuer     TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    password   TEXT    NOT NULL, -- argon2id in PHC form; empty: none yet
    disabled   INTEGER NOT NULL,
    created_at BIGINT  NOT NULL,
    seen_at    BIGINT
);
CREATE UNIQUE INDEX people_by_subject ON people (issuer, subject) WHERE subject <> '';

CREATE TABLE grants (
    person   TEXT    NOT NULL REFERENCES people (name),
    position INTEGER NOT NULL,
    role     TEXT    NOT NULL,
    client   TEXT    NOT NULL,
    tasks    TEXT    NOT NULL,
    PRIMARY KEY (person, position)
);

-- Ended ones are kept until they would have expired, so that a stolen cookie
-- is recognised. The id is a hash of what the cookie holds.
CREATE TABLE sessions (
    id         TEXT   NOT NULL PRIMARY KEY,
    person     TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at   BIGINT,
    agent      TEXT   NOT NULL,
    address    TEXT   NOT NULL,
    seen_as    TEXT   NOT NULL
);
CREATE INDEX sessions_by_person ON sessions (person, created_at);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE api_tokens (
    id         TEXT   NOT NULL PRIMARY KEY,
    hash       TEXT   NOT NULL, -- of the secret
    name       TEXT   NOT NULL,
    person     TEXT   NOT NULL REFERENCES people (name),
    grants     TEXT   NOT NULL, -- JSON; empty: all that the person may
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT,
    revoked_at BIGINT
);
CREATE INDEX api_tokens_by_person ON api_tokens (person, created_at);

-- Links with which somebody sets a password, once. One of nobody is for the
-- first superadmin.
CREATE TABLE setup_links (
    hash       TEXT   NOT NULL PRIMARY KEY,
    person     TEXT   NOT NULL,
    expires_at BIGINT NOT NULL
);

-- Wrong logins in a row, by the name that was tried.
CREATE TABLE login_failures (
    name     TEXT    NOT NULL PRIMARY KEY,
    failures INTEGER NOT NULL,
    last_at  BIGINT  NOT NULL
);

-- +goose Down
DROP TABLE login_failures;
DROP TABLE setup_links;
DROP TABLE api_tokens;
DROP TABLE sessions;
DROP TABLE grants;
DROP TABLE people;
