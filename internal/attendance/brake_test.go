package attendance_test

import (
	"testing"

	"github.com/beadle-jobs/beadle/internal/attendance"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

func TestBadInput40(t *testing.T) {
	t.Run("row 40: of a day without any activity nothing is posted, and never zeros", func(t *testing.T) {
		h := newHouse(t, 10)
		h.sync.Absences = true
		h.log.silent = true
		if codes := h.posts(day0); len(codes) != 1 || codes[0] != sync.BrakeAttendance {
			t.Errorf("record errors %v, want %s", codes, sync.BrakeAttendance)
		}
		if len(h.sis.posts) != 0 {
			t.Errorf("%d days were posted", len(h.sis.posts))
		}
		holds, err := h.ledger.AttendanceHolds(t.Context(), "main", date(day0), date(day0))
		if err != nil || len(holds) != 1 || holds[0].Code != sync.BrakeAttendance || holds[0].Section != "" {
			t.Errorf("holds %+v, %v", holds, err)
		}
	})
	t.Run("row 40: what was posted before stays as it is", func(t *testing.T) {
		h := newHouse(t, 10)
		h.does(day0, 10, 2)
		h.posts(day0)
		h.log.silent = true
		h.posts(day0)
		h.stands(day0, sync.AttPosted, "", 20)
		if got := h.day(day0).Minutes; got != 20 {
			t.Errorf("the ledger has %d minutes, want 20 still", got)
		}
	})
	t.Run("row 40: when the log is there again the day goes on by itself", func(t *testing.T) {
		h := newHouse(t, 10)
		h.does(day0, 10, 2)
		h.log.silent = true
		h.posts(day0)
		h.log.silent = false
		h.posts(day0)
		h.stands(day0, sync.AttPosted, "", 20)
	})
	t.Run("row 40: a person may say that nobody did anything", func(t *testing.T) {
		h := newHouse(t, 10)
		h.sync.Absences = true
		h.log.silent = true
		h.posts(day0)
		_, err := h.ledger.ReleaseAttendance(t.Context(), "main", "", date(day0), "rita", "holiday", h.now)
		h.must(err)
		h.posts(day0)
		h.stands(day0, sync.AttPosted, "", 0)
	})
	t.Run("row 40: a source that cannot be read is not a quiet day", func(t *testing.T) {
		h := newHouse(t, 10)
		h.log.down = &sis.Error{Code: "SRC_UNAVAILABLE", Message: "The log does not answer", Temporary: true}
		if got := h.runs(attendance.Collect); got.Err == nil {
			t.Error("the job did not fail")
		}
	})
}

// busy is a house of twenty students, all of whom attended on the three Mondays
// before the fourth.
func busy(t *testing.T) *house {
	h := newHouse(t, 20)
	for _, monday := range []string{"2026-09-14", "2026-09-21", "2026-09-28"} {
		h.now = date(monday).Add(1).In(newYork)
		h.does(monday, 20, 1)
		h.posts(monday)
	}
	h.now = date(day0).Add(1).In(newYork)
	return h
}

func TestADayWithFarFewerThanUsualIsHeld(t *testing.T) {
	h := busy(t)
	h.does(day0, 9, 1)

	codes := h.posts(day0)

	if len(codes) != 1 || codes[0] != sync.BrakeAttendance {
		t.Errorf("record errors %v, want one of the whole sync", codes)
	}
	h.stands(day0, sync.AttHeld, sync.BrakeAttendance, -1)
	if codes := h.posts(day0); len(codes) != 0 {
		t.Errorf("the same hold was reported again: %v", codes)
	}
	t.Run("until a person releases it", func(t *testing.T) {
		h.t = t
		_, err := h.ledger.ReleaseAttendance(t.Context(), "main", "", date(day0), "rita", "a trip", h.now)
		h.must(err)
		h.posts(day0)
		h.stands(day0, sync.AttPosted, "", 10)
	})
	t.Run("and held again if even fewer attended", func(t *testing.T) {
		h.t = t
		h.log.did = nil
		h.does(day0, 1, 2)
		h.posts(day0)
		h.stands(day0, sync.AttHeld, sync.BrakeAttendance, 10)
	})
}

func TestADayThatIsNotUnusualIsPosted(t *testing.T) {
	h := busy(t)
	h.does(day0, 11, 1)
	h.posts(day0)
	h.stands(day0, sync.AttPosted, "", 10)
}

func TestADayThatIsOverForGoodIsHeldBeforeItIsCorrected(t *testing.T) {
	h := newHouse(t, 1)
	h.does(day0, 1, 1)
	h.posts(day0)
	h.now = h.now.AddDate(0, 0, 8)
	h.does(day0, 1, 1)
	h.posts() // looks at the days that can still change
	h.stands(day0, sync.AttPosted, "", 10)
	h.posts(day0)
	h.stands(day0, sync.AttHeld, sync.AttFinalised, 10)
	_, err := h.ledger.ReleaseAttendance(t.Context(), "main", "S", date(day0), "rita", "late upload", h.now)
	h.must(err)
	h.posts(day0)
	h.stands(day0, sync.AttPosted, "", 20)
}
