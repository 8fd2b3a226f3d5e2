package ledger

import (
	"context"
	"database/sql"

	"github.com/pressly/goose/v3"
)

// searchVersion is the version of the schema that brings the search.
const searchVersion = 13

// A searchSchema is what the search is made of in one database.
type searchSchema struct{ up, down string }

func (s searchSchema) migration() *goose.Migration {
	run := func(statements string) *goose.GoFunc {
		return &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, statements)
			return err
		}}
	}
	return goose.NewGoMigration(searchVersion, run(s.up), run(s.down))
}

// searchCommon is the same in both: a walk along all jobs, and how far the texts
// of jobs that are there already can be searched.
const searchCommon = `
CREATE INDEX jobs_by_age ON jobs (created_at, id);
INSERT INTO meta (name, value) SELECT 'searched', CASE WHEN EXISTS (SELECT 1 FROM jobs) THEN '' ELSE 'all' END;
`

const unsearchCommon = `
DELETE FROM meta WHERE name = 'searched';
DROP INDEX jobs_by_age;
`

// In SQLite a row's number begins with when its job was created, so that the
// search comes upon the newest first. The words themselves are kept in the
// index only.
var sqliteSearch = searchSchema{
	up: searchCommon + `
CREATE TABLE job_texts (
    number INTEGER PRIMARY KEY,
    job_id TEXT NOT NULL UNIQUE REFERENCES jobs (id) ON DELETE CASCADE
);
CREATE VIRTUAL TABLE job_words USING fts5 (words, content = '', contentless_delete = 1, detail = none, tokenize = "ascii tokenchars '!'");
CREATE TRIGGER job_texts_gone AFTER DELETE ON job_texts BEGIN
    DELETE FROM job_words WHERE rowid = old.number;
END;
`,
	down: `
DROP TRIGGER job_texts_gone;
DROP TABLE job_words;
DROP TABLE job_texts;
` + unsearchCommon,
}

var postgresSearch = searchSchema{
	up: searchCommon + `
CREATE TABLE job_texts (
    job_id     TEXT     PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    created_at BIGINT   NOT NULL,
    words      TSVECTOR NOT NULL
);
CREATE INDEX job_texts_by_age ON job_texts (created_at);
CREATE INDEX job_texts_words  ON job_texts USING GIN (words);
`,
	down: `
DROP TABLE job_texts;
` + unsearchCommon,
}
