package timetable_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/beadle-jobs/beadle/internal/timetable"
)

func TestASlotAlwaysHasTheSameID(t *testing.T) {
	due := time.Date(2026, 9, 1, 4, 0, 0, 0, time.UTC)
	id := timetable.SlotID("roster", due)
	if want := "01a05b1f-b600-7"; id[:len(want)] != want {
		t.Errorf("id %s begins with another time than %s", id, want)
	}
	if again := timetable.SlotID("roster", due.In(time.FixedZone("", 7200))); again != id {
		t.Errorf("%s and %s", id, again)
	}
	for _, other := range []string{timetable.SlotID("roster2", due), timetable.SlotID("roster", due.Add(time.Minute))} {
		if other == id {
			t.Errorf("another slot is %s too", id)
		}
	}
}

func TestSlotIDsAreUUIDv7sInTheOrderOfTheirDueTimes(t *testing.T) {
	due, last := time.Date(2026, 9, 1, 4, 0, 0, 0, time.UTC), ""
	for n := range 1000 {
		id, err := uuid.Parse(timetable.SlotID("roster", due.Add(time.Duration(n)*time.Minute)))
		if err != nil || id.Version() != 7 || id.Variant() != uuid.RFC4122 {
			t.Fatalf("%s: %v", id, err)
		}
		if id.String() <= last {
			t.Fatalf("%s comes after %s", id, last)
		}
		last = id.String()
	}
}
