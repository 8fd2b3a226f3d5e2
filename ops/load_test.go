package ops_test

import (
	"encoding/json"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/trial/journal"
	"github.com/beadle-jobs/beadle/pkg/client"
)

// errands are what people ask of the drill: how often, of which task, and for
// how long each.
var errands = []struct {
	task string
	n    int
	args string
}{
	{"drill.work", 40, `{"ms":200}`},
	{"drill.errors", 5, `{"ms":10}`},
	{"drill.repeat", 6, `{"ms":10}`},
	{"drill.fail", 3, `{"ms":10}`},
	{"drill.lock", 6, `{"ms":500}`},
	{"drill.narrow", 8, `{"ms":600}`},
}

// enqueue starts a job.
func (s *site) enqueue(n client.NewJob) client.Job {
	s.t.Helper()
	job, _, err := s.api().Enqueue(s.t.Context(), n)
	if err != nil {
		s.t.Fatalf("enqueue %s: %v", n.Task, err)
	}
	return job
}

// give starts all errands, for two clients.
func (s *site) give() {
	s.t.Helper()
	for _, e := range errands {
		for i := range e.n {
			s.enqueue(client.NewJob{Task: e.task, Args: json.RawMessage(e.args), Client: []string{"default", "north"}[i%2]})
		}
	}
}

// settle has people change what is configured: a client, a schedule of a few
// seconds, a limit, a pause.
func (s *site) settle() {
	s.t.Helper()
	must := func(err error) {
		s.t.Helper()
		if err != nil {
			s.t.Fatal(err)
		}
	}
	ctx, api := s.t.Context(), s.api()
	_, err := api.CreateClient(ctx, "north", "North campus")
	must(err)
	_, err = api.CreateSchedule(ctx, client.NewSchedule{Name: "drill.work:often", Task: "drill.work", Reason: "drill", Rule: map[string]json.RawMessage{
		"dialect": json.RawMessage(`"quartz"`), "cron": json.RawMessage(`"0/5 * * * * ?"`), "args": json.RawMessage(`{"ms":50}`),
	}})
	must(err)
	_, err = api.PutLimit(ctx, client.NewLimit{Task: "drill.work", Client: "north", Max: 3})
	must(err)
}

// trouble has a job that does not stop when it is aborted, kills a worker while
// it works, and gives a job that kills every worker that runs it, until it is a
// poison pill.
func (s *site) trouble() {
	s.t.Helper()
	deaf := s.enqueue(client.NewJob{Task: "drill.deaf"})
	s.becomes(deaf, "running")
	if _, err := s.api().Abort(s.t.Context(), deaf.ID); err != nil {
		s.t.Fatal(err)
	}
	s.give()
	time.Sleep(time.Second)
	s.killable.End(journal.Kill, 9, time.Second)
	if err := s.killable.Begin(); err != nil {
		s.t.Fatal(err)
	}
	s.becomes(s.enqueue(client.NewJob{Task: "drill.crash", Args: json.RawMessage(`{"ms":300}`)}), "failed")
}

// depose kills the scheduler that leads, and waits until it serves again.
func (s *site) depose() {
	s.t.Helper()
	time.Sleep(scrapes) // what it has counted goes with it
	s.first.End(journal.Kill, 9, time.Second)
	time.Sleep(5 * time.Second) // the other one takes over
	if err := s.first.Begin(); err != nil {
		s.t.Fatal(err)
	}
	s.eventually("answer of the scheduler that was killed", func() bool {
		_, err := s.api().Version(s.t.Context())
		return err == nil
	})
}

// becomes waits until a job is in that state.
func (s *site) becomes(j client.Job, state job.State) {
	s.t.Helper()
	s.eventually(j.Task+" that is "+string(state), func() bool {
		now, err := s.api().Job(s.t.Context(), j.ID)
		return err == nil && now.Job.State == state
	})
}
