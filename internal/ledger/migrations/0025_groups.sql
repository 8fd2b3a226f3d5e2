-- +goose Up
-- What sections that are taught as one have in common; empty: nothing.
ALTER TABLE sis_sections ADD COLUMN cross_list TEXT NOT NULL DEFAULT '';

-- Groups that sections have in courses they share, and who was put into them.
-- gone = 1: somebody has deleted it in the target, and it is left at that.
CREATE TABLE sis_groups (
    sync      TEXT    NOT NULL,
    section   TEXT    NOT NULL,
    course    TEXT    NOT NULL, -- the target's ids
    target_id TEXT    NOT NULL,
    gone      INTEGER NOT NULL,
    PRIMARY KEY (sync, section, course)
);
CREATE TABLE sis_members (
    sync    TEXT NOT NULL,
    person  TEXT NOT NULL,
    section TEXT NOT NULL,
    course  TEXT NOT NULL,
    PRIMARY KEY (sync, person, section, course)
);

-- Streams whose last pull has failed, until one succeeds.
CREATE TABLE sis_failed_pulls (
    sync      TEXT   NOT NULL,
    stream    TEXT   NOT NULL,
    reason    TEXT   NOT NULL,
    failed_at BIGINT NOT NULL,
    PRIMARY KEY (sync, stream)
);

-- Whether a message has come before.
CREATE INDEX sis_messages_by_receipt ON sis_messages (sync, receipt) WHERE receipt <> '';

-- +goose Down
DROP INDEX sis_messages_by_receipt;
DROP TABLE sis_failed_pulls;
DROP TABLE sis_members;
DROP TABLE sis_groups;
ALTER TABLE sis_sections DROP COLUMN cross_list;
