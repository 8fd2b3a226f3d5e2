package cron_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/beadle-jobs/beadle/pkg/cron"
)

const noMemory = `cron has no memory of the last run; use an "every" interval with a start date, or name the days, as in "on day 1, 3, 5 and 7 of every month"`

func TestSaysWhyATextIsNotASchedule(t *testing.T) {
	tests := []struct{ text, want string }{
		{"every 45 minutes", `text "every 45 minutes" (column 1): does not divide the hour evenly: cron would restart at :00; use an "every" interval, as in "45 minutes from 2026-01-05 08:00", or name the minutes`},
		{"run every 7 hours", `text "every 7 hours" (column 5): does not divide the day evenly: cron would restart at 00:00; use an "every" interval, as in "7 hours from 2026-01-05 08:00", or name the hours`},
		{"every other friday at 9am", `text "every other friday" (column 1): cron has no memory of the last run; use an "every" interval with a start date, or count in the month, as in "on the second friday of every month"`},
		{"every second friday at 9am", `text "every second friday" (column 1): cron has no memory of the last run; use an "every" interval with a start date, or count in the month, as in "on the second friday of every month"`},
		{"every 2 weeks", `text "every 2 weeks" (column 1): ` + noMemory},
		{"biweekly", `text "biweekly" (column 1): ` + noMemory},
		{"fortnightly on monday at 9am", `text "fortnightly" (column 1): ` + noMemory},
		{"every 3 days", `text "every 3 days" (column 1): ` + noMemory},
		{"every other day at 9am", `text "every other day" (column 1): ` + noMemory},
		{"every 2 months on day 1 at 9am", `text "every 2 months" (column 1): cron has no memory of the last run; name the months, as in "on day 1 of january, march and may"`},
		{"every 15 minutes between 9am and 5pm", `text "between 9am and 5pm" (column 18): does not say whether it includes 17:00 to 17:45; write "from 09:00 to 16:45" or "from 09:00 to 17:45"`},
		{"every 15 minutes from 09:00 to 17:00", `text "from 09:00 to 17:00" (column 18): does not say whether it includes 17:00 to 17:45; write "from 09:00 to 16:45" or "from 09:00 to 17:45"`},
		{"every 15 minutes from 22:00 to 05:45 on friday", `text "from 22:00 to 05:45" (column 18): runs past the end of the day, and so into another; make two schedules`},
		{"at 9", `text "9" (column 4): could be 09:00 or 21:00; write "9:00", which is read as a 24-hour clock, "9am" or "9pm"`},
		{"every day at 9 and 5pm", `text "9" (column 14): could be 09:00 or 21:00; write "9:00", which is read as a 24-hour clock, "9am" or "9pm"`},
		{"every day at 12", `text "12" (column 14): could be 00:00 or 12:00; write "12:00", which is read as a 24-hour clock, "12am" or "12pm"`},
		{"friday at midnight", `text "midnight" (column 11): could be the start or the end of the day; write "friday at 00:00" or "saturday at 00:00"`},
		{"on day 1 at midnight", `text "midnight" (column 13): could be the start or the end of the day; write 00:00 and the day that it begins`},
		{"every day", `text "every day" (column 1): does not say at what time; write, for example, "every day at 09:00"`},
		{"every monday", `text "every monday" (column 1): does not say at what time; write, for example, "every monday at 09:00"`},
		{"monthly", `text "monthly" (column 1): does not say on which days; write, for example, "on day 1 of every month at 09:00"`},
		{"weekly", `text "weekly" (column 1): does not say on which days; write, for example, "every monday at 09:00"`},
		{"weekly at 9am", `text "weekly at 9am" (column 1): does not say on which days; write, for example, "every monday at 09:00"`},
		{"at 09:00", `text "at 09:00" (column 1): does not say on which days; write, for example, "every day at 09:00"`},
		{"at 09:00 and 17:30", `text "at 09:00 and 17:30" (column 1): cron would also fire 09:30 and 17:00; make two schedules`},
		{"on 1 january and 15 july at 9am", `text "1 january and 15 july" (column 4): cron would also fire on the other day of each month; make two schedules`},
		{"on 3/4 at 9am", `text "3/4" (column 4): could be 3 april or march 4; write "on day 3 of april"`},
		{"3.4.", `text "3.4." (column 1): could be 3 april or march 4; write "on day 3 of april"`},
		{"on 12/25 at 9am", `text "12/25" (column 4): is not a date of one meaning; write "on day 25 of december"`},
		{"bimonthly", `text "bimonthly" (column 1): could be twice a month or every two months; write "on day 1 and 15 of every month", or name the months`},
		{"semi-annually", `text "semi-annually" (column 1): could be twice a year or every two years; write "on day 1 of january and july"`},
		{"next friday at 9am", `text "next friday" (column 1): is a one-off, and a schedule repeats; use a run-once time`},
		{"tomorrow", `text "tomorrow" (column 1): is a one-off, and a schedule repeats; use a run-once time`},
		{"in 2 hours", `text "in 2 hours" (column 1): is a one-off, and a schedule repeats; use a run-once time`},
		{"on 2026-04-03 at 9am", `text "2026-04-03" (column 4): is a one-off, and a schedule repeats; use a run-once time`},
		{"every day at 9am EST", `text "EST" (column 18): is not an IANA zone; write a place, such as "in America/New_York"`},
		{"every day at 9am in CET", `text "CET" (column 21): is not an IANA zone; write a place, such as "in Europe/Berlin"`},
		{"every day at 9am UTC", `text "UTC" (column 18): is a zone without "in"; write "in UTC"`},
		{"every day at 9am europe/berlin", `text "europe/berlin" (column 18): is a zone without "in"; write "in Europe/Berlin"`},
		{"every day at 9am in Europe/Atlantis", `text "Europe/Atlantis" (column 21): is not in the time zone database; use a name such as America/New_York, or UTC`},
		{"every day at 9am in Europe/Berlin in may", `text "Europe/Berlin" (column 21): is a zone before the end; write the zone at the end`},
		{"second last friday", `text "second last friday" (column 1): is not expressible in cron; list the days instead`},
		{"the second to last day of the month at 9am", `text "second to last day" (column 5): is not expressible in cron; write "1 day before the last day"`},
		{"every weekday except monday", `text "except" (column 15): is not expressible in cron; list the days instead`},
		{"holidays", `text "holidays" (column 1): is not expressible in cron; list the days instead`},
		{"every day at sunrise", `text "sunrise" (column 14): is not expressible in cron; list the days instead`},
		{"on the second weekday at 9am", `text "second weekday" (column 8): is not expressible in cron; use "the first weekday", "the last weekday" or "the weekday nearest to day 2"`},
		{"on day 13 of the month if it is friday at 9am", `text "day 13 of the month if it is friday" (column 4): is not expressible in cron, which has both days only of day 1 or sunday; let the task look at the date`},
		{"on the last day or any friday at 9am", `text "last day or any friday" (column 8): is not expressible in one cron expression; make two schedules`},
		{"on day 1 and every friday at 9am", `text "day 1 and every friday" (column 4): could be either of these days, or only days that are both; write "or", or "if it is"`},
		{"on the first monday and friday at 9am", `text "first monday and friday" (column 8): does not say which friday; write "the first monday or the first friday"`},
		{"on day 30 of february at 9am", `text "day 30 of february" (column 4): never happens; february ends on the 28th or 29th`},
		{"31 april", `text "31 april" (column 1): never happens; use a day from 1 to 30`},
		{"every banana at 9am", `text "banana" (column 7): unknown word`},
		{"every mondya at 9am", `text "mondya" (column 7): unknown word; did you mean "monday"?`},
		{"every day at 9am please", `text "please" (column 18): unknown word`},
		{"every monday at 9am and friday at 10am", `text "and" (column 21): does not fit here; make two schedules`},
		{"every monday on friday at 9am", `text "friday" (column 17): says twice on which days; say it once, or make two schedules`},
		{"every day at 25:00", `text "25:00" (column 14): is not a time of the clock; write it as "09:05", "9:05pm" or "9pm"`},
		{"every day at 24:00", `text "24:00" (column 14): is the end of the day; write 00:00 and the day that it begins`},
		{"on day 32 at 9am", `text "32" (column 8): is not from 1 to 31`},
		{"quarterly on the last day at 9am", `text "quarterly" (column 1): could be the first month of each quarter or another; name the months, as in "of march, june, september and december"`},
		{"weekly on day 1 at 9am", `text "weekly" (column 1): does not go with these days; name days of the week, as in "on monday"`},
		{"every day at 9am until friday", `text "until" (column 18): is not of the times; give the schedule a start or an end date`},
		{"every day at", `text "" (column 13): ends too early; write a time, such as "09:00"`},
		{"never", `text "never" (column 1): is no time; switch the schedule off instead`},
		{"", `text "" (column 1): is empty; write, for example, "every day at 02:30"`},
		{strings.Repeat("every day ", 1000), `text "every day every day every day every day …" (column 1): is too long; make several schedules`},
	}
	for _, tt := range tests {
		s, zone, err := cron.ParseEnglish(tt.text)
		if _, ok := errors.AsType[*cron.Error](err); !ok {
			t.Errorf("%q: %s in %q, %v is not a *cron.Error", tt.text, s, zone, err)
			continue
		}
		if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
			t.Errorf("%q: (-want +got)\n%s", tt.text, diff)
		}
	}
}

// A word that is not understood is never passed over, wherever it is.
func TestEveryWordCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := strings.Fields(parseQuartz(t, drawQuartz(t)).Describe())
		at := rapid.IntRange(0, len(words)).Draw(t, "at")
		text := strings.Join(words[:at], " ") + " banana " + strings.Join(words[at:], " ")
		if s, _, err := cron.ParseEnglish(text); err == nil {
			t.Fatalf("%q was accepted as %s", text, s)
		}
	})
}

// Words in any order are refused, or are a schedule with a text of its own.
func TestWordsInAnyOrderAreASentenceOrNot(t *testing.T) {
	words := strings.Fields(`every each other second first 2nd 15th last monday fri weekday weekends day days month months of the on in
		at 9 09:00 5pm noon midnight and or , , to from between january may 2027 every minute minutes hour hours :15 15 30
		if it is any nearest before 3 daily weekly monthly quarterly yearly hourly half UTC Europe/Berlin - mon-fri 1-5`)
	accepted := 0
	for range 50 {
		rapid.Check(t, func(t *rapid.T) {
			text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 1, 8).Draw(t, "words"), " ")
			if rapid.Bool().Draw(t, "clock") {
				text += " at 09:00"
			}
			if s, _, err := cron.ParseEnglish(text); err == nil {
				accepted++
				roundTrip(t, s)
			}
		})
	}
	if accepted < 10 {
		t.Errorf("only %d were accepted", accepted)
	}
}
