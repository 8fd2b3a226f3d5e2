package cron_test

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/beadle-jobs/beadle/pkg/cron"
)

func TestSaysInEnglishWhenAScheduleFires(t *testing.T) {
	tests := map[string]string{
		"* * * * *":                 "every minute",
		"*/5 * * * *":               "every 5 minutes",
		"0,30 * * * *":              "every 30 minutes",
		"0 * * * *":                 "every hour",
		"@hourly":                   "every hour",
		"15,45 * * * *":             "every hour at :15 and :45",
		"5-55/15 * * * *":           "every hour at :05, :20, :35 and :50",
		"10-20 * * * *":             "minute 10 to 20 of every hour",
		"0 */4 * * *":               "every 4 hours",
		"0 0 * * *":                 "every day at 00:00",
		"0 2,14 * * *":              "every day at 02:00 and 14:00",
		"0,30 8,9 * * *":            "every day at 08:00, 08:30, 09:00 and 09:30",
		"0 23 * * 0":                "every sunday at 23:00",
		"30 8 * * 1-5":              "every weekday at 08:30",
		"0 10 * * 6,0":              "every saturday and sunday at 10:00",
		"0 10 * * 5-7":              "every friday to sunday at 10:00",
		"0 9 * * mon,wed,fri":       "every monday, wednesday and friday at 09:00",
		"*/15 9-17 * * 1-5":         "every 15 minutes from 09:00 to 17:45 every weekday",
		"0 8-20 * * *":              "every hour from 08:00 to 20:00",
		"* 17 * 2-4 7":              "every minute from 17:00 to 17:59 every sunday in february to april",
		"0 0 1,15 * *":              "on day 1 and 15 of every month at 00:00",
		"0 6 1 1,4,7,10 *":          "on day 1 of january, april, july and october at 06:00",
		"0 5 * 12,1,2 *":            "every day at 05:00 in january, february and december",
		"30 4 1,15 * 5":             "on day 1 and 15 of the month or every friday at 04:30",
		"0 0 13 6-8 5":              "on day 13 of the month or every friday at 00:00 in june to august",
		"0 0 */2 * 1":               "on day 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29 and 31 of the month if it is monday at 00:00",
		"0 0 */15 * 1":              "on day 1, 16 and 31 of the month if it is monday at 00:00",
		"*/5 * 1-7 * *":             "every 5 minutes on day 1 to 7 of every month",
		"0 0 1-31 * 5":              "every day at 00:00",
		"*/7 3,5 * * *":             "minute 0, 7, 14, 21, 28, 35, 42, 49 and 56 of hour 3 and 5",
		"23 0-23/2 * * *":           "minute 23 of hour 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20 and 22",
		"0-59 1,3 * * *":            "every minute of hour 1 and 3",
		"45 2-18 * 9,4 Sun":         "minute 45 of hour 2 to 18 every sunday in april and september",
		"5-15 0-23 1 * *":           "minute 5 to 15 of every hour on day 1 of every month",
		"0 12,18 1,2,3,7 jan-dec *": "on day 1 to 3 and 7 of every month at 12:00 and 18:00",
	}
	got := map[string]string{}
	for expr := range maps.Keys(tests) {
		got[expr] = parse(t, expr).Describe()
	}
	if diff := cmp.Diff(tests, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if text := (cron.Schedule{}).Describe(); text != "never" {
		t.Errorf("the zero Schedule fires %s", text)
	}
}

func TestSaysInEnglishWhenQuartzFires(t *testing.T) {
	tests := map[string]string{
		"* * * * * ?":                 "every second",
		"0/20 * * * * ?":              "every 20 seconds",
		"0 5/15 * * * ?":              "every hour at :05, :20, :35 and :50",
		"0 0 9 ? * 2-6":               "every weekday at 09:00",
		"30 0 9 * * ?":                "every day at 09:00:30",
		"0,30 0 9 * * ?":              "every day at 09:00:00 and 09:00:30",
		"10-20 * 9-17 * * ?":          "at second 10 to 20 of every minute of hour 9 to 17",
		"* 0/5 * ? * SAT":             "every second of minute 0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50 and 55 of every hour every saturday",
		"0 15 10 ? * 6L":              "on the last friday of every month at 10:15",
		"0 15 10 ? * 6L 2026-2028":    "on the last friday of every month at 10:15 in 2026 to 2028",
		"0 0 9 LW * ?":                "on the last weekday of every month at 09:00",
		"0 0 9 L-3 * ?":               "on 3 days before the last day of every month at 09:00",
		"0 0 9 L-1 * ?":               "on 1 day before the last day of every month at 09:00",
		"0 0 9 1W,15W 3 ?":            "on the first weekday or the weekday nearest to day 15 of march at 09:00",
		"0 0 9 1,2,L-2W,L,LW * ?":     "on day 1 and 2, the last day, the last weekday or the weekday nearest to 2 days before the last day of every month at 09:00",
		"0 0 9 ? 1-3 2#1,2#3":         "on the first monday or the third monday of january to march at 09:00",
		"0 0 9 ? * MON#1,FRI":         "on the first monday or any friday of every month at 09:00",
		"0 0/10 * 15W * ?":            "every 10 minutes on the weekday nearest to day 15 of every month",
		"0 0 0 29 2 ? 2028,2032,2033": "on day 29 of february at 00:00 in 2028, 2032 and 2033",
	}
	got := map[string]string{}
	for expr := range maps.Keys(tests) {
		got[expr] = parseQuartz(t, expr).Describe()
	}
	if diff := cmp.Diff(tests, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// Two schedules have one text exactly if they are the same.
func TestOneTextIsOneSchedule(t *testing.T) {
	type meaning struct {
		min, hour, dom, dow, month string
		rule                       string
	}
	texts, meanings := map[string]meaning{}, map[meaning]string{}
	rapid.Check(t, func(t *rapid.T) {
		m := drawModel(t)
		means := meaning{min: set(m.sets[0]), hour: set(m.sets[1]), dom: set(m.sets[2]), month: set(m.sets[3]), dow: set(m.sets[4])}
		anyDay, anyWeekday := len(m.sets[2]) == 31, len(m.sets[4]) == 7
		switch both := m.star[2] || m.star[4]; {
		case !both && (anyDay || anyWeekday):
			means.dom, means.dow = set(every(1, 31, 1)), set(every(0, 6, 1))
		case !anyDay && !anyWeekday && both:
			means.rule = "both"
		}
		text := parse(t, m.text).Describe()
		if other, taken := texts[text]; taken && other != means {
			t.Fatalf("%q is %v and %v", text, means, other)
		}
		if other, known := meanings[means]; known && other != text {
			t.Fatalf("%v is %q and %q", means, text, other)
		}
		texts[text], meanings[means] = means, text
	})
}

// set writes a set so that equal sets are equal texts.
func set(members []int) string {
	bits := make([]byte, 60)
	for _, n := range members {
		bits[n] = 1
	}
	return string(bits)
}
