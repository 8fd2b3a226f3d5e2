-- +goose Up
-- What a plan is for: of a sync's run, or undoing another plan.
ALTER TABLE sis_plans ADD COLUMN kind TEXT NOT NULL DEFAULT 'sync';
ALTER TABLE sis_plans ADD COLUMN undoes TEXT NOT NULL DEFAULT ''; -- the plan
ALTER TABLE sis_plans ADD COLUMN reason TEXT NOT NULL DEFAULT ''; -- why it is undone
ALTER TABLE sis_effects ADD COLUMN hold TEXT NOT NULL DEFAULT '';  -- of its plan, which held it
ALTER TABLE sis_effects ADD COLUMN undoes BIGINT NOT NULL DEFAULT 0; -- the number of the effect
-- Plans that wait for a decision now say on which effects; the next run makes one.
UPDATE sis_plans SET state = 'aborted' WHERE state = 'blocked';
CREATE INDEX sis_effects_of_hold ON sis_effects (plan, hold, seq) WHERE hold <> '';
CREATE INDEX sis_plans_to_decide ON sis_plans (sync, state) WHERE state IN ('held', 'waiting');

-- What people decided about held effects of plans.
CREATE TABLE sis_decisions (
    id      TEXT   PRIMARY KEY,
    sync    TEXT   NOT NULL,
    plan    TEXT   NOT NULL REFERENCES sis_plans (id) ON DELETE CASCADE,
    hold    TEXT   NOT NULL,
    digest  TEXT   NOT NULL, -- of the effects that were held
    choice  TEXT   NOT NULL, -- approved, rejected
    by_whom TEXT   NOT NULL,
    reason  TEXT   NOT NULL,
    carried TEXT   NOT NULL, -- the plan that it was first said about, if another
    made_at BIGINT NOT NULL
);
CREATE INDEX sis_decisions_by_plan ON sis_decisions (plan, made_at, id);

-- What a person does not want written, until the SIS says something else.
CREATE TABLE sis_overrides (
    sync    TEXT   NOT NULL,
    effect  TEXT   NOT NULL, -- natural key
    wish    TEXT   NOT NULL, -- digest of what the SIS wants there
    cause   TEXT   NOT NULL, -- rejected, undone
    plan    TEXT   NOT NULL,
    by_whom TEXT   NOT NULL,
    reason  TEXT   NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (sync, effect)
);
CREATE INDEX sis_overrides_by_plan ON sis_overrides (sync, plan);

-- +goose Down
DROP TABLE sis_overrides;
DROP TABLE sis_decisions;
DROP INDEX sis_plans_to_decide;
DROP INDEX sis_effects_of_hold;
ALTER TABLE sis_effects DROP COLUMN undoes;
ALTER TABLE sis_effects DROP COLUMN hold;
ALTER TABLE sis_plans DROP COLUMN reason;
ALTER TABLE sis_plans DROP COLUMN undoes;
ALTER TABLE sis_plans DROP COLUMN kind;
