package ledger_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

var monday = sis.Date{Year: 2026, Month: 10, Day: 5}

func attended(section, person string, day sis.Date, minutes int) sync.Attendance {
	return sync.Attendance{
		AttendancePlace: sync.AttendancePlace{Section: section, Person: person, Day: day},
		Zone:            "America/New_York", Minutes: minutes, Digest: "d", State: sync.AttComputed, Changed: noon,
	}
}

func collect(t *testing.T, l *ledger.Ledger, c sync.Collected) {
	t.Helper()
	c.Sync = "main"
	if err := l.CollectAttendance(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}

// whose are the people of days, in order.
func whose(days []sync.Attendance) (people []string) {
	for _, d := range days {
		people = append(people, d.Person)
	}
	return people
}

func TestAttendanceComesBackAsItWasKept(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		ann := attended("S1", "ann", monday, 50)
		ann.Posted, ann.Sent, ann.Revision, ann.State, ann.Receipt, ann.SentAt = new(40), 40, 2, sync.AttPosted, "r-1", noon
		never := attended("S1", "bob", monday.Add(1), 0)
		never.Code, never.Message = sync.AttOutside, "Not registered on that day."
		collect(t, l, sync.Collected{Days: []sync.Attendance{ann, never}})
		ann.Minutes = 60
		if err := l.PutAttendance(t.Context(), "main", []sync.Attendance{ann}); err != nil {
			t.Fatal(err)
		}

		got, err := l.Attendance(t.Context(), sync.AttendanceFilter{Sync: "main"})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]sync.Attendance{never, ann}, got); diff != "" {
			t.Errorf("attendance (-want +got):\n%s", diff)
		}
	})
}

func TestAttendanceIsListedByFilter(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		held := attended("S2", "cat", monday, 5)
		held.State, held.Code = sync.AttHeld, sync.BrakeAttendance
		collect(t, l, sync.Collected{Days: []sync.Attendance{
			attended("S1", "ann", monday, 5), attended("S1", "bob", monday, 5), held, attended("S1", "ann", monday.Add(1), 5),
		}})
		for name, test := range map[string]struct {
			f    sync.AttendanceFilter
			want []string
		}{
			"all, newest first": {sync.AttendanceFilter{}, []string{"ann", "ann", "bob", "cat"}},
			"of a day":          {sync.AttendanceFilter{From: monday, To: monday}, []string{"ann", "bob", "cat"}},
			"of a section":      {sync.AttendanceFilter{Section: "S2"}, []string{"cat"}},
			"of a person":       {sync.AttendanceFilter{Person: "ann"}, []string{"ann", "ann"}},
			"in a state":        {sync.AttendanceFilter{State: sync.AttHeld}, []string{"cat"}},
			"with a code":       {sync.AttendanceFilter{Code: sync.BrakeAttendance}, []string{"cat"}},
			"after another, two": {
				sync.AttendanceFilter{After: sync.AttendancePlace{Section: "S1", Person: "ann", Day: monday}, Limit: 2},
				[]string{"bob", "cat"},
			},
		} {
			test.f.Sync = "main"
			got, err := l.Attendance(t.Context(), test.f)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, whose(got)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	})
}

func TestWhatTheSinkHasIsNotPosted(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		same, less, zero := attended("S1", "same", monday, 5), attended("S1", "to zero", monday, 0), attended("S1", "zero", monday, 0)
		same.Posted, less.Posted = new(5), new(9)
		held, later := attended("S2", "held", monday, 5), attended("S1", "later", monday.Add(1), 5)
		collect(t, l, sync.Collected{
			Days:  []sync.Attendance{attended("S1", "new", monday, 5), same, less, zero, held, later},
			Holds: []sync.AttendanceHold{{AttendanceClass: sync.AttendanceClass{Section: "S2", Day: monday}, Code: sync.BrakeAttendance, Made: noon}},
		})
		post := func(least int) []string {
			days, err := l.AttendanceToPost(t.Context(), "main", monday, least, 10)
			if err != nil {
				t.Fatal(err)
			}
			return whose(days)
		}
		if diff := cmp.Diff([]string{"new", "to zero"}, post(1)); diff != "" {
			t.Errorf("to post (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"new", "to zero", "zero"}, post(0)); diff != "" {
			t.Errorf("to post with absences (-want +got):\n%s", diff)
		}
		if _, err := l.ReleaseAttendance(t.Context(), "main", "S2", monday, "rita", "a trip", noon); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"new", "to zero", "held"}, post(1)); diff != "" {
			t.Errorf("to post after the release (-want +got):\n%s", diff)
		}
	})
}

func TestHeldAttendanceIsReleased(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		hold := sync.AttendanceHold{
			AttendanceClass: sync.AttendanceClass{Section: "S1", Day: monday, Students: 20, Attended: 2}, Code: sync.BrakeAttendance, Reason: "few", Made: noon,
		}
		held, unknown := attended("S1", "ann", monday, 5), attended("S2", "bob", monday, 5)
		held.State, unknown.State = sync.AttHeld, sync.AttUnknown
		collect(t, l, sync.Collected{Days: []sync.Attendance{held, unknown}, Holds: []sync.AttendanceHold{hold}})

		n, err := l.ReleaseAttendance(t.Context(), "main", "", monday, "rita", "all right", noon)
		if err != nil || n != 1 {
			t.Errorf("releasing what has no hold of its own freed %d, %v; want what is unknown", n, err)
		}
		n, err = l.ReleaseAttendance(t.Context(), "main", "S1", monday, "rita", "a trip", noon.Add(time.Hour))
		if err != nil || n != 1 {
			t.Fatalf("released %d, %v", n, err)
		}
		if _, err = l.ReleaseAttendance(t.Context(), "main", "S1", monday, "rita", "again", noon); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a second release: %v", err)
		}
		hold.ReleasedBy, hold.Because, hold.Released = "rita", "a trip", noon.Add(time.Hour)
		got, err := l.AttendanceHolds(t.Context(), "main", sis.Date{}, sis.Date{})
		if diff := cmp.Diff([]sync.AttendanceHold{hold}, got); diff != "" || err != nil {
			t.Errorf("holds (-want +got), %v:\n%s", err, diff)
		}
	})
}

func TestDaysOfSectionsAreSummedUp(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		posted := attended("S1", "ann", monday, 30)
		posted.Posted, posted.State = new(30), sync.AttPosted
		class := func(section string, day sis.Date, students, attended int) sync.AttendanceClass {
			return sync.AttendanceClass{Section: section, Day: day, Students: students, Attended: attended}
		}
		hold := sync.AttendanceHold{AttendanceClass: class("", monday.Add(1), 30, 0), Code: sync.BrakeAttendance, Made: noon}
		collect(t, l, sync.Collected{
			Days:    []sync.Attendance{posted, attended("S1", "bob", monday, 12)},
			Classes: []sync.AttendanceClass{class("", monday, 30, 2), class("S1", monday, 20, 2), class("S1", monday.Add(1), 20, 0), class("S2", monday, 10, 0)},
			Holds:   []sync.AttendanceHold{hold},
		})
		want := []sync.AttendanceSummary{
			{AttendanceClass: class("S1", monday.Add(1), 20, 0), States: map[sync.AttendanceState]int64{}, Hold: &hold},
			{AttendanceClass: class("S1", monday, 20, 2), Minutes: 42, Posted: 30, States: map[sync.AttendanceState]int64{sync.AttPosted: 1, sync.AttComputed: 1}},
			{AttendanceClass: class("S2", monday, 10, 0), States: map[sync.AttendanceState]int64{}},
		}
		got, err := l.AttendanceSummaries(t.Context(), sync.AttendanceFilter{Sync: "main"})
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("days (-want +got), %v:\n%s", err, diff)
		}
		got, err = l.AttendanceSummaries(t.Context(), sync.AttendanceFilter{Sync: "main", After: sync.AttendancePlace{Day: monday, Section: "S1"}})
		if diff := cmp.Diff(want[2:], got, cmpopts.EquateEmpty()); diff != "" || err != nil {
			t.Errorf("the next page (-want +got), %v:\n%s", err, diff)
		}
		collect(t, l, sync.Collected{Lifted: []sync.AttendanceHold{hold}})
		if holds, err := l.AttendanceHolds(t.Context(), "main", monday, monday.Add(1)); err != nil || len(holds) != 0 {
			t.Errorf("a hold whose reason is gone is still there: %v, %v", holds, err)
		}
	})
}

func TestDropsSoonAfterAPostAreFound(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		var days []sync.Attendance
		var gone []sync.Message
		for person, later := range map[string]time.Duration{"soon": time.Hour, "late": 25 * time.Hour, "before": -time.Hour} {
			day := attended("S1", person, monday, 5)
			day.Sent, day.SentAt, day.State = 5, noon, sync.AttPosted
			days = append(days, day)
			gone = append(gone, sync.Message{
				ID: "m-" + person, Stream: sis.Registrations, Sync: "main", Key: "S1|" + person + "|student", Op: sync.Gone,
				State: sync.Received, Received: noon.Add(later), Changed: noon,
			})
		}
		collect(t, l, sync.Collected{Days: days})
		err := l.AbsorbSIS(t.Context(), sync.Delta{Sync: "main", Pull: sync.Pull{Stream: sis.Registrations, At: noon}, Messages: slices.Values(gone)})
		if err != nil {
			t.Fatal(err)
		}
		got, err := l.FeedbackDrops(t.Context(), "main", noon.Add(-time.Hour), 24*time.Hour)
		want := []sync.FeedbackDrop{{
			AttendancePlace: sync.AttendancePlace{Section: "S1", Person: "soon", Day: monday}, Posted: 5, SentAt: noon, Dropped: noon.Add(time.Hour),
		}}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("drops (-want +got), %v:\n%s", err, diff)
		}
	})
}

func TestSightingsAreKeptOnce(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		seen := []sis.Activity{{User: "7", Course: "3", At: noon}, {User: "8", Course: "3", At: noon.Add(time.Hour)}}
		for range 2 {
			if err := l.AddSightings(t.Context(), "main", seen); err != nil {
				t.Fatal(err)
			}
		}
		got, err := l.Sightings(t.Context(), "main", "3", noon, noon.Add(time.Hour))
		if diff := cmp.Diff(seen[:1], got); diff != "" || err != nil {
			t.Errorf("sightings (-want +got), %v:\n%s", err, diff)
		}
		for from, want := range map[time.Time]bool{noon: true, noon.Add(2 * time.Hour): false} {
			if any, err := l.Sighting(t.Context(), "main", from, from.Add(time.Hour)); any != want || err != nil {
				t.Errorf("a sighting from %v: %v, %v", from, any, err)
			}
		}
	})
}
