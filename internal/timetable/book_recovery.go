package timetable

import (
	"context"
	"fmt"
	"slices"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// Recoveries returns the newest recoveries, the newest first.
func (b *Book) Recoveries(ctx context.Context, limit int) ([]job.Recovery, error) {
	return b.Ledger.Recoveries(ctx, limit)
}

// Recovery returns the plan of a recovery; of the newest if id is zero.
func (b *Book) Recovery(ctx context.Context, id int64) (job.RecoveryPlan, error) {
	r, err := b.Ledger.Recovery(ctx, id)
	if err != nil {
		return job.RecoveryPlan{}, err
	}
	stands, err := b.Ledger.RecoverySteps(ctx, r.ID)
	if err != nil {
		return job.RecoveryPlan{}, fmt.Errorf("read the slots of recovery %d: %w", r.ID, err)
	}
	steps, err := b.steps(ctx, stands)
	return job.RecoveryPlan{Recovery: r, Steps: steps}, err
}

// steps describes slots of a recovery by what is known of their schedules now.
func (b *Book) steps(ctx context.Context, stands []job.SlotStand) ([]job.RecoveryStep, error) {
	schedules, err := b.byName(ctx)
	if err != nil {
		return nil, err
	}
	tasks, err := b.Tasks(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the tasks: %w", err)
	}
	usual, err := b.Ledger.UsualDurations(ctx, schedulesAmong(stands))
	if err != nil {
		return nil, fmt.Errorf("read how long jobs took: %w", err)
	}
	wants, steps := wantsBy(tasks), make([]job.RecoveryStep, len(stands))
	for i, stand := range stands {
		s := schedules[stand.Schedule]
		steps[i] = job.RecoveryStep{
			Place: i + 1, Slot: stand.Slot, Task: s.Task, Client: s.Client, State: stand.State,
			After: s.After, Usual: job.Seconds(usual[s.Name].Median),
		}
	}
	share(steps, func(schedule string) job.Wants { return wants(schedules[schedule]) })
	return steps, nil
}

func (b *Book) byName(ctx context.Context) (map[string]job.Schedule, error) {
	all, err := b.Ledger.Schedules(ctx)
	if err != nil {
		return nil, fmt.Errorf("read schedules: %w", err)
	}
	schedules := make(map[string]job.Schedule, len(all))
	for _, s := range all {
		schedules[s.Name] = s
	}
	return schedules, nil
}

func schedulesAmong(stands []job.SlotStand) (names []string) {
	for _, s := range stands {
		names = append(names, s.Schedule)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// share says of each step which resources keep it from running along with
// others: those that it and another schedule want, and one of them writes.
func share(steps []job.RecoveryStep, wants func(schedule string) job.Wants) {
	writers, readers := map[string]map[string]bool{}, map[string]map[string]bool{}
	for _, s := range steps {
		w := wants(s.Schedule)
		note(writers, w.Writes, s.Schedule)
		note(readers, w.Reads, s.Schedule)
	}
	for i, s := range steps {
		w := wants(s.Schedule)
		for _, name := range w.Writes {
			if others(writers[name], s.Schedule) || others(readers[name], s.Schedule) {
				steps[i].Shares = append(steps[i].Shares, name)
			}
		}
		for _, name := range w.Reads {
			if others(writers[name], s.Schedule) {
				steps[i].Shares = append(steps[i].Shares, name)
			}
		}
	}
}

func note(who map[string]map[string]bool, names []string, schedule string) {
	for _, name := range names {
		if who[name] == nil {
			who[name] = map[string]bool{}
		}
		who[name][schedule] = true
	}
}

// others reports whether anybody but one is among them.
func others(who map[string]bool, but string) bool {
	return len(who) > 1 || len(who) == 1 && !who[but]
}

// ApproveRecovery lets a held recovery run. A slot of a schedule that catches
// up on the latest only is missed if a later one has run meanwhile.
func (b *Book) ApproveRecovery(ctx context.Context, id int64, by, reason string) (job.Recovery, error) {
	r, err := b.settle(ctx, id, by, reason, job.RecoveryHeld)
	if err != nil {
		return r, err
	}
	outrun, err := b.outrun(ctx, r.ID)
	if err != nil {
		return r, err
	}
	r.State = job.RecoveryRunning
	return r, b.saveRecovery(ctx, r, job.RecoveryHeld, outrun)
}

// RejectRecovery lets the slots of a recovery be missed that have not started.
func (b *Book) RejectRecovery(ctx context.Context, id int64, by, reason string) (job.Recovery, error) {
	r, err := b.settle(ctx, id, by, reason, job.RecoveryHeld, job.RecoveryRunning)
	if err != nil {
		return r, err
	}
	was := r.State
	r.State, r.Ended = job.RecoveryRejected, r.Settled
	return r, b.saveRecovery(ctx, r, was, nil)
}

// settle returns a recovery with who settles it and why, which has to be in one
// of these states.
func (b *Book) settle(ctx context.Context, id int64, by, reason string, from ...job.RecoveryState) (job.Recovery, error) {
	if err := checkWrite(by, "reason", reason); err != nil {
		return job.Recovery{}, err
	}
	r, err := b.Ledger.Recovery(ctx, id)
	if err != nil {
		return r, err
	}
	if !slices.Contains(from, r.State) {
		return r, fault.New(fault.Conflict, "%s", notSettled(r))
	}
	if r.State == job.RecoveryRunning {
		reason = fmt.Sprintf("%s (%s had approved it: %s)", reason, r.By, r.Reason)
	}
	r.Settled, r.By, r.Reason = new(b.Now()), by, reason
	return r, nil
}

// notSettled says why nobody can settle a recovery now.
func notSettled(r job.Recovery) string {
	switch r.State {
	case job.RecoveryMaking:
		return fmt.Sprintf("Recovery %d is still being made; look again in a moment.", r.ID)
	case job.RecoveryRunning:
		return fmt.Sprintf("Recovery %d is running already: %s approved it.", r.ID, r.By)
	}
	return fmt.Sprintf("Recovery %d is over: it is %s.", r.ID, r.State)
}

// outrun returns the slots of a recovery that a later one took the place of.
func (b *Book) outrun(ctx context.Context, id int64) (batches []job.SlotBatch, err error) {
	stands, err := b.Ledger.RecoverySteps(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read the slots of recovery %d: %w", id, err)
	}
	schedules, err := b.byName(ctx)
	if err != nil {
		return nil, err
	}
	page := newPage(nil)
	for _, s := range stands {
		if s.Outcome.Final() || schedules[s.Schedule].CatchUp == job.CatchUpAll {
			continue
		}
		const few = 20
		later, err := b.Ledger.Slots(ctx, s.Schedule, s.Due.Add(1), b.Now(), few)
		if err != nil {
			return nil, fmt.Errorf("read slots of schedule %s: %w", s.Schedule, err)
		}
		if slices.ContainsFunc(later, func(o job.Slot) bool { return o.Outcome.Ran() }) {
			s.Outcome, s.Reason, s.Decided = job.SlotMissed, "a later slot has run meanwhile", b.Now()
			page.settle(s.Slot)
		}
	}
	return page.list(), nil
}

func (b *Book) saveRecovery(ctx context.Context, r job.Recovery, was job.RecoveryState, settled []job.SlotBatch) error {
	if err := b.Ledger.SaveRecovery(ctx, r, was, nil, settled); err != nil {
		return err
	}
	b.Log.InfoContext(ctx, "a person has settled a recovery", "recovery", r.ID, "state", r.State, "by", r.By, "reason", r.Reason)
	return nil
}
