package ledger_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

// ranFor is the story of a schedule's jobs, which ended like this after so many
// seconds, one each minute.
func ranFor(schedule string, end job.State, seconds ...int) (told story) {
	for i, took := range seconds {
		j := newJob(fmt.Sprintf("%s-%s-%d", schedule, end, i))
		j.Schedule, j.Created = schedule, second(60*i)
		told = append(told, events.JobEnqueued{Job: j},
			events.AttemptStarted{ID: j.ID, Attempt: 1, At: second(1000)},
			events.AttemptEnded{ID: j.ID, Attempt: 1, Outcome: job.AttemptSucceeded, State: end, At: second(1000 + took)})
	}
	return told
}

func TestTellsHowLongTheLastJobsOfAScheduleTook(t *testing.T) {
	var rising []int
	for i := range 30 {
		rising = append(rising, 100-i) // the last 20 took 90 to 71
	}
	var told story
	for _, s := range []story{
		ranFor("one", job.Succeeded, 7),
		ranFor("two", job.Succeeded, 10, 20),
		ranFor("many", job.Succeeded, rising...),
		ranFor("mixed", job.Succeeded, 5, 1, 3), ranFor("mixed", job.Failed, 500, 500, 500, 500), ranFor("mixed", job.Aborted, 9),
		ranFor("failed", job.Failed, 5),
		ranFor("", job.Succeeded, 4),
		{events.JobEnqueued{Job: newJob("other")}},
	} {
		told = told.then(s...)
	}
	usual := func(of int, short, median, long float64) job.Usual {
		seconds := func(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }
		return job.Usual{Of: of, Short: seconds(short), Median: seconds(median), Long: seconds(long)}
	}
	each(t, func(t *testing.T, l *ledger.Ledger) {
		tell(t, l, told)
		got, err := l.UsualDurations(t.Context(), []string{"one", "two", "many", "mixed", "failed", "unknown", ""})
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]job.Usual{"one": usual(1, 7, 7, 7), "two": usual(2, 10, 15, 20), "many": usual(20, 73, 80.5, 88), "mixed": usual(3, 1, 3, 5)}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("usual durations (-want +got):\n%s", diff)
		}
		if none, err := l.UsualDurations(t.Context(), nil); len(none) != 0 || err != nil {
			t.Errorf("of no schedules: %v, %v", none, err)
		}
	})
}

func TestTellsTheLastDurationsOfAScheduleOrElseOfItsTaskAndClient(t *testing.T) {
	told := ranFor("nightly", job.Succeeded, 5, 6, 7).then(ranFor("nightly", job.Failed, 500)...)
	told = told.then(ranFor("broken", job.Failed, 9)...)
	other := ranFor("", job.Succeeded, 44)
	for i, e := range other {
		if made, ok := e.(events.JobEnqueued); ok {
			made.Job.Client = "riverside"
			other[i] = made
		}
	}
	told = told.then(other...).then(events.JobEnqueued{Job: newJob("waits")})
	each(t, func(t *testing.T, l *ledger.Ledger) {
		tell(t, l, told)
		j := newJob("asks")
		for _, tt := range []struct {
			schedule, client string
			n                int
			want             []time.Duration
		}{
			{"nightly", j.Client, 2, []time.Duration{7 * time.Second, 6 * time.Second}},
			{"nightly", "riverside", 20, []time.Duration{7 * time.Second, 6 * time.Second, 5 * time.Second}},
			{"broken", j.Client, 1, []time.Duration{7 * time.Second}},
			{"", "riverside", 20, []time.Duration{44 * time.Second}},
			{"", "nobody", 20, nil},
		} {
			recent, err := l.RecentDurations(t.Context(), tt.schedule, j.Task, tt.client, tt.n)
			if err != nil {
				t.Fatal(err)
			}
			var got []time.Duration
			for _, one := range recent {
				got = append(got, one.Took)
				if one.JobID == "" || !one.Started.Equal(second(1000)) {
					t.Errorf("job %q started %s", one.JobID, one.Started)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%q of %s (-want +got):\n%s", tt.schedule, tt.client, diff)
			}
		}
	})
}
