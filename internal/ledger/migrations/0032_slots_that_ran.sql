-- +goose Up
-- Those that ran late are found by when they ran.
CREATE INDEX slots_ran ON slots (decided_at, schedule) WHERE outcome IN ('ran', 'ran_late', 'caught_up');

-- +goose Down
DROP INDEX slots_ran;
