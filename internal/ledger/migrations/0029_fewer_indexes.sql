-- +goose Up
-- Each index of these tables is written for every message and effect, and again
-- whenever their state changes: these two cost more than they gave.
DROP INDEX sis_messages_open;
DROP INDEX sis_effects_counted;
CREATE INDEX sis_effects_applied ON sis_effects (sync, op) WHERE state = 'applied';

-- +goose Down
DROP INDEX sis_effects_applied;
CREATE INDEX sis_effects_counted ON sis_effects (sync, state, op);
CREATE INDEX sis_messages_open ON sis_messages (sync, id) WHERE state NOT IN ('applied', 'superseded');
