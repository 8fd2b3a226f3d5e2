package config_test

import (
	"testing"

	"github.com/beadle-jobs/beadle/internal/config"
)

func TestAnAddressThatSomebodyNamesGoesBeforeTheFileOfTheSettings(t *testing.T) {
	c := config.Config{RedisFile: "redis.url", LedgerFile: "ledger.url"}
	c.UseRedis("redis://127.0.0.1:1")
	c.UseLedger("trial.db")
	if url, err := c.RedisURL(); url != "redis://127.0.0.1:1" || err != nil {
		t.Errorf("Redis is at %q, %v", url, err)
	}
	if location, err := c.LedgerURL(); location != "trial.db" || err != nil {
		t.Errorf("the ledger is at %q, %v", location, err)
	}
	c = config.Config{Redis: "redis://127.0.0.1:2"}
	c.UseRedis("")
	if url, _ := c.RedisURL(); url != "redis://127.0.0.1:2" {
		t.Errorf("nobody named another, and Redis is at %q", url)
	}
}
