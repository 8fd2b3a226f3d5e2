package ledger_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

// TestRecordsWhatTheModelSays tells random stories in random pieces, some of
// them twice or half, and compares with a model that is told the whole once.
func TestRecordsWhatTheModelSays(t *testing.T) {
	for name, location := range empties {
		t.Run(name, func(t *testing.T) {
			l := open(t, location(t))
			runs := 0
			rapid.Check(t, func(rt *rapid.T) {
				runs++
				testAgainstModel(t, rt, l, fmt.Sprintf("run-%d", runs))
			})
		})
	}
}

func testAgainstModel(t *testing.T, rt *rapid.T, l *ledger.Ledger, run string) {
	told := drawStory(rt, run)
	want := model{}
	entries := drawEntries(rt, told)
	for _, entry := range entries {
		want.apply(entry.Event)
	}
	if err := l.SetEpoch(t.Context(), run); err != nil {
		rt.Fatal(err)
	}
	tellInPieces(t, rt, l, entries)

	got := everything(t, l, run)
	for id := range got.Jobs {
		if want[id] == nil {
			rt.Errorf("job %s is recorded, the model does not know it", id)
		}
	}
	for id, w := range want {
		if diff := cmp.Diff(w.summary(), summarize(got.Jobs[id])); diff != "" {
			rt.Errorf("job %s (-model +ledger):\n%s", id, diff)
		}
	}
	if diff := cmp.Diff(countStates(got), got.Counts); diff != "" {
		rt.Errorf("kept counts (-states of the jobs +kept):\n%s", diff)
	}
}

// tellInPieces records entries as a recorder that dies now and then would, with
// another one that is late.
func tellInPieces(t *testing.T, rt *rapid.T, l *ledger.Ledger, entries []events.Entry) {
	after, from := "", 0
	for from < len(entries) {
		to := wholeEntries(entries, rapid.IntRange(from+1, len(entries)).Draw(rt, "piece ends"))
		if _, err := l.Record(t.Context(), after, entries[from:to]); err != nil {
			rt.Fatal(err)
		}
		if _, err := l.Record(t.Context(), after, entries[from:to]); fault.KindOf(err) != fault.Conflict {
			rt.Fatalf("the same piece by a second recorder: %v, want a conflict", err)
		}
		after, from = entries[to-1].ID, to
		if rapid.IntRange(0, 3).Draw(rt, "read again from the start") == 0 {
			if err := l.Rewind(t.Context()); err != nil {
				rt.Fatal(err)
			}
			back := wholeEntries(entries, rapid.IntRange(1, to).Draw(rt, "again up to"))
			if _, err := l.Record(t.Context(), "", entries[:back]); err != nil {
				rt.Fatal(err)
			}
			after, from = entries[back-1].ID, back
		}
	}
}

// drawEntries places a story in a stream some of whose entries hold several
// events.
func drawEntries(rt *rapid.T, s story) []events.Entry {
	entries := s.entries()
	for i := 1; i < len(entries); i++ {
		if rapid.Bool().Draw(rt, "in the same entry") {
			entries[i].ID, entries[i].At = entries[i-1].ID, entries[i-1].At
		}
	}
	return entries
}

// wholeEntries returns n, or a little more so that no entry of the stream is
// divided: no reader of it ever sees one in parts.
func wholeEntries(entries []events.Entry, n int) int {
	for n < len(entries) && entries[n].ID == entries[n-1].ID {
		n++
	}
	return n
}

// TestPagesRecordTheSameAsSingleEvents tells random stories to two ledgers: to
// one entry by entry, to the other in random pages.
func TestPagesRecordTheSameAsSingleEvents(t *testing.T) {
	for name, location := range empties {
		t.Run(name, func(t *testing.T) {
			single, paged := open(t, location(t)), open(t, location(t))
			runs := 0
			rapid.Check(t, func(rt *rapid.T) {
				runs++
				run := fmt.Sprintf("run-%d", runs)
				entries := drawEntries(rt, drawStory(rt, run))
				if err := single.SetEpoch(t.Context(), run); err != nil {
					rt.Fatal(err)
				}
				recordPages(t, rt, single, entries, func(from int) int { return from + 1 })
				if err := paged.SetEpoch(t.Context(), run); err != nil {
					rt.Fatal(err)
				}
				recordPages(t, rt, paged, entries, func(from int) int { return rapid.IntRange(from+1, len(entries)).Draw(rt, "page ends") })
				if diff := cmp.Diff(everything(t, single, run), everything(t, paged, run)); diff != "" {
					rt.Errorf("recorded (-event by event +in pages):\n%s", diff)
				}
			})
		})
	}
}

func recordPages(t *testing.T, rt *rapid.T, l *ledger.Ledger, entries []events.Entry, end func(from int) int) {
	after := ""
	for from := 0; from < len(entries); {
		to := wholeEntries(entries, end(from))
		if _, err := l.Record(t.Context(), after, entries[from:to]); err != nil {
			rt.Fatal(err)
		}
		after, from = entries[to-1].ID, to
	}
}

// drawStory draws events of a few jobs, possible ones and impossible ones.
func drawStory(rt *rapid.T, run string) story {
	ids := rapid.SampledFrom([]string{run + "-a", run + "-b", run + "-c"})
	attempts := rapid.IntRange(1, 4)
	times := rapid.SampledFrom([]time.Time{{}, second(1), second(2)}) // none: that of the entry
	open := rapid.SampledFrom([]job.State{job.Queued, job.Retrying, job.Waiting, job.Held})
	final := rapid.SampledFrom([]job.State{job.Succeeded, job.Failed, job.Aborted, job.Expired})
	return rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) events.Event {
		id, at := ids.Draw(rt, "id"), times.Draw(rt, "at")
		switch rapid.IntRange(0, 12).Draw(rt, "kind") {
		case 0, 1:
			j := newJob(id)
			j.Client = run
			return events.JobEnqueued{Job: j}
		case 2:
			return events.JobWaiting{ID: id, Waiting: &job.Wait{Kind: job.WaitsForLock, For: "grades"}}
		case 3:
			return events.JobQueued{ID: id, At: at}
		case 4, 5:
			return events.AttemptStarted{ID: id, Attempt: attempts.Draw(rt, "attempt"), Worker: "w", At: at}
		case 6:
			return events.AttemptEnded{ID: id, Attempt: attempts.Draw(rt, "attempt"), Outcome: job.AttemptFailed, State: open.Draw(rt, "state"), At: at}
		case 7:
			return events.AttemptEnded{ID: id, Attempt: attempts.Draw(rt, "attempt"), Outcome: job.AttemptSucceeded, State: final.Draw(rt, "state"), At: at}
		case 8:
			seq := rapid.Int64Range(1, 5).Draw(rt, "seq")
			return events.JobLogged{ID: id, Lines: []job.LogLine{{Seq: seq, Text: "hello", At: at}}}
		case 9:
			lost := rapid.SampledFrom([]job.State{job.Queued, job.Failed}).Draw(rt, "state")
			return events.AttemptEnded{ID: id, Attempt: attempts.Draw(rt, "attempt"), Outcome: job.AttemptLost, State: lost, At: at}
		case 10:
			return events.JobStuck{ID: id, Worker: "w"}
		case 11:
			return events.LocksBroken{ID: id, By: "ada", Reason: "It hangs."}
		}
		return events.JobEnded{ID: id, State: final.Draw(rt, "state"), At: at}
	}), 1, 30).Draw(rt, "story")
}

// A model is the simplest thing that does what Record promises.
type model map[string]*modelJob

type modelJob struct {
	state    job.State
	attempt  int
	outcomes map[int]job.Outcome
	lines    map[int64]bool
}

func (m model) apply(event events.Event) {
	j := m[event.JobID()]
	if j == nil {
		if _, ok := event.(events.JobEnqueued); ok {
			m[event.JobID()] = &modelJob{state: job.Queued, outcomes: map[int]job.Outcome{}, lines: map[int64]bool{}}
		}
		return
	}
	ended := j.state.Final()
	switch e := event.(type) {
	case events.JobLogged:
		j.lines[e.Lines[0].Seq] = true
	case events.AttemptEnded:
		if o, ok := j.outcomes[e.Attempt]; !ok || o == job.AttemptRunning {
			j.outcomes[e.Attempt] = e.Outcome
		}
		if !ended && e.Attempt >= j.attempt {
			j.state, j.attempt = e.State, e.Attempt
		}
	case events.AttemptStarted:
		if o, ok := j.outcomes[e.Attempt]; ended || e.Attempt < j.attempt || ok && o != job.AttemptRunning {
			return
		}
		j.lose(e.Attempt)
		j.state, j.attempt, j.outcomes[e.Attempt] = job.Running, e.Attempt, job.AttemptRunning
	default:
		if !ended {
			j.leave(event)
		}
	}
}

// leave applies what happens to a job that no worker holds.
func (j *modelJob) leave(event events.Event) {
	switch e := event.(type) {
	case events.JobEnqueued:
		j.lose(0)
		j.state = job.Queued
	case events.JobWaiting:
		j.lose(0)
		j.state = job.Waiting
	case events.JobQueued, events.LocksBroken:
		j.lose(0)
		j.state = job.Queued
	case events.JobEnded:
		j.lose(0)
		j.state = e.State
	}
}

func (j *modelJob) lose(except int) {
	for number, outcome := range j.outcomes {
		if outcome == job.AttemptRunning && number != except {
			j.outcomes[number] = job.AttemptLost
		}
	}
}

// A summary is what is compared.
type summary struct {
	State    job.State
	Attempt  int
	Outcomes map[int]job.Outcome
	Lines    []int64
}

func (j *modelJob) summary() summary {
	return summary{j.state, j.attempt, j.outcomes, slices.Sorted(maps.Keys(j.lines))}
}

func summarize(h history) summary {
	s := summary{State: h.Job.State, Attempt: h.Job.Attempt, Outcomes: map[int]job.Outcome{}}
	for _, a := range h.Attempts {
		s.Outcomes[a.Number] = a.Outcome
	}
	for _, line := range h.Lines {
		s.Lines = append(s.Lines, line.Seq)
	}
	return s
}

func countStates(w world) map[job.State]int64 {
	counts := map[job.State]int64{}
	for _, h := range w.Jobs {
		counts[h.Job.State]++
	}
	return counts
}
