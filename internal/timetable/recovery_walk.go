package timetable

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// RecoveryLedger is where recoveries are kept.
type RecoveryLedger interface {
	// OpenRecoveries returns those that are making, held or running, the
	// oldest first.
	OpenRecoveries(ctx context.Context) ([]job.Recovery, error)
	// Recovery returns one by id, or a fault.NotFound; the newest for zero.
	Recovery(ctx context.Context, id int64) (job.Recovery, error)
	// RecoverySteps returns the slots of a recovery and how their jobs stand,
	// in order.
	RecoverySteps(ctx context.Context, id int64) ([]job.SlotStand, error)
	// BeginRecovery returns the recovery that is in the making, which is a new
	// one if there is none.
	BeginRecovery(ctx context.Context, from, to time.Time) (job.Recovery, error)
	// DropRecovery removes one in the making that has no slots.
	DropRecovery(ctx context.Context, id int64) error
	// SaveRecovery writes r, with the order of its slots if there is one, and
	// outcomes of slots, in one transaction. If its state is not what it was,
	// nothing is written, and that is a fault.Conflict.
	SaveRecovery(ctx context.Context, r job.Recovery, was job.RecoveryState, order []job.Slot, settled []job.SlotBatch) error
	// UsualDurations returns how long the jobs of schedules took lately; those
	// that had none are left out.
	UsualDurations(ctx context.Context, schedules []string) (map[string]job.Usual, error)
	// Tasks is the catalogue.
	Tasks(ctx context.Context) ([]job.Declaration, error)
}

// A convalescence is what a walker knows of recoveries.
type convalescence struct {
	begun   bool // since the walker is watching, it was found out whether there is one to begin
	making  *job.Recovery
	said    map[int64]bool // the log has heard that they are held
	held    []int64        // those that are making or held: their slots are not open
	running []job.Recovery
	known   map[int64]job.Recovery         // those that open slots belong to, and that are not making or held
	wants   func(s job.Schedule) job.Wants // as the tasks were in this look; nil: nobody has asked yet
	yielded map[string]string              // what slots wait for that are not of a recovery, by the ids of their jobs
}

// recall reads the recoveries that are not over.
func (w *Walker) recall(ctx context.Context) error {
	open, err := w.Ledger.OpenRecoveries(ctx)
	if err != nil {
		return fmt.Errorf("read recoveries: %w", err)
	}
	r, held := &w.recovery, w.recovery.held
	r.making, r.held, r.running, r.known, r.wants = nil, nil, nil, map[int64]job.Recovery{}, nil
	for _, one := range open {
		switch one.State {
		case job.RecoveryMaking:
			r.making = &one
			r.held = append(r.held, one.ID)
		case job.RecoveryHeld:
			r.held = append(r.held, one.ID)
			w.sayHeld(ctx, one)
		case job.RecoveryRunning:
			r.know(one)
		}
	}
	if slices.ContainsFunc(held, func(id int64) bool { return !slices.Contains(r.held, id) }) {
		w.agenda.version = 0 // slots that did not run make room for others
	}
	return w.begin(ctx)
}

// know takes in a recovery that open slots belong to.
func (c *convalescence) know(r job.Recovery) {
	c.known[r.ID] = r
	if r.State == job.RecoveryRunning {
		c.running = append(c.running, r)
	}
}

// promised returns how many slots of a schedule wait in recoveries that nobody
// has approved yet.
func (w *Walker) promised(ctx context.Context, schedule string) (n int, err error) {
	for _, id := range w.recovery.held {
		steps, err := w.Ledger.RecoverySteps(ctx, id)
		if err != nil {
			return 0, fmt.Errorf("read the slots of recovery %d: %w", id, err)
		}
		for _, s := range steps {
			if s.Schedule == schedule && !s.Outcome.Final() {
				n++
			}
		}
	}
	return n, nil
}

// begin begins a recovery if nobody has been watching for long.
func (w *Walker) begin(ctx context.Context) error {
	r, first := &w.recovery, w.agenda.soonest()
	long := w.Recovery.After > 0 && !first.IsZero() && w.vigil.since.Sub(first) > w.Recovery.After
	if r.begun || r.making != nil || !long {
		r.begun = true
		return nil
	}
	made, err := w.Ledger.BeginRecovery(ctx, first.UTC(), w.vigil.since)
	if err != nil {
		return fmt.Errorf("begin a recovery: %w", err)
	}
	r.making, r.held, r.begun = &made, append(r.held, made.ID), true
	w.Log.WarnContext(ctx, "no scheduler was up: what was due meanwhile becomes a recovery", "recovery", made.ID, "from", made.From, "to", made.To)
	return nil
}

// recoveryInTheMaking returns its id; zero if there is none.
func (w *Walker) recoveryInTheMaking() int64 {
	if w.recovery.making == nil {
		return 0
	}
	return w.recovery.making.ID
}

// complete ends the making of a recovery.
func (w *Walker) complete(ctx context.Context) error {
	if w.recovery.making == nil {
		return nil
	}
	r := *w.recovery.making
	stands, err := w.Ledger.RecoverySteps(ctx, r.ID)
	if err != nil {
		return fmt.Errorf("read the slots of recovery %d: %w", r.ID, err)
	}
	w.more, w.recovery.making = true, nil
	if len(stands) == 0 {
		return w.Ledger.DropRecovery(ctx, r.ID)
	}
	steps, err := w.steps(ctx, stands)
	if err != nil {
		return err
	}
	kept, missed := cut(inOrder(steps), w.Recovery.Most, w.Now())
	r.To = later(r.To, w.vigil.since)
	r.Slots, r.Made, r.Expected = len(kept), w.Now(), job.Seconds(howLong(kept, w.Recovery.Together))
	r = w.approve(r)
	if err := w.Ledger.SaveRecovery(ctx, r, job.RecoveryMaking, slotsOf(kept), newPage(missed).list()); err != nil {
		return fmt.Errorf("write recovery %d: %w", r.ID, err)
	}
	w.tell(ctx, missed)
	w.sayRecovery(ctx, r, kept)
	return nil
}

// approve lets a small recovery run, and any other wait for a person.
func (w *Walker) approve(r job.Recovery) job.Recovery {
	if r.State = job.RecoveryHeld; r.Slots <= w.Recovery.Approve {
		r.State, r.By, r.Settled = job.RecoveryRunning, approvedByItself, &r.Made
		r.Reason = fmt.Sprintf("It has at most %d slots.", w.Recovery.Approve)
	}
	return r
}

func slotsOf(steps []step) (all []job.Slot) {
	for _, s := range steps {
		all = append(all, s.Slot)
	}
	return all
}

// steps returns the steps that slots are.
func (w *Walker) steps(ctx context.Context, stands []job.SlotStand) ([]step, error) {
	usual, err := w.Ledger.UsualDurations(ctx, schedulesAmong(stands))
	if err != nil {
		return nil, fmt.Errorf("read how long jobs took: %w", err)
	}
	wants, err := w.wants(ctx)
	if err != nil {
		return nil, err
	}
	var steps []step
	for _, s := range stands {
		one := step{Slot: s.Slot, usual: usual[s.Schedule].Median}
		if e := w.agenda.entries[s.Schedule]; e != nil && w.planned(e) {
			one.priors, one.wants = e.spans(s.Due), wants(e.Schedule)
		}
		steps = append(steps, one)
	}
	return steps, nil
}

// wants returns what tells which resources jobs of schedules want.
func (w *Walker) wants(ctx context.Context) (func(s job.Schedule) job.Wants, error) {
	if w.recovery.wants == nil {
		tasks, err := w.Ledger.Tasks(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the tasks: %w", err)
		}
		w.recovery.wants = wantsBy(tasks)
	}
	return w.recovery.wants, nil
}

// wantsBy returns what tells which resources jobs of schedules want. It keeps
// what it found out.
func wantsBy(tasks []job.Declaration) func(s job.Schedule) job.Wants {
	catalogue, known := tasksByName(tasks), map[string]job.Wants{}
	return func(s job.Schedule) job.Wants {
		w, ok := known[s.Name]
		if !ok {
			w, _ = catalogue[s.Task].WantsOf(s.Client, s.Args)
			known[s.Name] = w
		}
		return w
	}
}

// sayRecovery lets the log hear what there is to recover. If a person is
// needed, each of its slots raises the alarm.
func (w *Walker) sayRecovery(ctx context.Context, r job.Recovery, steps []step) {
	if r.State == job.RecoveryRunning {
		w.Log.InfoContext(ctx, "a recovery runs", "recovery", r.ID, "slots", r.Slots, "expected", time.Duration(r.Expected))
		return
	}
	w.sayHeld(ctx, r)
	for _, s := range steps {
		if id := s.JobID; !w.alarmed[id] {
			w.alarmed[id] = true
			s.Reason = fmt.Sprintf("recovery %d is held until a person approves it", r.ID)
			w.alarm(s.Slot)
		}
	}
}

// sayHeld lets the log of each leader hear once of a recovery that is held.
func (w *Walker) sayHeld(ctx context.Context, r job.Recovery) {
	if w.recovery.said[r.ID] {
		return
	}
	if w.recovery.said == nil {
		w.recovery.said = map[int64]bool{}
	}
	w.recovery.said[r.ID] = true
	w.Log.WarnContext(ctx, "a recovery is held until a person approves it", "recovery", r.ID, "slots", r.Slots, "expected", time.Duration(r.Expected))
}

// recognise reads the recoveries that open slots belong to. One of them may
// have been approved a moment ago.
func (w *Walker) recognise(ctx context.Context, open []job.Slot) error {
	for _, slot := range open {
		if _, known := w.recovery.known[slot.Recovery]; known || slot.Recovery == 0 {
			continue
		}
		r, err := w.Ledger.Recovery(ctx, slot.Recovery)
		if err != nil {
			return fmt.Errorf("read recovery %d: %w", slot.Recovery, err)
		}
		w.recovery.know(r)
	}
	return nil
}

// openSince returns since when an open slot may have been started: it was
// intended, or its recovery approved.
func (w *Walker) openSince(slot job.Slot) time.Time {
	if r := w.recovery.known[slot.Recovery]; r.Settled != nil {
		return later(slot.Decided, *r.Settled)
	}
	return slot.Decided
}

// rejected says why a slot is given up whose recovery was rejected; empty if
// it was not.
func (w *Walker) rejected(slot job.Slot) string {
	if r := w.recovery.known[slot.Recovery]; r.State == job.RecoveryRejected {
		return fmt.Sprintf("recovery %d was rejected: %s", r.ID, r.Reason)
	}
	return ""
}

// recover holds back the turns of recoveries that are not next, and other ones
// that clash with one.
func (w *Walker) recover(ctx context.Context, turns []turn) ([]turn, error) {
	if len(w.recovery.running) == 0 {
		return turns, nil
	}
	q, err := w.newQueuing(ctx, turns)
	for _, r := range w.recovery.running {
		if err == nil {
			err = w.advance(ctx, r, q)
		}
	}
	if err != nil {
		q.next = nil // it is not known which
	}
	return w.unclashed(turns, q), err
}

// A queuing is the jobs of recoveries on their way.
type queuing struct {
	wants func(s job.Schedule) job.Wants
	ready map[string]*entry // whose slots may start, by the ids of their jobs
	next  map[string]bool   // those that do
	grip  grip              // of them, and of the jobs that have not ended
}

func (w *Walker) newQueuing(ctx context.Context, turns []turn) (*queuing, error) {
	q := &queuing{ready: map[string]*entry{}, next: map[string]bool{}, grip: newGrip()}
	for _, t := range turns {
		if t.doom == "" {
			q.ready[t.JobID] = t.entry
		}
	}
	wants, err := w.wants(ctx)
	q.wants = wants
	return q, err
}

// advance finds the slots of a recovery that are next. If nothing is left of
// it, it is done.
func (w *Walker) advance(ctx context.Context, r job.Recovery, q *queuing) error {
	steps, err := w.Ledger.RecoverySteps(ctx, r.ID)
	if err != nil {
		return fmt.Errorf("read the slots of recovery %d: %w", r.ID, err)
	}
	steps = slices.DeleteFunc(steps, func(s job.SlotStand) bool { return !s.Open() })
	if steps, err = w.withoutLost(ctx, steps); err != nil {
		return err
	}
	if len(steps) == 0 {
		return w.done(ctx, r)
	}
	started := 0
	for _, s := range steps {
		if e := w.agenda.entries[s.Schedule]; s.Outcome.Ran() && e != nil {
			w.await(s.JobID)
			q.grip.take(q.wants(e.Schedule), s.Slot)
			started++
		}
	}
	for _, s := range steps {
		if started < w.Recovery.Together && q.start(s.Slot) {
			started++
		}
	}
	return nil
}

// withoutLost leaves out the steps whose jobs nobody knows, neither the queue
// nor, after a while, the ledger: nobody would ever hear of their end.
func (w *Walker) withoutLost(ctx context.Context, steps []job.SlotStand) ([]job.SlotStand, error) {
	const heard = time.Minute
	lost := func(s job.SlotStand) bool {
		return s.Outcome.Ran() && s.State == "" && w.Now().Sub(s.Decided) > heard
	}
	var ask []string
	for _, s := range steps {
		if lost(s) {
			ask = append(ask, s.JobID)
		}
	}
	if len(ask) == 0 {
		return steps, nil
	}
	jobs, err := w.Queue.Jobs(ctx, ask)
	if err != nil {
		return nil, fmt.Errorf("find the jobs of a recovery: %w", err)
	}
	return slices.DeleteFunc(steps, func(s job.SlotStand) bool {
		_, there := jobs[s.JobID]
		return lost(s) && !there
	}), nil
}

// start reports whether a slot starts, and then takes what its job wants.
func (q *queuing) start(slot job.Slot) bool {
	e := q.ready[slot.JobID]
	if e == nil || slot.Outcome.Final() {
		return false
	}
	wants := q.wants(e.Schedule)
	if resource, _ := q.grip.clash(wants); resource != "" {
		return false
	}
	q.grip.take(wants, slot)
	q.next[slot.JobID] = true
	return true
}

// await has the end of a job wake w.
func (w *Walker) await(id string) {
	if w.awaited == nil {
		w.awaited = map[string]bool{}
	}
	w.awaited[id] = true
}

func (w *Walker) done(ctx context.Context, r job.Recovery) error {
	r.State, r.Ended = job.RecoveryDone, new(w.Now())
	if err := w.Ledger.SaveRecovery(ctx, r, job.RecoveryRunning, nil, nil); err != nil {
		return fmt.Errorf("end recovery %d: %w", r.ID, err)
	}
	w.Log.InfoContext(ctx, "a recovery is done", "recovery", r.ID, "slots", r.Slots, "took", r.Ended.Sub(*r.Settled))
	return nil
}

// unclashed returns the turns that are next, and those of no recovery that do
// not clash with one.
func (w *Walker) unclashed(turns []turn, q *queuing) (left []turn) {
	for _, t := range turns {
		switch {
		case t.doom != "", t.Recovery != 0 && q.next[t.JobID]:
			left = append(left, t)
		case t.Recovery != 0:
		case w.yields(t, q):
		default:
			if waited := w.recovery.yielded[t.JobID]; waited != "" {
				t.note = cmp.Or(t.note, "it waited for "+waited)
			}
			left = append(left, t)
		}
	}
	return left
}

// yields reports whether a turn waits for a recovery that it clashes with.
func (w *Walker) yields(t turn, q *queuing) bool {
	if q.wants == nil {
		return false
	}
	resource, with := q.grip.clash(q.wants(t.entry.Schedule))
	if resource == "" {
		return false
	}
	if w.recovery.yielded == nil {
		w.recovery.yielded = map[string]string{}
	}
	w.recovery.yielded[t.JobID] = fmt.Sprintf("%s of recovery %d, which needs %s too", with.Schedule, with.Recovery, resource)
	return true
}
