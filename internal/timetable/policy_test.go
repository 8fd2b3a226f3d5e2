package timetable_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/timetable"
)

// with returns a schedule of every minute with another rule.
func with(change func(s *job.Schedule)) []job.Schedule {
	s := every("* * * * *")
	change(&s)
	return []job.Schedule{s}
}

func jobOf(minute int) string {
	return timetable.SlotID("roster", time.Date(2000, 1, 1, 0, minute, 0, 0, time.UTC))
}

func TestOneSlotWaitsForTheJobOfAnEarlierOneAndFurtherSlotsAreSkipped(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.schedules = with(func(s *job.Schedule) { s.Overlap = job.OverlapQueueOne })
		q.takes = 150 * time.Second
		walk(t, l, q, 4*time.Minute+30*time.Second)
		expect(t, l, strings.Join([]string{
			"01 00:01 ran",
			"01 00:02 ran_late +1m30s: it waited for job " + jobOf(1) + " of an earlier slot to end",
			"01 00:03 skipped: job " + jobOf(2) + " of an earlier slot had not ended",
			"01 00:04 intended",
		}, "\n"))
	})
}

func TestEachSlotHasItsJobOneAfterTheOther(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.schedules = with(func(s *job.Schedule) { s.Overlap = job.OverlapQueueAll })
		q.takes = 90 * time.Second
		walk(t, l, q, 3*time.Minute+30*time.Second)
		walk(t, l, q, 3*time.Minute) // the line outlives the one who kept it
		var ended time.Time
		for _, r := range q.requests {
			if j := q.jobs[r.ID]; j.Created.Before(ended) {
				t.Errorf("job of slot %s started at %s, before the one before it ended at %s", r.Slot, j.Created, ended)
			}
			ended = *q.jobs[r.ID].Ended
		}
		if n := len(q.requests); n != 4 || strings.Contains(l.story(), "skipped") {
			t.Errorf("%d jobs:\n%s", n, l.story())
		}
	})
}

func TestTheJobOfAnEarlierSlotIsAbortedAndTheNextStartsWhenItHasEnded(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.schedules = with(func(s *job.Schedule) { s.Overlap = job.OverlapAbort })
		q.takes, q.aborts = time.Hour, time.Second
		walk(t, l, q, 3*time.Minute+30*time.Second)
		expect(t, l, strings.Join([]string{
			"01 00:01 ran",
			"01 00:02 ran +2s",
			"01 00:03 ran +2s",
		}, "\n"))
		if diff := cmp.Diff([]string{jobOf(1), jobOf(2)}, q.aborted); diff != "" {
			t.Errorf("aborted (-want +got)\n%s", diff)
		}
	})
}

func TestJobsMayOverlap(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.schedules = with(func(s *job.Schedule) { s.Overlap = job.OverlapAllow })
		q.takes = time.Hour
		walk(t, l, q, 2*time.Minute+time.Second)
		expect(t, l, "01 00:01 ran\n01 00:02 ran")
	})
}

func TestCatchingUp(t *testing.T) {
	down, caught := " missed: the scheduler was down", " caught_up +"
	tests := []struct {
		name   string
		change func(s *job.Schedule)
		want   []string
	}{
		{"on none", func(s *job.Schedule) { s.CatchUp = job.CatchUpNone }, []string{"01" + down, "02" + down, "03" + down, "04" + down}},
		{"on the latest", func(*job.Schedule) {}, []string{"01" + down, "02" + down, "03" + down, "04" + caught + "30s"}},
		{
			"on all, one after the other",
			func(s *job.Schedule) { s.CatchUp = job.CatchUpAll },
			[]string{
				"01" + caught + "3m30s", "02" + caught + "2m32s: it waited for job " + jobOf(1) + " of an earlier slot to end",
				"03" + caught + "1m34s: it waited for job " + jobOf(2) + " of an earlier slot to end",
				"04" + caught + "36s: it waited for job " + jobOf(3) + " of an earlier slot to end",
			},
		},
		{
			"on all at once",
			func(s *job.Schedule) { s.CatchUp, s.Overlap = job.CatchUpAll, job.OverlapAllow },
			[]string{"01" + caught + "3m30s", "02" + caught + "2m30s", "03" + caught + "1m30s", "04" + caught + "30s"},
		},
		{
			"on all within two minutes",
			func(s *job.Schedule) {
				s.CatchUp, s.Overlap, s.CatchUpWithin = job.CatchUpAll, job.OverlapAllow, job.Seconds(2*time.Minute)
			},
			[]string{"01" + down, "02" + down, "03" + caught + "1m30s", "04" + caught + "30s"},
		},
		{
			"on three at most",
			func(s *job.Schedule) { s.CatchUp, s.Overlap, s.CatchUpMost = job.CatchUpAll, job.OverlapAllow, 3 },
			[]string{"01" + down, "02" + caught + "2m30s", "03" + caught + "1m30s", "04" + caught + "30s"},
		},
		{
			"on what is not too late",
			func(s *job.Schedule) {
				s.CatchUp, s.Overlap, s.LatestStart = job.CatchUpAll, job.OverlapAllow, job.Seconds(time.Minute)
			},
			[]string{
				"01 missed: it could not start within 1m0s of its time", "02 missed: it could not start within 1m0s of its time",
				"03 missed: it could not start within 1m0s of its time", "04" + caught + "30s",
			},
		},
		{
			"on as many runs as it may have",
			func(s *job.Schedule) { s.CatchUp, s.Overlap, s.MaxRuns = job.CatchUpAll, job.OverlapAllow, 2 },
			[]string{"01" + down, "02" + down, "03" + caught + "1m30s", "04" + caught + "30s"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
				l.schedules = with(tt.change)
				q.takes = 2 * time.Second
				time.Sleep(4*time.Minute + 30*time.Second)
				walk(t, l, q, 29*time.Second)
				expect(t, l, "01 00:"+strings.Join(tt.want, "\n01 00:"))
			})
		})
	}
}

func TestCatchesUpOnSlotsOfEachSecondWithoutLosingAny(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.schedules = with(func(s *job.Schedule) {
			s.Dialect, s.Cron, s.CatchUp, s.CatchUpMost = "quartz", "* * * * * ?", job.CatchUpAll, 1000
		})
		walk(t, l, q, 10*time.Second+time.Second/2)
		time.Sleep(5 * time.Second)
		walk(t, l, q, 45*time.Second)
		if n := strings.Count(l.story(), "ran") + strings.Count(l.story(), "caught_up"); n != 60 || len(q.requests) != 60 {
			t.Errorf("%d slots, %d jobs:\n%s", n, len(q.requests), l.story())
		}
	})
}

func TestWhatWaitsTooLongIsMissed(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.schedules = with(func(s *job.Schedule) {
			s.Cron, s.Overlap, s.LatestStart = "*/10 * * * *", job.OverlapQueueAll, job.Seconds(5*time.Minute)
		})
		q.takes = 18 * time.Minute
		walk(t, l, q, 31*time.Minute)
		expect(t, l, "01 00:10 ran\n01 00:20 missed: it could not start within 5m0s of its time\n01 00:30 ran")
	})
}

func TestWhatWaitsIsPausedWithItsSchedule(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.schedules = with(func(s *job.Schedule) { s.Overlap = job.OverlapQueueAll })
		q.takes = time.Hour
		walk(t, l, q, 2*time.Minute+time.Second)
		l.schedules[0].Enabled = false
		walk(t, l, q, time.Second)
		expect(t, l, "01 00:01 ran\n01 00:02 paused: the schedule was switched off")
	})
}

func TestWhatWaitedAndWasStartedByAFormerLeaderIsNotGivenUp(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.schedules = with(func(s *job.Schedule) { s.Enabled = false })
		due := time.Now().Add(time.Minute)
		id := timetable.SlotID("roster", due)
		l.slots = []job.Slot{{Schedule: "roster", Due: due, Outcome: job.SlotIntended, JobID: id, Decided: due}}
		q.jobs = map[string]*job.Job{id: {ID: id, Created: due.Add(time.Second), Ended: new(due.Add(time.Minute))}}
		time.Sleep(90 * time.Second)
		walk(t, l, q, time.Second)
		expect(t, l, "01 00:01 ran +1s")
	})
}

func TestWhatIsOldIsLookedUpInTheLedger(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.schedules = with(func(s *job.Schedule) { s.Cron, s.Overlap = "1 0 1 1 *", job.OverlapQueueAll })
		due := time.Now().Add(time.Minute)
		l.slots = []job.Slot{{Schedule: "roster", Due: due, Outcome: job.SlotIntended, JobID: jobOf(1), Decided: due}}
		l.schedules[0].Decided = due
		l.jobs = map[string]job.Job{jobOf(1): {ID: jobOf(1), Created: due.Add(2 * time.Second)}}
		time.Sleep(48 * time.Hour)
		walk(t, l, q, time.Second)
		expect(t, l, "01 00:01 ran +2s")
		if len(q.requests) != 0 {
			t.Errorf("%d jobs", len(q.requests))
		}
	})
}

func TestAJobThatDoesTheSameStandsInTheWay(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.schedules = with(func(*job.Schedule) {})
		q.jobs = map[string]*job.Job{jobOf(1): {ID: "another"}}
		walk(t, l, q, 61*time.Second)
		expect(t, l, "01 00:01 skipped: job another, which does the same, had not ended")
	})
}

func TestIsOverAfterSoManyRuns(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.schedules = with(func(s *job.Schedule) { s.MaxRuns = 3 })
		q.takes = 61 * time.Second
		walk(t, l, q, 10*time.Minute)
		busy := func(minute int) string {
			return " skipped: job " + jobOf(minute) + " of an earlier slot had not ended\n"
		}
		expect(t, l, "01 00:01 ran\n01 00:02"+busy(1)+"01 00:03 ran\n01 00:04"+busy(3)+"01 00:05 ran")
	})
}

func TestHasNoSlotsBeforeItStartsAndFromItsEndOn(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.schedules = with(func(s *job.Schedule) {
			s.StartsAt, s.EndsAt = new(time.Now().Add(2*time.Minute)), new(time.Now().Add(4*time.Minute))
		})
		walk(t, l, q, 10*time.Minute)
		expect(t, l, "01 00:02 ran\n01 00:03 ran")
	})
}

func TestIsPausedUntilATimeForAReason(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.schedules = with(func(s *job.Schedule) {
			s.PausedUntil, s.PauseNote = new(time.Now().Add(2*time.Minute)), "the database is moved"
		})
		walk(t, l, q, 2*time.Minute+time.Second)
		expect(t, l, "01 00:01 paused: the database is moved\n01 00:02 ran")
	})
}

func TestACalendarLeavesSlotsOutInTheZoneOfTheSchedule(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.schedules = with(func(s *job.Schedule) { s.Cron, s.Zone, s.Calendar = "0 * * * *", "Asia/Tokyo", "nights" })
		l.calendars = []job.Calendar{{Name: "nights", Exclusions: []job.Exclusion{{Title: "nobody is there", Start: "12:00", End: "14:00"}}}}
		walk(t, l, q, 5*time.Hour+time.Second)
		expect(t, l, "01 01:00 ran\n01 02:00 ran\n01 03:00 excluded: nobody is there\n01 04:00 excluded: nobody is there\n01 05:00 ran")
	})
}

func TestAScheduleWhoseCalendarIsGoneHasNoSlotsUntilThereIsOne(t *testing.T) {
	bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
		l.schedules = with(func(s *job.Schedule) { s.Calendar = "holidays" })
		walk(t, l, q, 2*time.Minute+time.Second)
		expect(t, l, "")
		l.calendars = []job.Calendar{{Name: "holidays"}}
		walk(t, l, q, time.Second)
		expect(t, l, "01 00:01 missed: the scheduler was down\n01 00:02 ran +1s")
	})
}

func TestSlotsStartLaterByJitterAndKeepTheirDueTimes(t *testing.T) {
	for _, by := range []job.JitterBy{job.JitterByName, job.JitterByChance} {
		t.Run(string(by), func(t *testing.T) {
			bubble(t, func(t *testing.T, l *fakeLedger, q *fakeQueue) {
				l.schedules = with(func(s *job.Schedule) { s.Jitter, s.JitterBy = job.Seconds(50*time.Second), by })
				walk(t, l, q, 90*time.Second)
				walk(t, l, q, 209*time.Second) // another one agrees
				lags := map[time.Duration]bool{}
				for i, slot := range l.slots {
					lags[slot.Lag] = true
					if want := time.Date(2000, 1, 1, 0, i+1, 0, 0, time.UTC); !slot.Due.Equal(want) || slot.Outcome != job.SlotRan || slot.Lag >= 50*time.Second {
						t.Errorf("%+v", slot)
					}
				}
				if same := len(lags) == 1; len(l.slots) != 4 || same != (by == job.JitterByName) {
					t.Errorf("%d slots:\n%s", len(l.slots), l.story())
				}
			})
		})
	}
}

func TestJitterNeverReachesTheNextSlot(t *testing.T) {
	start := time.Date(2026, 9, 7, 8, 0, 0, 0, time.UTC)
	s := with(func(s *job.Schedule) {
		s.Cron, s.Jitter, s.JitterBy = "0,1 * * * *", job.Seconds(time.Hour), job.JitterByChance
	})[0]
	slots, err := timetable.Slots(s, nil, start)
	if err != nil {
		t.Fatal(err)
	}
	var before timetable.Due
	n := 0
	for due := range slots {
		if due.At.Before(before.Start) || due.Start.Before(due.At) {
			t.Fatalf("%v comes after %v", due, before)
		}
		if before, n = due, n+1; n == 1000 {
			break
		}
	}
}
