package check

import (
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/trial/errand"
	"github.com/beadle-jobs/beadle/internal/trial/journal"
)

// patience is how long after a trouble of Redis attempts may still be lost to
// it.
const patience = 30 * time.Second

// attemptOf names an attempt.
type attemptOf struct {
	job    string
	number int
}

// A record is what is known of the jobs, ready to be looked up.
type record struct {
	jobs     map[string]Detail
	told     map[string]bool      // ids that somebody was told of
	aborted  map[string]bool      // ids whose abort was asked for
	begun    map[attemptOf]string // the process
	returned map[attemptOf]string // the result, as the handler says
	sunk     map[attemptOf]*visit // the visit that was accepted
	errors   map[string]int       // handlers that returned an error, by job
}

// recordOf puts the evidence together.
func recordOf(e Evidence, visits []*visit) *record {
	r := &record{
		jobs: map[string]Detail{}, told: map[string]bool{}, aborted: map[string]bool{},
		begun: map[attemptOf]string{}, returned: map[attemptOf]string{}, sunk: map[attemptOf]*visit{}, errors: map[string]int{},
	}
	for _, d := range e.Ledger {
		r.jobs[d.Job.ID] = d
	}
	for _, a := range e.Asked {
		switch a.What {
		case journal.Accept:
			r.told[a.ID] = true
		case journal.Abort:
			r.aborted[a.ID] = true
		}
	}
	for _, due := range e.Slots {
		for _, s := range due.Slots {
			if s.Job != "" {
				r.told[s.Job] = true
			}
		}
	}
	for _, h := range e.Handled {
		r.handled(h)
	}
	for _, v := range visits {
		if v.accepted {
			r.sunk[attemptOf{v.job, v.attempt}] = v
		}
	}
	return r
}

func (r *record) handled(h journal.Handled) {
	at := attemptOf{h.Job, h.Attempt}
	switch h.What {
	case journal.Child:
		r.told[h.Child] = true
	case journal.Begin:
		r.begun[at] = h.Worker
	case journal.End:
		r.returned[at] = h.Result
		if h.Result == journal.Error {
			r.errors[h.Job]++
		}
	}
}

// acknowledged checks that every job that somebody was told of has ended, and
// that nobody got two for one.
func (j *judge) acknowledged() {
	r := j.known
	j.Acknowledged = len(r.told)
	for id := range r.told {
		if d, ok := r.jobs[id]; !ok {
			j.find(Lost, "job %s was acknowledged, and is unknown", id)
		} else if !final(d.Job.State) {
			j.find(Lost, "job %s (%s, %s) was acknowledged, and is %s: %s", id, d.Job.Task, d.Job.Args.Name, d.Job.State, d.Job.Reason)
		}
	}
	keys := map[string]string{}
	for _, a := range j.Asked {
		if a.What == journal.Refuse {
			j.find(Refused, "%s of %s: %s", a.Key, a.Task, a.State)
		}
		if a.What != journal.Accept {
			continue
		}
		if first, ok := keys[a.Key]; ok && first != a.ID {
			j.find(Doubled, "key %s is job %s and job %s", a.Key, first, a.ID)
		}
		keys[a.Key] = a.ID
	}
	names := map[string]string{}
	for _, d := range j.Ledger {
		if first, ok := names[d.Job.name()]; ok {
			j.find(Doubled, "errand %s is job %s and job %s", d.Job.name(), first, d.Job.ID)
		}
		names[d.Job.name()] = d.Job.ID
	}
}

// ledger checks that what the ledger says can be explained.
func (j *judge) ledger() {
	r := j.known
	children := map[string]int{}
	for _, d := range j.Ledger {
		children[d.Job.Parent]++
	}
	for _, d := range j.Ledger {
		if !final(d.Job.State) {
			if !r.told[d.Job.ID] {
				j.wrong(d.Job, "has not ended, and nobody was told of it")
			}
			continue
		}
		j.state(d)
		j.numbers(d)
		for _, a := range d.Attempts {
			j.outcome(d.Job, a)
		}
		if n := children[d.Job.ID]; n > d.Job.Args.Children || d.Job.State == "succeeded" && n < d.Job.Args.Children {
			j.wrong(d.Job, "has %d children of %d", n, d.Job.Args.Children)
		}
	}
	j.unrecorded()
	j.ranOn()
}

func (j *judge) wrong(job Job, format string, args ...any) {
	args = append([]any{job.ID, job.Task, job.Args.Name, job.State, job.Failures}, args...)
	j.find(Unexplained, "job %s (%s, %s), %s with %d failures: "+format, args...)
}

// state checks how a job ended against what its errand says.
func (j *judge) state(d Detail) {
	e, job := d.Job.Args, d.Job
	switch job.State {
	case "succeeded":
		if !e.Succeeds() {
			j.wrong(job, "its errand never succeeds")
		}
		if n := outcomes(d, "succeeded"); n != 1 {
			j.wrong(job, "%d of its attempts succeeded", n)
		}
		if lost := outcomes(d, "lost") + outcomes(d, "interrupted"); job.Failures > e.Fail || job.Failures+lost < e.Fail {
			j.wrong(job, "its errand fails %d times, and %d attempts were lost", e.Fail, lost)
		}
	case "failed":
		if e.Succeeds() {
			j.wrong(job, "its errand succeeds; it says: %s %s", job.Reason, job.Error)
		} else if want := failuresOf(e); job.Failures != want {
			j.wrong(job, "its errand fails with %d", want)
		}
	case "aborted":
		if !j.known.aborted[job.ID] {
			j.wrong(job, "nobody aborted it: %s", job.Reason)
		}
	default:
		j.wrong(job, "no job of the run can end so: %s", job.Reason)
	}
}

// failuresOf is how many failures end an errand that does not succeed.
func failuresOf(e errand.Errand) int {
	if e.Permanent {
		return 1
	}
	return errand.Attempts
}

// numbers checks that the attempts are numbered through and fit the counts.
func (j *judge) numbers(d Detail) {
	if len(d.Attempts) != d.Job.Attempt {
		j.wrong(d.Job, "%d attempts are recorded, and %d counted", len(d.Attempts), d.Job.Attempt)
	}
	for i, a := range slices.SortedFunc(slices.Values(d.Attempts), func(a, b Attempt) int { return a.Number - b.Number }) {
		if a.Number != i+1 {
			j.wrong(d.Job, "attempt %d is missing, or there twice", i+1)
			break
		}
	}
	if n := outcomes(d, "failed"); n != d.Job.Failures {
		j.wrong(d.Job, "%d of its attempts failed", n)
	}
}

func outcomes(d Detail, outcome string) (n int) {
	for _, a := range d.Attempts {
		if a.Outcome == outcome {
			n++
		}
	}
	return n
}

// outcome checks how an attempt ended against what its handler did.
func (j *judge) outcome(job Job, a Attempt) {
	r, at := j.known, attemptOf{job.ID, a.Number}
	returned := r.returned[at]
	process := r.begun[at]
	if process == "" {
		process = j.history.process(a.Worker)
	}
	switch a.Outcome {
	case "succeeded":
		if v := r.sunk[at]; returned != journal.OK || v == nil || v.ended != journal.OK {
			j.wrong(job, "attempt %d is said to have succeeded; its handler returned %q, and the sink has no last write of it", a.Number, returned)
		}
	case "failed":
		if returned != journal.Error && returned != journal.Permanent {
			j.wrong(job, "attempt %d is said to have failed, and its handler returned %q: %s", a.Number, returned, job.Error)
		}
	case "aborted":
		if !r.aborted[job.ID] {
			j.wrong(job, "attempt %d was aborted, and nobody asked for it", a.Number)
		}
	case "interrupted":
		// A worker may put back what it has not begun to run: when it regains
		// contact, or when it has taken ahead more than it has places for.
		if _, ran := r.begun[at]; ran && !j.history.deploys[process] {
			j.wrong(job, "attempt %d was interrupted, and %s was not told to stop", a.Number, process)
		}
	case "lost":
		if !j.losable(process, a) {
			j.wrong(job, "attempt %d was lost, and nothing was done to %s", a.Number, process)
		}
	default:
		j.wrong(job, "attempt %d is %q at the end", a.Number, a.Outcome)
	}
}

// losable reports whether something explains that an attempt was lost.
func (j *judge) losable(process string, a Attempt) bool {
	h := j.history
	if process == "" || h.hurt[process] || h.deploys[process] {
		return true
	}
	return a.Ended != nil && h.redisHurt(h.moment(*a.Ended), patience)
}

// unrecorded checks that the ledger knows every attempt that was made.
func (j *judge) unrecorded() {
	r := j.known
	for at, process := range r.begun {
		d, ok := r.jobs[at.job]
		if !ok {
			if !r.told[at.job] {
				j.find(Unexplained, "job %s ran in %s, and is unknown", at.job, process)
			}
			continue
		}
		if !slices.ContainsFunc(d.Attempts, func(a Attempt) bool { return a.Number == at.number }) {
			j.wrong(d.Job, "attempt %d ran in %s, and is not recorded", at.number, process)
		}
	}
}

// ranOn checks that nothing was written for jobs that had ended, but by a
// process after its thaw.
func (j *judge) ranOn() {
	r := j.known
	for _, v := range j.visits {
		d, ok := r.jobs[v.job]
		if !ok || d.Job.Ended == nil || !v.accepted {
			continue
		}
		end := j.history.moment(*d.Job.Ended) + Grace.Microseconds()
		thaw, frozen := j.history.thawed(v.worker, v.last)
		excused := frozen && v.last-thaw <= Grace.Microseconds()
		if v.last > end && !excused {
			j.find(RanOn, "job %s attempt %d (%s): a write was accepted at %s, the job had ended at %s",
				v.job, v.attempt, v.worker, clock(v.last), clock(end-Grace.Microseconds()))
		}
	}
}

// aborts measures how soon running jobs obeyed.
func (j *judge) aborts() {
	r := j.known
	last := map[string]*visit{}
	for _, v := range j.visits {
		last[v.job] = v
	}
	var took []time.Duration
	for _, a := range j.Asked {
		if a.What != journal.Aborted {
			continue
		}
		j.Aborts++
		if d, known := r.jobs[a.ID]; known && a.State == "aborted" && d.Job.State != "aborted" {
			j.wrong(d.Job, "the API said that it was aborted")
		}
		at := j.history.moment(time.UnixMilli(a.At))
		if v := last[a.ID]; v != nil && at > v.first && v.left > at {
			took = append(took, time.Duration(v.left-at)*time.Microsecond)
		}
	}
	j.Running = len(took)
	if slices.Sort(took); len(took) > 0 {
		j.AbortP99 = took[(len(took)*99-1)/100]
	}
}

func final(state string) bool {
	return slices.Contains([]string{"succeeded", "failed", "aborted", "expired"}, state)
}
