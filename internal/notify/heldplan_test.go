package notify

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/notice"
	"github.com/beadle-jobs/beadle/internal/sync"
)

func TestWhatAPlanHoldsIsToldOnceHoweverManyRunsHoldIt(t *testing.T) {
	o := newOffice(t)
	o.Syncs = []sync.Sync{{Name: "main", Client: "north"}}
	o.rule(t, notice.Rule{Name: "held", Owner: "anna", Channel: notice.ToPerson, To: "anna", Outcomes: []notice.What{notice.Held}})
	hold := func(plan int, digest string) {
		t.Helper()
		err := o.records.PutSISPlan(t.Context(), sync.Draft{Plan: sync.Plan{
			ID: fmt.Sprintf("p%d", plan), Sync: "main", Kind: sync.ToSync, State: sync.PlanHeld, Created: o.now.Add(time.Duration(plan) * time.Hour),
			Held: []sync.Hold{{ID: "1", Code: "BRAKE_DROPS", State: sync.HoldWaits, Digest: digest, Message: "40 of 40 registrations would be dropped."}},
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	told := func() int {
		t.Helper()
		if err := o.watch(t.Context()); err != nil {
			t.Fatal(err)
		}
		all, err := o.records.DueNotices(t.Context(), notice.Recipient{Rule: "held", Channel: notice.ToPerson, To: "anna"}, o.now.Add(time.Hour), 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range all {
			if n.Facts.What != notice.Held || !strings.HasPrefix(n.Facts.Detail, "40 of 40") || !strings.HasPrefix(n.Facts.Path, "/plans/main/p") {
				t.Errorf("anna is told %+v", n.Facts)
			}
		}
		return len(all)
	}
	for i, digest := range []string{"a", "a", "b"} {
		hold(i+1, digest)
		if got, want := told(), []int{1, 1, 2}[i]; got != want {
			t.Errorf("after plan %d anna is told of %d, want %d", i+1, got, want)
		}
	}
}
