package feed

import (
	"time"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
)

// known is what a feed remembers of jobs that have not ended, and which of them
// have changed since the last batch. All of it is bounded: what is forgotten is
// asked for again.
type known struct {
	jobs    map[string]job.Live
	owners  map[string]string    // who started the first job of a lineage, by its id
	running map[string]bool      // true: asked for its progress in this round
	dirty   map[string]job.State // jobs that have changed, and the state that was told before
	order   []string             // of the dirty ones
}

func newKnown(running []job.Job) known {
	k := known{}
	k.forget()
	for _, j := range running {
		k.put(job.LiveOf(j, time.Time{}))
	}
	return k
}

// forget begins anew. Which jobs run is kept.
func (k *known) forget() {
	k.jobs, k.owners = map[string]job.Live{}, map[string]string{}
	k.dirty, k.order = map[string]job.State{}, nil
	if k.running == nil {
		k.running = map[string]bool{}
	}
}

func (k *known) put(l job.Live) {
	k.jobs[l.ID] = l
	if l.State != job.Running {
		delete(k.running, l.ID)
	} else if _, ok := k.running[l.ID]; !ok {
		k.running[l.ID] = false
	}
}

// strangers returns the jobs of events that do not say enough about them.
func (k *known) strangers(entries []events.Entry) (ids []string) {
	met := map[string]bool{}
	for _, e := range entries {
		if e.Event == nil {
			continue
		}
		id := e.Event.JobID()
		_, told := e.Event.(events.JobEnqueued)
		if _, ok := k.jobs[id]; !ok && !told && !met[id] {
			ids = append(ids, id)
		}
		met[id] = true
	}
	return ids
}

// take has an event change its job. Of a stranger it is enough how it stands
// now, which is later than the event.
func (k *known) take(e events.Entry, strangers map[string]job.Job) {
	id := e.Event.JobID()
	l, ok := k.jobs[id]
	if j, stranger := strangers[id]; stranger && !ok {
		k.mark(id, "")
		l = job.LiveOf(j, e.At)
		l.Logged = isLog(e.Event)
		k.put(l)
		return
	}
	_, accepted := e.Event.(events.JobEnqueued)
	if !ok && !accepted {
		return // nobody knows it any more
	}
	k.mark(id, l.State)
	alter(&l, e.Event)
	l.New = l.New || accepted
	l.At = e.At
	k.put(l)
}

// alter has an event change its job. What has ended stays so.
func alter(l *job.Live, event events.Event) {
	l.Logged = l.Logged || isLog(event)
	if l.State.Final() {
		return
	}
	switch e := event.(type) {
	case events.JobEnqueued:
		*l = job.LiveOf(e.Job, l.At)
	case events.JobWaiting:
		become(l, job.Waiting, e.Reason)
	case events.JobQueued:
		become(l, job.Queued, e.Reason)
	case events.LocksBroken:
		become(l, job.Queued, e.Reason)
	case events.AttemptStarted:
		become(l, job.Running, "")
		l.Attempt, l.Progress = e.Attempt, job.Progress{}
	case events.AttemptEnded:
		become(l, e.State, e.Reason)
		l.Error, l.Progress, l.Errors = e.Error, e.Progress, e.Errors
	case events.JobEnded:
		become(l, e.State, e.Reason)
	case events.JobStuck:
		l.Stuck = true
	}
}

func become(l *job.Live, s job.State, reason string) {
	l.State, l.Reason, l.Aborting, l.Stuck = s, reason, false, false
}

// isLog reports whether an event is what a job says of itself.
func isLog(event events.Event) bool {
	switch event.(type) {
	case events.JobLogged, events.JobErrors:
		return true
	}
	return false
}

// mark notes that a job changes, and the state that was told of it before.
func (k *known) mark(id string, was job.State) {
	if _, ok := k.dirty[id]; !ok {
		k.dirty[id], k.order = was, append(k.order, id)
	}
}

// orphans returns the lineages of changed jobs of which nobody knows who
// started them.
func (k *known) orphans() (roots []string) {
	for _, id := range k.order {
		root := k.jobs[id].Root
		if _, ok := k.owners[root]; ok || root == id || root == "" {
			continue
		}
		k.owners[root] = k.jobs[root].Owner
		if k.owners[root] == "" {
			roots = append(roots, root)
		}
	}
	return roots
}

// next returns up to n running jobs to ask for their progress, each in turn.
func (k *known) next(n int) (ids []string) {
	for id, asked := range k.running {
		if !asked && len(ids) < n {
			k.running[id] = true
			ids = append(ids, id)
		}
	}
	if len(ids) < n { // the round is over
		for id := range k.running {
			k.running[id] = false
		}
	}
	return ids
}

// progress notes how far a running job is.
func (k *known) progress(id string, now map[string]job.Job, at time.Time) {
	j, ok := now[id]
	if !ok {
		delete(k.running, id) // it has ended; the stream tells how
		return
	}
	was := k.jobs[id]
	l := job.LiveOf(j, was.At)
	l.Was, l.New, l.Logged = was.Was, was.New, was.Logged
	if l == was {
		return
	}
	k.mark(id, was.State)
	l.At = at
	k.put(l)
}

// drain returns what has changed since the last time, in the order in which it
// began to, and forgets what need not be remembered.
func (k *known) drain() []change {
	all := make([]change, 0, len(k.order))
	for _, id := range k.order {
		l := k.jobs[id]
		if l.Was = k.dirty[id]; l.New {
			l.Was = ""
		}
		all = append(all, newChange(l, k.owners[l.Root]))
		if l.New, l.Logged, l.Was = false, false, ""; l.State.Final() {
			delete(k.jobs, id)
		} else {
			k.jobs[id] = l
		}
	}
	clear(k.dirty)
	k.order = nil
	k.shrink()
	return all
}

// shrink forgets all but the running jobs where there are too many.
func (k *known) shrink() {
	if len(k.owners) > memory {
		clear(k.owners)
	}
	if len(k.jobs) <= memory {
		return
	}
	for id := range k.jobs {
		if _, ok := k.running[id]; !ok {
			delete(k.jobs, id)
		}
	}
}
