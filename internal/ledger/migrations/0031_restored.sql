-- +goose Up
-- Out of which backup the ledger came, as JSON, until what Redis has done since
-- the backup was made is in it; else empty.
INSERT INTO meta (name, value) VALUES ('restored', '');

-- +goose Down
DELETE FROM meta WHERE name = 'restored';
