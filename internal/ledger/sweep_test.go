package ledger_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

// sweep removes all that is too old, and returns how much that was.
func sweep(t rapid.TB, l *ledger.Ledger, base job.Retention, now time.Time) (all job.Pruned) {
	t.Helper()
	setBase(t, l, base)
	for s := l.Sweep(now); ; {
		removed, more, err := s.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range removed {
			all = all.Add(n)
		}
		if !more {
			return all
		}
	}
}

func setBase(t rapid.TB, l *ledger.Ledger, base job.Retention) {
	t.Helper()
	if err := l.SetRetentionBase(context.Background(), base); err != nil {
		t.Fatal(err)
	}
}

// aged returns a job that ended so many days before noon, an hour after its
// beginning, with an error and two lines.
func aged(id, client, task string, days int) ledger.EndedJob {
	ended := noon.Add(-time.Duration(days)*job.Day - time.Minute)
	j := newJob(id)
	j.Client, j.Task, j.State, j.Errors = client, task, job.Succeeded, 1
	j.Created, j.Started, j.Ended = ended.Add(-2*time.Hour), new(ended.Add(-time.Hour)), &ended
	return ledger.EndedJob{
		Job:      j,
		Attempts: []job.Attempt{{Number: 1, Worker: "w", Outcome: job.AttemptSucceeded, Started: *j.Started, Ended: j.Ended}},
		Errors:   []job.RecordError{{Seq: 1, Attempt: 1, Key: "a:1", Code: "BAD_DATE", Message: "no date", At: ended}},
		Lines:    []job.LogLine{{Seq: 1, Attempt: 1, Level: "info", Text: "a", At: ended}, {Seq: 2, Attempt: 1, Level: "info", Text: "b", At: ended}},
	}
}

func importAll(t rapid.TB, l *ledger.Ledger, jobs ...ledger.EndedJob) {
	t.Helper()
	if err := l.ImportJobs(context.Background(), jobs); err != nil {
		t.Fatal(err)
	}
}

// left returns the ids of all jobs that there are.
func left(t rapid.TB, l *ledger.Ledger) []string {
	t.Helper()
	all, err := l.Jobs(context.Background(), job.Filter{Limit: 500})
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{}
	for _, j := range all {
		ids = append(ids, j.ID)
	}
	slices.Sort(ids)
	return ids
}

func TestWhatIsTooOldIsRemovedAndStaysCounted(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		importAll(t, l, aged("old", "north", "sis.plan", 11), aged("fresh", "north", "sis.plan", 9), aged("logless", "north", "sis.plan", 4))
		got := sweep(t, l, job.Retention{Jobs: 10, Errors: 10, Logs: 3}, noon)
		if diff := cmp.Diff(job.Pruned{Jobs: 1, Errors: 1, Lines: 6}, got); diff != "" {
			t.Errorf("removed (-want +got)\n%s", diff)
		}
		if diff := cmp.Diff([]string{"fresh", "logless"}, left(t, l)); diff != "" {
			t.Errorf("left (-want +got)\n%s", diff)
		}
		counts, err := l.Counts(t.Context(), "north")
		if err != nil || counts[job.Succeeded] != 2 {
			t.Errorf("lists count %v, %v; want what there is", counts, err)
		}
		history, err := l.History(t.Context(), job.HistoryFilter{To: noon.Add(-10 * job.Day)})
		want := []job.HistoryDay{{
			Day: noon.Add(-11 * job.Day).Truncate(job.Day), State: job.Succeeded, Jobs: 1, Pruned: 1, Errors: 1, Ran: job.Seconds(time.Hour),
		}}
		if diff := cmp.Diff(want, history); diff != "" || err != nil {
			t.Errorf("history (-want +got) %v\n%s", err, diff)
		}
		if again := sweep(t, l, job.Retention{Jobs: 10, Errors: 10, Logs: 3}, noon); again != (job.Pruned{}) {
			t.Errorf("once more it removed %+v", again)
		}
	})
}

func TestTheSlotOfARemovedJobSaysSo(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		old := aged("old", "north", "sis.plan", 11)
		due := noon.Add(-12 * job.Day)
		old.Job.Schedule, old.Job.Slot = "nightly", &due
		importAll(t, l, old)
		if err := l.PutSlots(t.Context(), "nightly", due, []job.Slot{
			{Schedule: "nightly", Due: due, Outcome: job.SlotRan, JobID: "old", Decided: due},
			{Schedule: "nightly", Due: due.Add(-time.Hour), Outcome: job.SlotRan, JobID: "other", Decided: due},
		}); err != nil {
			t.Fatal(err)
		}
		sweep(t, l, job.Retention{Jobs: 1}, noon)
		slots, err := l.Slots(t.Context(), "nightly", time.Time{}, time.Time{}, 10)
		if err != nil || len(slots) != 2 {
			t.Fatalf("%d slots, %v", len(slots), err)
		}
		if slots[0].Pruned == nil || !slots[0].Pruned.Equal(noon) || slots[0].JobID != "old" || slots[1].Pruned != nil {
			t.Errorf("slots are %+v", slots)
		}
	})
}

func TestALineageWithAnUnfinishedJobStays(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		child := newJob("child")
		child.Root, child.Parent, child.Created = "root", "root", noon.Add(-20*job.Day)
		tell(t, l, story{events.JobEnqueued{Job: child}})
		sibling := aged("sibling", "north", "sis.plan", 30)
		sibling.Job.Root = "root"
		importAll(t, l, aged("root", "north", "sis.plan", 30), sibling, aged("alone", "north", "sis.plan", 30))
		sweep(t, l, job.Retention{Jobs: 1}, noon)
		if diff := cmp.Diff([]string{"child", "root", "sibling"}, left(t, l)); diff != "" {
			t.Errorf("left (-want +got)\n%s", diff)
		}
	})
}

func TestAJobStaysUntilEverybodyWasToldOfIt(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		importAll(t, l, aged("followed", "north", "sis.plan", 11), aged("other", "north", "sis.plan", 11))
		if err := l.Follow(t.Context(), "followed", "anna", noon); err != nil {
			t.Fatal(err)
		}
		if err := l.EndedFollowed(t.Context(), noon); err != nil {
			t.Fatal(err)
		}
		keep := job.Retention{Jobs: 10, Errors: 10, Logs: 10}
		sweep(t, l, keep, noon)
		if diff := cmp.Diff([]string{"followed"}, left(t, l)); diff != "" {
			t.Errorf("before anna is told (-want +got)\n%s", diff)
		}
		happened, err := l.Happenings(t.Context(), 10)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Decide(t.Context(), happened, nil); err != nil {
			t.Fatal(err)
		}
		sweep(t, l, keep, noon)
		if diff := cmp.Diff([]string{}, left(t, l)); diff != "" {
			t.Errorf("after anna was told (-want +got)\n%s", diff)
		}
	})
}

func TestAHoldThatIsSetMeanwhileCounts(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		importAll(t, l, aged("a", "north", "sis.plan", 30), aged("b", "south", "sis.plan", 30))
		setBase(t, l, job.Retention{Jobs: 1})
		s := l.Sweep(noon)
		if _, _, err := s.Next(t.Context()); err != nil { // looks for logs
			t.Fatal(err)
		}
		if err := l.PutHold(t.Context(), job.Hold{Name: "audit", On: job.HoldClient, Of: "south", Reason: "they ask", By: "ada", Since: noon}); err != nil {
			t.Fatal(err)
		}
		for more := true; more; {
			var err error
			if _, more, err = s.Next(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff([]string{"b"}, left(t, l)); diff != "" {
			t.Errorf("left (-want +got)\n%s", diff)
		}
		if got := everythingOf(t, l, "b"); len(got.Errors) != 1 || len(got.Attempts) != 1 {
			t.Errorf("what is held has lost something: %+v", got)
		}
		if err := l.LiftHold(t.Context(), "audit"); err != nil {
			t.Fatal(err)
		}
		if n, err := l.Prunable(t.Context(), job.RetentionPolicy{Base: job.Retention{Jobs: 1}}, noon, 100); n != 1 || err != nil {
			t.Errorf("%d jobs would go, %v", n, err)
		}
	})
}

func TestAJobWithVeryManyRowsIsRemovedInSteps(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		big := aged("big", "north", "sis.plan", 30)
		for i := range 12_000 {
			big.Lines = append(big.Lines, job.LogLine{Seq: int64(i + 3), Attempt: 1, Level: "info", Text: "a", At: noon})
		}
		importAll(t, l, big)
		if got := sweep(t, l, job.Retention{Jobs: 1}, noon); got != (job.Pruned{Jobs: 1, Errors: 1, Lines: 12_002}) {
			t.Errorf("removed %+v", got)
		}
	})
}

// Whatever the rules, the holds and the jobs: what remains is what they keep,
// and what was there is counted, also when it broke off half way.
func TestExactlyWhatRulesAndHoldsKeepRemains(t *testing.T) {
	clients, names := []string{"north", "south"}, []string{"sis.plan", "sis.pull", "lms.x"}
	keeps := rapid.SampledFrom([]job.Keep{job.Forever, 1, 3, 5})
	each(t, func(t *testing.T, l *ledger.Ledger) {
		rapid.Check(t, func(t *rapid.T) {
			for _, table := range []string{"jobs", "job_counts", "job_history", "retention_rules", "holds"} {
				if err := l.Exec(context.Background(), "DELETE FROM "+table); err != nil {
					t.Fatal(err)
				}
			}
			all := map[string]ledger.EndedJob{}
			for i := range rapid.IntRange(0, 12).Draw(t, "jobs") {
				id := fmt.Sprintf("%02d", i)
				one := aged(id, rapid.SampledFrom(clients).Draw(t, "client"), rapid.SampledFrom(names).Draw(t, "task"), rapid.IntRange(0, 6).Draw(t, "days"))
				one.Job.Owner = rapid.SampledFrom([]string{"anna", "paul"}).Draw(t, "owner")
				all[id] = one
			}
			importAll(t, l, slices.Collect(maps.Values(all))...)
			p := job.RetentionPolicy{Base: job.Retention{Jobs: keeps.Draw(t, "jobs kept"), Logs: keeps.Draw(t, "logs kept")}}
			for range rapid.IntRange(0, 3).Draw(t, "rules") {
				r := job.RetentionRule{
					Client: rapid.SampledFrom(append(clients, "")).Draw(t, "of"), Tasks: rapid.SampledFrom([]string{"", "sis.*", "sis.plan"}).Draw(t, "tasks"),
					Jobs: new(keeps.Draw(t, "rule")),
				}
				p = p.With(r)
				if err := l.PutRetentionRule(context.Background(), r); err != nil {
					t.Fatal(err)
				}
			}
			var holds []job.Hold
			for i := range rapid.IntRange(0, 2).Draw(t, "holds") {
				of := rapid.SampledFrom([][2]string{{"client", "north"}, {"task", "sis.*"}, {"job", "03"}, {"owner", "anna"}}).Draw(t, "hold")
				h := job.Hold{Name: fmt.Sprint(i), On: of[0], Of: of[1]}
				holds = append(holds, h)
				if err := l.PutHold(context.Background(), h); err != nil {
					t.Fatal(err)
				}
			}
			setBase(t, l, p.Base)
			broken := l.Sweep(noon)
			for range rapid.IntRange(0, 4).Draw(t, "steps") {
				if _, _, err := broken.Next(context.Background()); err != nil {
					t.Fatal(err)
				}
			}
			sweep(t, l, p.Base, noon)
			checkKept(t, l, all, p, holds)
		})
	})
}

func checkKept(t rapid.TB, l *ledger.Ledger, all map[string]ledger.EndedJob, p job.RetentionPolicy, holds []job.Hold) {
	t.Helper()
	want, states := []string{}, map[job.State]int64{}
	for id, e := range all {
		r := p.For(e.Job.Client, e.Job.Task)
		held := slices.ContainsFunc(holds, func(h job.Hold) bool { return h.Covers(e.Job) })
		old := func(k job.Keep) bool { return !held && e.Job.Ended.Before(k.Before(noon)) }
		if old(r.Jobs) {
			continue
		}
		want = append(want, id)
		states[e.Job.State]++
		lines, err := l.JobLogs(context.Background(), id, 0, 10)
		if err != nil || (len(lines) == 0) != old(r.Logs) {
			t.Fatalf("job %s under %+v has %d lines, %v", id, r, len(lines), err)
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, left(t, l)); diff != "" {
		t.Fatalf("left (-want +got)\n%s", diff)
	}
	counts, err := l.Counts(context.Background(), "")
	maps.DeleteFunc(counts, func(_ job.State, n int64) bool { return n == 0 })
	if diff := cmp.Diff(states, counts); diff != "" || err != nil {
		t.Fatalf("counts (-want +got) %v\n%s", err, diff)
	}
	history, err := l.History(context.Background(), job.HistoryFilter{})
	var jobs, pruned int64
	for _, d := range history {
		jobs, pruned = jobs+d.Jobs, pruned+d.Pruned
	}
	if err != nil || jobs != int64(len(all)) || pruned != int64(len(all)-len(want)) {
		t.Fatalf("history has %d jobs, %d of them removed, %v; want %d and %d", jobs, pruned, err, len(all), len(all)-len(want))
	}
}
