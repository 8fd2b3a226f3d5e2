package cron_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestWarnsOfMonthsAndTimesThatAreSkipped(t *testing.T) {
	const lastDay = `: it does not run then; "the last day" runs in every month`
	tests := []struct {
		text, zone string
		want       []string
	}{
		{"every day at 09:00", "Europe/Berlin", nil},
		{"on day 28 of every month at 09:00", "UTC", nil},
		{"on day 31 of january at 09:00", "UTC", nil},
		{"on day 31 of every month at 09:00", "UTC", []string{"february, april, june, september and november have no day 31" + lastDay}},
		{"on day 1 and 30 of january to april at 09:00", "UTC", []string{"february has no day 30" + lastDay}},
		{"on day 29 of every month at 09:00", "UTC", []string{"february has no day 29, except in leap years" + lastDay}},
		{"on the weekday nearest to day 31 of may to june at 09:00", "UTC", []string{`june has no day 31: it does not run then; "the last weekday" runs in every month`}},
		{"on 29 days before the last day of every month at 09:00", "UTC", []string{`february has no day 29 days before the last day: it does not run then; "day 1" runs in every month`}},
		{"on the fifth friday of every month at 09:00", "UTC", []string{`most months have no fifth friday: it does not run then; "the last friday" runs in every month`}},
		{"every day at 02:30", "Europe/Berlin", []string{
			"on 2026-10-25 02:30 comes twice in Europe/Berlin: it runs the first time only",
			"on 2027-03-28 02:30 does not exist in Europe/Berlin: it runs at 03:00",
		}},
		{"every day at 03:00", "Europe/Berlin", nil},
		{"every 15 minutes from 01:00 to 02:45", "America/New_York", []string{
			"on 2026-11-01 01:00 to 01:45 come twice in America/New_York: they run the first time only",
			"on 2027-03-14 02:00 to 02:45 do not exist in America/New_York: they run once, at 03:00",
		}},
		{"every 15 minutes", "Europe/Berlin", nil},
		{"every monday at 02:30", "Europe/Berlin", nil},
		{"every sunday at 02:30 in march", "Europe/Berlin", []string{"on 2027-03-28 02:30 does not exist in Europe/Berlin: it runs at 03:00"}},
		{"every day at 02:30:15", "Australia/Lord_Howe", nil},
		{"every day at 02:10:15", "Australia/Lord_Howe", []string{"on 2026-10-04 02:10:15 does not exist in Australia/Lord_Howe: it runs at 02:30"}},
		{"every day at 02:30", "Asia/Kolkata", nil},
	}
	after := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range tests {
		got := english(t, tt.text).Warnings(zoneOf(t, tt.zone), after)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s in %s: (-want +got)\n%s", tt.text, tt.zone, diff)
		}
	}
}

func TestWarnsOfAWholeDayThatIsSkipped(t *testing.T) {
	got := english(t, "every day at 09:00").Warnings(zoneOf(t, "Pacific/Apia"), time.Date(2011, 12, 1, 0, 0, 0, 0, time.UTC))
	want := []string{"on 2011-12-30 09:00 does not exist in Pacific/Apia: it runs at 00:00 on 2011-12-31"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// What a warning says of a clock is what Next does.
func TestWarningsAreWhatHappens(t *testing.T) {
	zone := zoneOf(t, "Europe/Berlin")
	next, _ := english(t, "every day at 02:30").Next(time.Date(2027, 3, 27, 12, 0, 0, 0, zone), zone)
	if got := next.Format("2006-01-02 15:04"); got != "2027-03-28 03:00" {
		t.Errorf("runs at %s", got)
	}
}
