package attendance_test

import (
	"slices"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/attendance"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

const (
	day0 = "2026-10-05"
	day1 = "2026-10-06"
)

func TestBadInput35(t *testing.T) {
	for name, test := range map[string]struct {
		posts []int // that p1 writes on the day, as it is known at each run
		want  int
	}{
		"row 35: a day that was posted and is larger now is corrected":  {[]int{1, 3}, 30},
		"row 35: a day that was posted and is smaller now is corrected": {[]int{3, 1}, 10},
		"row 35: a day that was posted and is zero now is posted as 0":  {[]int{3, 0}, 0},
		"row 35: a day that is the same is not posted again":            {[]int{2, 2}, 20},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, 1)
			for _, n := range test.posts {
				h.log.did = nil
				h.does(day0, 1, n)
				if codes := h.posts(); len(codes) > 0 {
					t.Fatalf("record errors %v", codes)
				}
			}
			h.stands(day0, sync.AttPosted, "", test.want)
			if len(h.sis.rows) != 1 {
				t.Errorf("the SIS has %d rows, want one", len(h.sis.rows))
			}
			want := 2
			if test.posts[0] == test.posts[1] {
				want = 1
			}
			if len(h.sis.posts) != want || h.sis.posts[0].Correct || want == 2 && !h.sis.posts[1].Correct {
				t.Errorf("posts were %+v", h.sis.posts)
			}
		})
	}
}

func TestNothingIsPostedOfADayThatLasts(t *testing.T) {
	h := newHouse(t, 1)
	h.sync.Delay = 4 * time.Hour
	h.does(day0, 1, 1)
	h.does(day1, 1, 1)
	h.posts(day0, day1)
	h.stands(day0, sync.AttComputed, "", -1) // it is 3:00
	h.now = h.now.Add(time.Hour)
	h.posts(day0, day1)
	h.stands(day0, sync.AttPosted, "", 10)
	h.stands(day1, sync.AttComputed, "", -1)
}

func TestWhoDidNothingIsReportedOnlyIfTheSettingsSaySo(t *testing.T) {
	h := newHouse(t, 2)
	h.does(day0, 1, 1)
	h.posts(day0)
	if len(h.sis.rows) != 1 {
		t.Errorf("the SIS has %v, want the one who did something", h.sis.rows)
	}
	h.sync.Absences = true
	h.posts(day0)
	if minutes, ok := h.sis.rows["S p2 "+day0]; !ok || minutes != 0 {
		t.Errorf("the SIS has %v, want 0 minutes of p2", h.sis.rows)
	}
}

func TestAPostWithoutAnAnswer(t *testing.T) {
	t.Run("is read back, and not repeated", func(t *testing.T) {
		h := newHouse(t, 1)
		h.does(day0, 1, 1)
		h.sis.lost = true
		h.runs(attendance.Collect)
		if got := h.runs(attendance.Post); got.Err == nil {
			t.Error("the job did not fail, though the sink did not answer")
		}
		h.stands(day0, sync.AttUnknown, sync.AttNotKnown, 10)
		h.posts()
		h.stands(day0, sync.AttPosted, "", 10)
		if len(h.sis.posts) != 1 {
			t.Errorf("it was posted %d times", len(h.sis.posts))
		}
	})
	t.Run("is posted again if it did not arrive", func(t *testing.T) {
		h := newHouse(t, 1)
		h.does(day0, 1, 1)
		h.sis.lost = true
		h.runs(attendance.Collect)
		h.runs(attendance.Post)
		clear(h.sis.rows)
		h.posts()
		h.stands(day0, sync.AttPosted, "", 10)
	})
	t.Run("waits for a person where the sink cannot be read", func(t *testing.T) {
		h := newHouse(t, 1)
		h.sync.Sink = h.sis
		h.does(day0, 1, 1)
		h.sis.lost = true
		h.runs(attendance.Collect)
		h.runs(attendance.Post)
		h.posts()
		h.stands(day0, sync.AttUnknown, sync.AttNotKnown, 10)
		if len(h.sis.posts) != 1 {
			t.Fatalf("it was posted %d times", len(h.sis.posts))
		}
		_, err := h.ledger.ReleaseAttendance(t.Context(), "main", "S", date(day0), "rita", "it is not there", h.now)
		h.must(err)
		h.posts()
		h.stands(day0, sync.AttPosted, "", 10)
	})
	t.Run("that was never sent is tried again", func(t *testing.T) {
		h := newHouse(t, 1)
		h.does(day0, 1, 1)
		h.sis.fail = &sis.Error{Code: "TGT_UNAVAILABLE", Message: "The SIS is out of order", Temporary: true}
		h.runs(attendance.Collect)
		if got := h.runs(attendance.Post); got.Err == nil {
			t.Error("the job did not fail, though the sink was down")
		}
		h.stands(day0, sync.AttComputed, "", -1)
		h.posts()
		h.stands(day0, sync.AttPosted, "", 10)
	})
}

func TestATeachersChangeInTheSISWins(t *testing.T) {
	const theirs = "S p1 " + day0
	for name, test := range map[string]struct {
		change func(h *house)
		posts  int // of p1 the next time
		code   string
		want   int
	}{
		"over a correction":               {func(h *house) { h.sis.rows[theirs] = 55 }, 3, sync.AttChanged, 55},
		"when it is read back":            {func(h *house) { h.sis.rows[theirs] = 55 }, 1, sync.AttChanged, 55},
		"also if it was taken out":        {func(h *house) { delete(h.sis.rows, theirs) }, 3, sync.AttChanged, -1},
		"unless the settings overrule it": {func(h *house) { h.sis.rows[theirs] = 55; h.sync.Overwrite = true }, 3, "", 30},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, 1)
			h.does(day0, 1, 1)
			h.posts()
			test.change(h)
			h.log.did = nil
			h.does(day0, 1, test.posts)
			h.posts()
			h.posts()
			state := sync.AttConflict
			if test.code == "" {
				state = sync.AttPosted
			}
			h.stands(day0, state, test.code, test.want)
		})
	}
	for name, sink := range map[string]func(h *house) sis.Sink{
		"what was entered before we post stays":                                func(h *house) sis.Sink { return readable{h.sis} },
		"what was entered before we post stays, where the sink cannot be read": func(h *house) sis.Sink { return h.sis },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, 1)
			h.sync.Sink = sink(h)
			h.sis.rows[theirs] = 55
			h.does(day0, 1, 1)
			h.posts()
			h.stands(day0, sync.AttConflict, sync.AttExists, 55)
		})
	}
}

func TestAStudentWhoIsDroppedAfterAPostIsReportedOnce(t *testing.T) {
	h := newHouse(t, 1)
	h.does(day0, 1, 1)
	h.posts()
	h.now = h.now.Add(5 * time.Hour)
	h.must(h.ledger.AbsorbSIS(t.Context(), sync.Delta{
		Sync: "main", Pull: sync.Pull{Stream: sis.Registrations, At: h.now}, Vanished: []sync.End{{Key: "S|p1|student"}},
		Messages: slices.Values([]sync.Message{{ID: "m", Sync: "main", Stream: sis.Registrations, Key: "S|p1|student", Op: sync.Gone, State: sync.Received, Received: h.now, Changed: h.now}}),
	}))
	h.now = h.now.Add(time.Hour)
	if codes := h.posts(); len(codes) != 1 || codes[0] != sync.AttFeedback {
		t.Errorf("record errors %v, want %s", codes, sync.AttFeedback)
	}
	if codes := h.posts(); len(codes) != 0 {
		t.Errorf("it was reported again: %v", codes)
	}
	h.stands(day0, sync.AttPosted, sync.AttFeedback, 10)
}

func TestOnlyTheRegisteredDaysOfStudentsCount(t *testing.T) {
	h := newHouse(t, 1)
	g := sis.Registration{Section: "S", Person: "p1", Role: sis.Student, Begin: date("2026-10-05")}
	h.absorb(sis.Registrations, sync.Row{Key: sync.RegistrationKey(g), Record: &sis.Record{Registration: &g}})
	h.does("2026-10-04", 1, 1)
	h.does(day0, 1, 1)
	h.posts()
	h.stands("2026-10-04", sync.AttComputed, sync.AttOutside, -1)
	h.stands(day0, sync.AttPosted, "", 10)
}
