package attendance_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/beadle-jobs/beadle/internal/attendance"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

func date(text string) sis.Date {
	d, err := sis.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

func zone(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return z
}

var newYork = zone("America/New_York")

// in is a place in section S-<course> without bounds.
func in(course string) attendance.Place {
	return attendance.Place{Section: "S-" + course, Course: course, Zone: newYork}
}

// act is something done in a course at a local time such as "2026-10-05 10:00".
func act(course, event, local string) sis.Activity {
	t, err := time.ParseInLocation("2006-01-02 15:04", local, newYork)
	if err != nil {
		panic(err)
	}
	return sis.Activity{User: "u", Course: course, Event: event, At: t}
}

// minutes are the minutes by day and section.
func minutes(days []attendance.Day) map[string]int {
	all := map[string]int{}
	for _, d := range days {
		all[d.Day.String()+" "+d.Section] = d.Minutes
	}
	return all
}

const post, view = "post_created", "course_viewed"

func TestMinutesOfADay(t *testing.T) {
	sessions := attendance.Rules{Mode: attendance.Sessions}
	weighted := attendance.Rules{Weights: map[string]int{post: 10}}
	one := []attendance.Place{in("A")}
	tests := []struct {
		name   string
		rules  attendance.Rules
		places []attendance.Place
		did    []sis.Activity
		want   map[string]int
	}{
		{
			"each event has its minutes", weighted, one,
			[]sis.Activity{act("A", post, "2026-10-05 10:00"), act("A", post, "2026-10-05 10:00"), act("A", post, "2026-10-06 10:00")},
			map[string]int{"2026-10-05 S-A": 20, "2026-10-06 S-A": 10},
		},
		{
			"looking at pages is not attending",
			attendance.Rules{},
			one,
			[]sis.Activity{act("A", view, "2026-10-05 10:00"), act("A", "user_loggedin", "2026-10-05 10:00")},
			map[string]int{},
		},
		{
			"the multiplier is applied before rounding, half up",
			attendance.Rules{Weights: map[string]int{post: 1}, Multiplier: 2500},
			one,
			[]sis.Activity{act("A", post, "2026-10-05 10:00")},
			map[string]int{"2026-10-05 S-A": 3},
		},
		{
			"a day has a least and a most",
			attendance.Rules{Weights: map[string]int{post: 1, "attempt_submitted": 700}, Min: 5},
			one,
			[]sis.Activity{act("A", post, "2026-10-05 10:00"), act("A", "attempt_submitted", "2026-10-06 10:00")},
			map[string]int{"2026-10-05 S-A": 5, "2026-10-06 S-A": 480},
		},
		{
			"one thing done is a whole day of engagement",
			attendance.Rules{Mode: attendance.Engagement, Scheduled: 75},
			one,
			[]sis.Activity{act("A", post, "2026-10-05 10:00"), act("A", post, "2026-10-05 18:00")},
			map[string]int{"2026-10-05 S-A": 75},
		},
		{
			"a session is the time between what was done", sessions, one,
			[]sis.Activity{act("A", post, "2026-10-05 10:00"), act("A", post, "2026-10-05 10:30"), act("A", post, "2026-10-05 11:01"), act("A", post, "2026-10-05 11:02")},
			map[string]int{"2026-10-05 S-A": 31},
		},
		{
			"the last thing done is worth its credit",
			attendance.Rules{Mode: attendance.Sessions, Credit: 5 * time.Minute},
			one,
			[]sis.Activity{act("A", post, "2026-10-05 10:00"), act("A", post, "2026-10-05 10:10")},
			map[string]int{"2026-10-05 S-A": 15},
		},
		{
			"of two sections that share a course the one on that day has it", weighted,
			[]attendance.Place{{Section: "S-1", Course: "A", Zone: newYork, End: date("2026-10-06")}, {Section: "S-2", Course: "A", Zone: newYork, Begin: date("2026-10-06")}},
			[]sis.Activity{act("A", post, "2026-10-05 23:59"), act("A", post, "2026-10-06 00:00")},
			map[string]int{"2026-10-05 S-1": 10, "2026-10-06 S-2": 10},
		},
		{
			"all sections together have no more than a day",
			attendance.Rules{Weights: map[string]int{post: 400}, CapAll: 500},
			[]attendance.Place{in("A"), in("B")},
			[]sis.Activity{act("A", post, "2026-10-05 10:00"), act("B", post, "2026-10-05 11:00")},
			map[string]int{"2026-10-05 S-A": 400, "2026-10-05 S-B": 100},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, minutes(test.rules.Days(test.places, test.did))); diff != "" {
				t.Errorf("minutes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBadInput36(t *testing.T) {
	sessions := attendance.Rules{Mode: attendance.Sessions}
	t.Run("row 36: activity from 23:50 to 00:20 is split by the civil day", func(t *testing.T) {
		got := minutes(sessions.Days([]attendance.Place{in("A")}, []sis.Activity{act("A", post, "2026-10-05 23:50"), act("A", post, "2026-10-06 00:20")}))
		if diff := cmp.Diff(map[string]int{"2026-10-05 S-A": 10, "2026-10-06 S-A": 20}, got); diff != "" {
			t.Errorf("minutes (-want +got):\n%s", diff)
		}
	})
	t.Run("row 36: a day has 25 hours where clocks are set back, and 23 where they skip one", func(t *testing.T) {
		rules := attendance.Rules{Mode: attendance.Sessions, Gap: time.Minute * 10, Cap: 1500, CapAll: 1500}
		for day, want := range map[string]int{"2026-11-01": 1500, "2026-03-08": 1380, "2026-03-09": 1440} {
			start := date(day).In(newYork)
			var did []sis.Activity
			for at := start.Add(-time.Hour); at.Before(start.Add(27 * time.Hour)); at = at.Add(5 * time.Minute) {
				did = append(did, sis.Activity{Course: "A", Event: post, At: at})
			}
			if got := minutes(rules.Days([]attendance.Place{in("A")}, did))[day+" S-A"]; got != want {
				t.Errorf("%s has %d minutes, want %d", day, got, want)
			}
		}
	})
	t.Run("row 36: who is in two courses at once is counted once, split at the switch", func(t *testing.T) {
		got := minutes(sessions.Days([]attendance.Place{in("A"), in("B")}, []sis.Activity{
			act("A", post, "2026-10-05 10:00"), act("B", post, "2026-10-05 10:10"), act("A", post, "2026-10-05 10:25"), act("B", post, "2026-10-05 10:30"),
		}))
		if diff := cmp.Diff(map[string]int{"2026-10-05 S-A": 15, "2026-10-05 S-B": 15}, got); diff != "" {
			t.Errorf("minutes (-want +got):\n%s", diff)
		}
	})
}

func TestOnlyWhoIsRegisteredAttends(t *testing.T) {
	place := in("A")
	place.Begin, place.End = date("2026-10-05"), date("2026-10-07")
	days := attendance.Rules{}.Days([]attendance.Place{place}, []sis.Activity{
		act("A", post, "2026-10-04 23:59"), act("A", post, "2026-10-05 00:00"), act("A", post, "2026-10-06 23:59"), act("A", post, "2026-10-07 00:00"),
	})
	var outside []string
	for _, d := range days {
		if d.Outside {
			outside = append(outside, d.Day.String())
		}
	}
	if diff := cmp.Diff([]string{"2026-10-04", "2026-10-07"}, outside); diff != "" {
		t.Errorf("days outside (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"2026-10-04 S-A": 0, "2026-10-05 S-A": 15, "2026-10-06 S-A": 15, "2026-10-07 S-A": 0}, minutes(days)); diff != "" {
		t.Errorf("minutes (-want +got):\n%s", diff)
	}
}

// drawn is any activity of two days around a change of clocks.
func drawn(t *rapid.T) []sis.Activity {
	start := date("2026-10-31").In(newYork)
	one := rapid.Custom(func(t *rapid.T) sis.Activity {
		return sis.Activity{
			Course: rapid.SampledFrom([]string{"A", "B", "C"}).Draw(t, "course"),
			Event:  rapid.SampledFrom([]string{post, view, "attempt_submitted"}).Draw(t, "event"),
			At:     start.Add(time.Duration(rapid.IntRange(0, 49*60).Draw(t, "minute")) * time.Minute),
		}
	})
	return rapid.SliceOfN(one, 0, 60).Draw(t, "activity")
}

func drawnRules(t *rapid.T) attendance.Rules {
	return attendance.Rules{
		Mode:       rapid.SampledFrom(attendance.Modes).Draw(t, "mode"),
		Multiplier: rapid.IntRange(1, 4000).Draw(t, "multiplier"),
		Cap:        rapid.IntRange(1, 480).Draw(t, "cap"),
		CapAll:     rapid.IntRange(1, 600).Draw(t, "cap of all"),
		Gap:        time.Duration(rapid.IntRange(1, 60).Draw(t, "gap")) * time.Minute,
	}
}

var everywhere = []attendance.Place{in("A"), in("B"), in("C")}

func TestProperties(t *testing.T) {
	t.Run("the order in which activity is told does not matter", rapid.MakeCheck(func(t *rapid.T) {
		rules, did := drawnRules(t), drawn(t)
		if diff := cmp.Diff(rules.Days(everywhere, did), rules.Days(everywhere, rapid.Permutation(did).Draw(t, "order"))); diff != "" {
			t.Fatal(diff)
		}
	}))
	t.Run("no day has more than its caps", rapid.MakeCheck(func(t *rapid.T) {
		rules, all := drawnRules(t), map[sis.Date]int{}
		for _, d := range rules.Days(everywhere, drawn(t)) {
			all[d.Day] += d.Minutes
			if d.Minutes < 0 || d.Minutes > rules.Cap || all[d.Day] > rules.CapAll {
				t.Fatalf("%v has %d minutes, %d in all; caps are %d and %d", d.Day, d.Minutes, all[d.Day], rules.Cap, rules.CapAll)
			}
		}
	}))
	t.Run("page views change nothing", rapid.MakeCheck(func(t *rapid.T) {
		rules, did := drawnRules(t), drawn(t)
		without := slices.DeleteFunc(slices.Clone(did), func(a sis.Activity) bool { return a.Event == view })
		if diff := cmp.Diff(rules.Days(everywhere, did), rules.Days(everywhere, without)); diff != "" {
			t.Fatal(diff)
		}
	}))
	t.Run("time in several courses is what it would be in one", rapid.MakeCheck(func(t *rapid.T) {
		did := drawn(t)
		rules := attendance.Rules{Mode: attendance.Sessions, Cap: 1500, CapAll: 1500}
		merged := slices.Clone(did)
		for i := range merged {
			merged[i].Course = "A"
		}
		several, one := 0, 0
		for _, n := range minutes(rules.Days(everywhere, did)) {
			several += n
		}
		for _, n := range minutes(rules.Days(everywhere, merged)) {
			one += n
		}
		if several != one { // all instants are whole minutes, so that nothing is rounded
			t.Fatalf("%d minutes in several courses, %d in one", several, one)
		}
	}))
	t.Run("who does more does not attend less", rapid.MakeCheck(func(t *rapid.T) {
		rules, did := drawnRules(t), drawn(t)
		rules.Mode = rapid.SampledFrom([]attendance.Mode{attendance.Events, attendance.Engagement}).Draw(t, "counting mode")
		rules.CapAll = 1440
		before := minutes(rules.Days(everywhere, did[:len(did)/2]))
		for key, now := range minutes(rules.Days(everywhere, did)) {
			if now < before[key] {
				t.Fatalf("%s fell from %d to %d", key, before[key], now)
			}
		}
	}))
}
