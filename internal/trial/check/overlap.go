package check

import (
	"cmp"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/trial/errand"
	"github.com/beadle-jobs/beadle/internal/trial/journal"
)

// A visit is one attempt at a job, as the sink saw it.
type visit struct {
	job     string
	attempt int
	worker  string
	fence   int64
	holds   []errand.Hold

	accepted    bool
	first, last moment // of what was accepted
	gone        moment // last sign of life, accepted or not
	refused     int
	ended       string // result of the end that was accepted
	left        moment // when its code returned; 0: it was killed
}

// visitsOf puts the lines of the sink together.
func visitsOf(sunk []journal.Sunk) (all []*visit) {
	type key struct {
		job     string
		attempt int
		worker  string
		fence   int64
	}
	known := map[key]*visit{}
	for _, s := range sunk {
		if s.What == journal.Mark {
			continue
		}
		k := key{s.Job, s.Attempt, s.Worker, s.Fence}
		v := known[k]
		if v == nil {
			v = &visit{job: s.Job, attempt: s.Attempt, worker: s.Worker, fence: s.Fence, holds: s.Holds}
			known[k], all = v, append(all, v)
		}
		v.add(s)
	}
	return all
}

func (v *visit) add(s journal.Sunk) {
	v.gone = s.At
	switch {
	case s.What == journal.Left:
		v.left = s.At
	case !s.OK:
		v.refused++
	default:
		if !v.accepted {
			v.accepted, v.first = true, s.At
		}
		v.last = s.At
		if s.What == journal.End {
			v.ended = s.Result
		}
	}
}

// A claim is a visit to something that it may not share with everybody.
type claim struct {
	*visit
	write bool
}

// overlaps looks at everything that visits exclude each other from: jobs, and
// resources.
func (j *judge) overlaps() {
	jobs, resources := map[string][]claim{}, map[string][]claim{}
	for _, v := range j.visits {
		if v.accepted && v.fence == 0 {
			j.find(FenceMissing, "attempt %d at job %s had no fence", v.attempt, v.job)
		}
		if !v.accepted {
			continue
		}
		jobs[v.job] = append(jobs[v.job], claim{v, true})
		for _, h := range v.holds {
			resources[h.Name] = append(resources[h.Name], claim{v, h.Write})
		}
	}
	for name, claims := range jobs {
		j.contest(JobOverlap, "job "+name, claims)
	}
	for name, claims := range resources {
		j.contest(HoldOverlap, name, claims)
	}
}

// contest goes through who claimed one thing, in the order in which they came.
func (j *judge) contest(kind Kind, name string, claims []claim) {
	slices.SortFunc(claims, func(a, b claim) int { return cmp.Compare(a.first, b.first) })
	var all, writers front
	for _, c := range claims {
		rivals := &writers
		if c.write {
			rivals = &all
		}
		j.meet(kind, name, c, rivals)
		all.add(c.visit)
		if c.write {
			writers.add(c.visit)
		}
	}
}

// A front is how far those who came before have got.
type front struct {
	last, gone, fence *visit // with the latest accepted write, the latest sign of life, the greatest fence
}

func (f *front) add(v *visit) {
	if f.last == nil || v.last > f.last.last {
		f.last = v
	}
	if f.gone == nil || v.gone > f.gone.gone {
		f.gone = v
	}
	if f.fence == nil || v.fence > f.fence.fence {
		f.fence = v
	}
}

// meet compares a claim with its rivals before it.
func (j *judge) meet(kind Kind, name string, c claim, rivals *front) {
	if rivals.last == nil {
		return
	}
	if r := rivals.last; r.last > c.first {
		j.find(kind, "%s: writes of job %s attempt %d (%s, fence %d) were accepted until %s, those of job %s attempt %d (%s, fence %d) from %s on",
			name, r.job, r.attempt, r.worker, r.fence, clock(r.last), c.job, c.attempt, c.worker, c.fence, clock(c.first))
	} else if rivals.gone.gone > c.first {
		j.straggle(rivals.gone, c.visit)
	}
	if r := rivals.fence; c.fence != 0 && r.fence >= c.fence {
		j.find(FenceBack, "%s: job %s attempt %d had fence %d after job %s attempt %d had had %d",
			name, c.job, c.attempt, c.fence, r.job, r.attempt, r.fence)
	}
}

// straggle notes that a visit went on beside its successor.
func (j *judge) straggle(v, successor *visit) {
	if j.successors == nil {
		j.successors = map[*visit]*visit{}
	}
	if j.successors[v] == nil {
		j.successors[v] = successor
	}
}

// stragglers judges attempts that went on beside their successors, or were
// refused: only a frozen process may do so, for a moment after its thaw.
func (j *judge) stragglers() {
	for _, v := range j.visits {
		successor, beside := j.successors[v]
		if !beside && v.refused == 0 {
			continue
		}
		thaw, frozen := j.history.thawed(v.worker, v.gone)
		late := time.Duration(v.gone-thaw) * time.Microsecond
		switch {
		case !frozen:
			j.find(Astray, "job %s attempt %d (%s, fence %d) went on until %s, %s; its process was never thawed",
				v.job, v.attempt, v.worker, v.fence, clock(v.gone), beyond(successor))
			continue
		case late > Grace:
			j.find(Late, "job %s attempt %d (%s, fence %d) went on for %s after the thaw, %s",
				v.job, v.attempt, v.worker, v.fence, late, beyond(successor))
		}
		j.Zombies++
		j.Slowest = max(j.Slowest, late)
	}
}

func beyond(successor *visit) string {
	if successor == nil {
		return "and writes of it were refused"
	}
	return "beside job " + successor.job + " from " + clock(successor.first) + " on"
}

// clock is a moment as people read it in the sink's log.
func clock(m moment) string { return (time.Duration(m) * time.Microsecond).String() }
