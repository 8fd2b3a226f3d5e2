package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

// A past makes up jobs that have ended, the oldest first: half a year of many
// clients, in which most went well.
type past struct {
	rand *rand.Rand
	now  time.Time     // of the next job
	step time.Duration // from one job to the next, on average
	last *job.Job      // nil before the first
}

// Half a year that ends at the same moment whenever it is made up.
const pastSpan = 180 * 24 * time.Hour

var pastEnd = time.Date(2026, time.September, 1, 0, 0, 0, 0, time.UTC)

// How much of what there is.
const (
	pastTasks     = 40
	pastClients   = 25
	pastPeople    = 400
	pastSchedules = 500
)

func newPast(seed, jobs int) *past {
	return &past{
		rand: rand.New(rand.NewPCG(uint64(seed), 0)), //nolint:gosec // The same numbers are to make the same jobs.
		now:  pastEnd.Add(-pastSpan), step: pastSpan / time.Duration(max(jobs, 1)),
	}
}

func pastTask(i int) string     { return fmt.Sprintf("bench.task-%02d", i) }
func pastClient(i int) string   { return fmt.Sprintf("school-%02d", i) }
func pastSchedule(i int) string { return fmt.Sprintf("%s:%03d", pastTask(i%pastTasks), i) }

// introduce puts into the ledger what the jobs speak of. No worker knows the
// tasks and the schedules are off, so nothing of it ever runs.
func (p *past) introduce(ctx context.Context, l *ledger.Ledger) error {
	var tasks []job.Declaration
	for i := range pastTasks {
		tasks = append(tasks, job.Declaration{Name: pastTask(i), Summary: "Be looked at", Queue: queue, BuiltAt: p.now})
	}
	if err := l.PutTasks(ctx, tasks); err != nil {
		return err
	}
	for i := range pastClients {
		if _, err := l.CreateClient(ctx, job.Client{Name: pastClient(i), Title: fmt.Sprintf("School %d", i), Created: p.now}); err != nil {
			return err
		}
	}
	return l.PutSchedules(ctx, p.schedules())
}

func (p *past) schedules() (all []job.Schedule) {
	rule := job.DefaultRule()
	rule.Cron, rule.Enabled = "0 3 * * *", false
	for i := range pastSchedules {
		all = append(all, job.Schedule{
			Name: pastSchedule(i), Task: pastTask(i % pastTasks), Client: pastClient(i % pastClients),
			Rule: rule, Base: rule, Declared: true, Created: p.now,
		})
	}
	return all
}

// next returns the n jobs that come next.
func (p *past) next(n int) []ledger.EndedJob {
	all := make([]ledger.EndedJob, n)
	for i := range all {
		all[i] = p.job()
	}
	return all
}

// job makes up one job and its end.
func (p *past) job() ledger.EndedJob {
	p.now = p.now.Add(time.Duration(p.rand.Int64N(int64(2*p.step) + 1))).Truncate(time.Millisecond).Add(time.Millisecond)
	e := ledger.EndedJob{Job: p.request()}
	j := &e.Job
	switch n := p.rand.IntN(100); {
	case n < 90:
		p.run(&e, job.Succeeded, 1+max(0, p.rand.IntN(20)-18))
	case n < 95:
		p.run(&e, job.Failed, 1+p.rand.IntN(3))
	case n < 98:
		p.run(&e, job.Aborted, 1)
	default:
		j.State, j.Reason = job.Expired, "Was not started in time."
		j.Ended = new(j.Created.Add(time.Hour))
	}
	p.last = &job.Job{ID: j.ID, Root: j.Root, Client: j.Client}
	return e
}

// request makes up what was asked for. The busiest clients and tasks have far
// more jobs than the others.
func (p *past) request() job.Job {
	task, school := p.some(pastTasks), p.some(pastClients)
	j := job.Job{
		ID: p.id(), Task: pastTask(task), Client: pastClient(school), Queue: queue,
		Description: fmt.Sprintf("Task %d of school %d", task, school),
		Args:        fmt.Appendf(nil, `{"term":"2026-%d","course":"C-%05d","dry_run":%t}`, p.rand.IntN(4), p.rand.IntN(20000), p.rand.IntN(2) == 0),
		Created:     p.now, Due: p.now,
	}
	j.Root = j.ID
	switch n := p.rand.IntN(20); {
	case n < 2:
		i := p.some(pastSchedules)
		j.Schedule, j.Slot, j.Owner = pastSchedule(i), new(p.now), "schedule "+pastSchedule(i)
		j.Task, j.Client = pastTask(i%pastTasks), pastClient(i%pastClients)
	case n < 4 && p.last != nil:
		j.Parent, j.Root, j.Client, j.Owner = p.last.ID, p.last.Root, p.last.Client, "job "+p.last.ID
	default:
		j.Owner = fmt.Sprintf("person-%03d", p.some(pastPeople))
	}
	j.Tags = tagsOf(j)
	return j
}

// tagsOf gives the jobs of schedules a tag, one in 16 of all another, and one in
// 4096 a third. It leaves the numbers alone that make up the rest.
func tagsOf(j job.Job) (tags []string) {
	if strings.HasSuffix(j.ID, "000") {
		tags = append(tags, "audit-2026")
	}
	if strings.HasSuffix(j.ID, "0") {
		tags = append(tags, "drill")
	}
	if j.Schedule != "" {
		tags = append(tags, "nightly")
	}
	return tags
}

// some returns a number below n, and low ones more often.
func (p *past) some(n int) int { return p.rand.IntN(1 + p.rand.IntN(n)) }

// id makes a UUIDv7 of the time and chance.
func (p *past) id() string {
	ms, n := p.now.UnixMilli(), p.rand.Uint64()
	return fmt.Sprintf("%08x-%04x-7%03x-8%03x-%012x", ms>>16, ms&0xffff, n&0xfff, n>>12&0xfff, n>>24)
}

// run makes up attempts, the last of which leaves the job in state.
func (p *past) run(e *ledger.EndedJob, state job.State, attempts int) {
	j := &e.Job
	j.State, j.Attempt, j.Worker = state, attempts, fmt.Sprintf("worker-%d", p.rand.IntN(8))
	at := j.Created
	for n := range attempts {
		a := job.Attempt{Number: n + 1, Worker: j.Worker, Outcome: job.AttemptFailed, Error: p.reason(), Started: at.Add(p.moment(5 * time.Second))}
		at = a.Started.Add(p.moment(10 * time.Minute))
		a.Ended = new(at)
		e.Attempts = append(e.Attempts, a)
	}
	j.Started, j.Ended = new(e.Attempts[0].Started), new(at)
	last := &e.Attempts[attempts-1]
	switch state {
	case job.Succeeded:
		last.Outcome, last.Error = job.AttemptSucceeded, ""
	case job.Aborted:
		last.Outcome, last.Error, j.Reason = job.AttemptAborted, "", "Aborted by local."
	case job.Failed:
		j.Error = last.Error
	}
	j.Failures = attempts - 1
	if state == job.Failed {
		j.Failures++
	}
	p.work(e, last)
}

// moment returns a time below most, to the millisecond.
func (p *past) moment(most time.Duration) time.Duration {
	return time.Duration(p.rand.Int64N(most.Milliseconds())+1) * time.Millisecond
}

func (p *past) reason() string {
	reasons := []string{"the server answered 503", "no such course", "the file has no header", "too many records have gone", "connection reset by peer"}
	return fmt.Sprintf("%s: record %d", reasons[p.rand.IntN(len(reasons))], p.rand.IntN(5000))
}

// work makes up how far the last attempt came, what went wrong with single
// records of every 20th job, and what every 20th job has logged.
func (p *past) work(e *ledger.EndedJob, last *job.Attempt) {
	j := &e.Job
	j.Progress = job.Progress{Stage: "records", Done: 1 + p.rand.Int64N(2000)}
	j.Progress.Total = j.Progress.Done
	if p.rand.IntN(20) == 0 {
		j.Errors = 1 + p.rand.Int64N(5)
	}
	for n := range j.Errors {
		e.Errors = append(e.Errors, job.RecordError{
			Seq: n + 1, Attempt: last.Number, Key: fmt.Sprintf("enrollments.csv:%d", 2+p.rand.IntN(2000)), Code: fmt.Sprintf("BENCH_%d", p.rand.IntN(12)),
			Message: "The date does not exist.", At: *last.Ended,
		})
	}
	if p.rand.IntN(20) > 0 {
		return
	}
	for n := range int64(4) {
		e.Lines = append(e.Lines, job.LogLine{Seq: n + 1, Attempt: last.Number, Level: "info", Text: fmt.Sprintf("step %d of 4 is done", n+1), At: last.Started})
	}
}
