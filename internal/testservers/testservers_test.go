package testservers_test

import (
	"database/sql"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/testservers"
)

func TestMain(m *testing.M) { testservers.Main(m) }

func TestRedisIsEmptyForEachTest(t *testing.T) {
	for range 2 {
		rdb := redis.NewClient(&redis.Options{Addr: testservers.Redis(t)})
		defer rdb.Close()
		if n := rdb.DBSize(t.Context()).Val(); n != 0 {
			t.Errorf("%d keys in a new Redis, want 0", n)
		}
		if err := rdb.Set(t.Context(), "left", "over", 0).Err(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPostgresSchemasAreApart(t *testing.T) {
	for range 2 {
		db, err := sql.Open("pgx", testservers.Postgres(t))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Exec("CREATE TABLE same_name (id TEXT)"); err != nil {
			t.Errorf("a table of the same name in a new schema: %v", err)
		}
	}
}
