package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

func (f *fakeTimetable) Recoveries(_ context.Context, limit int) (all []job.Recovery, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, plan := range f.recoveries[:min(len(f.recoveries), limit)] {
		all = append(all, plan.Recovery)
	}
	return all, nil
}

func (f *fakeTimetable) Recovery(_ context.Context, id int64) (job.RecoveryPlan, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, plan := range f.recoveries {
		if id == 0 || plan.ID == id {
			return plan, nil
		}
	}
	return job.RecoveryPlan{}, fault.New(fault.NotFound, "There is no recovery %d.", id)
}

func (f *fakeTimetable) ApproveRecovery(_ context.Context, id int64, by, reason string) (job.Recovery, error) {
	return f.settle(id, job.RecoveryRunning, by, reason, job.RecoveryHeld)
}

func (f *fakeTimetable) RejectRecovery(_ context.Context, id int64, by, reason string) (job.Recovery, error) {
	return f.settle(id, job.RecoveryRejected, by, reason, job.RecoveryHeld, job.RecoveryRunning)
}

func (f *fakeTimetable) settle(id int64, to job.RecoveryState, by, reason string, from ...job.RecoveryState) (r job.Recovery, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.recoveries {
		if r := &f.recoveries[i].Recovery; r.ID == id && slices.Contains(from, r.State) {
			r.State, r.By, r.Reason, r.Settled = to, by, reason, at(0)
			return *r, nil
		}
	}
	return r, fault.New(fault.Conflict, "Recovery %d is not held.", id)
}

// Clashes finds some at the full hour, and none for a schedule whose resources
// are not known.
func (f *fakeTimetable) Clashes(_ context.Context, s job.Schedule) (job.ClashForecast, error) {
	c := job.ClashForecast{From: noon, To: noon.AddDate(0, 0, 7)}
	if s.Task == "mail.digest" {
		c.Remarks = []string{"how long jobs of mail.digest take"}
		return c, nil
	}
	if !strings.HasPrefix(s.Cron, "0 ") || s.Dialect != "unix" {
		return c, nil
	}
	for i := range 5 {
		due := time.Date(2026, 9, 4+i, 5, 0, 0, 0, time.UTC)
		c.Clashes = append(c.Clashes, job.Clash{Due: due, Schedule: "backup", With: due.Add(-4 * time.Minute), Resource: "default/*", Overlap: job.Seconds(6 * time.Minute)})
	}
	c.Count = 7
	c.Free = &job.FreeTimes{Dialect: "unix", Cron: "20 5 * * *", Text: "every day at 05:20", Next: noon.Add(17*time.Hour + 20*time.Minute)}
	return c, nil
}

func (f *fakeTimetable) Calendars(context.Context) ([]job.Calendar, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calendars), nil
}

func (f *fakeTimetable) Calendar(_ context.Context, name string) (job.Calendar, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.calendars {
		if c.Name == name {
			return c, nil
		}
	}
	return job.Calendar{}, fault.New(fault.NotFound, "There is no calendar %s.", name)
}

// PutCalendar refuses old revisions, and days in month 13.
func (f *fakeTimetable) PutCalendar(ctx context.Context, c job.Calendar, by, reason string) (job.Calendar, error) {
	for i, x := range c.Exclusions {
		if strings.HasPrefix(x.From, "13-") {
			return c, fault.New(fault.Invalid, "%q is not a day.", x.From).In(fmt.Sprintf("exclusions[%d].from", i))
		}
	}
	old, err := f.Calendar(ctx, c.Name)
	if old.Revision != c.Revision {
		return c, fault.New(fault.Conflict, "Somebody else has saved %s.", c.Name).In("name")
	}
	was, _ := json.Marshal(old.Exclusions)
	now, _ := json.Marshal(c.Exclusions)
	f.mu.Lock()
	defer f.mu.Unlock()
	c.Revision++
	if err != nil {
		f.calendars = append(f.calendars, c)
		f.note(job.Change{Schedule: "calendar " + c.Name, By: by, Reason: reason, Field: "created", New: now})
		return c, nil
	}
	i := slices.IndexFunc(f.calendars, func(o job.Calendar) bool { return o.Name == c.Name })
	f.calendars[i] = c
	f.note(job.Change{Schedule: "calendar " + c.Name, By: by, Reason: reason, Field: "exclusions", Old: was, New: now})
	return c, nil
}

func (f *fakeTimetable) DeleteCalendar(_ context.Context, name, _, _ string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calendars = slices.DeleteFunc(f.calendars, func(c job.Calendar) bool { return c.Name == name })
	return nil
}

// campusCalendars are the holidays, and the nights of backups, which no
// schedule uses.
func campusCalendars() []job.Calendar {
	return []job.Calendar{
		{Name: "backups", Revision: 1, Exclusions: []job.Exclusion{{Start: "22:00", End: "06:00"}}},
		{Name: "holidays", Title: "Public holidays", Revision: 4, Exclusions: []job.Exclusion{
			{Title: "Winter break", From: "12-24", To: "01-02"},
			{Title: "Weekend", Weekdays: []string{"saturday", "sunday"}},
			{Title: "Exams: part 1", From: "2027-02-08", To: "2027-02-19", Start: "08:00", End: "18:00"},
			{Title: "Move", From: "2026-09-07"},
		}},
	}
}

// campusRecoveries are a plan that is held, one that runs and one that is over.
func campusRecoveries() []job.RecoveryPlan {
	held := job.RecoveryPlan{Recovery: job.Recovery{ID: 9, From: noon.Add(-26 * time.Hour), To: *at(-10 * time.Minute), State: job.RecoveryHeld, Slots: 212, Made: *at(-9 * time.Minute), Expected: job.Seconds(130 * time.Minute)}}
	for i := range 212 {
		due := noon.Add(time.Duration(i-240) * 6 * time.Minute)
		step := job.RecoveryStep{Place: i + 1, Slot: job.Slot{Schedule: "backup", Due: due, Outcome: job.SlotIntended, JobID: fmt.Sprint("r9-", i), Recovery: 9}, Task: "moodle.backup", Client: "default"}
		if i%3 == 0 {
			step.Schedule, step.Task, step.Usual = "sis.main", "sis.terms.pull", job.Seconds(95*time.Second)
			step.After, step.Shares = []string{"users.import", "digest"}, []string{"default/enrolments", "default/gradebook", "default/users", "default/courses", "default/*"}
		}
		held.Steps = append(held.Steps, step)
	}
	running := job.RecoveryPlan{Recovery: job.Recovery{ID: 8, From: noon.Add(-50 * time.Hour), To: noon.Add(-49 * time.Hour), State: job.RecoveryRunning, Slots: 4, Made: noon.Add(-49 * time.Hour), Expected: job.Seconds(time.Hour), Settled: at(-20 * time.Minute), By: "beadle", Reason: "It has at most 100 slots."}}
	for i, step := range []job.RecoveryStep{
		{Slot: job.Slot{Outcome: job.SlotCaughtUp, JobID: id(20)}, State: job.Succeeded},
		{Slot: job.Slot{Outcome: job.SlotCaughtUp, JobID: id(25)}, State: job.Running},
		{Slot: job.Slot{Outcome: job.SlotIntended, JobID: "later", Reason: "Waits for users.import."}},
		{Slot: job.Slot{Outcome: job.SlotMissed, Reason: "A newer slot has run."}},
	} {
		step.Place, step.Schedule, step.Task, step.Client, step.Recovery = i+1, "sis.main", "sis.terms.pull", "default", 8
		step.Due = noon.Add(time.Duration(i-50) * time.Hour)
		running.Steps = append(running.Steps, step)
	}
	over := job.RecoveryPlan{
		Recovery: job.Recovery{ID: 7, From: noon.Add(-90 * time.Hour), To: noon.Add(-89 * time.Hour), State: job.RecoveryRejected, Slots: 1, Settled: at(-88 * time.Hour), By: "ana@example.edu", Reason: "The SIS was restored from a backup", Ended: at(-88 * time.Hour)},
		Steps:    []job.RecoveryStep{{Place: 1, Slot: job.Slot{Schedule: "was.deleted", Due: noon.Add(-90 * time.Hour), Outcome: job.SlotMissed, Reason: "recovery 7 was rejected"}}},
	}
	return []job.RecoveryPlan{held, running, over}
}
