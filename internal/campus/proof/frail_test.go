package proof_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	gosync "sync"

	"github.com/beadle-jobs/beadle/internal/campus/university"
	"github.com/beadle-jobs/beadle/internal/lms/reference"
	"github.com/beadle-jobs/beadle/internal/roster"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

var errCrash = errors.New("the process is gone")

// A fuse lets a number of calls pass; the next one is the process's last. It
// happens or it does not, and nothing comes back either way. The zero fuse
// lets everything pass.
type fuse struct {
	mu     gosync.Mutex
	fitted bool
	left   int
	after  bool
	burnt  bool
}

// set fits a fuse, two times in five.
func (f *fuse) set(dice *rand.Rand) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fitted, f.burnt = dice.IntN(5) < 2, false
	f.left, f.after = dice.IntN(14), dice.IntN(2) == 0
}

// clear takes the fuse out, and reports whether it has burnt.
func (f *fuse) clear() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	burnt := f.burnt
	f.fitted, f.burnt = false, false
	return burnt
}

// begin is called before a call. It reports whether the call is to be done,
// and whether it is the last one.
func (f *fuse) begin() (do, last bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case !f.fitted:
		return true, false
	case f.burnt:
		return false, true
	}
	f.left--
	f.burnt = f.left < 0
	return !f.burnt || f.after, f.burnt
}

func (f *fuse) call(do func() error) error {
	happens, last := f.begin()
	var err error
	if happens {
		err = do()
	}
	if last {
		return errCrash
	}
	return err
}

// down and lose are the same for the calls of a target.
func (f *fuse) down(reference.Call) error {
	if happens, last := f.begin(); last && !happens {
		return errCrash
	}
	return nil
}

func (f *fuse) lose(reference.Call) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fitted && f.burnt
}

// frail is the store of a process that may die at any call that writes.
type frail struct {
	roster.Store
	fuse *fuse
}

func (s frail) AbsorbSIS(ctx context.Context, d sync.Delta) error {
	return s.fuse.call(func() error { return s.Store.AbsorbSIS(ctx, d) })
}

func (s frail) PutSISLinks(ctx context.Context, name string, links []sync.Link) error {
	return s.fuse.call(func() error { return s.Store.PutSISLinks(ctx, name, links) })
}

func (s frail) PutSISPlan(ctx context.Context, d sync.Draft) error {
	return s.fuse.call(func() error { return s.Store.PutSISPlan(ctx, d) })
}

func (s frail) SendSISEffects(ctx context.Context, plan string, effects []sync.Effect) error {
	return s.fuse.call(func() error { return s.Store.SendSISEffects(ctx, plan, effects) })
}

func (s frail) SettleSIS(ctx context.Context, settlement sync.Settlement) error {
	return s.fuse.call(func() error { return s.Store.SettleSIS(ctx, settlement) })
}

func (s frail) MoveSISPlan(ctx context.Context, id string, state sync.PlanState) error {
	return s.fuse.call(func() error { return s.Store.MoveSISPlan(ctx, id, state) })
}

// A feed is a student information system that sends its records in any order,
// some of them twice, and sometimes not all.
type feed struct {
	file      sis.Source // says what the feed says, if there is one
	campus    university.Campus
	half      bool                         // it does not say that this is all, and it is not; only without deltas
	deltas    map[string]university.Campus // what was sent, by cursor; nil: it always sends all
	dice      *rand.Rand
	fuse      *fuse
	snapshots int
}

func (f *feed) Snapshot(ctx context.Context) (string, error) {
	if f.file != nil {
		return f.file.Snapshot(ctx)
	}
	f.snapshots++
	return fmt.Sprintf("snapshot-%d", f.snapshots), f.fuse.call(func() error { return nil })
}

func (f *feed) Pull(ctx context.Context, r sis.Request, emit func(sis.Record) error) (sis.Result, error) {
	if f.file != nil {
		return f.file.Pull(ctx, r, emit)
	}
	dump, result := f.answer(r.Cursor)
	records := dump.Records(r.Stream)
	if r.Stream != sis.Terms {
		f.dice.Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
		for range len(records) / 50 {
			records = append(records, records[f.dice.IntN(len(records))])
		}
	}
	if f.half {
		records = records[:(len(records)+1)/2]
	}
	for i, one := range records {
		one.Where = fmt.Sprintf("%s.csv:%d", r.Stream, i+2)
		if err := emit(one); err != nil {
			return sis.Result{}, err
		}
	}
	result.Rows = len(records)
	return result, f.fuse.call(func() error { return nil })
}

// answer returns what is sent to whoever knows what came before a cursor.
func (f *feed) answer(cursor string) (*university.Dump, sis.Result) {
	if f.deltas == nil {
		return university.Changes(university.Campus{}, f.campus), sis.Result{Complete: !f.half, Cursor: cursor}
	}
	next := fmt.Sprintf("cursor-%d", f.snapshots)
	f.deltas[next] = f.campus
	before, known := f.deltas[cursor]
	return university.Changes(before, f.campus), sis.Result{Complete: !known, Cursor: next}
}
