package ledger_test

import (
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// crowd is that many messages of a sync, one a second, of which every hundredth is
// held and every thousandth waits, from the tenth on.
func crowd(name string, n int) iter.Seq[sync.Message] {
	return func(yield func(sync.Message) bool) {
		for i := range n {
			m := sync.Message{
				ID: fmt.Sprintf("%s-%08d", name, i), Sync: name, Stream: sis.Registrations, Key: fmt.Sprint("s|p", i, "|student"),
				Op: sync.New, State: sync.Applied, Received: second(i), Changed: second(i),
			}
			switch i % 1000 {
			case 10:
				m.State, m.Code = sync.Waiting, "REF_PERSON"
			case 100, 200, 300, 400, 500, 600, 700, 800, 900, 0:
				m.State, m.Code = sync.Held, fmt.Sprint("BRAKE_", i%3)
			}
			if !yield(m) {
				return
			}
		}
	}
}

func put(t testing.TB, l *ledger.Ledger, name string, n int) {
	t.Helper()
	d := sync.Delta{Sync: name, Pull: sync.Pull{Stream: sis.Registrations, At: noon}, Messages: crowd(name, n)}
	if err := l.AbsorbSIS(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

func TestMessagesAreCountedByState(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		put(t, l, "main", 2020)
		put(t, l, "other", 300)
		got, err := l.SISMessageTotals(t.Context(), "main", []sync.MessageState{sync.Waiting, sync.Held, sync.Dead})
		if err != nil {
			t.Fatal(err)
		}
		all := map[sync.MessageState]sync.MessageCount{}
		for _, c := range got {
			all[c.State] = c
		}
		want := map[sync.MessageState]sync.MessageCount{
			sync.Waiting: {State: sync.Waiting, Count: 3, Oldest: second(10)},
			sync.Held:    {State: sync.Held, Count: 21, Oldest: second(0)},
		}
		if diff := cmp.Diff(want, all); diff != "" {
			t.Errorf("totals (-want +got):\n%s", diff)
		}
	})
}

func TestCountingOpenMessagesDoesNotLookAtOthers(t *testing.T) {
	l := open(t, empties["sqlite"](t))
	put(t, l, "main", 2000)
	plan, err := l.PlanOfTotals(t.Context(), sync.Received, sync.Waiting, sync.Held)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(plan, "USING COVERING INDEX sis_messages_by_state (sync=? AND state=?)") || strings.Contains(plan, "SCAN sis_messages") {
		t.Errorf("messages are counted so:\n%s", plan)
	}
}

func TestKnowsWhatOfASyncWaitsAndWhenItWorked(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		if got, err := l.SISStanding(t.Context(), "main"); err != nil || got != (sync.Standing{}) {
			t.Fatalf("without a plan it is %+v, %v", got, err)
		}
		for i, state := range []sync.PlanState{sync.PlanDone, sync.PlanHeld, sync.PlanRejected, sync.PlanDraft} {
			p := sync.Plan{
				ID: fmt.Sprint("p", i), Sync: "main", Kind: sync.ToSync, State: state, Counts: map[sync.EffectOp]int64{},
				Created: second(10 * i), Changed: second(10*i + 5),
			}
			if err := l.PutSISPlan(t.Context(), sync.Draft{Plan: p}); err != nil {
				t.Fatal(err)
			}
		}
		got, err := l.SISStanding(t.Context(), "main")
		if err != nil {
			t.Fatal(err)
		}
		// The rejected plan replaced the held one.
		if want := (sync.Standing{Through: second(5)}); got != want {
			t.Errorf("it is %+v, want %+v", got, want)
		}
		held := sync.Plan{ID: "q", Sync: "main", Kind: sync.ToSync, State: sync.PlanHeld, Counts: map[sync.EffectOp]int64{}, Created: second(60), Changed: second(62)}
		if err := l.PutSISPlan(t.Context(), sync.Draft{Plan: held}); err != nil {
			t.Fatal(err)
		}
		if got, err = l.SISStanding(t.Context(), "main"); err != nil || got != (sync.Standing{Held: 1, HeldSince: second(60), Through: second(62)}) {
			t.Errorf("with a held plan it is %+v, %v", got, err)
		}
	})
}

// BenchmarkMessageTotals counts messages of a sync that has 250,000 of them.
func BenchmarkMessageTotals(b *testing.B) {
	for name, empty := range empties {
		l := open(b, empty(b))
		put(b, l, "main", 250_000)
		for what, states := range map[string][]sync.MessageState{
			"open":    {sync.Received, sync.Waiting, sync.Held, sync.Planned, sync.Rejected, sync.Dead},
			"settled": {sync.Applied, sync.Superseded, sync.Duplicate, sync.Ignored},
		} {
			b.Run(name+"/"+what, func(b *testing.B) {
				began := time.Now()
				for b.Loop() {
					if _, err := l.SISMessageTotals(b.Context(), "main", states); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(time.Since(began).Microseconds())/1e3/float64(b.N), "ms")
			})
		}
	}
}
