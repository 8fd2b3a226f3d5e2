package apitest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// recoveries are what was to recover, and how long jobs of schedules take.
type recoveries struct {
	all   []job.Recovery // oldest first
	usual map[string]job.Usual
}

// SeedRecovery adds a recovery that is the newest, with the slots that are to
// run, and returns its number.
func (p *Platform) SeedRecovery(r job.Recovery, slots ...job.Slot) int64 {
	r.ID, r.Slots = int64(len(p.recoveries.all))+1, len(slots)
	p.recoveries.all = append(p.recoveries.all, r)
	for _, s := range slots {
		s.Outcome, s.Recovery = cmp.Or(s.Outcome, job.SlotIntended), r.ID
		p.SeedSlots(s)
	}
	return r.ID
}

// SeedUsual says how long the jobs of a schedule or a task take.
func (p *Platform) SeedUsual(schedule string, usual time.Duration) {
	if p.recoveries.usual == nil {
		p.recoveries.usual = map[string]job.Usual{}
	}
	p.recoveries.usual[schedule] = job.Usual{Median: usual, Long: usual}
}

// RecentDurations implements api.Ledger: all jobs of a schedule, or else of a
// task, took what [Platform.SeedUsual] says.
func (l Ledger) RecentDurations(ctx context.Context, schedule, task, _ string, n int) (recent []job.Lasted, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	usual, known := l.recoveries.usual[schedule]
	if !known {
		usual, known = l.recoveries.usual[task]
	}
	for i := range n {
		if known {
			recent = append(recent, job.Lasted{JobID: fmt.Sprint("usual-", i), Started: Now.Add(-time.Duration(i+1) * time.Hour), Took: usual.Median})
		}
	}
	return recent, l.Ping(ctx)
}

// Recoveries implements timetable.BookLedger.
func (l Ledger) Recoveries(ctx context.Context, limit int) ([]job.Recovery, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	newest := slices.Clone(l.recoveries.all)
	slices.Reverse(newest)
	return page(newest, limit, func(job.Recovery) bool { return true }), l.Ping(ctx)
}

// Recovery implements timetable.BookLedger.
func (l Ledger) Recovery(ctx context.Context, id int64) (job.Recovery, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := l.recoveryAt(id)
	if i < 0 {
		return job.Recovery{}, fault.New(fault.NotFound, "There is no recovery %d; jobctl recovery lists those that there were.", id)
	}
	return l.recoveries.all[i], l.Ping(ctx)
}

// recoveryAt returns the place of a recovery, of the newest for 0.
func (p *Platform) recoveryAt(id int64) int {
	if id == 0 {
		return len(p.recoveries.all) - 1
	}
	return slices.IndexFunc(p.recoveries.all, func(r job.Recovery) bool { return r.ID == id })
}

// SaveRecovery implements timetable.BookLedger.
func (l Ledger) SaveRecovery(ctx context.Context, r job.Recovery, was job.RecoveryState, _ []job.Slot, settled []job.SlotBatch) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := l.recoveryAt(r.ID)
	if i < 0 || l.recoveries.all[i].State != was {
		return fault.New(fault.Conflict, "Recovery %d has changed at the same time.", r.ID)
	}
	l.recoveries.all[i] = r
	for _, batch := range settled {
		for _, s := range batch.Slots {
			l.settle(s)
		}
	}
	return l.Ping(ctx)
}

// settle writes the outcome of a slot that was intended.
func (p *Platform) settle(s job.Slot) {
	for i, known := range p.slots {
		if known.Schedule == s.Schedule && known.Due.Equal(s.Due) && !known.Outcome.Final() {
			p.slots[i] = s
		}
	}
}

// RecoverySteps implements timetable.BookLedger.
func (l Ledger) RecoverySteps(ctx context.Context, id int64) (steps []job.SlotStand, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.slots {
		if s.Recovery == id {
			steps = append(steps, job.SlotStand{Slot: s, State: l.jobs[s.JobID].State})
		}
	}
	slices.SortFunc(steps, func(a, b job.SlotStand) int {
		return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Schedule, b.Schedule))
	})
	return steps, l.Ping(ctx)
}

// UsualDurations implements timetable.BookLedger.
func (l Ledger) UsualDurations(ctx context.Context, schedules []string) (map[string]job.Usual, error) {
	usual := map[string]job.Usual{}
	for _, name := range schedules {
		if u, known := l.recoveries.usual[name]; known {
			usual[name] = u
		}
	}
	return usual, l.Ping(ctx)
}
