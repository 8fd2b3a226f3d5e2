package cron_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/pkg/cron"
)

func TestSpellingDoesNotMatter(t *testing.T) {
	tests := [][]string{
		{"0 0 1 1 *", "@yearly", "@annually", "0 0 1 jan *", "  0\t0  1 JAN * "},
		{"0 0 1 * *", "@monthly"},
		{"0 0 * * 0", "@weekly", "0 0 * * 7", "0 0 * * SUN", "0 0 * * 7-7", "00 00 * * sun"},
		{"0 0 * * *", "@daily", "@midnight", " @daily ", "0-59/60 0 * * *"},
		{"0 * * * *", "@hourly", "0 0-23 * * *", "0 */1 * * *", "0,0 * * * *"},
		{"0 9 * * 0,5,6", "0 9 * * 5-7", "0 9 * * fri,Sat,SUN", "0 9 * * FRI-7"},
		{"0 9 * * 0,1,3,5", "0 9 * * 1-7/2"},
		{"0 9 1-31 * 1", "0 9 1-31 * 0-6", "0 9 * * *"}, // either day is enough
	}
	for _, same := range tests {
		want := firings(t, same[0], "Europe/Madrid", "2026-03-28T00:00:00Z", 50)
		for _, expr := range same[1:] {
			if diff := cmp.Diff(want, firings(t, expr, "Europe/Madrid", "2026-03-28T00:00:00Z", 50)); diff != "" {
				t.Errorf("%s and %s differ: (-want +got)\n%s", same[0], expr, diff)
			}
		}
	}
}

func TestBothDaysMustMatchOnlyIfOneBeginsWithAnAsterisk(t *testing.T) {
	tests := []struct{ expr, want string }{
		{"0 0 13 * 5", "02 09 13 16 23"},     // either
		{"0 0 */13 * 5", "27 27 01 14 27"},   // both: a friday that is the 1st, 14th or 27th
		{"0 0 *,13 * 5", "02 09 16 23 30"},   // both: any friday
		{"0 0 13 * *", "13 13 13 13 13"},     // every 13th
		{"0 0 1,13 * */6", "01 01 13 01 13"}, // both: a saturday or sunday
	}
	for _, tt := range tests {
		var days []string
		for _, at := range firings(t, tt.expr, "UTC", "2026-01-01T00:00:00Z", 5) {
			days = append(days, at.Format("02"))
		}
		if got := strings.Join(days, " "); got != tt.want {
			t.Errorf("%s fires on %s, want %s", tt.expr, got, tt.want)
		}
	}
}

func TestErrorsSayWhatToWrite(t *testing.T) {
	tests := []struct{ expr, want string }{
		{"61 * * * *", `minute "61" (column 1): is not from 0 to 59; use 0 to 59`},
		{"0 24 * * *", `hour "24" (column 3): is not from 0 to 23; write 0 for midnight`},
		{"0 22-2 * * *", `hour "22-2" (column 3): runs backwards; write 22-23,0-2`},
		{"0 23-1 * * *", `hour "23-1" (column 3): runs backwards; write 23,0-1`},
		{"0 0 * * FRI-MON", `day of week "FRI-MON" (column 9): runs backwards; write 5-6,0-1`},
		{"0 22-4/3 * * *", `hour "22-4/3" (column 3): runs backwards; write 22,1,4`},
		{"0 0 * 11-2 *", `month "11-2" (column 7): runs backwards; write 11-12,1-2`},
		{"5/15 * * * *", `minute "5/15" (column 1): has a step but no range; write 5-59/15`},
		{"0 0 * * MON/2", `day of week "MON/2" (column 9): has a step but no range; write 1-7/2`},
		{"0 0 * * MON-FRI/2", `day of week "MON-FRI/2" (column 9): has a step after names; write 1-5/2`},
		{"0 0 ? * 1", `day of month "?" (column 5): is not understood; write *`},
		{"0 0 L * *", `day of month "L" (column 5): is not understood; L, W, # and ? are of Quartz, not of unix cron`},
		{"0 0 * * 5#2", `day of week "5#2" (column 9): is not understood; L, W, # and ? are of Quartz, not of unix cron`},
		{"0 0 * * monday", `day of week "monday" (column 9): is not understood; write MON`},
		{"0 0 * * mon,tues", `day of week "tues" (column 13): is not understood; write TUE`},
		{"0 0 * x *", `month "x" (column 7): is not understood; use 1 to 12, or JAN to DEC`},
		{"*/0 * * * *", `minute "*/0" (column 1): has a step of 0; use a step of 1 or more`},
		{"*/-1 * * * *", `minute "*/-1" (column 1): has no whole number as its step; use a step of 1 or more`},
		{"*5 * * * *", `minute "*5" (column 1): is not understood; only a step may follow an asterisk, as in */5`},
		{"1.5 * * * *", `minute "1.5" (column 1): is not understood; use 0 to 59`},
		{"+5 * * * *", `minute "+5" (column 1): is not understood; use 0 to 59`},
		{"٣ * * * *", `minute "٣" (column 1): is not understood; use 0 to 59`},
		{"1,,2 * * * *", `minute "" (column 3): is empty; take out the comma, or name a value on both of its sides`},
		{"0 0 30 2 *", `day of month "30" (column 5): never fires, as none of its months has such a day; february ends on the 28th or 29th`},
		{"0 0 31 2,4,6 *", `day of month "31" (column 5): never fires, as none of its months has such a day; use a day from 1 to 30`},
		{"", `cron expression "" (column 1): is empty; use five fields, as in "30 2 * * *": minute, hour, day of month, month, day of week`},
		{"* * * *", `cron expression "* * * *" (column 1): has 4 fields, and unix cron has 5; use five fields, as in "30 2 * * *": minute, hour, day of month, month, day of week`},
		{"0 */5 * * * *", `cron expression "0 */5 * * * *" (column 1): has 6 fields, and unix cron has 5; leave out the seconds: "*/5 * * * *"`},
		{"@every 5m", `cron expression "@every" (column 1): is not cron, which has no memory of the last run; write */5 * * * * for every 5 minutes, or make it an interval: 90 minutes from 2026-01-05 08:00`},
		{"@reboot", `cron expression "@reboot" (column 1): is not a time; start the job by hand, or name a time`},
		{"CRON_TZ=Europe/Berlin 0 2 * * *", `cron expression "CRON_TZ=Europe/Berlin" (column 1): is not part of an expression; take it out, and name the zone beside the expression`},
		{" @Daily", `cron expression "@Daily" (column 2): is written in lower case; write @daily`},
		{"@fortnightly", `cron expression "@fortnightly" (column 1): is not the name of an expression; use @yearly, @monthly, @weekly, @daily or @hourly`},
		{"0 0 * * 1\n", `day of week "1\n" (column 9): is not understood; use 0 to 7, or SUN to SAT`},
		{"99999999999999999999 * * * *", `minute "99999999999999999999" (column 1): is not from 0 to 59; use 0 to 59`},
		{strings.Repeat("1,", 300), `cron expression "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,…" (column 1): is longer than 512 bytes; use ranges and steps, or several schedules`},
	}
	for _, tt := range tests {
		_, err := cron.Parse(tt.expr)
		if _, ok := errors.AsType[*cron.Error](err); !ok {
			t.Errorf("%q: %v is not a *cron.Error", tt.expr, err)
			continue
		}
		if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
			t.Errorf("%q: (-want +got)\n%s", tt.expr, diff)
		}
	}
}

func TestZonesAreNamesOfPlaces(t *testing.T) {
	for _, name := range []string{"UTC", "America/New_York", "America/Argentina/Buenos_Aires", "Europe/Madrid", "Etc/UTC", "Japan"} {
		if zone, err := cron.Zone(name); err != nil || zone.String() != name {
			t.Errorf("%s: got %v, %v", name, zone, err)
		}
	}
	tests := map[string]string{
		"":                  `time zone "" is not the name of a place; use a name such as America/New_York, or UTC`,
		"Local":             `time zone "Local" is not the name of a place; use a name such as America/New_York, or UTC`,
		"EST5EDT":           `time zone "EST5EDT" is not the name of a place; use a place, such as America/New_York`,
		"CET":               `time zone "CET" is not the name of a place; use a place, such as Europe/Berlin`,
		"GMT+3":             `time zone "GMT+3" is not the name of a place; use a name such as America/New_York, or UTC`,
		"GMT":               `time zone "GMT" is not the name of a place; write UTC`,
		"utc":               `time zone "utc" is not the name of a place; write UTC`,
		"Europe/Atlantis":   `time zone "Europe/Atlantis" is not in the time zone database; use a name such as America/New_York, or UTC`,
		"Europe/../UTC":     `time zone "Europe/../UTC" is not in the time zone database; use a name such as America/New_York, or UTC`,
		"right/Europe/Rome": `time zone "right/Europe/Rome" is not the name of a place; use a name such as America/New_York, or UTC`,
		"/etc/localtime":    `time zone "/etc/localtime" is not the name of a place; use a name such as America/New_York, or UTC`,
	}
	for name, want := range tests {
		_, err := cron.Zone(name)
		if err == nil {
			t.Errorf("%q was accepted", name)
			continue
		}
		if diff := cmp.Diff(want, err.Error()); diff != "" {
			t.Errorf("%q: (-want +got)\n%s", name, diff)
		}
	}
}

func TestTheZeroScheduleNeverFires(t *testing.T) {
	if at, ok := (cron.Schedule{}).Next(time.Now(), time.UTC); ok {
		t.Errorf("fires at %s", at)
	}
}
