-- +goose Up
-- What syncs know. Every table begins with the sync's name. Days are TEXT as
-- 2026-09-01, empty for none; lists of texts are JSON.

-- The last time that each stream was read to its end.
CREATE TABLE sis_pulls (
    sync      TEXT    NOT NULL,
    stream    TEXT    NOT NULL,
    snapshot  TEXT    NOT NULL,
    run       TEXT    NOT NULL,
    records   BIGINT  NOT NULL,
    problems  BIGINT  NOT NULL,
    complete  INTEGER NOT NULL,
    code      TEXT    NOT NULL,
    reason    TEXT    NOT NULL,
    pulled_at BIGINT  NOT NULL,
    PRIMARY KEY (sync, stream)
);

-- Records as they stand. A row is never deleted: gone says that the source has
-- it no more, snapshot which state of the source said so last.
CREATE TABLE sis_terms (
    sync     TEXT    NOT NULL,
    record   TEXT    NOT NULL,
    digest   TEXT    NOT NULL,
    gone     INTEGER NOT NULL,
    seq      BIGINT  NOT NULL,
    snapshot TEXT    NOT NULL,
    title    TEXT    NOT NULL,
    kind     TEXT    NOT NULL,
    start_on TEXT    NOT NULL,
    end_on   TEXT    NOT NULL,
    parent   TEXT    NOT NULL,
    PRIMARY KEY (sync, record)
);

CREATE TABLE sis_persons (
    sync     TEXT    NOT NULL,
    record   TEXT    NOT NULL,
    digest   TEXT    NOT NULL,
    gone     INTEGER NOT NULL,
    seq      BIGINT  NOT NULL,
    snapshot TEXT    NOT NULL,
    username TEXT    NOT NULL,
    email    TEXT    NOT NULL,
    given    TEXT    NOT NULL,
    family   TEXT    NOT NULL,
    roles    TEXT    NOT NULL,
    enabled  INTEGER NOT NULL,
    PRIMARY KEY (sync, record)
);

CREATE TABLE sis_sections (
    sync     TEXT    NOT NULL,
    record   TEXT    NOT NULL,
    digest   TEXT    NOT NULL,
    gone     INTEGER NOT NULL,
    seq      BIGINT  NOT NULL,
    snapshot TEXT    NOT NULL,
    title    TEXT    NOT NULL,
    code     TEXT    NOT NULL,
    course   TEXT    NOT NULL,
    terms    TEXT    NOT NULL,
    school   TEXT    NOT NULL,
    PRIMARY KEY (sync, record)
);

-- A registration is recognised by section, person and role; the provider's own
-- id is an alias, which it changes at will.
CREATE TABLE sis_registrations (
    sync     TEXT    NOT NULL,
    record   TEXT    NOT NULL,
    digest   TEXT    NOT NULL,
    gone     INTEGER NOT NULL,
    seq      BIGINT  NOT NULL,
    snapshot TEXT    NOT NULL,
    alias    TEXT    NOT NULL,
    section  TEXT    NOT NULL,
    person   TEXT    NOT NULL,
    role     TEXT    NOT NULL,
    begin_on TEXT    NOT NULL,
    end_on   TEXT    NOT NULL,
    PRIMARY KEY (sync, record)
);

-- One for each change of a record, with what became of it.
CREATE TABLE sis_messages (
    id          TEXT   PRIMARY KEY,
    sync        TEXT   NOT NULL,
    stream      TEXT   NOT NULL,
    record      TEXT   NOT NULL,
    digest      TEXT   NOT NULL,
    op          TEXT   NOT NULL,
    body        TEXT   NOT NULL,
    place       TEXT   NOT NULL, -- in the source: enrollments.csv:17
    state       TEXT   NOT NULL,
    code        TEXT   NOT NULL,
    reason      TEXT   NOT NULL,
    effect      TEXT   NOT NULL, -- key of the effect that it was planned as
    run         TEXT   NOT NULL,
    received_at BIGINT NOT NULL,
    changed_at  BIGINT NOT NULL
);
CREATE INDEX sis_messages_by_state ON sis_messages (sync, state, id);
CREATE INDEX sis_messages_counted ON sis_messages (sync, stream, state, code, received_at);
CREATE INDEX sis_messages_open ON sis_messages (sync, id) WHERE state NOT IN ('applied', 'superseded');
CREATE INDEX sis_messages_planned ON sis_messages (sync, effect) WHERE state = 'planned';

-- Which course a section is linked to. linked = 0 is a decision too.
CREATE TABLE sis_links (
    sync       TEXT    NOT NULL,
    section    TEXT    NOT NULL,
    course     TEXT    NOT NULL, -- the target's id
    shortname  TEXT    NOT NULL,
    how        TEXT    NOT NULL,
    linked     INTEGER NOT NULL,
    reason     TEXT    NOT NULL,
    changed_at BIGINT  NOT NULL,
    PRIMARY KEY (sync, section)
);

-- Which account a person has, and what was last written to it.
CREATE TABLE sis_person_links (
    sync        TEXT NOT NULL,
    person      TEXT NOT NULL,
    user_id     TEXT NOT NULL, -- the target's
    username    TEXT NOT NULL,
    email       TEXT NOT NULL,
    given       TEXT NOT NULL,
    family      TEXT NOT NULL,
    orientation TEXT NOT NULL,
    PRIMARY KEY (sync, person)
);

-- Enrolments as they were last written. 0 is no limit.
CREATE TABLE sis_applied (
    sync      TEXT    NOT NULL,
    person    TEXT    NOT NULL,
    course    TEXT    NOT NULL, -- the target's id
    role      TEXT    NOT NULL,
    start_at  BIGINT  NOT NULL,
    end_at    BIGINT  NOT NULL,
    suspended INTEGER NOT NULL,
    PRIMARY KEY (sync, person, course, role)
);

CREATE TABLE sis_plans (
    id         TEXT   PRIMARY KEY, -- of the job that made it
    sync       TEXT   NOT NULL,
    run        TEXT   NOT NULL,
    state      TEXT   NOT NULL,
    counts     TEXT   NOT NULL, -- effects by kind, as JSON
    future     BIGINT NOT NULL, -- enrolments that begin later
    held       TEXT   NOT NULL, -- what is held and why, as JSON
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE INDEX sis_plans_by_sync ON sis_plans (sync, created_at, id);

CREATE TABLE sis_effects (
    plan     TEXT   NOT NULL REFERENCES sis_plans (id) ON DELETE CASCADE,
    seq      BIGINT NOT NULL,
    sync     TEXT   NOT NULL,
    op       TEXT   NOT NULL,
    effect   TEXT   NOT NULL, -- natural key
    person   TEXT   NOT NULL,
    section  TEXT   NOT NULL,
    course   TEXT   NOT NULL, -- the target's id; empty until its course is made
    role     TEXT   NOT NULL,
    was      TEXT   NOT NULL, -- before, as JSON; empty if there was nothing
    becomes  TEXT   NOT NULL, -- after, as JSON
    state    TEXT   NOT NULL,
    code     TEXT   NOT NULL,
    message  TEXT   NOT NULL,
    attempts BIGINT NOT NULL,
    PRIMARY KEY (plan, seq)
);
CREATE INDEX sis_effects_counted ON sis_effects (sync, state, op);
CREATE INDEX sis_effects_unsure ON sis_effects (sync, person) WHERE state IN ('sent', 'unknown');
CREATE INDEX sis_effects_homeless ON sis_effects (plan, section) WHERE course = '';

-- +goose Down
DROP TABLE sis_effects;
DROP TABLE sis_plans;
DROP TABLE sis_applied;
DROP TABLE sis_person_links;
DROP TABLE sis_links;
DROP TABLE sis_messages;
DROP TABLE sis_registrations;
DROP TABLE sis_sections;
DROP TABLE sis_persons;
DROP TABLE sis_terms;
DROP TABLE sis_pulls;
