-- +goose Up
-- The last change of the schema that a program must know of to use the ledger.
-- One that knows fewer changes than there are goes on as long as it knows this
-- one. A change that takes something away names the one that replaced it.
INSERT INTO meta (name, value) VALUES ('needs', '29');

-- +goose Down
DELETE FROM meta WHERE name = 'needs';
