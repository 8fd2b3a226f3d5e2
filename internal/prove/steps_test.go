package prove

import (
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/testservers"
)

func TestTheReportDoesNotHaveTheCommandThatRestartsRedis(t *testing.T) {
	rdb := redis.NewClient(&redis.Options{Addr: testservers.Redis(t)})
	t.Cleanup(func() { rdb.Close() })
	s := &stage{proof: &proof{Options: Options{Redis: rdb, Restart: "true hunter2", Say: t.Logf}}, dir: t.TempDir()}
	t.Cleanup(s.close)
	if err := s.listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := restart(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if done := strings.Join(s.done, "\n"); !strings.Contains(done, "Redis is restarted") || strings.Contains(done, "hunter2") {
		t.Errorf("the report says:\n%s", done)
	}
}
