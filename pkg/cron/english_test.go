package cron_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/beadle-jobs/beadle/pkg/cron"
)

func TestReadsWhatPeopleWrite(t *testing.T) {
	tests := map[string]string{
		"every minute":                                    "* * * * *",
		"EVERY  15 Minutes":                               "*/15 * * * *",
		"every 15 mins":                                   "*/15 * * * *",
		"every 15 min":                                    "*/15 * * * *",
		"every half hour":                                 "*/30 * * * *",
		"every half-hour":                                 "*/30 * * * *",
		"every 60 minutes":                                "0 * * * *",
		"every two hours":                                 "0 */2 * * *",
		"every 30 seconds":                                "*/30 * * * * ?",
		"every second":                                    "* * * * * ?",
		"hourly":                                          "0 * * * *",
		"hourly at :15":                                   "15 * * * *",
		"every hour at :15 and :45":                       "15,45 * * * *",
		"run every day at 11pm":                           "0 23 * * *",
		"each day at 11 pm":                               "0 23 * * *",
		"daily at 11:30pm":                                "30 23 * * *",
		"every day at 9:05":                               "5 9 * * *",
		"every day at noon":                               "0 12 * * *",
		"every day at midnight":                           "0 0 * * *",
		"every day at 12am":                               "0 0 * * *",
		"every day at 12:30 PM":                           "30 12 * * *",
		"every day at 2am and 2pm":                        "0 2,14 * * *",
		"at 09:00 every weekday":                          "0 9 * * 1-5",
		"9am on mondays":                                  "0 9 * * 1",
		"on mondays, at 9am":                              "0 9 * * 1",
		"weekdays at 08:30":                               "30 8 * * 1-5",
		"every weekend at 10:00":                          "0 10 * * 0,6",
		"on weekends at 10:00":                            "0 10 * * 0,6",
		"monday to friday at 9am":                         "0 9 * * 1-5",
		"mon-fri at 9am":                                  "0 9 * * 1-5",
		"every friday to monday at 9am":                   "0 9 * * 0,1,5,6",
		"tue, thu and Sat at 9am":                         "0 9 * * 2,4,6",
		"friday at 00:00":                                 "0 0 * * 5",
		"on the 1st at 9am":                               "0 9 1 * *",
		"on the 1st and 15th of the month at 9am":         "0 9 1,15 * *",
		"first day of the month at 9am":                   "0 9 1 * *",
		"on the first of every month at 9am":              "0 9 1 * *",
		"last day of every month at 9am":                  "0 0 9 L * ?",
		"on the first and last day of the month at 9am":   "0 0 9 1,L * ?",
		"last friday at 10:15":                            "0 15 10 ? * 6L",
		"every last friday at 10:15":                      "0 15 10 ? * 6L",
		"the last friday of every month at 10:15":         "0 15 10 ? * 6L",
		"every second friday of the month at 10:15":       "0 15 10 ? * 6#2",
		"on the first and third monday at 9am":            "0 0 9 ? * 2#1,2#3",
		"last weekday of the month at 9am":                "0 0 9 LW * ?",
		"first weekday of the month at 9am":               "0 0 9 1W * ?",
		"on the weekday nearest to the 15th at 9am":       "0 0 9 15W * ?",
		"weekly on monday at 9am":                         "0 9 * * 1",
		"every week on monday at 9am":                     "0 9 * * 1",
		"monthly on day 1 at 9am":                         "0 9 1 * *",
		"every month on the last day at 9am":              "0 0 9 L * ?",
		"quarterly on day 1 at 06:00":                     "0 6 1 */3 *",
		"yearly on 1 january at 9am":                      "0 9 1 1 *",
		"every year on january 1st at 9am":                "0 9 1 1 *",
		"on 1 and 15 june at 9am":                         "0 9 1,15 6 *",
		"on 1 january and 1 july at 9am":                  "0 9 1 */6 *",
		"on the 3rd of april at 9am":                      "0 9 3 4 *",
		"every day at 5am in november to february":        "0 5 * 1,2,11,12 *",
		"every hour between 9am and 5pm":                  "0 9-17 * * *",
		"every hour between 9am and 5pm on weekdays":      "0 9-17 * * 1-5",
		"every 15 minutes from 09:00 to 16:45":            "*/15 9-16 * * *",
		"every 15 minutes from 9am to 5:45pm mon-fri":     "*/15 9-17 * * 1-5",
		"every hour from monday to friday":                "0 * * * 1-5",
		"every hour from 22:00 to 06:00":                  "0 0-6,22,23 * * *",
		"every 5 minutes every monday in january 2027":    "0 */5 * ? 1 2 2027",
		"on day 13 or friday at 09:00":                    "0 9 13 * 5",
		"on day 1 of the month if it is monday at 09:00":  "0 9 */31 * 1",
		"minutes 0-10 of hour 3":                          "0-10 3 * * *",
		"every second of minute 5 of every hour":          "* 5 * * * ?",
		"second 5 and 30 of every minute of hour 9 to 11": "5,30 * 9-11 * * ?",
	}
	got := map[string]string{}
	for text := range tests {
		s, zone, err := cron.ParseEnglish(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if zone != "" {
			t.Errorf("%s: is in %s", text, zone)
		}
		got[text] = s.String()
	}
	if diff := cmp.Diff(tests, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestReadsTheZoneAtTheEnd(t *testing.T) {
	tests := map[string]string{
		"every day at 02:30 in Europe/Berlin":                  "Europe/Berlin",
		"on day 1 of january at 9am in america/new_york":       "America/New_York",
		"every 5 minutes in january in 2026 in UTC":            "UTC",
		"every hour in Japan":                                  "Japan",
		"Every Hour In America/Port-au-Prince":                 "America/Port-au-Prince",
		"every monday in march to may at 9am IN europe/madrid": "Europe/Madrid",
	}
	for text, want := range tests {
		if _, zone, err := cron.ParseEnglish(text); zone != want || err != nil {
			t.Errorf("%s: got %q, %v, want %s", text, zone, err, want)
		}
	}
}

// What Describe writes is read back as an equal schedule, of both dialects.
func TestDescriptionsAreReadBack(t *testing.T) {
	for range 50 { // of 100 each
		rapid.Check(t, func(t *rapid.T) { roundTrip(t, parse(t, drawUnix(t))) })
		rapid.Check(t, func(t *rapid.T) { roundTrip(t, parseQuartz(t, drawQuartz(t))) })
	}
}

// Nor do capitals and blanks matter.
func TestCapitalsAndBlanksDoNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := parse(t, drawUnix(t))
		text := strings.ToUpper(strings.ReplaceAll(s.Describe(), " ", "  \t "))
		if got, _, err := cron.ParseEnglish(text); err != nil || !got.Equal(s) {
			t.Fatalf("%s: %q is %s, %v", s, text, got, err)
		}
	})
}

func roundTrip(t rapid.TB, s cron.Schedule) {
	t.Helper()
	text := s.Describe()
	got, zone, err := cron.ParseEnglish(text)
	switch {
	case err != nil:
		t.Fatalf("%s: %q: %v", s, text, err)
	case !got.Equal(s) || got.Describe() != text || zone != "":
		t.Fatalf("%s: %q is %s in %q, %q", s, text, got, zone, got.Describe())
	}
	again, err := cron.ParseDialect(got.Dialect(), got.String())
	if err != nil || again.Describe() != text {
		t.Fatalf("%s: %s of %s is %v, %v", s, got, got.Dialect(), again, err)
	}
	if _, err := got.Unix(); err == nil && got.Dialect() != cron.Unix {
		t.Fatalf("%s: %s is of %s", s, got, got.Dialect())
	}
}

// Whatever it is given, ParseEnglish ends, says what is wrong in one line, and
// what it accepts has one text.
func FuzzParseEnglish(f *testing.F) {
	for _, text := range []string{
		"every 15 minutes from 09:00 to 17:45 every weekday", "on day 1 and 15 of the month or every friday at 04:30",
		"on 3 days before the last day of every month at 09:00", "every hour at :05, :20, :35 and :50",
		"on the weekday nearest to day 15, the first weekday or the last day of march at 9pm in 2026 to 2028 in Europe/Berlin",
		"at second 5 of every minute of hour 3 and 5", "on 1 january and 15 july at noon", "every 2nd and last fri-mon of the month at 9 am",
		"every day at midnight in Foo/Bar", "weekly on mondays, at 3/4", "yearly on january 1st at 9:00:30", "every half-hour between 9am and 5pm",
		"quarterly on the last day if it is friday", "every second of minute 0 to 5 of each hour", strings.Repeat("every ", 100),
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, _, err := cron.ParseEnglish(text)
		if err == nil {
			roundTrip(t, s)
			return
		}
		e, ok := errors.AsType[*cron.Error](err)
		switch {
		case !ok:
			t.Fatalf("%q: %v is not a *cron.Error", text, err)
		case e.Reason == "" || strings.ContainsAny(err.Error(), "\r\n") || len(err.Error()) > 500:
			t.Fatalf("%q: %v is not one line with a reason", text, err)
		case e.Column < 1 || e.Column > len(text)+1:
			t.Fatalf("%q: %v is at a column that it does not have", text, err)
		}
	})
}

func english(t testing.TB, text string) cron.Schedule {
	t.Helper()
	s, _, err := cron.ParseEnglish(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
