package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

const (
	stepsPerPage = 50
	fewShared    = 3 // resources of a step that are named
)

type recoveryPage struct {
	frame
	recoveryRow
	Sentence  string
	Tally     tally
	Decision  string // the word for it, once it is made
	CanSettle bool   // it waits for a person
	CanReject bool
	Steps     []stepRow
	First     int    // number of the first row
	Previous  string // URLs; empty: nowhere to go
	Next      string
}

// A tally is how far the slots of a recovery are.
type tally struct{ Open, Unfinished, Ended, Missed int64 }

// A stepRow is one slot of a recovery.
type stepRow struct {
	job.RecoveryStep
	Of     named
	At     localTime
	Chip   chip
	HasJob bool
	After  []named
	Shares []string
	More   int // resources that are not named
	Usual  string
}

// named is a schedule, and whether there still is one of that name.
type named struct {
	Name  string
	Known bool
}

// recovery serves GET /recoveries/{recovery}: one plan, step by step.
func (s *server) recovery(w http.ResponseWriter, r *http.Request) error {
	page, err := s.recoveryPage(r)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "recovery", page)
}

func (s *server) recoveryPage(r *http.Request) (page recoveryPage, err error) {
	plan, err := s.readRecovery(r)
	if err != nil {
		return page, err
	}
	number, err := pageNumber(r.URL.Query())
	if err != nil {
		return page, err
	}
	page.recoveryRow, page.Tally = recoveryRowOf(plan.Recovery), tallyOf(plan.Steps)
	page.Sentence = recoverySentence(page.recoveryRow, page.Tally, s.now())
	decides := auth.NeedRun.Met(auth.Of(r.Context()))
	page.CanSettle, page.CanReject = decides && plan.State == job.RecoveryHeld, decides && rejectable(plan.State)
	page.Decision = either(plan.State == job.RecoveryRejected, "Rejected", "Approved")
	if page.frame, err = s.frame(r.Context(), "Recovery "+strconv.FormatInt(plan.ID, 10), "schedules"); err != nil {
		return page, err
	}
	steps := page.cut(plan.Steps, number, r.URL.Query())
	page.Steps, err = s.stepRows(r.Context(), steps, s.viewer(r))
	return page, err
}

func (s *server) readRecovery(r *http.Request) (plan job.RecoveryPlan, err error) {
	id, err := recoveryID(r)
	if err != nil {
		return plan, err
	}
	if plan, err = s.Timetable.Recovery(r.Context(), id); err != nil {
		return plan, fmt.Errorf("read recovery: %w", err)
	}
	return plan, nil
}

func rejectable(state job.RecoveryState) bool {
	return state == job.RecoveryHeld || state == job.RecoveryRunning
}

func tallyOf(steps []job.RecoveryStep) (t tally) {
	for _, step := range steps {
		switch {
		case !step.Outcome.Final():
			t.Open++
		case !step.Outcome.Ran():
			t.Missed++
		case step.State.Final():
			t.Ended++
		default:
			t.Unfinished++
		}
	}
	return t
}

// recoverySentence says where a plan stands, as a person would.
func recoverySentence(r recoveryRow, t tally, now time.Time) string {
	switch r.State {
	case job.RecoveryMaking:
		return "It is being made: slots that went by are still added."
	case job.RecoveryHeld:
		return "It has " + counted(int64(r.Slots), "slot", "slots") + ", and waits until a person approves or rejects it."
	case job.RecoveryRunning:
		return join(", ", counted(t.Open, "slot is", "slots are")+" still to start", timeToGo(r, now)) + "."
	case job.RecoveryRejected:
		return "It was rejected: " + counted(t.Missed, "slot is", "slots are") + " missed."
	}
	return "It is over: " + join(", ", some(t.Ended+t.Unfinished, "slot became a job", "slots became jobs"), some(t.Missed, "slot did not run", "slots did not run")) + "."
}

// timeToGo is how long a running plan will still take; empty if that is not
// known.
func timeToGo(r recoveryRow, now time.Time) string {
	if r.Recovery.Expected == 0 || r.Settled == nil {
		return ""
	}
	left := r.Settled.Add(time.Duration(r.Recovery.Expected)).Sub(now)
	if left <= 0 {
		return "and it takes longer than expected"
	}
	return "about " + roughly(left) + " to go"
}

// cut leaves the steps of one page, and links to those beside it.
func (p *recoveryPage) cut(steps []job.RecoveryStep, page int, q url.Values) []job.RecoveryStep {
	from := min((page-1)*stepsPerPage, len(steps))
	to := min(from+stepsPerPage, len(steps))
	p.First = from + 1
	if page > 1 {
		p.Previous = with(recoveryPath(p.ID), q, "page", strconv.Itoa(page-1))
	}
	if to < len(steps) {
		p.Next = with(recoveryPath(p.ID), q, "page", strconv.Itoa(page+1))
	}
	return steps[from:to]
}

// stepRows shows each due time in the zone of its schedule; that of a schedule
// that was deleted in UTC.
func (s *server) stepRows(ctx context.Context, steps []job.RecoveryStep, own viewer) ([]stepRow, error) {
	schedules, err := s.Schedules.Schedules(ctx)
	if err != nil {
		return nil, fmt.Errorf("list schedules: %w", err)
	}
	zones := make(map[string]string, len(schedules))
	for _, sch := range schedules {
		zones[sch.Name] = sch.Zone
	}
	rows := make([]stepRow, len(steps))
	for i, step := range steps {
		rows[i] = stepRowOf(step, zones)
		rows[i].At = localTimeOf(step.Due, zoneOf(zones[step.Schedule]), own, s.now())
	}
	return rows, nil
}

// stepRowOf shows a step but for its time. Schedules there are have a zone.
func stepRowOf(step job.RecoveryStep, zones map[string]string) stepRow {
	few := min(len(step.Shares), fewShared)
	row := stepRow{
		RecoveryStep: step, Chip: chipOfStep(step), HasJob: step.State != "" || step.Outcome.Ran(),
		Shares: step.Shares[:few], More: len(step.Shares) - few,
	}
	name := func(schedule string) named {
		_, known := zones[schedule]
		return named{schedule, known}
	}
	row.Of = name(step.Schedule)
	for _, other := range step.After {
		row.After = append(row.After, name(other))
	}
	if step.Usual > 0 {
		row.Usual = duration(time.Duration(step.Usual))
	}
	return row
}

// chipOfStep is the chip of its job, or of its slot while there is none.
func chipOfStep(step job.RecoveryStep) chip {
	if step.State != "" {
		return chips[step.State]
	}
	return chipOfSlot(step.Slot)
}

// approveRecovery serves POST /recoveries/{recovery}/approve.
func (s *server) approveRecovery(w http.ResponseWriter, r *http.Request) error {
	return s.settle(w, r, s.Timetable.ApproveRecovery)
}

// rejectRecovery serves POST /recoveries/{recovery}/reject.
func (s *server) rejectRecovery(w http.ResponseWriter, r *http.Request) error {
	return s.settle(w, r, s.Timetable.RejectRecovery)
}

// settle decides on a recovery for a reason, and leads back to it. It must be
// named by its number: the latest may be another than the one that was looked
// at.
func (s *server) settle(w http.ResponseWriter, r *http.Request, how func(ctx context.Context, id int64, by, reason string) (job.Recovery, error)) error {
	reason, err := reasonOf(r)
	if err != nil {
		return err
	}
	id, err := recoveryID(r)
	if err != nil {
		return err
	}
	if id == 0 {
		return fault.New(fault.Invalid, "Say which recovery by its number; the latest may be another one by now.")
	}
	if _, err := how(r.Context(), id, actor(r.Context()), reason); err != nil {
		return fmt.Errorf("settle recovery: %w", err)
	}
	http.Redirect(w, r, recoveryPath(id), http.StatusSeeOther)
	return nil
}

// askReject serves GET /recoveries/{recovery}/reject, which asks why and does
// nothing.
func (s *server) askReject(w http.ResponseWriter, r *http.Request) error {
	page, err := s.recoveryPage(r)
	if err != nil {
		return err
	}
	if !page.CanReject {
		return fault.New(fault.Conflict, "There is nothing to reject: %s", page.Sentence)
	}
	page.Title = "Reject"
	return s.render(w, r, http.StatusOK, "reject-recovery", page)
}
