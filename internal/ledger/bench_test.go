package ledger_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

// pageOfEvents is how many events the benchmarks record at a time.
const pageOfEvents = 2000

// BenchmarkRecord records pages of events, from the bytes in the stream to the
// end of the transaction, and says what a job costs: the time on the clock, and
// that of this process's CPU, which leaves PostgreSQL's own out.
func BenchmarkRecord(b *testing.B) {
	for name, location := range locations {
		b.Run("enqueued+started+ended/"+name, func(b *testing.B) {
			benchmarkRecord(b, open(b, location(b)), nil, []step{enqueued, started, ended})
		})
		b.Run("started+ended/"+name, func(b *testing.B) {
			benchmarkRecord(b, open(b, location(b)), []step{enqueued}, []step{started, ended})
		})
	}
}

// A step is one event in the life of a short job.
type step func(id string) events.Event

func enqueued(id string) events.Event { return events.JobEnqueued{Job: newJob(id)} }
func started(id string) events.Event {
	return events.AttemptStarted{ID: id, Attempt: 1, Worker: "worker-1"}
}

func ended(id string) events.Event {
	return events.AttemptEnded{
		ID: id, Task: "roster.sync", Attempt: 1, Outcome: job.AttemptSucceeded, State: job.Succeeded,
		Started: second(1), At: second(2),
	}
}

// benchmarkRecord measures later, after all jobs have got as far as before.
func benchmarkRecord(b *testing.B, l *ledger.Ledger, before, later []step) {
	s := &stream{b: b, ledger: l}
	size := pageOfEvents / len(later)
	for page := range b.N {
		s.record(s.page(page, size, before))
	}
	pages := make([][]raw, b.N)
	for page := range b.N {
		pages[page] = s.page(page, size, later)
	}
	b.ResetTimer()
	cpu := cpuTime()
	for _, page := range pages {
		s.record(page)
	}
	jobs := float64(size * b.N)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/1e3/jobs, "µs/job")
	b.ReportMetric(float64((cpuTime()-cpu).Nanoseconds())/1e3/jobs, "cpu-µs/job")
}

// A stream makes pages of a stream and records them.
type stream struct {
	b        *testing.B
	ledger   *ledger.Ledger
	position string
	last     int
}

// raw is an event as Redis returns it.
type raw struct {
	id, kind string
	body     []byte
}

func (s *stream) page(page, jobs int, steps []step) (all []raw) {
	for i := range jobs {
		id := fmt.Sprintf("0199a%03x-%04x-7abc-89ab-%012x", page, i, (page*jobs+i)*7919)
		for _, step := range steps {
			s.last++
			kind, body, err := events.Marshal(step(id))
			if err != nil {
				s.b.Fatal(err)
			}
			all = append(all, raw{fmt.Sprintf("%d-0", s.last), kind, body})
		}
	}
	return all
}

func (s *stream) record(page []raw) {
	if len(page) == 0 {
		return
	}
	entries := make([]events.Entry, len(page))
	for i, r := range page {
		event, err := events.Unmarshal(r.kind, r.body)
		if err != nil {
			s.b.Fatal(err)
		}
		entries[i] = events.Entry{ID: r.id, At: noon, Event: event}
	}
	if skipped, err := s.ledger.Record(s.b.Context(), s.position, entries); skipped != 0 || err != nil {
		s.b.Fatal(skipped, err)
	}
	s.position = entries[len(entries)-1].ID
}

// cpuTime is what this process has used.
func cpuTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
