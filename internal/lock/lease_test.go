package lock

import (
	"context"
	"net"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/beadle-jobs/beadle/internal/testservers"
)

func redisAddr(t testing.TB) string { return testservers.Redis(t) }

const leaseUS = int64(Lease / time.Microsecond)

func (l lua) renews(worker string) (alive bool) {
	l.call(&alive, "renew", worker, leaseUS)
	return alive
}

func (l lua) reaps() (workers []string) {
	l.call(&workers, "expired", 10)
	return workers
}

func TestALeaseLastsAsLongAsItIsRenewed(t *testing.T) {
	c := stopped(t)
	expect(t, "unknown", false, c.renews("w"))
	c.call(nil, "enlist", "w", leaseUS)
	for range 5 {
		c.passes(2 * time.Second)
		expect(t, "renewed", true, c.renews("w"))
	}
	c.passes(Lease - time.Millisecond)
	expect(t, "expired early", nil, c.reaps())
	c.passes(time.Millisecond)
	expect(t, "expired", []string{"w"}, c.reaps())
	expect(t, "not reaped yet", true, c.renews("w"))
	c.passes(Lease)
	c.call(nil, "retire", "w")
	expect(t, "reaped", false, c.renews("w"))
	c.call(nil, "enlist", "w", leaseUS)
	var alive bool
	c.call(&alive, "alive", "w")
	expect(t, "enlisted again", true, alive)
}

// TestALeaseRunsOutInRealTime lets time pass as it does, in a bubble.
func TestALeaseRunsOutInRealTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := miniredis.NewMiniRedis()
		m.ClockTTL(true)
		rdb := redis.NewClient(&redis.Options{Dialer: func(context.Context, string, string) (net.Conn, error) { return m.Dial() }})
		defer rdb.Close()
		l := lua{t, rdb}
		l.call(nil, "enlist", "w", leaseUS)
		for range 3 {
			time.Sleep(2 * time.Second)
			expect(t, "renewed", true, l.renews("w"))
		}
		time.Sleep(Lease + time.Millisecond)
		expect(t, "expired", []string{"w"}, l.reaps())
	})
}

func TestWhatAWorkerHoldsIsKnownUntilItIsRetired(t *testing.T) {
	everywhere(t, func(t *testing.T, l lua) {
		l.calls(on("enlist", "w", leaseUS), on("hold", "w", "a", "17"), on("hold", "w", "b", "18"), on("hold", "w", "c", "19"), on("unhold", "w", "c"))
		l.call(nil, "unhold", "w", "a")
		held := map[string]string{}
		l.call(&held, "holds", "w")
		expect(t, "held", map[string]string{"b": "18"}, held)
		l.call(nil, "retire", "w")
		if n := l.rdb.DBSize(t.Context()).Val(); n != 0 {
			t.Errorf("%d keys are left", n)
		}
	})
}

func TestNothingIsGrantedOrReapedAfterARestart(t *testing.T) {
	c := stopped(t)
	c.call(nil, "master", "one", leaseUS)
	c.call(nil, "master", "", leaseUS)
	c.call(nil, "enlist", "w", leaseUS)
	expect(t, "before", reason{}, c.try("a", north, ""))
	c.passes(time.Hour) // Redis was away

	c.call(nil, "master", "two", leaseUS)

	why := c.try("b", north, "")
	if why.Kind != "redis" || c.after(why.Due) != Lease {
		t.Errorf("b: %+v, want redis for %s", why, Lease)
	}
	expect(t, "reaped", nil, c.reaps())
	c.passes(Lease - time.Second)
	c.call(nil, "master", "two", leaseUS)
	expect(t, "still", "redis", c.try("b", north, "").Kind)
	expect(t, "re-asserted", true, c.renews("w"))
	c.passes(time.Second)
	expect(t, "after one lease", reason{}, c.try("b", north, ""))
	expect(t, "reaped after it", nil, c.reaps())
}

func TestFencesAlwaysGrow(t *testing.T) {
	c := stopped(t)
	var first, second int64
	fence := func() int64 {
		var text string
		c.call(&text, "fence")
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	first = fence()
	expect(t, "the time in µs", c.at.UnixMicro(), first)
	c.server.SetTime(c.at.Add(-time.Hour))
	if second = fence(); second != first+1 {
		t.Errorf("fences %d, %d: want one more when the clock goes back", first, second)
	}
}
