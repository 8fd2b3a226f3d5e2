-- +goose Up
-- The parts of a plan that jobs of their own write, as a JSON list of the
-- numbers of the first and the last effect of each; empty: one job writes all.
ALTER TABLE sis_plans ADD COLUMN shards TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE sis_plans DROP COLUMN shards;
