-- +goose Up
-- Who is to be told of what, by rules.
CREATE TABLE notice_rules (
    name     TEXT    PRIMARY KEY,
    owner    TEXT    NOT NULL,
    paused   INTEGER NOT NULL,
    measures INTEGER NOT NULL, -- looks at jobs that went well, too
    body     TEXT    NOT NULL, -- JSON
    revision BIGINT  NOT NULL,
    changed  BIGINT  NOT NULL
);

-- Who wants to hear when a job has ended.
CREATE TABLE notice_follows (
    job    TEXT   NOT NULL,
    person TEXT   NOT NULL,
    since  BIGINT NOT NULL,
    told   BIGINT, -- NULL: not yet
    PRIMARY KEY (job, person)
);
CREATE INDEX notice_follows_open ON notice_follows (job) WHERE told IS NULL;
CREATE INDEX notice_follows_by_person ON notice_follows (person, since);

-- What happened and was not looked at yet.
CREATE TABLE notice_happenings (
    name     TEXT   PRIMARY KEY,
    what     TEXT   NOT NULL,
    job      TEXT   NOT NULL,
    schedule TEXT   NOT NULL,
    due      BIGINT NOT NULL,
    at       BIGINT NOT NULL
);
CREATE INDEX notice_happenings_in_order ON notice_happenings (at, name);

-- That somebody is to be told of something: once.
CREATE TABLE notices (
    id       TEXT    PRIMARY KEY,
    rule     TEXT    NOT NULL,
    channel  TEXT    NOT NULL,
    target   TEXT    NOT NULL,
    due      BIGINT  NOT NULL,
    digest   INTEGER NOT NULL,
    facts    TEXT    NOT NULL, -- JSON
    created  BIGINT  NOT NULL,
    delivery TEXT    NOT NULL -- empty: not in one yet
);
CREATE INDEX notices_to_send ON notices (due, id) WHERE delivery = '';
CREATE INDEX notices_by_age ON notices (created);

-- What is sent, and what became of it.
CREATE TABLE notice_deliveries (
    id       TEXT   PRIMARY KEY,
    rule     TEXT   NOT NULL,
    channel  TEXT   NOT NULL,
    target   TEXT   NOT NULL,
    subject  TEXT   NOT NULL,
    facts    TEXT   NOT NULL, -- JSON
    more     BIGINT NOT NULL,
    state    TEXT   NOT NULL,
    attempts BIGINT NOT NULL,
    answer   TEXT   NOT NULL,
    job      TEXT   NOT NULL,
    round    BIGINT NOT NULL,
    created  BIGINT NOT NULL,
    next     BIGINT,
    sent     BIGINT
);
CREATE INDEX notice_deliveries_open ON notice_deliveries (state, id) WHERE state IN ('pending', 'queued', 'retrying');
CREATE INDEX notice_deliveries_by_target ON notice_deliveries (channel, target, created);

-- +goose Down
DROP TABLE notice_deliveries;
DROP TABLE notices;
DROP TABLE notice_happenings;
DROP TABLE notice_follows;
DROP TABLE notice_rules;
