package ledger_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

func settled(t *testing.T, l *ledger.Ledger, s sync.Settlement) {
	t.Helper()
	s.Sync, s.Plan, s.Effects = "main", "p1", []sync.Effect{{Seq: 1, Op: sync.Enrol, Key: "k", State: sync.EffectApplied}}
	if err := l.SettleSIS(t.Context(), s); err != nil {
		t.Fatal(err)
	}
}

func TestGroupsAndTheirMembersAreKept(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		g1, g2 := sync.GroupKey{Section: "s1", Course: "7"}, sync.GroupKey{Section: "s2", Course: "7"}
		ann, bob := sync.Member{Person: "ann", GroupKey: g1}, sync.Member{Person: "bob", GroupKey: g2}
		settled(t, l, sync.Settlement{Groups: []sync.Group{{GroupKey: g1, ID: "11"}, {GroupKey: g2, ID: "12"}}, Joined: []sync.Member{ann, bob, ann}})
		members := func(when string, want ...sync.Member) {
			t.Helper()
			c, err := l.SISCampus(t.Context(), "main")
			all := map[sync.Member]bool{}
			for _, m := range want {
				all[m] = true
			}
			if diff := cmp.Diff(all, c.Members); diff != "" || err != nil {
				t.Errorf("%s: %v, members (-want +got):\n%s", when, err, diff)
			}
		}
		members("at first", ann, bob)

		settled(t, l, sync.Settlement{Left: []sync.Member{ann}, Joined: []sync.Member{{Person: "ann", GroupKey: g2}}})
		members("after a move", sync.Member{Person: "ann", GroupKey: g2}, bob)

		if err := l.PutSISRekeys(t.Context(), "main", []sync.Rekey{{Stream: sis.Sections, Old: "s2", New: "s9", State: sync.RekeyAccepted, Changed: noon}}); err != nil {
			t.Fatal(err)
		}
		g9 := sync.GroupKey{Section: "s9", Course: "7"}
		members("under a new id", sync.Member{Person: "ann", GroupKey: g9}, sync.Member{Person: "bob", GroupKey: g9})

		settled(t, l, sync.Settlement{Groups: []sync.Group{{GroupKey: g9, Gone: true}}})
		members("once the group is gone")
		groups, err := l.SISGroups(t.Context(), "main", []string{"s1", "s2", "s9"})
		if diff := cmp.Diff(map[sync.GroupKey]sync.Group{g1: {GroupKey: g1, ID: "11"}, g9: {GroupKey: g9, Gone: true}}, groups); diff != "" || err != nil {
			t.Errorf("%v, groups (-want +got):\n%s", err, diff)
		}
	})
}

func TestARoleThatWasTakenAwayIsAppliedNoMore(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		student := sync.Place{Person: "ann", Course: "7", Role: sis.Student}
		teacher := sync.Place{Person: "ann", Course: "7", Role: sis.Teacher}
		settled(t, l, sync.Settlement{Applied: []sync.Enrolment{{Place: student}, {Place: teacher}}})
		settled(t, l, sync.Settlement{Removed: []sync.Place{student}})
		applied, err := l.SISAppliedTo(t.Context(), "main", []string{"ann"})
		if diff := cmp.Diff(map[sync.Place]sync.Span{teacher: {}}, applied); diff != "" || err != nil {
			t.Errorf("%v, applied (-want +got):\n%s", err, diff)
		}
	})
}

func TestAPullHasFailedUntilOneSucceeds(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		want := sync.FailedPull{Stream: sis.Terms, Reason: "The SIS is down.", At: noon}
		if err := l.FailSISPull(t.Context(), "main", want); err != nil {
			t.Fatal(err)
		}
		failed, err := l.SISFailedPulls(t.Context(), "main")
		if diff := cmp.Diff(map[sis.Stream]sync.FailedPull{sis.Terms: want}, failed); diff != "" || err != nil {
			t.Errorf("%v, failed (-want +got):\n%s", err, diff)
		}
		absorb(t, l, small()...)
		if failed, err = l.SISFailedPulls(t.Context(), "main"); len(failed) != 0 || err != nil {
			t.Errorf("%v, %v; want none, once terms were pulled", failed, err)
		}
	})
}

func TestAMessageIsKnownByItsReceiptAndAcknowledgedAgain(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		d := small()[3]
		for m := range d.Messages {
			m.Receipt, m.State = "r-1", sync.Applied
			d.Messages = func(yield func(sync.Message) bool) { yield(m) }
		}
		absorb(t, l, d)
		known, err := l.SISReceived(t.Context(), "main", sis.Registrations, []string{"r-1", "r-2"})
		if err != nil || len(known) != 1 || known[0].Receipt != "r-1" || known[0].State != sync.Applied {
			t.Fatalf("%+v, %v", known, err)
		}
		if err := l.AckSISMessages(t.Context(), []string{known[0].ID}, noon); err != nil {
			t.Fatal(err)
		}
		waiting := func() int {
			t.Helper()
			all, err := l.SISMessagesToAck(t.Context(), "main", 9)
			if err != nil {
				t.Fatal(err)
			}
			return len(all)
		}
		if n := waiting(); n != 0 {
			t.Errorf("%d to acknowledge, want none", n)
		}
		again := pulled(sis.Registrations)
		again.Messages, again.Repeated = nil, []string{known[0].ID}
		absorb(t, l, again)
		if n := waiting(); n != 1 {
			t.Errorf("%d to acknowledge, want the one that came again", n)
		}
	})
}
