-- +goose Up
-- One plan for all slots that went by while no scheduler was up.
CREATE TABLE recoveries (
    id         BIGINT PRIMARY KEY,
    from_at    BIGINT NOT NULL,
    to_at      BIGINT NOT NULL,
    state      TEXT   NOT NULL,
    slots      BIGINT NOT NULL, -- 0 in the making: they are counted then
    made_at    BIGINT NOT NULL, -- 0: not yet
    expected   BIGINT NOT NULL, -- milliseconds
    settled_at BIGINT,
    actor      TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    ended_at   BIGINT
);
CREATE INDEX recoveries_open ON recoveries (id) WHERE state IN ('making', 'held', 'running');
CREATE UNIQUE INDEX recoveries_making ON recoveries (state) WHERE state = 'making';

-- The order of a recovery's slots.
CREATE TABLE recovery_steps (
    recovery BIGINT NOT NULL REFERENCES recoveries (id) ON DELETE CASCADE,
    place    BIGINT NOT NULL,
    schedule TEXT   NOT NULL,
    due_at   BIGINT NOT NULL,
    PRIMARY KEY (recovery, place)
);

-- 0: of none. Slots of none are not in the index, which costs them nothing.
ALTER TABLE slots ADD COLUMN recovery BIGINT NOT NULL DEFAULT 0;
CREATE INDEX slots_of_recovery ON slots (recovery, due_at, schedule) WHERE recovery <> 0;

-- +goose Down
DROP INDEX slots_of_recovery;
ALTER TABLE slots DROP COLUMN recovery;
DROP TABLE recovery_steps;
DROP TABLE recoveries;
