-- +goose Up
-- Lists of messages by one thing, newest first, and what one record led to.
CREATE INDEX sis_messages_by_stream ON sis_messages (sync, stream, id);
CREATE INDEX sis_messages_by_code ON sis_messages (sync, code, id) WHERE code <> '';
CREATE INDEX sis_messages_by_run ON sis_messages (sync, run, id);
CREATE INDEX sis_registrations_by_section ON sis_registrations (sync, section, person);
CREATE INDEX sis_registrations_by_person ON sis_registrations (sync, person, section);
CREATE INDEX sis_sections_by_title ON sis_sections (sync, title, record);
CREATE INDEX sis_rekeys_by_new ON sis_rekeys (sync, stream, new_key);
CREATE INDEX sis_effects_by_key ON sis_effects (plan, effect);

-- Records that people have set aside: they are not applied as the message says
-- until somebody takes that back, or the SIS sends another one. The message had
-- the state, the code and the reason that are kept here.
CREATE TABLE sis_asides (
    sync       TEXT    NOT NULL,
    message    TEXT    NOT NULL REFERENCES sis_messages (id) ON DELETE CASCADE,
    hold       INTEGER NOT NULL, -- 0: for good
    reason     TEXT    NOT NULL,
    by_whom    TEXT    NOT NULL,
    made_at    BIGINT  NOT NULL,
    was_state  TEXT    NOT NULL,
    was_code   TEXT    NOT NULL,
    was_reason TEXT    NOT NULL,
    PRIMARY KEY (sync, message)
);

-- +goose Down
DROP TABLE sis_asides;
DROP INDEX sis_effects_by_key;
DROP INDEX sis_rekeys_by_new;
DROP INDEX sis_sections_by_title;
DROP INDEX sis_registrations_by_person;
DROP INDEX sis_registrations_by_section;
DROP INDEX sis_messages_by_run;
DROP INDEX sis_messages_by_code;
DROP INDEX sis_messages_by_stream;
