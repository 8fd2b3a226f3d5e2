package metric_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/beadle-jobs/beadle/internal/metric"
	"github.com/beadle-jobs/beadle/internal/sync"
)

func TestShowsHowSyncsStand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := metric.New("v1", metric.Bounds{})
		m.WatchCampus(&campus{}, []string{"main", "evening"})
		wants(t, scrape(t, m),
			`beadle_messages{state="held",sync="main"} 4`,
			`beadle_messages{state="waiting",sync="evening"} 0`,
			`beadle_messages{state="applied",sync="evening"} 250000`,
			`beadle_message_oldest_seconds{state="held",sync="main"} 7200`,
			`beadle_message_oldest_seconds{state="rejected",sync="main"} 0`,
			`beadle_plans_held{sync="main"} 2`,
			`beadle_plan_held_oldest_seconds{sync="main"} 3600`,
			`beadle_sync_last_success_timestamp_seconds{sync="main"} 9.466848e+08`,
		)
	})
}

func TestTheLedgerIsAskedSeldomHoweverOftenOneScrapes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := metric.New("v1", metric.Bounds{})
		c := &campus{}
		m.WatchCampus(c, []string{"main"})
		for range 600 { // ten minutes
			scrape(t, m)
			time.Sleep(time.Second)
		}
		if open, settled := c.open.Load(), c.settled.Load(); open != 20 || settled != 1 {
			t.Errorf("in ten minutes messages that are open were counted %d times, and those that are done with %d times; want 20 and 1", open, settled)
		}
	})
}

func TestALedgerThatHangsHoldsUpNoScrape(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := metric.New("v1", metric.Bounds{})
		c := &campus{}
		m.WatchCampus(c, []string{"main", "evening"})
		scrape(t, m)
		c.hangs.Store(true)
		time.Sleep(time.Minute)
		began := time.Now()
		got := scrape(t, m)
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("the scrape took %s", took)
		}
		wants(t, got, `beadle_messages{state="held",sync="main"} 4`) // as it was
		time.Sleep(2 * time.Minute)
		if got := scrape(t, m); strings.Contains(got, `state="held"`) {
			t.Error("what nobody can read any more is still shown")
		}
		c.hangs.Store(false)
		time.Sleep(2 * time.Minute)
		wants(t, scrape(t, m), `beadle_messages{state="held",sync="main"} 4`)
	})
}

// campus answers alike each time, unless it hangs.
type campus struct {
	open, settled atomic.Int32
	hangs         atomic.Bool
}

func (c *campus) SISMessageTotals(ctx context.Context, _ string, states []sync.MessageState) ([]sync.MessageCount, error) {
	if c.hangs.Load() {
		<-ctx.Done()
		return nil, errors.New("too late")
	}
	for _, s := range states {
		switch s {
		case sync.Held:
			c.open.Add(1)
			return []sync.MessageCount{{State: sync.Held, Count: 4, Oldest: time.Now().Add(-2 * time.Hour)}}, nil
		case sync.Applied:
			c.settled.Add(1)
			return []sync.MessageCount{{State: sync.Applied, Count: 250_000, Oldest: time.Now().Add(-time.Hour)}}, nil
		}
	}
	return nil, nil
}

func (c *campus) SISStanding(ctx context.Context, _ string) (sync.Standing, error) {
	if c.hangs.Load() {
		<-ctx.Done()
		return sync.Standing{}, ctx.Err()
	}
	return sync.Standing{Held: 2, HeldSince: time.Now().Add(-time.Hour), Through: time.Unix(946684800, 0)}, nil
}
