-- +goose Up
-- Few jobs are troubled, and people look for those of a task, of a client or of
-- their own: a walk that leaves out the others one by one takes too long.
CREATE INDEX jobs_troubled_by_task   ON jobs (troubled, task, created_at, id) WHERE troubled = 1;
CREATE INDEX jobs_troubled_by_client ON jobs (troubled, client, created_at, id) WHERE troubled = 1;
CREATE INDEX jobs_troubled_by_owner  ON jobs (troubled, owner, created_at, id) WHERE troubled = 1;

-- The same for a client that has few of the many jobs of a task.
CREATE INDEX jobs_by_both ON jobs (client, task, created_at, id);

-- +goose Down
DROP INDEX jobs_by_both;
DROP INDEX jobs_troubled_by_owner;
DROP INDEX jobs_troubled_by_client;
DROP INDEX jobs_troubled_by_task;
