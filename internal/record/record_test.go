package record_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/record"
)

// A bench is a recorder between a fake Redis and a fake ledger.
type bench struct {
	redis  *fakeRedis
	ledger *fakeLedger
	log    *log
	*record.Recorder
}

func newBench() *bench {
	b := &bench{redis: &fakeRedis{epoch: "one"}, ledger: &fakeLedger{epoch: "one"}, log: &log{}}
	b.Recorder = &record.Recorder{Stream: b.redis, Jobs: b.redis, Ledger: b.ledger, Log: slog.New(slog.NewTextHandler(b.log, nil))}
	return b
}

// during runs test in a bubble of time, beside a running recorder.
func during(t *testing.T, b *bench, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		run(t, b.Recorder)
		test(t)
	})
}

// run runs a recorder until the test ends.
func run(t *testing.T, r *record.Recorder) {
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- r.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("Run = %v, want nil when it was told to stop", err)
		}
	})
}

func wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// names returns n names of jobs.
func names(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("job-%05d", i)
	}
	return ids
}

func TestRecordsEveryEventOnceAndInOrder(t *testing.T) {
	b := newBench()
	during(t, b, func(t *testing.T) {
		want := names(1700)
		b.redis.append(want[:1200]...)
		wait(3 * time.Second)
		b.redis.append(want[1200:]...)
		wait(3 * time.Second)
		if diff := cmp.Diff(want, b.ledger.jobs()); diff != "" {
			t.Errorf("recorded (-want +got):\n%s", diff)
		}
		if got, want := b.Status().Position, b.ledger.state().position; got != want {
			t.Errorf("position = %q, the ledger's is %q", got, want)
		}
	})
}

func TestTwoRecordersRecordNothingTwice(t *testing.T) {
	b := newBench()
	during(t, b, func(t *testing.T) {
		run(t, &record.Recorder{Stream: b.redis, Jobs: b.redis, Ledger: b.ledger, Log: slog.New(slog.DiscardHandler)})
		want := names(600)
		for i := range 30 {
			b.redis.append(want[i*20 : i*20+20]...)
			wait(70 * time.Millisecond)
		}
		wait(20 * time.Second)
		if diff := cmp.Diff(want, b.ledger.jobs()); diff != "" {
			t.Errorf("recorded (-want +got):\n%s", diff)
		}
	})
}

func TestTrimsOnlyWhatIsRecorded(t *testing.T) {
	b := newBench()
	during(t, b, func(t *testing.T) {
		b.redis.append("a", "b")
		wait(10 * time.Second)
		if got := b.redis.length(); got != 2 {
			t.Errorf("stream has %d entries after 10 s, want both for viewers", got)
		}
		b.ledger.set(func(l *fakeLedger) { l.away = true })
		b.redis.append("c")
		wait(10 * time.Minute)
		if got := b.redis.length(); got == 0 {
			t.Error("an event was trimmed that is not recorded")
		}
		b.ledger.set(func(l *fakeLedger) { l.away = false })
		wait(2 * time.Minute)
		if got := b.redis.length(); got != 1 {
			t.Errorf("stream has %d entries long after they were recorded, want the last one as a mark", got)
		}
		if diff := cmp.Diff([]string{"a", "b", "c"}, b.ledger.jobs()); diff != "" {
			t.Errorf("recorded (-want +got):\n%s", diff)
		}
	})
}

func TestTriesMoreAndMoreSlowlyWhileRedisIsAway(t *testing.T) {
	b := newBench()
	during(t, b, func(t *testing.T) {
		wait(100 * time.Millisecond)
		b.redis.set(func(f *fakeRedis) { f.away, f.tries = true, nil })
		wait(5 * time.Minute)
		away := b.redis.reads()
		if len(away) > 1 {
			t.Errorf("%d reads of the stream, want none before the epoch is known again", len(away))
		}
		b.redis.set(func(f *fakeRedis) { f.away = false })
		b.redis.append("a")
		wait(10 * time.Second)
		if diff := cmp.Diff([]string{"a"}, b.ledger.jobs()); diff != "" {
			t.Errorf("recorded once Redis is back (-want +got):\n%s", diff)
		}
	})
}

func TestBacksOffWhileTheLedgerIsAway(t *testing.T) {
	b := newBench()
	b.Ledger = recordless{b.ledger}
	b.redis.append("a")
	during(t, b, func(t *testing.T) {
		start := time.Now()
		wait(40 * time.Second)
		var got []time.Duration
		for _, at := range b.redis.reads() {
			got = append(got, at.Sub(start))
		}
		ms := time.Millisecond
		want := []time.Duration{0, 250 * ms, 750 * ms, 1750 * ms, 3750 * ms, 7750 * ms, 15750 * ms, 25750 * ms, 35750 * ms}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("tries (-want +got):\n%s", diff)
		}
	})
}

// recordless is a ledger that can be read but not written.
type recordless struct{ *fakeLedger }

func (recordless) Record(context.Context, string, []entry) (int, error) { return 0, errAway }

func TestLogsAnOutageOnceAndItsEnd(t *testing.T) {
	b := newBench()
	during(t, b, func(t *testing.T) {
		for range 2 {
			b.ledger.set(func(l *fakeLedger) { l.away = true })
			wait(time.Hour)
			b.ledger.set(func(l *fakeLedger) { l.away = false })
			wait(time.Minute)
		}
	})
	log := b.log.String()
	if began, over := strings.Count(log, "level=WARN"), strings.Count(log, "recorded again"); began != 2 || over != 2 {
		t.Errorf("%d beginnings and %d ends of 2 outages in the log:\n%s", began, over, log)
	}
	if !strings.Contains(log, errAway.Error()) {
		t.Errorf("the log does not say why:\n%s", log)
	}
}

func TestLagIsTheAgeOfWhatIsNotRecorded(t *testing.T) {
	b := newBench()
	during(t, b, func(t *testing.T) {
		wait(5 * time.Second)
		if got := b.Lag(); got != 0 {
			t.Errorf("Lag() = %v with nothing to record, want 0", got)
		}
		b.ledger.set(func(l *fakeLedger) { l.away = true })
		b.redis.append("a")
		wait(90 * time.Second)
		if got := b.Lag(); got < 85*time.Second || got > 90*time.Second {
			t.Errorf("Lag() = %v, 90 s after an event that is not recorded", got)
		}
		b.ledger.set(func(l *fakeLedger) { l.away = false })
		wait(20 * time.Second)
		if got := b.Lag(); got != 0 {
			t.Errorf("Lag() = %v when all is recorded, want 0", got)
		}
	})
}

func TestCountsWhatItCouldNotRecord(t *testing.T) {
	b := newBench()
	b.ledger.skipping = 2
	during(t, b, func(t *testing.T) {
		b.redis.append("a", "b", "c")
		wait(time.Second)
		if got := b.Status().Skipped; got != 2 {
			t.Errorf("skipped = %d, want 2", got)
		}
		if !strings.Contains(b.log.String(), "events=2") {
			t.Errorf("the log does not say so:\n%s", b.log)
		}
	})
}

func TestShowsDueJobsAsQueued(t *testing.T) {
	b := newBench()
	during(t, b, func(t *testing.T) {
		wait(time.Minute)
		if n := b.ledger.state().due; n < 30 || n > 61 {
			t.Errorf("looked for due jobs %d times in a minute, want about every second", n)
		}
	})
}

func TestASmallPageDoesNotDivideWhatHappenedTogether(t *testing.T) {
	b := newBench()
	during(t, b, func(t *testing.T) {
		want := names(1100)
		b.redis.together(want[:3]...)
		b.redis.append(want[3:499]...)
		b.redis.together(want[499:520]...)
		b.redis.append(want[520:]...)
		wait(3 * time.Second)
		if diff := cmp.Diff(want, b.ledger.jobs()); diff != "" {
			t.Errorf("recorded (-want +got):\n%s", diff)
		}
	})
}

func TestReadsLargerPagesWhenItIsBehind(t *testing.T) {
	b := newBench()
	b.ledger.slow = 200 * time.Millisecond // for each page
	b.redis.append(names(40_000)...)
	during(t, b, func(t *testing.T) {
		wait(7 * time.Second)
		if got := len(b.ledger.jobs()); got != 40_000 {
			t.Errorf("%d of 40,000 events are recorded after 7 s", got)
		}
		if got, want := b.ledger.state().largest, 4000; got != want {
			t.Errorf("the largest page had %d events, want %d", got, want)
		}
	})
}

func TestLeavesHalfOfTheTimeToOthersWhenItIsBehind(t *testing.T) {
	b := newBench()
	b.ledger.slow = 200 * time.Millisecond
	b.redis.append(names(40_000)...)
	during(t, b, func(t *testing.T) {
		wait(4 * time.Second)
		if got := b.ledger.state().pages; got < 8 || got > 10 {
			t.Errorf("%d pages of 0.2 s in 4 s, want about 10", got)
		}
	})
}

func TestTellsRedisWhichEndedJobsAreRecorded(t *testing.T) {
	b := newBench()
	during(t, b, func(t *testing.T) {
		b.redis.append("a", "b", "c")
		b.redis.tell(events.AttemptEnded{ID: "a", State: job.Succeeded})
		b.redis.tell(events.AttemptEnded{ID: "b", State: job.Retrying})
		b.redis.tell(events.JobEnded{ID: "c", State: job.Expired})
		b.ledger.set(func(l *fakeLedger) { l.away = true })
		wait(3 * time.Second)
		b.redis.set(func(f *fakeRedis) {
			if len(f.forgot) != 0 {
				t.Errorf("Redis forgot %v, which are not recorded", f.forgot)
			}
		})
		b.ledger.set(func(l *fakeLedger) { l.away = false })
		wait(10 * time.Second)
		if diff := cmp.Diff([]string{"a", "c"}, b.redis.forgotten()); diff != "" {
			t.Errorf("Redis forgot (-want +got):\n%s", diff)
		}
	})
}

func TestRecordsOnWhenRedisDoesNotHearWhatItMayForget(t *testing.T) {
	b := newBench()
	b.redis.deaf = true
	during(t, b, func(t *testing.T) {
		for range 3 {
			b.redis.tell(events.JobEnded{ID: "a", State: job.Expired})
			wait(time.Second)
		}
		if got := len(b.ledger.jobs()); got != 3 {
			t.Errorf("%d of 3 events are recorded", got)
		}
		if got := strings.Count(b.log.String(), "did not hear"); got != 1 {
			t.Errorf("the log says so %d times, want once:\n%s", got, b.log)
		}
	})
}

func TestSaysHowMuchIsNotRecorded(t *testing.T) {
	b := newBench()
	during(t, b, func(t *testing.T) {
		b.redis.append(names(100)...)
		wait(2 * time.Second)
		if got := b.Status(); got.Lag != 0 || got.Behind != 0 {
			t.Errorf("status = %+v with all recorded", got)
		}
		b.ledger.set(func(l *fakeLedger) { l.away = true })
		wait(time.Minute)
		b.redis.append(names(30)...)
		b.redis.together("a", "b")
		wait(20 * time.Second)
		if got := b.Status(); got.Lag < 75*time.Second || got.Behind != 31 {
			t.Errorf("status = %+v with 31 entries behind and the ledger away for 80 s", got)
		}
	})
}
