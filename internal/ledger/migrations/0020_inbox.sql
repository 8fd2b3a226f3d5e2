-- +goose Up
-- Where the next pull of a stream goes on; empty: it asks for everything.
ALTER TABLE sis_pulls ADD COLUMN cursor_text TEXT NOT NULL DEFAULT '';

-- version rises with each change of a record, where the source says so; -1: it
-- ended before it was ever seen, and the source gives no versions. doubt is why
-- a row is gone only if a person says so: the code of a brake, or empty.
ALTER TABLE sis_terms         ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sis_persons       ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sis_sections      ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sis_registrations ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sis_terms         ADD COLUMN doubt TEXT NOT NULL DEFAULT '';
ALTER TABLE sis_persons       ADD COLUMN doubt TEXT NOT NULL DEFAULT '';
ALTER TABLE sis_sections      ADD COLUMN doubt TEXT NOT NULL DEFAULT '';
ALTER TABLE sis_registrations ADD COLUMN doubt TEXT NOT NULL DEFAULT '';

-- What the SIS says of a section beside its class: for which platform, whether
-- it is ready, and in which zone its days begin.
ALTER TABLE sis_sections ADD COLUMN provider TEXT NOT NULL DEFAULT '';
ALTER TABLE sis_sections ADD COLUMN extract  TEXT NOT NULL DEFAULT '';
ALTER TABLE sis_sections ADD COLUMN zone     TEXT NOT NULL DEFAULT '';

-- receipt is what the source wants to hear when it can forget the message, and
-- acked_at when it was told. history has a line for each change of state: the
-- instant in milliseconds, the state, the code and who or what changed it,
-- with tabs between.
ALTER TABLE sis_messages ADD COLUMN receipt  TEXT   NOT NULL DEFAULT '';
ALTER TABLE sis_messages ADD COLUMN acked_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sis_messages ADD COLUMN history  TEXT   NOT NULL DEFAULT '';
CREATE INDEX sis_messages_to_ack ON sis_messages (sync, id) WHERE receipt <> '' AND acked_at = 0;
CREATE INDEX sis_messages_by_record ON sis_messages (sync, record, id);

-- Terms that people chose or took out, over what the settings say.
CREATE TABLE sis_chosen_terms (
    sync       TEXT    NOT NULL,
    term       TEXT    NOT NULL,
    chosen     INTEGER NOT NULL,
    reason     TEXT    NOT NULL,
    changed_by TEXT    NOT NULL,
    changed_at BIGINT  NOT NULL,
    PRIMARY KEY (sync, term)
);

-- Pairs of records that look like one under two keys: the old one is gone, and
-- the new one has its people, or its name. A person says which is so.
CREATE TABLE sis_rekeys (
    sync       TEXT   NOT NULL,
    stream     TEXT   NOT NULL, -- sections or persons
    old_key    TEXT   NOT NULL,
    new_key    TEXT   NOT NULL,
    term       TEXT   NOT NULL, -- of the new section; empty for persons
    reason     TEXT   NOT NULL, -- why they look alike
    state      TEXT   NOT NULL, -- suspected, accepted, refused
    changed_by TEXT   NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (sync, stream, old_key, new_key)
);

-- +goose Down
DROP TABLE sis_rekeys;
DROP TABLE sis_chosen_terms;
DROP INDEX sis_messages_by_record;
DROP INDEX sis_messages_to_ack;
ALTER TABLE sis_messages DROP COLUMN history;
ALTER TABLE sis_messages DROP COLUMN acked_at;
ALTER TABLE sis_messages DROP COLUMN receipt;
ALTER TABLE sis_sections DROP COLUMN zone;
ALTER TABLE sis_sections DROP COLUMN extract;
ALTER TABLE sis_sections DROP COLUMN provider;
ALTER TABLE sis_registrations DROP COLUMN doubt;
ALTER TABLE sis_sections      DROP COLUMN doubt;
ALTER TABLE sis_persons       DROP COLUMN doubt;
ALTER TABLE sis_terms         DROP COLUMN doubt;
ALTER TABLE sis_registrations DROP COLUMN version;
ALTER TABLE sis_sections      DROP COLUMN version;
ALTER TABLE sis_persons       DROP COLUMN version;
ALTER TABLE sis_terms         DROP COLUMN version;
ALTER TABLE sis_pulls DROP COLUMN cursor_text;
