package check_test

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/trial/check"
	"github.com/beadle-jobs/beadle/internal/trial/errand"
	"github.com/beadle-jobs/beadle/internal/trial/journal"
)

// began is when the sink of a made-up run started.
var began = time.UnixMilli(1_700_000_000_000)

const second = int64(1_000_000) // of the sink's clock

// at is a time of the ledger.
func at(sinkTime int64) *time.Time {
	return new(began.Add(time.Duration(sinkTime) * time.Microsecond))
}

// A story is a made-up run. Its parts are told in the order of time.
type story struct{ check.Evidence }

func tell() *story {
	s := &story{}
	s.sink(journal.Sunk{What: journal.Mark, Wall: began.UnixMilli()})
	s.mark(0, "w.1", journal.Started)
	s.mark(0, "v.1", journal.Started)
	return s
}

func (s *story) sink(l journal.Sunk) { s.Sunk = append(s.Sunk, l) }

func (s *story) mark(at int64, process string, f journal.Fault) *story {
	s.sink(journal.Sunk{At: at, What: journal.Mark, Worker: process, Fault: f, PID: map[string]int{"w.1": 8, "v.1": 9}[process]})
	return s
}

// A try is one attempt at a job, in full.
type try struct {
	job      string
	attempt  int
	worker   string
	fence    int64
	from, to int64
	result   string // "": it was killed before it returned
	holds    []errand.Hold
}

// attempt tells of an attempt whose writes are all accepted.
func (s *story) attempt(t try) *story {
	line := journal.Sunk{Job: t.job, Attempt: t.attempt, Worker: t.worker, Fence: t.fence, Holds: t.holds, OK: true}
	line.What, line.At = journal.Begin, t.from
	s.sink(line)
	note := journal.Handled{What: journal.Begin, Job: t.job, Attempt: t.attempt, Worker: t.worker, Fence: t.fence}
	s.Handled = append(s.Handled, note)
	line.What, line.At = journal.Write, t.to
	if t.result == "" {
		s.sink(line)
		return s
	}
	if t.result != journal.Stopped {
		line.What, line.Result = journal.End, t.result
		s.sink(line)
	}
	line.What, line.OK = journal.Left, false
	s.sink(line)
	note.What, note.Result = journal.End, t.result
	s.Handled = append(s.Handled, note)
	return s
}

// refused tells of a write that was refused.
func (s *story) refused(at int64, t try) *story {
	s.sink(journal.Sunk{At: at, What: journal.Write, Job: t.job, Attempt: t.attempt, Worker: t.worker, Fence: t.fence, Holds: t.holds})
	return s
}

func (s *story) asked(what, id, key string) *story {
	s.Asked = append(s.Asked, journal.Asked{What: what, ID: id, Key: key})
	return s
}

// recorded tells what the ledger says of a job that somebody was told of.
func (s *story) recorded(id, state string, outcomes ...string) *story {
	return s.as(id, state, errand.Errand{}, outcomes...)
}

func (s *story) as(id, state string, e errand.Errand, outcomes ...string) *story {
	s.asked(journal.Accept, id, "key of "+id)
	e.Name = "errand of " + id
	d := check.Detail{Job: check.Job{ID: id, Task: errand.Plain, State: state, Args: e, Attempt: len(outcomes)}}
	for i, o := range outcomes {
		d.Attempts = append(d.Attempts, check.Attempt{Number: i + 1, Outcome: o, Ended: at(100 * second)})
		if o == "failed" {
			d.Job.Failures++
		}
	}
	s.Ledger = append(s.Ledger, d)
	return s
}

// ended sets when the job that was recorded last had ended.
func (s *story) ended(sinkTime int64) *story {
	s.Ledger[len(s.Ledger)-1].Job.Ended = at(sinkTime)
	return s
}

func alone(name string) []errand.Hold  { return []errand.Hold{{Name: name, Write: true}} }
func shared(name string) []errand.Hold { return []errand.Hold{{Name: name}} }

// good is an attempt that succeeds.
func good(job string, fence, from, to int64, holds ...errand.Hold) try {
	return try{job: job, attempt: 1, worker: "w.1", fence: fence, from: from, to: to, result: journal.OK, holds: holds}
}

func TestFindsWhatMustNotHappen(t *testing.T) {
	killed := good("a", 1, 1, 10)
	killed.result = ""
	stopped := killed
	stopped.result = journal.Stopped
	second2 := func(fence, from, to int64) try {
		return try{job: "a", attempt: 2, worker: "v.1", fence: fence, from: from, to: to, result: journal.OK}
	}
	failing := killed
	failing.result = journal.Error
	for _, tt := range []struct {
		name  string
		story *story
		want  []check.Kind
	}{
		{"a job that succeeds", tell().attempt(good("a", 1, 1, 10)).recorded("a", "succeeded", "succeeded"), nil},
		{"a job that is refused", tell().asked(journal.Refuse, "", "k"), []check.Kind{check.Refused}},
		{"a job that is unknown", tell().asked(journal.Accept, "a", "k"), []check.Kind{check.Lost}},
		{"a job that never ends", tell().recorded("a", "queued"), []check.Kind{check.Lost}},
		{"one key, two jobs", tell().
			attempt(good("a", 1, 1, 10)).recorded("a", "succeeded", "succeeded").asked(journal.Accept, "b", "key of a").
			attempt(good("b", 2, 1, 10)).recorded("b", "succeeded", "succeeded"), []check.Kind{check.Doubled}},
		{"a job that was killed and run again", tell().attempt(killed).mark(20, "w.1", journal.Kill).attempt(second2(2, 30, 40)).
			recorded("a", "succeeded", "lost", "succeeded"), nil},
		{"attempts that overlap", tell().mark(0, "w.1", journal.Cut).attempt(killed).attempt(second2(2, 5, 8)).
			recorded("a", "succeeded", "lost", "succeeded"), []check.Kind{check.JobOverlap}},
		{"a later attempt with the same fence", tell().attempt(killed).mark(20, "w.1", journal.Kill).attempt(second2(1, 30, 40)).
			recorded("a", "succeeded", "lost", "succeeded"), []check.Kind{check.FenceBack}},
		{"no fence", tell().attempt(good("a", 0, 1, 10)).recorded("a", "succeeded", "succeeded"), []check.Kind{check.FenceMissing}},
		{"readers side by side", tell().
			attempt(good("a", 2, 1, 10, shared("x")...)).recorded("a", "succeeded", "succeeded").
			attempt(good("b", 1, 5, 15, shared("x")...)).recorded("b", "succeeded", "succeeded"), nil},
		{"a writer beside a reader", tell().
			attempt(good("a", 1, 1, 10, shared("x")...)).recorded("a", "succeeded", "succeeded").
			attempt(good("b", 2, 5, 15, alone("x")...)).recorded("b", "succeeded", "succeeded"), []check.Kind{check.HoldOverlap}},
		{"a reader beside a writer, behind another reader", tell().
			attempt(good("a", 1, 1, 100, alone("x")...)).recorded("a", "succeeded", "succeeded").
			attempt(good("b", 2, 110, 200, shared("x")...)).recorded("b", "succeeded", "succeeded").
			attempt(good("c", 3, 120, 130, shared("x")...)).recorded("c", "succeeded", "succeeded").
			attempt(good("d", 4, 140, 150, alone("x")...)).recorded("d", "succeeded", "succeeded"), []check.Kind{check.HoldOverlap}},
		{"a later writer with an older fence", tell().
			attempt(good("a", 2, 1, 10, alone("x")...)).recorded("a", "succeeded", "succeeded").
			attempt(good("b", 1, 20, 30, alone("x")...)).recorded("b", "succeeded", "succeeded"), []check.Kind{check.FenceBack}},
		{"a thawed process that is refused and gone in time", tell().attempt(killed).mark(20, "w.1", journal.Freeze).
			attempt(second2(2, 30, 40)).mark(50, "w.1", journal.Thaw).refused(50+second/2, killed).
			recorded("a", "succeeded", "lost", "succeeded"), nil},
		{"a thawed process that goes on for long", tell().attempt(killed).mark(20, "w.1", journal.Freeze).
			attempt(second2(2, 30, 40)).mark(50, "w.1", journal.Thaw).refused(50+2*second, killed).
			recorded("a", "succeeded", "lost", "succeeded"), []check.Kind{check.Late}},
		{"a refusal without a thaw", tell().attempt(killed).mark(20, "w.1", journal.Cut).
			attempt(second2(2, 30, 40)).refused(50, killed).
			recorded("a", "succeeded", "lost", "succeeded"), []check.Kind{check.Astray}},
		{"code that returns after its successor came", tell().attempt(killed).mark(20, "w.1", journal.Hole).
			attempt(second2(2, 30, 40)).attempt(try{job: "c", attempt: 1, worker: "w.1", fence: 9, from: 50, to: 60, result: journal.OK}).
			also(journal.Sunk{At: 35, What: journal.Left, Job: "a", Attempt: 1, Worker: "w.1", Fence: 1}).
			recorded("a", "succeeded", "lost", "succeeded").recorded("c", "succeeded", "succeeded"), []check.Kind{check.Astray}},
		{"success that no handler knows of", tell().attempt(stopped).recorded("a", "succeeded", "succeeded"), []check.Kind{check.Unexplained}},
		{"success against the errand", tell().attempt(good("a", 1, 1, 10)).
			as("a", "succeeded", errand.Errand{Permanent: true}, "succeeded"), []check.Kind{check.Unexplained}},
		{"success before the errand had failed enough", tell().attempt(good("a", 1, 1, 10)).
			as("a", "succeeded", errand.Errand{Fail: 2}, "succeeded"), []check.Kind{check.Unexplained}},
		{"a failure before success, as the errand says", tell().attempt(failing).attempt(second2(2, 30, 40)).
			as("a", "succeeded", errand.Errand{Fail: 1}, "failed", "succeeded"), nil},
		{"a poison pill", tell().attempt(killed).mark(20, "w.1", journal.Kill).recorded("a", "failed", "lost"), []check.Kind{check.Unexplained}},
		{"a failure that the handler denies", tell().attempt(stopped).
			as("a", "failed", errand.Errand{Permanent: true}, "failed"), []check.Kind{check.Unexplained}},
		{"an abort that nobody asked for", tell().recorded("a", "aborted"), []check.Kind{check.Unexplained}},
		{"an abort", tell().asked(journal.Abort, "a", "").recorded("a", "aborted"), nil},
		{"an expiry", tell().recorded("a", "expired"), []check.Kind{check.Unexplained}},
		{"an attempt lost for no reason", tell().attempt(stopped).attempt(second2(2, 30, 40)).
			recorded("a", "succeeded", "lost", "succeeded"), []check.Kind{check.Unexplained}},
		{"an attempt lost with Redis", tell().attempt(stopped).mark(90*second, "redis.1", journal.Kill).attempt(second2(2, 101*second, 102*second)).
			recorded("a", "succeeded", "lost", "succeeded"), nil},
		{"an interruption without a deploy", tell().attempt(stopped).attempt(second2(2, 30, 40)).
			recorded("a", "succeeded", "interrupted", "succeeded"), []check.Kind{check.Unexplained}},
		{"a job that a worker put back unrun after a cut", tell().mark(0, "w.1", journal.Cut).attempt(second2(2, 30, 40)).
			recorded("a", "succeeded", "interrupted", "succeeded").by("worker@host:8"), nil},
		{"a job that was put back unrun, as one taken ahead may be", tell().attempt(second2(2, 30, 40)).
			recorded("a", "succeeded", "interrupted", "succeeded").by("worker@host:8"), nil},
		{"a handler that was interrupted by a cut", tell().mark(0, "w.1", journal.Cut).attempt(stopped).attempt(second2(2, 30, 40)).
			recorded("a", "succeeded", "interrupted", "succeeded"), []check.Kind{check.Unexplained}},
		{"an interruption", tell().attempt(stopped).mark(20, "w.1", journal.Deploy).attempt(second2(2, 30, 40)).
			recorded("a", "succeeded", "interrupted", "succeeded"), nil},
		{"an attempt that never ended", tell().attempt(good("a", 1, 1, 10)).recorded("a", "succeeded", "succeeded").
			more("running"), []check.Kind{check.Unexplained}},
		{"an attempt that is not recorded", tell().attempt(killed).mark(20, "w.1", journal.Kill).attempt(second2(2, 30, 40)).
			recorded("a", "succeeded", "succeeded"), []check.Kind{check.Unexplained}},
		{"a missing child", tell().attempt(good("a", 1, 1, 10)).
			as("a", "succeeded", errand.Errand{Children: 1}, "succeeded"), []check.Kind{check.Unexplained}},
		{"an attempt after the end", tell().attempt(good("a", 1, 1, 10)).attempt(second2(2, 5*second, 5*second+10)).
			recorded("a", "succeeded", "succeeded").ended(2 * second), []check.Kind{check.RanOn, check.Unexplained}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := check.Judge(tt.story.Evidence)
			var kinds []check.Kind
			for _, f := range got.Findings {
				if !slices.Contains(kinds, f.Kind) {
					kinds = append(kinds, f.Kind)
				}
			}
			slices.Sort(kinds)
			slices.Sort(tt.want)
			if diff := cmp.Diff(tt.want, kinds); diff != "" {
				t.Errorf("kinds found (-want +got):\n%s\n%v", diff, got.Findings)
			}
			if got.OK() != (len(tt.want) == 0) {
				t.Errorf("OK = %t", got.OK())
			}
		})
	}
}

// also tells of one more line of the sink.
func (s *story) also(l journal.Sunk) *story {
	s.sink(l)
	return s
}

// by says who made the first attempt at the job that was recorded last.
func (s *story) by(worker string) *story {
	s.Ledger[len(s.Ledger)-1].Attempts[0].Worker = worker
	return s
}

// more adds an attempt to the job that was recorded last.
func (s *story) more(outcome string) *story {
	d := &s.Ledger[len(s.Ledger)-1]
	d.Job.Attempt++
	d.Attempts = append(d.Attempts, check.Attempt{Number: d.Job.Attempt, Outcome: outcome})
	return s
}

func TestMeasuresWhatMayHappen(t *testing.T) {
	zombie := good("a", 1, 1, 10)
	zombie.result = ""
	got := check.Judge(tell().attempt(zombie).mark(20, "w.1", journal.Freeze).
		attempt(try{job: "a", attempt: 2, worker: "v.1", fence: 2, from: 30, to: 40, result: journal.OK}).
		mark(50, "w.1", journal.Thaw).refused(50+second/4, zombie).
		recorded("a", "succeeded", "lost", "succeeded").Evidence)
	if got.Zombies != 1 || got.Slowest != 250*time.Millisecond || got.Denied != 1 || got.Writes != 4 {
		t.Errorf("zombies %d, slowest %s, refused %d, accepted %d", got.Zombies, got.Slowest, got.Denied, got.Writes)
	}
	want := map[string]int{"w start": 1, "v start": 1, "w freeze": 1, "w thaw": 1}
	if diff := cmp.Diff(want, got.Faults); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

func TestMeasuresHowSoonRunningJobsObey(t *testing.T) {
	s := tell()
	stopped := try{job: "a", attempt: 1, worker: "w.1", fence: 1, from: second, to: 2*second + 200_000, result: journal.Stopped}
	s.attempt(stopped).recorded("a", "aborted", "aborted").asked(journal.Abort, "a", "")
	s.Asked = append(s.Asked, journal.Asked{What: journal.Aborted, ID: "a", State: "running", At: began.UnixMilli() + 2000})
	got := check.Judge(s.Evidence)
	if got.Aborts != 1 || got.Running != 1 || got.AbortP99 != 200*time.Millisecond || !got.OK() {
		t.Errorf("aborts %d, of running jobs %d, p99 %s, findings %v", got.Aborts, got.Running, got.AbortP99, got.Findings)
	}
}

func TestReadsWhatWasWrittenDown(t *testing.T) {
	dir := t.TempDir()
	for file, line := range map[string]any{
		journal.Sink:     journal.Sunk{What: journal.Begin, Job: "a", Fence: 1, OK: true},
		journal.Handlers: journal.Handled{What: journal.Begin, Job: "a"},
		journal.Accepted: journal.Asked{What: journal.Accept, ID: "a"},
		journal.Ledger:   map[string]any{"job": map[string]any{"id": "a", "state": "queued", "args": errand.Errand{Name: "1"}}, "attempts": []any{}},
	} {
		log, err := journal.Open(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		if err := log.Add(line); err != nil {
			t.Fatal(err)
		}
	}
	got, err := check.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := check.Evidence{
		Sunk:    []journal.Sunk{{What: journal.Begin, Job: "a", Fence: 1, OK: true}},
		Handled: []journal.Handled{{What: journal.Begin, Job: "a"}},
		Asked:   []journal.Asked{{What: journal.Accept, ID: "a"}},
		Ledger:  []check.Detail{{Job: check.Job{ID: "a", State: "queued", Args: errand.Errand{Name: "1"}}, Attempts: []check.Attempt{}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("evidence (-want +got):\n%s", diff)
	}
}
