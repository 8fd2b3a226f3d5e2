package timetable_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

func TestACalendarIsChangedByWhoeverSawIt(t *testing.T) {
	d := openDesk(t)
	holidays := job.Calendar{Name: "holidays", Title: "Public holidays", Exclusions: []job.Exclusion{{From: "12-24", To: "01-02"}}}
	first, err := d.PutCalendar(t.Context(), holidays, "anna", "Nobody is here.")
	if err != nil || first.Revision != 1 {
		t.Fatalf("%+v, %v", first, err)
	}
	_, err = d.PutCalendar(t.Context(), holidays, "ben", "Me too.")
	refused(t, err, fault.Conflict, "name", "There already is a calendar")

	second := first
	second.Exclusions = append(second.Exclusions, job.Exclusion{From: "05-01"})
	if second, err = d.PutCalendar(t.Context(), second, "ben", "May day."); err != nil || second.Revision != 2 {
		t.Fatalf("%+v, %v", second, err)
	}
	_, err = d.PutCalendar(t.Context(), first, "anna", "A typo.")
	refused(t, err, fault.Conflict, "", "ben changed it")
	want := "anna  created  -> [{\"from\":\"12-24\",\"to\":\"01-02\"}]\n" +
		"ben  exclusions [{\"from\":\"12-24\",\"to\":\"01-02\"}] -> [{\"from\":\"12-24\",\"to\":\"01-02\"},{\"from\":\"05-01\"}]"
	if diff := cmp.Diff(want, d.history("calendar holidays")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}

	gone := second
	if err := d.DeleteCalendar(t.Context(), "holidays", "anna", "Not needed."); err != nil {
		t.Fatal(err)
	}
	_, err = d.PutCalendar(t.Context(), gone, "ben", "A typo.")
	refused(t, err, fault.Conflict, "", "was deleted")
}

func TestACalendarThatIsUsedStays(t *testing.T) {
	d := openDesk(t)
	nights := job.Calendar{Name: "nights", Exclusions: []job.Exclusion{{Start: "22:00", End: "06:00"}}}
	if _, err := d.PutCalendar(t.Context(), nights, "anna", "People sleep."); err != nil {
		t.Fatal(err)
	}
	d.edit(job.LayerPlatform, "anna", `{"calendar":"nights"}`)
	d.edit(job.LayerClient, "carl", `{"calendar":""}`)
	refused(t, d.DeleteCalendar(t.Context(), "nights", "anna", "Not needed."), fault.Conflict, "", `"nights" is used by sis.pull`)
	d.edit(job.LayerPlatform, "anna", `{}`, "calendar")
	if err := d.DeleteCalendar(t.Context(), "nights", "anna", "Not needed."); err != nil {
		t.Error(err)
	}
}

func TestRefusesCalendarsWithoutMeaning(t *testing.T) {
	d := openDesk(t)
	for field, c := range map[string]job.Calendar{
		"name":               {Name: "bank holidays"},
		"exclusions[0].from": {Name: "a", Exclusions: []job.Exclusion{{From: "2026-02-30"}}},
		"exclusions[1].end":  {Name: "a", Exclusions: []job.Exclusion{{From: "05-01"}, {Start: "09:00", End: "9"}}},
	} {
		_, err := d.PutCalendar(t.Context(), c, "anna", "Nobody is here.")
		refused(t, err, fault.Invalid, field, ".")
	}
	_, err := d.PutCalendar(t.Context(), job.Calendar{Name: "a"}, "anna", "")
	refused(t, err, fault.Invalid, "reason", "Say why")
}

func TestACalendarThatChangesChangesWhatIsForetold(t *testing.T) {
	d := openDesk(t)
	c, err := d.PutCalendar(t.Context(), job.Calendar{Name: "holidays"}, "anna", "Nobody is here.")
	if err != nil {
		t.Fatal(err)
	}
	d.edit(job.LayerPlatform, "anna", `{"calendar":"holidays"}`)
	c.Exclusions = []job.Exclusion{{Title: "Tuesday", Weekdays: []string{"tuesday"}}}
	if _, err := d.PutCalendar(t.Context(), c, "anna", "Nobody is here."); err != nil {
		t.Fatal(err)
	}
	if got, want := d.forecast("sis.pull", time.Time{}, 1), "sis.pull Tue 09-08 02:00 +00:00 skipped: left out: Tuesday"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
