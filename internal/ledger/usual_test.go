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
	usual := func(median, long float64) job.Usual {
		return job.Usual{Median: time.Duration(median * float64(time.Second)), Long: time.Duration(long * float64(time.Second))}
	}
	each(t, func(t *testing.T, l *ledger.Ledger) {
		tell(t, l, told)
		got, err := l.UsualDurations(t.Context(), []string{"one", "two", "many", "mixed", "failed", "unknown", ""})
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]job.Usual{"one": usual(7, 7), "two": usual(15, 20), "many": usual(80.5, 88), "mixed": usual(3, 5)}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("usual durations (-want +got):\n%s", diff)
		}
		if none, err := l.UsualDurations(t.Context(), nil); len(none) != 0 || err != nil {
			t.Errorf("of no schedules: %v, %v", none, err)
		}
	})
}
