package scheduler

import (
	"log/slog"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/engine"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/ledger/ledgertest"
	"github.com/beadle-jobs/beadle/internal/testservers"
)

func TestALedgerThatIsAwayIsBehind(t *testing.T) {
	rdb := redis.NewClient(&redis.Options{Addr: testservers.Redis(t), ContextTimeoutEnabled: true})
	t.Cleanup(func() { rdb.Close() })
	records, err := ledger.Open(t.Context(), ledgertest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	d := &delay{engine: engine.New(rdb, slog.New(slog.NewTextHandler(t.Output(), nil))), ledger: records}
	checked := func() time.Duration {
		d.checked = time.Time{}
		return d.Behind()
	}

	if got := checked(); got != 0 {
		t.Errorf("behind by %s, and nothing has happened", got)
	}
	records.Close()
	for deadline := time.Now().Add(10 * time.Second); checked() == 0; {
		if time.Now().After(deadline) {
			t.Fatal("not behind, though nobody can record anything")
		}
	}
}
