package lock

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/testservers"
)

// perScript is how many jobs a script of the benchmarks takes and gives back.
const perScript = 64

// BenchmarkTakeAndGive shows what one job more costs inside Redis, by the
// quickest of many rounds. Compare with the empty loop: making the id is not
// the library's cost.
func BenchmarkTakeAndGive(b *testing.B) {
	for _, c := range []struct{ name, body string }{
		{"empty", ``},
		{"empty with text", `local a, b = 'users' .. id, 'gradebook' .. id`},
		{"no wants, try only", `lock.try(id, who, '')`},
		{"no wants", `lock.try(id, who, '') lock.give(id, who)`},
		{"read and write, same names", `
			local wants = '{"reads":["north/users"],"writes":["north/gradebook"]}'
			lock.try(id, who, wants)
			who.wants = wants
			lock.give(id, who)
			who.wants = ''`},
		{"read and write, other names each", `
			local wants = '{"reads":["north/users' .. id .. '"],"writes":["north/gradebook' .. id .. '"]}'
			lock.try(id, who, wants)
			who.wants = wants
			lock.give(id, who)
			who.wants = ''`},
	} {
		b.Run(c.name, func(b *testing.B) { benchmark(b, c.body, "") })
	}
	write := `
		local wants = '{"reads":["north/users"],"writes":["north/gradebook' .. id .. '"]}'
		`
	b.Run("no wants, two scripts", func(b *testing.B) { benchmark(b, `lock.try(id, who, '')`, `lock.give(id, who)`) })
	b.Run("read and write, two scripts", func(b *testing.B) {
		benchmark(b, write+`lock.try(id, who, wants)`, write+`who.wants = wants lock.give(id, who)`)
	})
}

// benchmark runs bodies for each job of a script, the second one in a script
// of its own after the first.
func benchmark(b *testing.B, bodies ...string) {
	rdb := client(b, testservers.Redis(b))
	var scripts []*redis.Script
	for _, body := range bodies {
		if len(scripts) > 0 && body == "" {
			continue
		}
		scripts = append(scripts, redis.NewScript(Library+`
			local who = {task = 'sis.pull', client = 'north', queue = 'sis', worker = 'w', wants = ''}
			for i = 1, tonumber(ARGV[1]) do
				local id = '0199a1b2-c3d4-7000-8000-' .. ARGV[2] .. i
				`+body+`
			end
			lock.call()
			lock.flush()`))
	}
	for _, script := range scripts {
		if err := script.Load(context.Background(), rdb).Err(); err != nil {
			b.Fatal(err)
		}
	}
	best := math.Inf(1)
	for n := 0; b.Loop(); n++ {
		const rounds = 10
		rdb.ConfigResetStat(context.Background())
		for i := range rounds {
			for _, script := range scripts {
				if err := script.Run(context.Background(), rdb, nil, perScript, fmt.Sprint(n*rounds+i)).Err(); err != nil && !errors.Is(err, redis.Nil) {
					b.Fatal(err)
				}
			}
		}
		best = min(best, spent(rdb)/rounds)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(best/perScript, "µs/job")
}

// spent is how many µs Redis has spent in scripts.
func spent(rdb *redis.Client) (usec float64) {
	_, stats, _ := strings.Cut(rdb.Info(context.Background(), "commandstats").Val(), "cmdstat_evalsha:")
	var calls int64
	fmt.Sscanf(stats, "calls=%d,usec=%f", &calls, &usec)
	return usec
}
