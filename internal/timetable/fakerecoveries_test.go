package timetable_test

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// recoveries are what a fakeLedger keeps for them.
type recoveries struct {
	plans []job.Recovery
	order map[int64][]job.Slot
	usual map[string]job.Usual
	tasks []job.Declaration
}

// holds reports whether the slots of a recovery are not open.
func (r *recoveries) holds(id int64) bool {
	return slices.ContainsFunc(r.plans, func(p job.Recovery) bool {
		return p.ID == id && (p.State == job.RecoveryMaking || p.State == job.RecoveryHeld)
	})
}

func (l *fakeLedger) Tasks(context.Context) ([]job.Declaration, error) { return l.tasks, l.try() }

func (l *fakeLedger) UsualDurations(context.Context, []string) (map[string]job.Usual, error) {
	return l.usual, l.try()
}

func (l *fakeLedger) Recoveries(_ context.Context, limit int) ([]job.Recovery, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	newest := slices.Clone(l.plans)
	slices.Reverse(newest)
	return newest[:min(limit, len(newest))], l.try()
}

func (l *fakeLedger) OpenRecoveries(context.Context) (open []job.Recovery, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.plans {
		if r.Ended == nil {
			open = append(open, r)
		}
	}
	return open, l.try()
}

func (l *fakeLedger) Recovery(_ context.Context, id int64) (job.Recovery, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range slices.Backward(l.plans) {
		if r.ID == id || id == 0 {
			return r, l.try()
		}
	}
	return job.Recovery{}, fault.New(fault.NotFound, "There is no recovery %d.", id)
}

func (l *fakeLedger) BeginRecovery(_ context.Context, from, to time.Time) (job.Recovery, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.plans {
		if r.State == job.RecoveryMaking {
			return r, l.try()
		}
	}
	r := job.Recovery{ID: int64(len(l.plans) + 1), From: from, To: to, State: job.RecoveryMaking}
	l.plans = append(l.plans, r)
	return r, l.try()
}

func (l *fakeLedger) DropRecovery(_ context.Context, id int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.plans = slices.DeleteFunc(l.plans, func(r job.Recovery) bool { return r.ID == id })
	return l.try()
}

func (l *fakeLedger) SaveRecovery(_ context.Context, r job.Recovery, was job.RecoveryState, order []job.Slot, settled []job.SlotBatch) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.try(); err != nil {
		return err
	}
	i := slices.IndexFunc(l.plans, func(p job.Recovery) bool { return p.ID == r.ID })
	if l.plans[i].State != was {
		return fault.New(fault.Conflict, "It has changed.")
	}
	l.plans[i] = r
	if order != nil {
		l.order = map[int64][]job.Slot{r.ID: order}
	}
	for _, b := range settled {
		l.putBatch(b)
	}
	return l.try()
}

func (l *fakeLedger) RecoverySteps(_ context.Context, id int64) (steps []job.SlotStand, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.slots {
		if s.Recovery == id {
			steps = append(steps, job.SlotStand(l.stand(s)))
		}
	}
	places := map[string]int{}
	for i, o := range l.order[id] {
		places[o.JobID] = i + 1
	}
	if l.order[id] != nil {
		steps = slices.DeleteFunc(steps, func(s job.SlotStand) bool { return places[s.JobID] == 0 })
	}
	slices.SortFunc(steps, func(a, b job.SlotStand) int {
		return cmp.Or(cmp.Compare(places[a.JobID], places[b.JobID]), a.Due.Compare(b.Due), cmp.Compare(a.Schedule, b.Schedule))
	})
	return steps, l.try()
}
