package prove

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/beadle-jobs/beadle/internal/trial/errand"
	"github.com/beadle-jobs/beadle/internal/trial/journal"
	"github.com/beadle-jobs/beadle/pkg/client"
)

const (
	loading   = 0.8              // of a step's time in which jobs are enqueued
	patience  = 90 * time.Second // for the last job to end
	resources = 12
)

// load enqueues the jobs of a step, spread over its time.
func (s *stage) load(ctx context.Context) error {
	n, span := s.share(s.Jobs), time.Duration(loading*float64(s.share(int(s.Span))))
	began := time.Now()
	for i := range n {
		if !pause(ctx, span*time.Duration(i)/time.Duration(n)-time.Since(began)) {
			return ctx.Err()
		}
		if err := s.enqueue(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

// enqueue asks for one job until there is an answer, and writes it down.
func (s *stage) enqueue(ctx context.Context, i int) error {
	args, err := json.Marshal(s.errand(i))
	if err != nil {
		return err
	}
	wanted := client.NewJob{Task: ErrandTask, Client: Client, Args: args, Key: fmt.Sprintf("prove-%s-%s-%d", s.id, s.name, i)}
	line := journal.Asked{What: journal.Accept, Key: wanted.Key, Task: ErrandTask}
	for {
		accepted, _, err := s.API.Enqueue(ctx, wanted)
		switch {
		case err == nil:
			line.ID, line.State = accepted.ID, string(accepted.State)
			return s.asked.Add(line)
		case ctx.Err() != nil:
			return ctx.Err()
		case !again(err):
			line.What, line.State = journal.Refuse, err.Error()
			return s.asked.Add(line)
		}
		pause(ctx, 200*time.Millisecond)
	}
}

// again reports whether an error may be gone the next time.
func again(err error) bool {
	refused, ok := errors.AsType[*client.Error](err)
	return !ok || !refused.Reached() || refused.Status >= 500 || refused.Status == 429
}

// errand is the job number i of the step. One in five takes some seconds, so that
// there is always something to interrupt; half of them want resources.
func (s *stage) errand(i int) errand.Errand {
	chance := rand.New(rand.NewPCG(s.Seed, uint64(i)<<8|uint64(len(s.name))))
	e := errand.Errand{Name: fmt.Sprintf("%s/%d", s.name, i), Steps: 1 + chance.IntN(3), StepMS: 5 + chance.IntN(40)}
	if chance.IntN(5) == 0 {
		e.Steps, e.StepMS = 20+chance.IntN(15), 100
	}
	if chance.IntN(2) == 0 {
		first, second := chance.IntN(resources), chance.IntN(resources)
		e.Writes = []string{fmt.Sprintf("r%d", first)}
		if second != first {
			e.Reads = []string{fmt.Sprintf("r%d", second)}
		}
	}
	return e
}

// drained waits until every job of the step has ended, and the ledger has it.
func (s *stage) drained(ctx context.Context) error {
	return until(ctx, "the end of all jobs", patience, func() (bool, error) {
		open, err := s.API.Jobs(ctx, client.Filter{Client: Client, Task: ErrandTask, States: unended, Limit: 1})
		return err == nil && len(open.Jobs) == 0 && open.Notice == "", err
	})
}

// dump writes down what the API says of every job that was acknowledged; one that
// is unknown has no line.
func (s *stage) dump(ctx context.Context) error {
	asked, err := journal.Read[journal.Asked](filepath.Join(s.dir, journal.Accepted))
	if err != nil {
		return err
	}
	ledger, err := journal.Open(filepath.Join(s.dir, journal.Ledger))
	if err != nil {
		return err
	}
	defer ledger.Close()
	for _, a := range asked {
		if a.What != journal.Accept {
			continue
		}
		detail, err := s.API.Job(ctx, a.ID)
		if isMissing(err) {
			continue
		}
		if err := errors.Join(err, ledger.Add(detail)); err != nil {
			return err
		}
	}
	return nil
}

// lastWords are the last line of a worker's log.
func (s *stage) lastWords() string {
	text, err := os.ReadFile(filepath.Join(s.dir, "worker-1.log"))
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	if last := lines[len(lines)-1]; err == nil && len(last) > 0 {
		return string(last)
	}
	return "it is empty."
}
