package roster

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// slots are the resources of the courses that a job with these arguments
// writes to: those of its shard, or all.
func slots(a Args) []string { return sync.SlotNames(a.Sync, a.Shard, a.Shards) }

// everySlot is the same for a job that must not run beside one that writes to
// any course.
func everySlot(a Args) []string { return sync.SlotNames(a.Sync, 0, 0) }

// phases are the order in which the places of one course are written: nobody
// is without a role while they get another one, or can be in a group that is
// not there, or of a course that they are not in.
var phases = map[sync.EffectOp]int{sync.RemoveRole: 1, sync.CreateGroup: 2, sync.JoinGroup: 3, sync.LeaveGroup: 3}

// divide says in which order what happens in courses is to be written, by the
// shard that is to write it, and which the shards are: as many as are worth a
// job, numbered from after on.
func divide(effects []sync.Effect, most, worth int, after int64) (order []int, shards []sync.Shard) {
	n := max(1, min(most, (len(effects)+worth-1)/worth))
	shardOf := make([]int, len(effects))
	order = make([]int, len(effects))
	shards = make([]sync.Shard, n)
	for i, e := range effects {
		order[i], shardOf[i] = i, sync.ShardOf(sync.SlotOf(cmp.Or(e.Course, "section "+e.Section)), n)
		shards[shardOf[i]-1].Last++
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(shardOf[a], shardOf[b]), cmp.Compare(phases[effects[a].Op], phases[effects[b].Op]))
	})
	if n == 1 {
		return order, nil
	}
	for i := range shards {
		shards[i].First = after + 1
		after += shards[i].Last
		shards[i].Last = after
	}
	return order, shards
}

// part is the part of the plan that a job writes: a shard of it, what comes
// before the shards, or all.
func (s *step) part(plan sync.Plan) (sync.Shard, error) {
	switch {
	case len(plan.Shards) == 0:
		return sync.Shard{First: 1, Last: plan.Effects()}, nil
	case s.Args.Shard == 0:
		return sync.Shard{First: 1, Last: plan.Shards[0].First - 1}, nil
	case s.Args.Shard > len(plan.Shards) || s.Args.Shards != len(plan.Shards):
		return sync.Shard{}, tasks.Permanent(fmt.Errorf("plan %s has %d shards, and not one that is %d of %d", plan.ID, len(plan.Shards), s.Args.Shard, s.Args.Shards))
	}
	return plan.Shards[s.Args.Shard-1], nil
}

// fanOut starts a job for each shard that has something left to write, and
// reports whether there is any.
func (w *writer) fanOut(ctx context.Context) (any bool, err error) {
	if w.Args.Shard > 0 {
		return false, nil
	}
	for i, shard := range w.plan.Shards {
		left, err := w.open(ctx, shard, shard.First-1, 1)
		if err != nil {
			return any, err
		}
		if len(left) == 0 {
			continue
		}
		any = true
		args := w.Args
		args.Shard, args.Shards = i+1, len(w.plan.Shards)
		_, err = w.Enqueue(ctx, tasks.Request{
			Task: RegistrationsProcess, Args: args, Key: fmt.Sprintf("shard %d", args.Shard),
			Description: fmt.Sprintf("Write part %d of %d of what was planned for the courses of the LMS.", args.Shard, args.Shards),
		})
		if err != nil {
			return any, err
		}
	}
	return any, nil
}

// open returns the first effects of a part of the plan, after the one of that
// number, that are neither held nor settled.
func (w *writer) open(ctx context.Context, part sync.Shard, after int64, limit int) ([]sync.Effect, error) {
	effects, err := w.store.OpenSISEffects(ctx, w.plan.ID, after, limit)
	return slices.DeleteFunc(effects, func(e sync.Effect) bool { return e.Seq > part.Last }), err
}
