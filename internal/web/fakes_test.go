package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// noon is when the tests take place.
var noon = time.Date(2026, 9, 3, 12, 0, 0, 0, time.UTC)

func at(d time.Duration) *time.Time { return new(noon.Add(d)) }

// fakeJobs is a job history in memory. The job called "boom" breaks it.
type fakeJobs struct {
	counted  int // times
	mu       sync.Mutex
	jobs     []job.Job // newest first
	attempts map[string][]job.Attempt
	errors   map[string][]job.RecordError
	logs     map[string][]job.LogLine
	asked    []job.Filter
}

func (f *fakeJobs) Jobs(_ context.Context, filter job.Filter) (found []job.Job, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, filter)
	for _, j := range f.jobs {
		if matches(j, filter) && len(found) < filter.Limit {
			found = append(found, j)
		}
	}
	return found, nil
}

// Search is Jobs, by cursors.
func (f *fakeJobs) Search(ctx context.Context, filter job.Filter) (job.Found, error) {
	limit := filter.Limit
	if place, ok, _ := job.ParseCursor(filter.Before); ok {
		filter.Before = place.ID
	}
	filter.Limit++
	jobs, err := f.Jobs(ctx, filter)
	if len(jobs) <= limit {
		return job.Found{Jobs: jobs}, err
	}
	return job.Found{Jobs: jobs[:limit], Next: job.PlaceOf(jobs[limit-1]).Cursor()}, err
}

func matches(j job.Job, f job.Filter) bool {
	return (len(f.States) == 0 || slices.Contains(f.States, j.State)) &&
		(f.Task == "" || f.Task == j.Task) && (f.Client == "" || f.Client == j.Client) &&
		(f.Root == "" || f.Root == j.Root) && (f.Schedule == "" || f.Schedule == j.Schedule) &&
		(!f.Errors || j.Errors > 0 || j.State == job.Failed) && (f.Before == "" || j.ID < f.Before) &&
		!slices.ContainsFunc(f.Tags, func(tag string) bool { return !slices.Contains(j.Tags, tag) }) &&
		!slices.ContainsFunc(f.Words, func(word string) bool { return !strings.Contains(j.Description, word) })
}

func (f *fakeJobs) Job(_ context.Context, id string) (job.Job, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if id == "boom" {
		return job.Job{}, errors.New("disk on fire")
	}
	for _, j := range f.jobs {
		if j.ID == id {
			return j, nil
		}
	}
	return job.Job{}, fault.New(fault.NotFound, "There is no job %s.", id)
}

func (f *fakeJobs) Counts(_ context.Context, client string) (map[job.State]int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.counted++
	counts := map[job.State]int64{}
	for _, j := range f.jobs {
		if client == "" || client == j.Client {
			counts[j.State]++
		}
	}
	return counts, nil
}

func (f *fakeJobs) CountsOf(_ context.Context, client, owner string) (map[job.State]int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	counts := map[job.State]int64{}
	for _, j := range f.jobs {
		if (client == "" || client == j.Client) && owner == j.Owner {
			counts[j.State]++
		}
	}
	return counts, nil
}

func (f *fakeJobs) Attempts(_ context.Context, id string) ([]job.Attempt, error) {
	return f.attempts[id], nil
}

// Waits are of one job, which waited for three minutes.
func (f *fakeJobs) Waits(_ context.Context, wanted string) (job.Waits, error) {
	if wanted != id(25) {
		return nil, nil
	}
	return job.Waits{}.Begin(job.Wait{Kind: job.WaitsForLock, For: "gradebook", Holder: id(24), Task: "stats.nightly"}, noon.Add(-8*time.Minute)).End(noon.Add(-5 * time.Minute)), nil
}

// QueueWaits are of one queue.
func (f *fakeJobs) QueueWaits(_ context.Context, since time.Time) (job.QueueWaits, error) {
	if !since.Equal(noon.Add(-time.Hour)) || len(f.jobs) == 0 {
		return job.QueueWaits{}, nil
	}
	return job.QueueWaits{Jobs: 1204, Queues: map[string]job.QueueWait{"worker": {Jobs: 1200, Median: 40 * time.Millisecond, Long: 95 * time.Second}}}, nil
}

// RecentDurations are of jobs that took 3 minutes, give or take two.
func (f *fakeJobs) RecentDurations(_ context.Context, schedule, task, _ string, n int) (recent []job.Lasted, err error) {
	if schedule == "" && task != "sis.registrations.process" {
		return nil, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range min(n, 20) {
		recent = append(recent, job.Lasted{JobID: f.jobs[i%len(f.jobs)].ID, Started: noon.Add(-time.Duration(i+1) * 24 * time.Hour), Took: 3*time.Minute + time.Duration(i*7%5-2)*time.Minute})
	}
	return recent, nil
}

func (f *fakeJobs) JobErrors(_ context.Context, id string, after int64, limit int) ([]job.RecordError, error) {
	rows := f.errors[id]
	return rows[min(int(after), len(rows)):min(int(after)+limit, len(rows))], nil
}

func (f *fakeJobs) JobLogs(_ context.Context, id string, after int64, limit int) ([]job.LogLine, error) {
	rows := f.logs[id]
	return rows[min(int(after), len(rows)):min(int(after)+limit, len(rows))], nil
}

func (f *fakeJobs) Abort(ctx context.Context, id, by string) (job.Job, error) {
	j, err := f.Job(ctx, id)
	if err == nil && j.State.Final() {
		err = fault.New(fault.Conflict, "Job %s has already ended.", id)
	}
	if err != nil {
		return j, err
	}
	f.change(id, func(j *job.Job) {
		j.State, j.Reason, j.Ended = job.Aborted, "Aborted by "+by, at(0)
	})
	return f.Job(ctx, id)
}

func (f *fakeJobs) Retry(ctx context.Context, id, by string) (job.Job, error) {
	j, err := f.Job(ctx, id)
	if err != nil {
		return j, err
	}
	again := job.Job{ID: fmt.Sprintf("z%d", len(f.jobs)), Task: j.Task, Description: j.Description, State: job.Queued, Owner: by, RetryOf: id, Created: noon, Due: noon}
	f.add(again)
	return again, nil
}

// AbortMany aborts those that can be.
func (f *fakeJobs) AbortMany(ctx context.Context, ask job.Bulk) (job.BulkResult, error) {
	return f.many(ctx, ask, func(id string) error {
		_, err := f.Abort(ctx, id, "many")
		return err
	})
}

// RetryMany retries all.
func (f *fakeJobs) RetryMany(ctx context.Context, ask job.Bulk) (job.BulkResult, error) {
	return f.many(ctx, ask, func(id string) error {
		_, err := f.Retry(ctx, id, "many")
		return err
	})
}

func (f *fakeJobs) many(ctx context.Context, ask job.Bulk, do func(id string) error) (result job.BulkResult, err error) {
	jobs, err := f.meant(ctx, ask)
	result.Count = len(jobs)
	switch {
	case err != nil:
		return result, err
	case ask.DryRun:
		result.Sample = jobs[:min(len(jobs), 10)]
		return result, nil
	case *ask.Expect < len(jobs):
		return result, fault.New(fault.Conflict, "There are %d such jobs by now.", len(jobs))
	}
	for _, j := range jobs {
		if err := do(j.ID); err != nil {
			result.Refused = append(result.Refused, job.BulkRefusal{Reason: fault.Message(err), Jobs: 1, First: j.ID})
			continue
		}
		result.Done++
	}
	return result, nil
}

func (f *fakeJobs) meant(ctx context.Context, ask job.Bulk) (jobs []job.Job, err error) {
	if ask.Filter != "" {
		filter, err := job.ParseFilter(ask.Filter)
		if err != nil {
			return nil, err
		}
		filter.Limit = 1000
		return f.Jobs(ctx, filter)
	}
	for _, id := range ask.IDs {
		j, err := f.Job(ctx, id)
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, j)
	}
	return jobs, nil
}

func (f *fakeJobs) add(j job.Job) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.jobs = slices.Insert(f.jobs, 0, j)
}

func (f *fakeJobs) change(id string, how func(*job.Job)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.jobs {
		if f.jobs[i].ID == id {
			how(&f.jobs[i])
		}
	}
}

// fakeCatalogue are the names of the tasks there are.
type fakeCatalogue []string

func (c fakeCatalogue) Tasks(context.Context) (tasks []job.Declaration, err error) {
	for _, name := range c {
		tasks = append(tasks, job.Declaration{Name: name})
	}
	return tasks, nil
}

func (c fakeCatalogue) Clients(context.Context) ([]job.Client, error) {
	return []job.Client{{Name: "default"}, {Name: "riverside", Title: "Riverside College"}}, nil
}

// campusDay is a job history as a morning of a roster sync leaves it: one job
// in every state, the run of one sync, and names of people who mean no good.
func campusDay() *fakeJobs {
	f := &fakeJobs{attempts: map[string][]job.Attempt{}, errors: map[string][]job.RecordError{}, logs: map[string][]job.LogLine{}}
	root := id(20)
	for _, j := range []job.Job{
		{ID: id(31), Task: "sis.registrations.pull", Description: "Pull registrations of Riverside College", State: job.Scheduled, Schedule: "sis.registrations.pull", Due: noon.Add(25 * time.Minute)},
		{ID: id(30), Task: "sis.attendance.post", Description: "Post attendance", State: job.Waiting, Reason: "Waits for gradebook, held by Statistics for 3 min", Due: noon},
		{ID: id(29), Task: "moodle.backup", Description: "Back up the courses of autumn 2026", State: job.Queued, Queue: "worker", Due: noon},
		{ID: id(25), Task: "sis.registrations.process", Description: "Process registrations of main", State: job.Running, Root: root, Parent: root, Attempt: 2, Failures: 1, Worker: "worker-2@ada", Errors: 3, Started: at(-95 * time.Second), Progress: job.Progress{Stage: "enrolments", Done: 2688, Total: 4200, Created: 2610, Changed: 41, Removed: 7}, Args: json.RawMessage(`{"sync":"main","terms":["2026-fall","2027-spring"],"dry_run":false}`)},
		{ID: id(24), Task: "moodle.stats", Description: "Count what people did yesterday", State: job.Running, Attempt: 1, Worker: "worker-1@ada", Started: at(-12 * time.Second), Progress: job.Progress{Stage: "log", Done: 18234}},
		{ID: id(23), Task: "sis.sections.process", Description: "Process class sections of main", State: job.Succeeded, Root: root, Parent: root, Attempt: 1, Started: at(-3 * time.Minute), Ended: at(-100 * time.Second), Progress: job.Progress{Created: 84}},
		{ID: id(22), Task: "sis.sections.pull", Description: "Pull class sections of main", State: job.Succeeded, Root: root, Parent: root, Attempt: 1, Started: at(-4 * time.Minute), Ended: at(-190 * time.Second), Progress: job.Progress{Created: 84, Changed: 2}},
		{ID: id(21), Task: "sis.teachers.pull", Description: "Pull teachers of main", State: job.Succeeded, Root: root, Parent: root, Attempt: 1, Errors: 1, Started: at(-5 * time.Minute), Ended: at(-4 * time.Minute), Progress: job.Progress{Created: 6}},
		{ID: root, Task: "sis.terms.pull", Description: "Pull terms of main", State: job.Succeeded, Attempt: 1, Schedule: "sis.main", Started: at(-6 * time.Minute), Ended: at(-5 * time.Minute), Progress: job.Progress{Created: 2}},
		{ID: id(15), Task: "mail.digest", Description: "Send the daily digest", State: job.Retrying, Attempt: 2, Failures: 2, Error: "connect to smtp.example.edu:587: connection refused", Started: at(-8 * time.Minute), Due: noon.Add(48 * time.Second)},
		{ID: id(14), Task: "sis.registrations.process", Description: "Process registrations of summer school", State: job.Held, Reason: "Held: it would drop 212 of 1,880 registrations (11 %)", Attempt: 1, Started: at(-20 * time.Minute)},
		{ID: id(13), Task: "users.import", Description: "Import users from hr-export-2026-09.csv", State: job.Failed, Reason: "Failed after 5 attempts", Attempt: 5, Failures: 5, Errors: 1312, Error: "read hr-export-2026-09.csv: line 88: wrong number of fields", Started: at(-2 * time.Hour), Ended: at(-100 * time.Minute), Progress: job.Progress{Done: 87, Total: 1400, Created: 87}},
		{ID: id(12), Task: "courses.archive", Description: "Archive courses that ended before 2024", State: job.Aborted, Reason: "Aborted by ana@example.edu", Attempt: 1, Started: at(-3 * time.Hour), Ended: at(-3*time.Hour + 40*time.Second), Progress: job.Progress{Removed: 12}},
		{ID: id(11), Task: "cache.purge", Description: "Purge caches", State: job.Expired, Reason: "Was not started within 15 min"},
		{ID: id(10), Task: "users.import", Description: `<script>alert("x")</script> & "friends"`, State: job.Succeeded, Attempt: 1, Started: at(-26 * time.Hour), Ended: at(-25 * time.Hour)},
	} {
		j.Client = "default"
		if j.Owner == "" {
			j.Owner = "schedule sis.main"
		}
		if j.Root == "" {
			j.Root = j.ID
		}
		if j.Queue == "" {
			j.Queue = "worker"
		}
		if j.Args == nil {
			j.Args = json.RawMessage(`{}`)
		}
		j.Created = noon.Add(-7 * time.Minute)
		f.jobs = append(f.jobs, j)
	}
	f.attempts[id(25)] = []job.Attempt{
		{Number: 1, Worker: "worker-1@ada", Outcome: job.AttemptFailed, Error: "enrol 500 people: Moodle answered 503, Service Unavailable", Started: noon.Add(-95 * time.Second), Ended: at(-61 * time.Second)},
		{Number: 2, Worker: "worker-2@ada", Outcome: job.AttemptRunning, Started: noon.Add(-50 * time.Second)},
	}
	f.errors[id(25)] = []job.RecordError{
		{Seq: 1, Attempt: 1, Key: "enrollments.csv:17", Code: "REF_PERSON", Message: "The person U-9999 is not in users.csv; the registration waits until it is.", At: noon},
		{Seq: 2, Attempt: 1, Key: "enrollments.csv:121", Code: "BAD_DATE", Message: "“31/02/2026” is not a date; write it as 2026-09-01.", At: noon},
		{Seq: 3, Attempt: 2, Key: "enrollments.csv:240", Code: "SECTION_UNLINKED", Message: "The section CHEM-201-03 is linked to no course; link it with jobctl sis link.", At: noon},
	}
	for i := range 1000 {
		f.errors[id(13)] = append(f.errors[id(13)], job.RecordError{Seq: int64(i + 1), Key: fmt.Sprintf("hr-export-2026-09.csv:%d", i+88), Code: "ROW_MALFORMED", Message: "The row has 6 fields and the head has 7."})
	}
	for i := range 523 {
		level, text := "info", fmt.Sprintf("enrolled batch=%d size=500 took=812ms", i+1)
		if i == 520 {
			level, text = "warn", "refused row=enrollments.csv:240 code=SECTION_UNLINKED"
		}
		f.logs[id(25)] = append(f.logs[id(25)], job.LogLine{Seq: int64(i + 1), Attempt: 1, Level: level, Text: text, At: noon.Add(time.Duration(i-523) * 170 * time.Millisecond)})
	}
	return f
}

// id is the n-th job id; later ones sort after earlier ones.
func id(n int) string { return fmt.Sprintf("0198f3c2-7d10-7%03d-8a4e-5b1c9d20e6f7", n) }

// Break is refused for jobs that do not run, and without a reason.
func (f *fakeJobs) Break(ctx context.Context, id, by, reason string) (job.Job, error) {
	j, err := f.Job(ctx, id)
	switch {
	case err != nil:
		return j, err
	case reason == "":
		return j, fault.New(fault.Invalid, "Say why the locks are to be broken.").In("reason")
	case j.State != job.Running:
		return j, fault.New(fault.Conflict, "Job %s does not run.", id)
	}
	f.change(id, func(j *job.Job) { j.State, j.Reason = job.Queued, reason+", says "+by })
	return f.Job(ctx, id)
}

// fakeLocks are locks and limits in memory.
type fakeLocks struct {
	locks  []job.Lock
	limits []job.Limit
}

func (f *fakeLocks) Set(_ context.Context, l job.Limit) (job.Limit, error) {
	if l.Max < 1 {
		return l, fault.New(fault.Invalid, "Field max must be 1 or more, not %d.", l.Max).In("max")
	}
	_, _ = f.Remove(context.Background(), l.Task, l.Client)
	l.From = "operator"
	f.limits = append(f.limits, l)
	return l, nil
}

func (f *fakeLocks) Remove(_ context.Context, task, client string) (was job.Limit, err error) {
	f.limits = slices.DeleteFunc(f.limits, func(l job.Limit) bool { return l.Task == task && l.Client == client })
	return was, nil
}

func (f *fakeLocks) List(context.Context) ([]job.Lock, error)    { return f.locks, nil }
func (f *fakeLocks) Limits(context.Context) ([]job.Limit, error) { return f.limits, nil }

// campusLocks are what the jobs of campusDay hold and wait for.
func campusLocks() *fakeLocks {
	f := &fakeLocks{}
	held := job.Lock{Resource: "default/gradebook", Holders: []job.Holder{
		{JobID: id(24), Task: "moodle.stats", Client: "default", Worker: "w", Mode: "write", Fence: 1, Since: noon.Add(-3 * time.Minute)},
	}}
	for i := range 25 {
		held.Waiters = append(held.Waiters, job.Waiter{JobID: id(30 + i%2), Task: "sis.attendance.post", Client: "default", Mode: "read", Since: noon.Add(-time.Minute)})
	}
	f.locks = []job.Lock{held, {Resource: "riverside/*", Holders: []job.Holder{{JobID: id(25), Task: "sis.registrations.process", Client: "riverside", Mode: "read", Since: noon}}}}
	f.limits = []job.Limit{
		{Task: "moodle.backup", Client: "*", Max: 2, InUse: 1, Waits: 3, From: "operator"},
		{Client: "riverside", Max: 40, InUse: 12, From: "operator"},
		{Task: "mail.digest", Max: 1, From: "task"},
	}
	return f
}
