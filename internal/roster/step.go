package roster

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// A step is one attempt at one step of a run.
type step struct {
	*tasks.Job[Args]
	sync   sync.Sync
	size   int // of a batch: see [Config]
	store  Store
	source sis.Source
	target sis.Target
	again  bool // a plan is to be made of what people have said meanwhile
	goesOn bool // other jobs go on with what this step does, and the last of them hands over
}

func (r *roster) begin(job *tasks.Job[Args]) (*step, error) {
	s, err := r.sync(job.Args.Sync, job.Client)
	if err != nil {
		return nil, err
	}
	job.Args.Run = cmp.Or(job.Args.Run, job.ID)
	return &step{Job: job, sync: s, size: cmp.Or(r.Batch, batch), store: r.Store, source: r.Sources[s.Source], target: r.Targets[s.Target]}, nil
}

// sync returns the sync of that name for a job of that client. It must be the
// sync's own: the locks that keep two jobs of a sync apart are per client.
func (r *roster) sync(name, client string) (sync.Sync, error) {
	s, ok := r.syncs[name]
	switch {
	case !ok:
		return s, tasks.Permanent(fault.New(fault.Invalid, "There is no sync %q in the configuration.", name).In("sync"))
	case client != s.Client:
		return s, tasks.Permanent(fault.New(fault.Invalid,
			"Sync %s belongs to client %s, and this job to client %s: start it for the client of the sync.", name, s.Client, client).In("client"))
	}
	return s, nil
}

// handOver starts the step after the one of that name. A dry run ends with the
// plan, and a step that is made alone with itself: what the last one owes to
// people and to the source follows still.
func (s *step) handOver(ctx context.Context, name string) error {
	next := slices.Index(Chain, name) + 1
	switch {
	case s.goesOn || (s.Args.DryRun && name == MakePlan):
		return nil
	case next == len(Chain) && s.again:
		return wake(ctx, s.Job, s.sync.Name)
	case next == len(Chain):
		return s.acknowledge(ctx)
	case s.Args.Alone:
		return nil
	}
	_, err := s.Enqueue(ctx, tasks.Request{Task: Chain[next], Args: s.Args, Key: "next"})
	return err
}

// acknowledge lets a source that waits for it know what became of its messages.
func (s *step) acknowledge(ctx context.Context) error {
	if _, ok := s.source.(sis.Acknowledger); !ok {
		return nil
	}
	_, err := s.Enqueue(ctx, tasks.Request{Task: Acknowledge, Args: AckArgs{Sync: s.sync.Name}, Key: "ack"})
	return err
}

// sourceError says in plain words that the SIS could not be read.
func (s *step) sourceError(err error) error {
	return unreachable("The SIS could not be read", err)
}

// targetError says the same of the LMS.
func (s *step) targetError(err error) error {
	return unreachable("The LMS could not be reached", err)
}

const pause = time.Minute // before a system that is down is tried again

// unreachable puts what a source or a target said into a sentence, and says
// whether trying again can help. Other errors are passed on.
func unreachable(what string, err error) error {
	said, ok := errors.AsType[*sis.Error](err)
	switch {
	case !ok: // none, or one of another kind
		return err
	case said.Temporary:
		return tasks.RetryAfter(pause, fault.New(fault.Unavailable, "%s: %s. It will be tried again.", what, sentence(said.Message)).Because(said.Err))
	}
	return tasks.Permanent(fault.New(fault.Invalid, "%s: %s (%s).", what, sentence(said.Message), said.Code).Because(said.Err))
}

// sentence returns text without the full stop that another text will end with.
func sentence(text string) string {
	for len(text) > 0 && text[len(text)-1] == '.' {
		text = text[:len(text)-1]
	}
	return text
}
