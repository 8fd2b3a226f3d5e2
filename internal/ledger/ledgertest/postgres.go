package ledgertest

import (
	"crypto/rand"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/beadle-jobs/beadle/internal/testservers"
)

// unused are the schemas that tests have given back.
var unused struct {
	sync.Mutex
	names []string
}

// Postgres returns the URL of an empty ledger in a real PostgreSQL: a schema of
// its own, which another test may have used and which is emptied afterwards.
func Postgres(t testing.TB) string {
	t.Helper()
	server := testservers.PostgresServer(t)
	db, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatal(err)
	}
	schema := takeUnused()
	if schema == "" {
		schema, err = newSchema(db, server)
	}
	if err != nil {
		t.Fatalf("make an empty ledger: %v", err)
	}
	t.Cleanup(func() {
		defer db.Close()
		if err := empty(db, schema); err != nil {
			t.Errorf("empty the ledger: %v", err)
			return
		}
		giveBack(schema)
	})
	return within(server, schema)
}

func within(server, schema string) string { return server + "&search_path=" + schema }

func takeUnused() (schema string) {
	unused.Lock()
	defer unused.Unlock()
	if last := len(unused.names) - 1; last >= 0 {
		schema, unused.names = unused.names[last], unused.names[:last]
	}
	return schema
}

func giveBack(schema string) {
	unused.Lock()
	defer unused.Unlock()
	unused.names = append(unused.names, schema)
}

// newSchema brings a new schema up to date and keeps the rows that the changes
// of the schema made in a second one, of the same name with _kept.
func newSchema(db *sql.DB, server string) (string, error) {
	schema := "ledger_" + strings.ToLower(rand.Text())
	if _, err := db.Exec("CREATE SCHEMA " + schema); err != nil {
		return "", err
	}
	if err := bringUp(within(server, schema)); err != nil {
		return "", err
	}
	_, err := db.Exec(fmt.Sprintf(keepRows, schema))
	return schema, err
}

// empty removes all rows but those that the changes of the schema made.
func empty(db *sql.DB, schema string) error {
	_, err := db.Exec(fmt.Sprintf(removeRows, schema))
	return err
}

// keepRows copies what is in the tables of a new schema, but for goose's own.
const keepRows = `DO $$
DECLARE
	used text;
BEGIN
	CREATE SCHEMA %[1]s_kept;
	FOR used IN ` + usedTables + `
	LOOP
		EXECUTE format('CREATE TABLE %[1]s_kept.%%I AS TABLE %[1]s.%%I', used, used);
	END LOOP;
END $$`

// removeRows empties the tables that ever had a row, and puts back what was
// kept.
const removeRows = `DO $$
DECLARE
	used text;
BEGIN
	SELECT string_agg(format('%[1]s.%%I', relname), ', ') INTO used FROM (` + usedTables + `) AS u;
	EXECUTE 'TRUNCATE ' || used || ' RESTART IDENTITY CASCADE';
	FOR used IN SELECT relname FROM pg_class WHERE relnamespace = '%[1]s_kept'::regnamespace AND relkind = 'r'
	LOOP
		EXECUTE format('INSERT INTO %[1]s.%%I TABLE %[1]s_kept.%%I', used, used);
	END LOOP;
END $$`

const usedTables = `SELECT relname FROM pg_class
		WHERE relnamespace = '%[1]s'::regnamespace AND relkind = 'r' AND relname <> 'goose_db_version' AND pg_relation_size(oid) > 0`
