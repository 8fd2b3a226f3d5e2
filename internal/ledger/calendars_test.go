package ledger_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

func saveCalendar(t *testing.T, l *ledger.Ledger, c job.Calendar, was int64, change job.Change) {
	t.Helper()
	if err := l.SaveCalendar(t.Context(), c, was, change); err != nil {
		t.Fatal(err)
	}
}

func TestKeepsCalendars(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		holidays := job.Calendar{Name: "holidays", Title: "School holidays", Exclusions: []job.Exclusion{
			{Title: "Winter", From: "12-24", To: "01-02"},
			{Weekdays: []string{"saturday", "sunday"}, Start: "09:00", End: "17:30"},
		}}
		exams := job.Calendar{Name: "exams"}
		saveCalendar(t, l, holidays, 0, job.Change{})
		saveCalendar(t, l, exams, 0, job.Change{})
		exams.Title = "Exam weeks"
		saveCalendar(t, l, exams, 1, job.Change{})
		holidays.Revision, exams.Revision = 1, 2

		all, err := l.Calendars(t.Context())
		if diff := cmp.Diff([]job.Calendar{exams, holidays}, all); diff != "" || err != nil {
			t.Errorf("calendars, %v (-want +got):\n%s", err, diff)
		}
		if err := l.DeleteCalendar(t.Context(), "exams", 2, job.Change{}); err != nil {
			t.Fatal(err)
		}
		one, err := l.Calendar(t.Context(), "holidays")
		if diff := cmp.Diff(holidays, one); diff != "" || err != nil {
			t.Errorf("calendar, %v (-want +got):\n%s", err, diff)
		}
		_, err = l.Calendar(t.Context(), "exams")
		if fault.KindOf(err) != fault.NotFound || fault.Message(err) != `There is no calendar "exams".` {
			t.Errorf("error = %v, want that it is gone", err)
		}
	})
}

func TestOfTwoPeopleWhoEditACalendarAtOnceOneIsTold(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		kept := job.Calendar{Name: "holidays", Title: "Holidays of Ana", Revision: 2}
		saveCalendar(t, l, job.Calendar{Name: "holidays"}, 0, job.Change{})
		saveCalendar(t, l, kept, 1, job.Change{})
		late := job.Calendar{Name: "holidays", Title: "Holidays of Ben"}
		for name, err := range map[string]error{
			"an edit":    l.SaveCalendar(t.Context(), late, 1, job.Change{}),
			"a creation": l.SaveCalendar(t.Context(), late, 0, job.Change{}),
			"a deletion": l.DeleteCalendar(t.Context(), "holidays", 1, job.Change{}),
		} {
			if fault.KindOf(err) != fault.Conflict {
				t.Errorf("%s: error = %v, want a conflict", name, err)
			}
		}
		got, err := l.Calendar(t.Context(), "holidays")
		if diff := cmp.Diff(kept, got); diff != "" || err != nil || len(changes(t, l, "", 0)) != 2 {
			t.Errorf("calendar, %v (-want +got):\n%s", err, diff)
		}
	})
}
