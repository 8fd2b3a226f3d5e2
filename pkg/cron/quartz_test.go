package cron_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/pkg/cron"
)

func TestQuartzErrorsSayWhatToWrite(t *testing.T) {
	tests := []struct{ expr, want string }{
		{"60 0 0 * * ?", `second "60" (column 1): is not from 0 to 59; use 0 to 59`},
		{"0 0 24 * * ?", `hour "24" (column 5): is not from 0 to 23; write 0 for midnight`},
		{"0 0 0 * 0 ?", `month "0" (column 9): is not from 1 to 12; months are 1 to 12: write 1 for january`},
		{"0 0 0 * 0-11 ?", `month "0-11" (column 9): is not from 1 to 12; months are 1 to 12: write 1 for january`},
		{"0 0 0 1 JANUARY ?", `month "JANUARY" (column 9): is not understood; write JAN`},
		{"0 0 0 ? * MONDAY", `day of week "MONDAY" (column 11): is not understood; write MON`},
		{"0 0 0 ? * 0", `day of week "0" (column 11): is not from 1 to 7; days of the week are 1 to 7: write 1 for sunday`},
		{"0 0 0 ? * 8#1", `day of week "8#1" (column 11): is not from 1 to 7; days of the week are 1 to 7: write 1 for sunday`},
		{"0 0 0 5C * ?", `day of month "5C" (column 7): is not understood; C is not part of Quartz any more: write the day without it, and keep days to leave out in a calendar`},
		{"0 0 0 ? * 1C", `day of week "1C" (column 11): is not understood; C is not part of Quartz any more: write the day without it, and keep days to leave out in a calendar`},
		{"0 0 0 * * *", `day of week "*" (column 11): has no ? on either side, and Quartz wants one; write ? for the day of week`},
		{"0 0 0 * * MON", `day of month "*" (column 7): is not a ? though there is a day of week; write ? for the day of month`},
		{"0 0 0 ? * ?", `day of week "?" (column 11): is a second question mark; write * for the day of month`},
		{"0 0 0 13 * 6", `day of week "6" (column 12): is there besides the day of month "13", and Quartz takes one of the two; write ? for one of them, or make two schedules`},
		{"? 0 0 * * ?", `second "?" (column 1): is not understood; ? stands alone, for the day of month or the day of week`},
		{"0 0 0 ?,1 * MON", `day of month "?,1" (column 7): is not understood; ? stands alone, for the day of month or the day of week`},
		{"0 L 0 * * ?", `minute "L" (column 3): is not understood; L, W and # are for days; use 0 to 59`},
		{"0 0 0 10-15W * ?", `day of month "10-15W" (column 7): has a W after a range; name each day, as in 10W,11W,12W`},
		{"0 0 0 LW-3 * ?", `day of month "LW-3" (column 7): has its W in the middle; write L-3W`},
		{"0 0 0 WL * ?", `day of month "WL" (column 7): is not understood; use 1 to 31`},
		{"0 0 0 W * ?", `day of month "W" (column 7): is not understood; use a day and W, as in 15W, or LW for the last weekday`},
		{"0 0 0 0W * ?", `day of month "0W" (column 7): is not from 1W to 31W; use 1W to 31W`},
		{"0 0 0 32W * ?", `day of month "32W" (column 7): is not from 1W to 31W; use 1W to 31W`},
		{"0 0 0 L-31 * ?", `day of month "L-31" (column 7): is more than 30 days before the last; use L-0 to L-30`},
		{"0 0 0 L3 * ?", `day of month "L3" (column 7): is not understood; use L, L-3, LW or L-3W`},
		{"0 0 0 L/2 * ?", `day of month "L/2" (column 7): is not understood; use L, L-3, LW or L-3W`},
		{"0 0 0 ? * 2-6#1", `day of week "2-6#1" (column 11): has a # after a range; name each day, as in 2#1,3#1`},
		{"0 0 0 ? * MON-FRIL", `day of week "MON-FRIL" (column 11): has an L after a range; name each day, as in 2L,6L`},
		{"0 0 0 ? * 2#6", `day of week "2#6" (column 11): has no number from 1 to 5 after its #; use 1 for the first such day of the month, to 5 for the fifth`},
		{"0 0 0 ? * 2#", `day of week "2#" (column 11): has no number from 1 to 5 after its #; use 1 for the first such day of the month, to 5 for the fifth`},
		{"0 0 0 ? * #2", `day of week "#2" (column 11): is not understood; use 1 to 7, or SUN to SAT`},
		{"0 0 0 ? * L-3", `day of week "L-3" (column 11): is a day of month; write it as the fourth field, and ? here`},
		{"0 0 0 ? * 2,5W", `day of week "5W" (column 13): is a day of month; write it as the fourth field, and ? here`},
		{"0 0 0 ? * MON/2", `day of week "MON/2" (column 11): has a step after a name; write 2/2`},
		{"0 0 0 ? * MON-FRI/2", `day of week "MON-FRI/2" (column 11): has a step after names; write 2-6/2`},
		{"0 */0 * * * ?", `minute "*/0" (column 3): has a step of 0; use a step of 1 or more`},
		{"0 0/60 * * * ?", `minute "0/60" (column 3): has a step longer than the field; use a step of 1 to 59`},
		{"0 0 0 ? * 1/8", `day of week "1/8" (column 11): has a step longer than the field; use a step of 1 to 7`},
		{"0 0 0 1, * ?", `day of month "" (column 9): is empty; take out the comma, or name a value on both of its sides`},
		{"0 +5 0 * * ?", `minute "+5" (column 3): is not understood; use 0 to 59`},
		{"0 1.5 0 * * ?", `minute "1.5" (column 3): is not understood; use 0 to 59`},
		{"0 ٣ 0 * * ?", `minute "٣" (column 3): is not understood; use 0 to 59`},
		{"0 *5 0 * * ?", `minute "*5" (column 3): is not understood; only a step may follow an asterisk, as in */5`},
		{"0 0 0 1 1 ? 1969", `year "1969" (column 13): is not from 1970 to 2199; use 1970 to 2199`},
		{"0 0 0 1 1 ? 2030-2026", `year "2030-2026" (column 13): runs backwards; write 2026-2030`},
		{"0 0 0 30 2 ?", `day of month "30" (column 7): never fires, as none of its months has such a day; february ends on the 28th or 29th`},
		{"0 0 0 L-30 2,4 ?", `day of month "L-30" (column 7): never fires, as none of its months has such a day; use a day from 1 to 30`},
		{"0 0 0 29 2 ? 2027,2100", `day of month "29" (column 7): never fires, as it does not occur in any of the years; use another year, or leave out the years`},
		{"0 0 0 ? 2 2#5 2027", `day of week "2#5" (column 11): never fires, as it does not occur in any of the years; use another year, or leave out the years`},
		{"", `cron expression "" (column 1): is empty; use six fields, as in "0 30 2 * * ?": second, minute, hour, day of month, month, day of week; and a year if need be`},
		{"30 2 * * 1-5", `cron expression "30 2 * * 1-5" (column 1): has 5 fields, and Quartz has 6 or 7; it is unix cron; write "0 30 2 ? * 2-6", or say that it is unix`},
		{"@daily", `cron expression "@daily" (column 1): has 1 field, and Quartz has 6 or 7; it is unix cron; write "0 0 0 * * ?", or say that it is unix`},
		{"0 0 12 * * ? 2027 x", `cron expression "0 0 12 * * ? 2027 x" (column 1): has 8 fields, and Quartz has 6 or 7; use six fields, as in "0 30 2 * * ?": second, minute, hour, day of month, month, day of week; and a year if need be`},
		{strings.Repeat("1,", 300), `cron expression "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,…" (column 1): is longer than 512 bytes; use ranges and steps, or several schedules`},
	}
	for _, tt := range tests {
		_, err := cron.ParseQuartz(tt.expr)
		if _, ok := errors.AsType[*cron.Error](err); !ok {
			t.Errorf("%q: %v is not a *cron.Error", tt.expr, err)
			continue
		}
		if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
			t.Errorf("%q: (-want +got)\n%s", tt.expr, diff)
		}
	}
}

func TestQuartzDaysAreOfTheirMonth(t *testing.T) {
	tests := []struct{ name, expr, from, want string }{
		{"a saturday the 1st moves to the 3rd", "0 0 0 1W 8 ?", "2026-01-01T00:00:00Z", "2026-08-03"},
		{"a sunday the 31st moves to the 29th", "0 0 0 31W 5 ?", "2026-01-01T00:00:00Z", "2026-05-29"},
		{"a last weekday is a friday", "0 0 0 LW * ?", "2026-01-31T00:00:00Z", "2026-02-27"},
		{"31W is skipped in a month of 30 days", "0 0 0 31W * ?", "2026-03-31T00:00:00Z", "2026-05-29"},
		{"L-30 is in the months of 31 days", "0 0 0 L-30 * ?", "2026-01-01T00:00:00Z", "2026-03-01"},
		{"L-30W as well", "0 0 0 L-30W * ?", "2026-01-01T00:00:00Z", "2026-03-02"},
		{"a missing fifth friday skips the month", "0 0 0 ? * 6#5", "2026-01-30T00:00:00Z", "2026-05-29"},
		{"the fifth monday of a february is far away", "0 0 0 ? 2 2#5", "2026-01-01T00:00:00Z", "2044-02-29"},
		{"the last friday", "0 0 0 ? * 6L", "2026-01-30T00:00:00Z", "2026-02-27"},
		{"L in the week is saturday", "0 0 0 ? * L", "2026-01-01T00:00:00Z", "2026-01-03"},
		{"a range over the end of the year", "0 0 0 1 NOV-FEB ?", "2026-02-01T00:00:00Z", "2026-11-01"},
		{"a range over the end of the week", "0 0 0 ? * FRI-MON", "2026-01-05T00:00:00Z", "2026-01-09"},
		{"a step over the end of the month", "0 0 0 28-4/3 1 ?", "2026-01-01T00:00:00Z", "2026-01-03"},
		{"a step to the end of the week", "0 0 0 ? * 4/2", "2026-01-02T00:00:00Z", "2026-01-07"},
		{"a union of marked days", "0 0 0 ? * 2#1,6L", "2026-01-05T00:00:00Z", "2026-01-30"},
		{"a year to come", "0 0 0 1 1 ? 2199", "2026-01-01T00:00:00Z", "2199-01-01"},
		{"every tenth year", "0 0 0 1 1 ? 2020/10", "2026-01-01T00:00:00Z", "2030-01-01"},
		{"a year that is past", "0 0 0 1 1 ? 2020", "2026-01-01T00:00:00Z", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			for _, at := range firingsOf(t, parseQuartz(t, tt.expr), "UTC", tt.from, 1) {
				got = at.Format("2006-01-02")
			}
			if got != tt.want {
				t.Errorf("%s fires on %q, want %q", tt.expr, got, tt.want)
			}
		})
	}
}

// All times of a day that W has moved fire.
func TestMovedDaysKeepTheirTimes(t *testing.T) {
	var got []string
	for _, at := range firingsOf(t, parseQuartz(t, "0 0,30 8,9 15W * ?"), "UTC", "2026-08-01T00:00:00Z", 5) {
		got = append(got, at.Format("01-02 15:04"))
	}
	want := []string{"08-14 08:00", "08-14 08:30", "08-14 09:00", "08-14 09:30", "09-15 08:00"} // the 15th of August is a saturday
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestKnowsWhatQuartzItselfWouldNotFire(t *testing.T) {
	tests := map[string]bool{
		"0 0 0 ? * 2#1": true, "0 0 0 ? * 6L": true, "0 0 0 1,15W,L,LW * ?": true, "0 0 0 ? * MON-FRI": true, "0 0 0 ? * 6,6L": true,
		"0 0 0 ? * 2#1,2#3": false, "0 0 0 ? * 2L,6L": false, "0 0 0 ? * MON#1,FRI": false, "0 0,30 0 LW * ?": false,
	}
	for expr, want := range tests {
		if got := parseQuartz(t, expr).Portable(); got != want {
			t.Errorf("%s: portable %v", expr, got)
		}
	}
	if parse(t, "0 0 13 * 5").Portable() {
		t.Error("either day is portable")
	}
}

func TestTheDialectIsWhatTheCallerSays(t *testing.T) {
	for _, tt := range []struct {
		dialect cron.Dialect
		expr    string
	}{{cron.Unix, "0 9 * * 2"}, {cron.Quartz, "0 0 9 ? * 2"}, {cron.Intervals, "2 weeks from 2026-01-05 08:00"}} {
		trigger := parseAs(t, tt.dialect, tt.expr)
		if d, ok := trigger.(interface{ Dialect() cron.Dialect }); !ok || d.Dialect() != tt.dialect || trigger.String() != tt.expr {
			t.Errorf("%s is %#v", tt.expr, trigger)
		}
	}
	for _, tt := range []struct {
		dialect cron.Dialect
		expr    string
	}{{cron.Unix, "0 0 9 ? * 2"}, {cron.Quartz, "0 9 * * 2"}, {cron.Intervals, "0 9 * * 2"}, {"", "0 9 * * 2"}, {"jenkins", "H 9 * * 2"}} {
		trigger, err := cron.ParseDialect(tt.dialect, tt.expr)
		if _, ok := errors.AsType[*cron.Error](err); !ok || trigger != nil {
			t.Errorf("%s as %q: %v, %v", tt.expr, tt.dialect, trigger, err)
		}
	}
	for expr, want := range map[string]cron.Dialect{
		"* * * * *": cron.Unix, "@daily": cron.Unix, "": cron.Unix, "* * * *": cron.Unix, "0 * * * * ?": cron.Quartz, " 0 0 9 ? *  6L\t2027 ": cron.Quartz,
	} {
		if got := cron.Detect(expr); got != want {
			t.Errorf("%q is %s", expr, got)
		}
	}
}
