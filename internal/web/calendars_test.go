package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/job"
)

func TestACalendarSaysWhatItLeavesOut(t *testing.T) {
	f := campusTimetable()
	f.change("backup", func(s *job.Schedule) { s.Base.Calendar = "holidays" })
	f.change("sis.main", func(s *job.Schedule) {
		s.Overrides = append(s.Overrides,
			job.Override{Layer: job.LayerPlatform, Field: "calendar", Value: []byte(`"holidays"`)},
			job.Override{Layer: job.LayerClient, Field: "calendar", Value: []byte(`"backups"`)})
	})
	h := timetable(t, f)
	for _, tt := range []struct {
		path   string
		status int
		want   string
	}{
		{"/calendars", 200, `2 calendars say when schedules do not run.`},
		{"/calendars", 200, `<span class="line">Winter break: 24 December to 2 January every year</span>`},
		{"/calendars", 200, `<span class="note">and 1 more</span>`},
		{"/calendars", 200, `<td class="num" data-says="Schedules: ">2</td>`},
		{"/calendars/holidays", 200, `It leaves out 4 stretches of time, for 2 schedules.`},
		{"/calendars/holidays", 200, `8 February 2027 to 19 February 2027 from 08:00 to 18:00</td><td class="faint">Exams: part 1</td>`},
		{"/calendars/holidays", 200, `not now: another calendar is set above it`},
		{"/calendars/holidays", 200, `<td>Sun 6 Sep</td><td>03:00</td>`},
		{"/calendars/holidays", 200, `To delete this calendar, take it out there first.`},
		{"/calendars/holidays?schedule=off", 200, `<td>Sat 5 Sep</td><td>00:00 to 23:55</td><td class="num" data-says="Slots: ">288</td><td class="text">left out: Weekend</td>`},
		{"/calendars/holidays?schedule=digest", 200, `Of the next 1,000 due times, up to`},
		{"/calendars/holidays?schedule=nobody", 200, `There is no schedule nobody.`},
		{"/calendars/holidays?schedule=quarterly", 200, `<p class="wrong">`},
		{"/calendars/backups", 200, `From 22:00 to 06:00 of the next day`},
		{"/calendars/backups?schedule=backup", 200, `none is left out.`},
		{"/calendars/backups/delete", 200, `Delete this calendar?`},
		{"/calendars/nobody", 404, `href="/calendars"`},
		{"/schedules/backup", 200, `<a href="/calendars/holidays">holidays</a>`},
	} {
		t.Run(tt.path, func(t *testing.T) {
			if w := get(t, h, tt.path); w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
				t.Errorf("got %d, want %d with %q in:\n%s", w.Code, tt.status, tt.want, main(w))
			}
		})
	}
}

const editHolidays = "/calendars/holidays/edit"

func TestACalendarIsEditedInWords(t *testing.T) {
	f := campusTimetable()
	h := timetable(t, f)
	values := controls(t, get(t, h, editHolidays).Body.String(), editHolidays)
	values.Set("exclusions", "Winter break: 24 December to 6 January\r\n\r\nmon - wed, 9:00 to 12:30\r\n2027-05-01")
	values.Set("title", "Days off")
	values.Set("reason", "The dates of next year")
	w := post(t, h, editHolidays, values)
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/calendars/holidays" {
		t.Fatalf("got %d to %q:\n%s", w.Code, w.Header().Get("Location"), main(w))
	}
	got, _ := f.Calendar(t.Context(), "holidays")
	want := job.Calendar{Name: "holidays", Title: "Days off", Revision: 5, Exclusions: []job.Exclusion{
		{Title: "Winter break", From: "12-24", To: "01-06"},
		{Weekdays: []string{"monday", "tuesday", "wednesday"}, Start: "09:00", End: "12:30"},
		{From: "2027-05-01"},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("saved (-want +got):\n%s", diff)
	}
	page := get(t, h, "/calendars/holidays").Body.String()
	for _, want := range []string{"by local", "The dates of next year", "<del>Weekend: on Saturday and Sunday</del>", "+ Winter break: 24 December to 6 January every year"} {
		if !strings.Contains(page, want) {
			t.Errorf("the history does not say %q", want)
		}
	}
}

func TestACalendarThatIsRefusedComesBackAsTyped(t *testing.T) {
	for name, tt := range map[string]struct{ exclusions, reason, want string }{
		"no reason":    {"on Sunday", "", "Say why, in a sentence."},
		"no sense":     {"on Sunday\n\nsometimes", "x", "Line 3: “sometimes” is neither a day, nor a day of the week, nor a time of day."},
		"two in a row": {"1 May, 1 June", "x", "Line 1: It has two stretches of days."},
		"no such day":  {"on Sunday\nx: 13-01", "x", "Line 2: &#34;13-01&#34; is not a day."},
	} {
		f := campusTimetable()
		h := timetable(t, f)
		values := controls(t, get(t, h, editHolidays).Body.String(), editHolidays)
		values.Set("exclusions", tt.exclusions)
		values.Set("reason", tt.reason)
		w := post(t, h, editHolidays, values)
		if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), tt.want) {
			t.Errorf("%s: got %d, want 400 with %q:\n%s", name, w.Code, tt.want, main(w))
		}
		if again := controls(t, w.Body.String(), editHolidays).Get("exclusions"); strings.ReplaceAll(again, "\r", "") != tt.exclusions {
			t.Errorf("%s: %q came back as %q", name, tt.exclusions, again)
		}
		if c, _ := f.Calendar(t.Context(), "holidays"); c.Revision != 4 {
			t.Errorf("%s: it was saved", name)
		}
	}
}

func TestTwoWhoEditACalendarAtOnceLoseNothing(t *testing.T) {
	f := campusTimetable()
	h := timetable(t, f)
	mine := controls(t, get(t, h, editHolidays).Body.String(), editHolidays)
	mine.Set("exclusions", strings.Replace(mine.Get("exclusions"), "Weekend: on Saturday and Sunday", "Rest: on Sunday", 1))
	mine.Set("reason", "Saturdays count")
	theirs, _ := f.Calendar(t.Context(), "holidays")
	theirs.Title, theirs.Exclusions = "Days off", append(theirs.Exclusions[:3:3], job.Exclusion{Title: "May Day", From: "05-01"})
	if _, err := f.PutCalendar(t.Context(), theirs, "cleo@example.edu", "May"); err != nil {
		t.Fatal(err)
	}

	w := post(t, h, editHolidays, mine)
	for _, want := range []string{
		"Somebody has changed this calendar since you opened it.",
		`<td class="text">Move: 7 September 2026</td><td class="text"><b>May Day: 1 May every year</b><span class="note">by cleo@example.edu: May</span></td><td class="text">Rest: on Sunday</td>`,
		`<td class="text">Public holidays</td><td class="text"><b>Days off</b>`,
	} {
		if w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), want) {
			t.Errorf("got %d, want 409 with %q:\n%s", w.Code, want, main(w))
		}
	}

	again := controls(t, w.Body.String(), editHolidays)
	if w := post(t, h, editHolidays, again); w.Code != http.StatusSeeOther {
		t.Fatalf("what came back cannot be saved: %d\n%s", w.Code, main(w))
	}
	got, _ := f.Calendar(t.Context(), "holidays")
	var titles []string
	for _, x := range got.Exclusions {
		titles = append(titles, x.Title)
	}
	if diff := cmp.Diff([]string{"Winter break", "Exams: part 1", "May Day", "Rest"}, titles); diff != "" || got.Title != "Days off" {
		t.Errorf("saved as %q (-want +got):\n%s", got.Title, diff)
	}
}

func TestACalendarIsCreatedAndDeleted(t *testing.T) {
	f := campusTimetable()
	h := timetable(t, f)
	values := url.Values{"name": {"holidays"}, "exclusions": {"on Sunday"}, "reason": {"Sundays are free"}}
	if w := post(t, h, "/calendars/new", values); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "Somebody else has saved holidays.") {
		t.Errorf("with a name that is taken: %d\n%s", w.Code, main(w))
	}
	values.Set("name", "sundays")
	if w := post(t, h, "/calendars/new", values); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/calendars/sundays" {
		t.Errorf("got %d to %q", w.Code, w.Header().Get("Location"))
	}
	if w := post(t, h, "/calendars/sundays/delete", nil); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), `href="/calendars/sundays"`) {
		t.Errorf("without a reason: %d\n%s", w.Code, main(w))
	}
	if w := post(t, h, "/calendars/sundays/delete", url.Values{"reason": {"x"}}); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/calendars" {
		t.Errorf("got %d to %q", w.Code, w.Header().Get("Location"))
	}
	if _, err := f.Calendar(t.Context(), "sundays"); err == nil {
		t.Error("it is still there")
	}
}

func TestACalendarIsPreviewedAsItIsTyped(t *testing.T) {
	h := timetable(t, campusTimetable())
	for text, want := range map[string]string{
		"":                        "appears here while you type",
		"Rest: weekends":          `<td class="text">On Saturday and Sunday</td><td class="faint">Rest</td>`,
		"until 06:00":             "From 00:00 to 06:00",
		"x: 3rd of sometime":      "is neither a day",
		"1 May\n\nDecember 24 to": `<td class="num faint">3</td><td class="text wrong" colspan="2">“December 24 to” does not say until when.`,
	} {
		w := post(t, h, "/calendars/preview", url.Values{"exclusions": {text}})
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) || strings.Contains(w.Body.String(), "<html") {
			t.Errorf("%q: got %d, want 200 with %q:\n%s", text, w.Code, want, w.Body)
		}
	}
}
