package job

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func minutes(all ...float64) (took []time.Duration) {
	for _, m := range all {
		took = append(took, time.Duration(m*float64(time.Minute)))
	}
	return took
}

func TestWhatIsUsualLeavesOutTheExtremes(t *testing.T) {
	got := UsualOf(minutes(3, 60, 2, 3, 3, 3, 4, 5, .1, 3))
	want := Usual{Short: 2 * time.Minute, Median: 3 * time.Minute, Long: 5 * time.Minute, Of: 10}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := UsualOf(nil); got != (Usual{}) {
		t.Errorf("of nothing: %v", got)
	}
}

func TestAJobIsNotMeasuredByItself(t *testing.T) {
	jobs := []Lasted{{JobID: "a", Took: time.Minute}, {JobID: "b", Took: time.Hour}}
	if others, usual := Beside("b", jobs); len(others) != 1 || usual.Of != 1 || usual.Median != time.Minute {
		t.Errorf("got %+v of %v", usual, others)
	}
	if others, usual := Beside("b", make([]Lasted, 30)); len(others) != UsualJobs || usual.Of != UsualJobs {
		t.Errorf("%d others of 30 tell what is usual", len(others))
	}
}

func TestAJobIsComparedInWords(t *testing.T) {
	usual := Usual{Short: 2 * time.Minute, Median: 3 * time.Minute, Long: 5 * time.Minute, Of: 20}
	now := time.Date(2026, 9, 3, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		usual Usual
		took  time.Duration
		going bool
		want  string
	}{
		{usual, 12 * time.Minute, false, "Usually 3 min (2 to 5); this one 12 min, four times as long."},
		{usual, 100 * time.Hour, false, "Usually 3 min (2 to 5); this one 4 days, 2000 times as long."},
		{usual, 6 * time.Minute, false, "Usually 3 min (2 to 5); this one 6 min, twice as long."},
		{usual, 311 * time.Second, false, "Usually 3 min (2 to 5); this one 5 min, longer than most."},
		{usual, 4 * time.Minute, false, "Usually 3 min (2 to 5); this one 4 min, as usual."},
		{usual, 115 * time.Second, false, "Usually 3 min (2 to 5); this one 2 min, shorter than most."},
		{usual, 90 * time.Second, false, "Usually 3 min (2 to 5); this one 90 s, half as long."},
		{usual, 30 * time.Second, false, "Usually 3 min (2 to 5); this one 30 s, much shorter than most."},
		{usual, 30 * time.Second, true, "Usually 3 min (2 to 5); this one so far 30 s."},
		{usual, 9 * time.Minute, true, "Usually 3 min (2 to 5); this one so far 9 min, three times as long."},
		{usual, -time.Minute, true, "Usually 3 min (2 to 5); this one so far 0 ms."},
		{Usual{Short: 5e6, Median: 10e6, Long: 40e6, Of: 9}, 80 * time.Millisecond, false, "Usually 10 ms (5 to 40); this one 80 ms, as usual."},
		{Usual{Short: 50e9, Median: 3 * time.Minute, Long: 3 * time.Hour, Of: 9}, 3 * time.Minute, false, "Usually 3 min (50 s to 3 h); this one 3 min, as usual."},
		{Usual{Short: 60e9, Median: 60e9, Long: 60e9, Of: 2}, time.Minute, false, "Usually 1 min; this one 1 min, as usual."},
		{UsualOf(minutes(3)), 6 * time.Minute, false, "Only one other is known, which took 3 min; this one 6 min, twice as long."},
		{Usual{}, time.Minute, false, ""},
	} {
		j := Job{Started: new(now.Add(-tt.took))}
		if !tt.going {
			j.Ended = &now
		}
		if got := tt.usual.Compare(j, now); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
	if got := usual.Compare(Job{}, now); got != "Usually 3 min (2 to 5)." {
		t.Errorf("a job that has not begun: %s", got)
	}
}

func TestTheTimeLeftIsThatOfTheOthers(t *testing.T) {
	usual := Usual{Short: 2 * time.Minute, Median: 3 * time.Minute, Long: 5 * time.Minute, Of: 20}
	for ran, want := range map[time.Duration]time.Duration{
		0: 3 * time.Minute, time.Minute: 2 * time.Minute, 4 * time.Minute: time.Minute, 5 * time.Minute: -1, time.Hour: -1,
	} {
		if got, ok := usual.Left(ran); ok != (want >= 0) || (ok && got != want) {
			t.Errorf("after %s: %s, %t", ran, got, ok)
		}
	}
	if _, ok := UsualOf(minutes(3, 3)).Left(0); ok {
		t.Error("two jobs tell how long a third one has left")
	}
}
