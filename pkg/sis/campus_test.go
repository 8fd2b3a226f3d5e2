package sis_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

func TestReadsDatesAndNeverGuesses(t *testing.T) {
	for text, want := range map[string]sis.Date{
		"2026-09-01": {Year: 2026, Month: time.September, Day: 1},
		"2024-02-29": {Year: 2024, Month: time.February, Day: 29},
		"1999-12-31": {Year: 1999, Month: time.December, Day: 31},
		"0001-01-01": {Year: 1, Month: time.January, Day: 1},
	} {
		got, err := sis.ParseDate(text)
		if err != nil || got != want {
			t.Errorf("ParseDate(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
}

func TestRefusesWhatIsNoDate(t *testing.T) {
	for _, text := range []string{
		"", " ", "0000-00-00", "0000-01-01", "2026-02-31", "2025-02-29", "2026-13-01", "2026-00-10", "2026-10-00",
		"03/04/2026", "2026/03/04", "04.03.2026", "20260304", "2026-3-4", "26-03-04", " 2026-03-04", "2026-03-04 ",
		"2026-03-04T00:00:00Z", "2026-03-04x", "-2026-03-04", "12026-03-04", "tomorrow", "٢٠٢٦-٠٣-٠٤",
	} {
		got, err := sis.ParseDate(text)
		problem, ok := errors.AsType[*sis.Error](err)
		if !ok || problem.Code != "BAD_DATE" || problem.Temporary || !got.IsZero() {
			t.Errorf("ParseDate(%q) = %v, %v, want a permanent BAD_DATE", text, got, err)
		}
	}
}

func TestADayBeginsAtItsFirstInstant(t *testing.T) {
	for _, test := range []struct{ why, zone, date, want string }{
		{"an ordinary day", "America/New_York", "2026-09-01", "2026-09-01T00:00:00-04:00"},
		{"clocks change later that day", "America/New_York", "2026-03-08", "2026-03-08T00:00:00-05:00"},
		{"the day has 25 hours", "America/New_York", "2026-11-01", "2026-11-01T00:00:00-04:00"},
		{"no daylight saving", "UTC", "2026-11-01", "2026-11-01T00:00:00Z"},
		{"midnight is skipped", "America/Sao_Paulo", "2018-11-04", "2018-11-04T01:00:00-02:00"},
		{"midnight is skipped", "Africa/Cairo", "2024-04-26", "2024-04-26T01:00:00+03:00"},
		{"the evening before is repeated", "America/Sao_Paulo", "2018-02-18", "2018-02-18T00:00:00-03:00"},
		{"midnight comes twice", "Asia/Amman", "2021-10-29", "2021-10-29T00:00:00+03:00"},
		{"midnight comes twice", "America/Havana", "2018-11-04", "2018-11-04T00:00:00-04:00"},
		{"same day of the month as the change before", "Europe/Berlin", "2026-10-29", "2026-10-29T00:00:00+01:00"},
		{"the whole day is skipped", "Pacific/Apia", "2011-12-30", "2011-12-31T00:00:00+14:00"},
	} {
		t.Run(test.why+" in "+test.zone, func(t *testing.T) {
			zone, err := time.LoadLocation(test.zone)
			if err != nil {
				t.Fatal(err)
			}
			got := date(t, test.date).In(zone).Format(time.RFC3339)
			if got != test.want {
				t.Errorf("%s begins at %s, want %s", test.date, got, test.want)
			}
		})
	}
}

func TestOrdersDates(t *testing.T) {
	days := []string{"2025-12-31", "2026-01-01", "2026-01-02", "2026-02-01"}
	for i := range days {
		for j := range days {
			if got := date(t, days[i]).Before(date(t, days[j])); got != (i < j) {
				t.Errorf("%s before %s = %v", days[i], days[j], got)
			}
		}
	}
}

func TestDatesSurviveJSON(t *testing.T) {
	want := sis.Registration{Key: "e1", Section: "s", Person: "p", Role: sis.Student, Begin: date(t, "2026-09-01")}

	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(`{"key":"e1","section":"s","person":"p","role":"student","begin":"2026-09-01"}`, string(text)); diff != "" {
		t.Errorf("JSON (-want +got):\n%s", diff)
	}
	var got sis.Registration
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
	if err := json.Unmarshal([]byte(`{"begin":"31/12/2026"}`), &got); err == nil {
		t.Error("31/12/2026 was read")
	}
}

func TestAnErrorSaysItsSentenceAndKeepsItsCause(t *testing.T) {
	cause := errors.New("connection refused")
	err := &sis.Error{Code: "SRC_UNAVAILABLE", Message: "The SIS does not answer", Err: cause}

	if !errors.Is(err, cause) {
		t.Error("the cause is lost")
	}
	if got, want := err.Error(), "The SIS does not answer: connection refused"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
	err.Err = nil
	if got, want := err.Error(), "The SIS does not answer"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
}

func date(t *testing.T, s string) sis.Date {
	t.Helper()
	d, err := sis.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
