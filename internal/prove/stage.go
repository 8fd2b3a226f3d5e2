package prove

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/trial/check"
	"github.com/beadle-jobs/beadle/internal/trial/journal"
	"github.com/beadle-jobs/beadle/internal/trial/process"
	"github.com/beadle-jobs/beadle/internal/trial/sink"
)

// crew is how many worker processes a stage has.
const crew = 2

// A stage is what one step takes place on: its processes and what is written
// down.
type stage struct {
	*proof
	name    string
	dir     string
	sink    *sink.Sink
	server  *http.Server
	url     string       // of the sink
	asked   *journal.Log // what the API acknowledged
	logs    []*journal.Log
	workers []*process.Process

	done      []string        // what was done
	recovered []time.Duration // that the step measured itself
}

// step does one step, and judges it.
func (p *proof) step(ctx context.Context, s step) (done Step, err error) {
	p.Say("%s: %s", s.name, s.title)
	st, err := p.stage(ctx, s.name)
	if err != nil {
		return done, err
	}
	defer st.close()
	began := time.Now()
	if err := st.play(ctx, s); err != nil {
		return done, err
	}
	evidence, err := check.Read(st.dir)
	if err != nil {
		return done, err
	}
	done = judge(evidence, st.recovered)
	done.Name, done.Title, done.Done, done.Began = s.name, s.title, st.done, began.UTC().Truncate(time.Millisecond)
	done.Took = seconds(time.Since(began))
	return done, nil
}

// play has jobs run and something break, until all is healed and every job has
// ended, or ought to have.
func (s *stage) play(ctx context.Context, st step) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	loaded := make(chan error, 1)
	go func() { loaded <- s.load(ctx) }()
	pause(ctx, calm)
	err := st.do(ctx, s)
	if err != nil {
		stop()
	}
	if err := errors.Join(err, <-loaded); err != nil {
		return err
	}
	if err := s.drained(ctx); err != nil {
		s.Say("%v", err) // what has not ended is counted as lost
	}
	return s.dump(ctx)
}

// stage starts the processes of a step, and waits until the installation knows
// them.
func (p *proof) stage(ctx context.Context, name string) (s *stage, err error) {
	s = &stage{proof: p, name: name}
	if s.dir, err = p.folder(name); err != nil {
		return nil, err
	}
	if err := s.listen(ctx); err != nil {
		s.close()
		return nil, err
	}
	for i := range crew {
		w := &process.Process{Name: fmt.Sprintf("worker-%d", i+1), Dir: s.dir, Command: s.command, Mark: s.mark, Say: p.Say}
		s.workers = append(s.workers, w)
		if err := w.Begin(); err != nil {
			s.close()
			return nil, err
		}
	}
	if err := s.known(ctx); err != nil {
		s.close()
		return nil, err
	}
	return s, p.schedule(ctx)
}

// listen opens the sink and the journals.
func (s *stage) listen(ctx context.Context) error {
	for _, name := range []string{journal.Sink, journal.Handlers, journal.Accepted} {
		log, err := journal.Open(filepath.Join(s.dir, name))
		if err != nil {
			return err
		}
		s.logs = append(s.logs, log)
	}
	s.asked = s.logs[2]
	wall, err := s.Redis.Time(ctx).Result() // the ledger's times are by its clock
	if err != nil {
		return fmt.Errorf("ask redis for the time: %w", err)
	}
	if s.sink, err = sink.New(s.logs[0], wall); err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.url, s.server = "http://"+l.Addr().String(), &http.Server{Handler: s.sink, ReadHeaderTimeout: time.Minute}
	go func() { _ = s.server.Serve(l) }() // it ends when it is closed
	return nil
}

func (s *stage) command(incarnation string) *exec.Cmd {
	return s.Worker(Desk{Name: incarnation, Sink: s.url, Handlers: filepath.Join(s.dir, journal.Handlers)})
}

// mark writes down what is done to a process. Without it the judgement is too
// hard, and never too mild.
func (s *stage) mark(m journal.Sunk) {
	if err := s.sink.Tell(m); err != nil {
		s.Say("a mark is missing: %v", err)
	}
}

func (s *stage) did(format string, args ...any) {
	s.done = append(s.done, fmt.Sprintf(format, args...))
	s.Say("  "+format, args...)
}

// known waits until the server has heard of the workers, and of their tasks. It
// never does if the Redis is another than the server's.
func (s *stage) known(ctx context.Context) error {
	err := until(ctx, "the workers' announcement", time.Minute, func() (bool, error) {
		workers, err := s.API.Workers(ctx)
		if err != nil {
			return false, err
		}
		n := 0
		for _, w := range workers {
			if _, ours := w.Queues[Queue]; ours {
				n++
			}
		}
		if n < crew {
			return false, nil
		}
		_, err = s.API.Task(ctx, SlotTask)
		return err == nil, err
	})
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	return fault.New(fault.Conflict, "The server at %s did not hear of the workers of this proof. Is the Redis that --redis names that of the server, and this jobctl of its version? Their log: %s",
		s.API.Server(), s.lastWords()).Because(err)
}

// whenBusy waits until a worker runs jobs, but not for long, and returns how many.
func (s *stage) whenBusy(ctx context.Context, w *process.Process) (running int) {
	for began := time.Now(); running == 0 && time.Since(began) < 5*time.Second; {
		if running = s.running(w); running == 0 && !pause(ctx, 50*time.Millisecond) {
			break
		}
	}
	return running
}

// running returns how many jobs a worker runs, or ran when it ended; 0 while
// somebody writes the journal.
func (s *stage) running(w *process.Process) int {
	sunk, err := journal.Read[journal.Sunk](filepath.Join(s.dir, journal.Sink))
	if err != nil {
		return 0
	}
	return len(runningOn(sunk, w.Incarnation()))
}

// close ends every process and everything else that is open.
func (s *stage) close() {
	for _, w := range s.workers {
		w.End(journal.Deploy, syscall.SIGTERM, 10*time.Second)
	}
	if s.server != nil {
		s.server.Close()
	}
	for _, log := range s.logs {
		log.Close()
	}
}
