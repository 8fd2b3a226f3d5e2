-- +goose Up
-- Attendance of people in sections by day, in the section's zone: minutes as
-- computed, and as the sink is known to have them.
CREATE TABLE attendance (
    sync       TEXT   NOT NULL,
    section    TEXT   NOT NULL,
    person     TEXT   NOT NULL,
    day        TEXT   NOT NULL,
    zone       TEXT   NOT NULL,
    minutes    BIGINT NOT NULL,
    digest     TEXT   NOT NULL, -- of the activity that the minutes are of
    posted     BIGINT,          -- NULL: never
    sent       BIGINT NOT NULL, -- minutes that were sent last
    revision   BIGINT NOT NULL, -- how often something was sent
    state      TEXT   NOT NULL,
    code       TEXT   NOT NULL,
    message    TEXT   NOT NULL,
    receipt    TEXT   NOT NULL,
    sent_at    BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (sync, day, section, person)
);
CREATE INDEX attendance_open ON attendance (sync, state, day) WHERE state IN ('computed', 'unknown', 'held');
CREATE INDEX attendance_by_person ON attendance (sync, person, day);
CREATE INDEX attendance_sent ON attendance (sync, sent_at) WHERE sent_at > 0;

-- How many of a section's students attended on a day. The empty section is the
-- whole sync.
CREATE TABLE attendance_classes (
    sync     TEXT   NOT NULL,
    section  TEXT   NOT NULL,
    day      TEXT   NOT NULL,
    students BIGINT NOT NULL,
    attended BIGINT NOT NULL,
    PRIMARY KEY (sync, day, section)
);

-- Days that are not posted until a person lets them go.
CREATE TABLE attendance_holds (
    sync        TEXT   NOT NULL,
    section     TEXT   NOT NULL, -- empty: the whole sync
    day         TEXT   NOT NULL,
    code        TEXT   NOT NULL,
    reason      TEXT   NOT NULL,
    students    BIGINT NOT NULL,
    attended    BIGINT NOT NULL,
    made_at     BIGINT NOT NULL,
    released_by TEXT   NOT NULL,
    because     TEXT   NOT NULL,
    released_at BIGINT NOT NULL, -- 0: not yet
    PRIMARY KEY (sync, day, section)
);

-- When people were seen in courses, by sources that only tell the last time.
CREATE TABLE attendance_sightings (
    sync    TEXT   NOT NULL,
    course  TEXT   NOT NULL, -- the target's ids
    user_id TEXT   NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (sync, course, seen_at, user_id)
);

-- +goose Down
DROP TABLE attendance_sightings;
DROP TABLE attendance_holds;
DROP TABLE attendance_classes;
DROP TABLE attendance;
