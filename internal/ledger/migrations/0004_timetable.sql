-- +goose Up
-- A schedule is a rule in layers. All that people may set is in the rules, as
-- JSON: nothing but the timetable reads it.
ALTER TABLE schedules ADD COLUMN base         TEXT    NOT NULL DEFAULT ''; -- what the task declares
ALTER TABLE schedules ADD COLUMN rule         TEXT    NOT NULL DEFAULT ''; -- what holds, with the overrides
ALTER TABLE schedules ADD COLUMN declared     INTEGER NOT NULL DEFAULT 1;
ALTER TABLE schedules ADD COLUMN overrides    TEXT    NOT NULL DEFAULT ''; -- JSON; empty for none
ALTER TABLE schedules ADD COLUMN notices      TEXT    NOT NULL DEFAULT ''; -- JSON; empty for none
ALTER TABLE schedules ADD COLUMN revision     BIGINT  NOT NULL DEFAULT 1;
ALTER TABLE schedules ADD COLUMN paused_until BIGINT;
ALTER TABLE schedules ADD COLUMN pause_note   TEXT    NOT NULL DEFAULT '';
UPDATE schedules SET base = '{"dialect":"unix","cron":"' || replace(replace(replace(replace(cron, '\', '\\'), '"', '\"'), '	', '\t'), '
', '\n') || '","zone":"' || replace(replace(zone, '\', '\\'), '"', '\"') || '","args":' || args || ',"enabled":'
    || CASE WHEN enabled = 0 THEN 'false' ELSE 'true' END
    || ',"overlap":"skip","catch_up":"latest","catch_up_within_seconds":0,"catch_up_most":0,"latest_start_seconds":0'
    || ',"jitter_seconds":0,"jitter_by":"name","calendar":"","max_runs":0,"owner":""}';
UPDATE schedules SET rule = base;
ALTER TABLE schedules DROP COLUMN cron;
ALTER TABLE schedules DROP COLUMN zone;
ALTER TABLE schedules DROP COLUMN args;
ALTER TABLE schedules DROP COLUMN enabled;

-- How far each schedule has come. That changes with every slot, and a small row
-- is written faster than a rule.
CREATE TABLE schedule_progress (
    schedule   TEXT   PRIMARY KEY REFERENCES schedules (name) ON DELETE CASCADE,
    decided_at BIGINT NOT NULL, -- every slot up to here has its outcome
    runs       BIGINT NOT NULL  -- slots that became jobs
);
INSERT INTO schedule_progress (schedule, decided_at, runs)
    SELECT name, decided_at,
        (SELECT COUNT(*) FROM slots WHERE slots.schedule = schedules.name AND slots.outcome IN ('ran', 'ran_late', 'caught_up'))
    FROM schedules;
ALTER TABLE schedules DROP COLUMN decided_at;

CREATE TABLE calendars (
    name       TEXT   PRIMARY KEY,
    title      TEXT   NOT NULL,
    exclusions TEXT   NOT NULL, -- JSON
    revision   BIGINT NOT NULL
);

-- What people have changed, for ever. A change of a calendar has 'calendar '
-- and its name for a schedule.
CREATE TABLE schedule_changes (
    seq      BIGINT PRIMARY KEY,
    schedule TEXT   NOT NULL,
    at       BIGINT NOT NULL,
    actor    TEXT   NOT NULL,
    reason   TEXT   NOT NULL,
    layer    TEXT   NOT NULL,
    field    TEXT   NOT NULL,
    was      TEXT   NOT NULL, -- JSON; empty if there was nothing
    becomes  TEXT   NOT NULL  -- JSON; empty if there is nothing
);
CREATE INDEX schedule_changes_by_schedule ON schedule_changes (schedule, seq);

-- Grows with every change of a schedule or a calendar.
INSERT INTO meta (name, value) VALUES ('timetable', '1');

-- +goose Down
-- The columns are filled again when the tasks are announced.
DELETE FROM meta WHERE name = 'timetable';
DROP TABLE schedule_changes;
DROP TABLE calendars;
ALTER TABLE schedules ADD COLUMN decided_at BIGINT NOT NULL DEFAULT 0;
UPDATE schedules SET decided_at = (SELECT decided_at FROM schedule_progress WHERE schedule = name);
DROP TABLE schedule_progress;
ALTER TABLE schedules ADD COLUMN cron    TEXT    NOT NULL DEFAULT '';
ALTER TABLE schedules ADD COLUMN zone    TEXT    NOT NULL DEFAULT '';
ALTER TABLE schedules ADD COLUMN args    TEXT    NOT NULL DEFAULT '{}';
ALTER TABLE schedules ADD COLUMN enabled INTEGER NOT NULL DEFAULT 1;
ALTER TABLE schedules DROP COLUMN pause_note;
ALTER TABLE schedules DROP COLUMN paused_until;
ALTER TABLE schedules DROP COLUMN revision;
ALTER TABLE schedules DROP COLUMN notices;
ALTER TABLE schedules DROP COLUMN overrides;
ALTER TABLE schedules DROP COLUMN declared;
ALTER TABLE schedules DROP COLUMN rule;
ALTER TABLE schedules DROP COLUMN base;
