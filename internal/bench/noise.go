package bench

import (
	"context"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// A noise is the processor time that went to others since it began: to other
// processes, and to other guests of the same host. Figures of a machine that
// has other things to do mean little, whatever they are.
type noise struct {
	began time.Time
	busy  time.Duration // of all processors, ours and what was stolen included
	ours  cpu
}

// listen begins to watch for noise.
func (b *Bed) listen(ctx context.Context) (noise, error) {
	ours, err := b.cpu(ctx)
	return noise{time.Now(), busy(), ours}, err
}

// share returns the percentage of this machine's processor time that went to
// others, as far as the system tells.
func (b *Bed) share(ctx context.Context, since noise) (float64, error) {
	now, err := b.listen(ctx)
	if err != nil || now.busy == 0 {
		return 0, err
	}
	others := now.busy - since.busy - (now.ours.self - since.ours.self)
	if b.local() {
		others -= now.ours.redis - since.ours.redis
	}
	all := now.began.Sub(since.began) * time.Duration(runtime.NumCPU())
	return max(0, 100*float64(others)/float64(max(all, 1))), nil
}

// local reports whether Redis runs on this machine.
func (b *Bed) local() bool {
	host, _, _ := net.SplitHostPort(b.rdb.Options().Addr)
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// tick is the unit of /proc/stat.
const tick = 10 * time.Millisecond

// busy returns the time that the processors were not idle, or 0 where the
// system does not tell.
func busy() time.Duration {
	raw, _ := os.ReadFile("/proc/stat")
	line, _, _ := strings.Cut(string(raw), "\n")
	fields := strings.Fields(line)
	if len(fields) < 9 {
		return 0
	}
	var ticks int64
	for i, field := range fields[1:9] { // user nice system idle iowait irq softirq steal
		if i == 3 || i == 4 {
			continue
		}
		n, _ := strconv.ParseInt(field, 10, 64)
		ticks += n
	}
	return time.Duration(ticks) * tick
}
