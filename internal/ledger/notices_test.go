package ledger_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/notice"
)

// endings are the events of one job for each state, accepted and ended.
func endings(states ...job.State) (entries []events.Entry) {
	for _, s := range states {
		id := "job-" + string(s)
		entries = append(entries,
			events.Entry{ID: "1-" + string(rune('1'+len(entries))), At: noon, Event: events.JobEnqueued{Job: job.Job{
				ID: id, Root: id, Task: "sis.pull", Client: "north", Owner: "anna", State: job.Queued, Due: noon, Created: noon,
			}}},
			events.Entry{ID: "1-" + string(rune('2'+len(entries))), At: noon, Event: events.AttemptEnded{
				ID: id, Task: "sis.pull", Attempt: 1, Outcome: job.AttemptFailed, State: s, Started: noon, At: noon.Add(time.Minute),
			}})
	}
	return entries
}

func recordAll(t *testing.T, l *ledger.Ledger, entries []events.Entry) {
	t.Helper()
	after, err := l.Position(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Record(t.Context(), after, entries); err != nil {
		t.Fatal(err)
	}
}

func happened(t *testing.T, l *ledger.Ledger) (keys []string) {
	t.Helper()
	all, err := l.Happenings(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range all {
		keys = append(keys, h.Key())
	}
	return keys
}

func ruleOf(name string) notice.Rule {
	return notice.Rule{Name: name, Outcomes: []notice.What{notice.Failed}, Channel: notice.ToPerson, To: "anna", Owner: "anna", Changed: noon}
}

func TestWritesDownWhatHappenedOnlyForThoseWhoListen(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		recordAll(t, l, endings(job.Aborted))
		if got := happened(t, l); got != nil {
			t.Errorf("nobody listens, and there are %v", got)
		}
		if _, err := l.PutNoticeRule(t.Context(), ruleOf("fails")); err != nil {
			t.Fatal(err)
		}
		entries := endings(job.Failed, job.Succeeded)
		for i := range entries {
			entries[i].ID = "2-" + string(rune('1'+i))
		}
		recordAll(t, l, entries)
		recordAll(t, l, []events.Entry{{ID: "3-1", At: noon, Event: entries[1].Event}}) // once more
		missed := []job.Slot{{Schedule: "nightly", Due: noon, Outcome: job.SlotMissed, Decided: noon}, {Schedule: "nightly", Due: noon.Add(time.Hour), Outcome: job.SlotRan, JobID: "x", Decided: noon}}
		for range 2 {
			if err := l.PutSlots(t.Context(), "nightly", noon, missed); err != nil {
				t.Fatal(err)
			}
		}
		want := []string{"job job-failed ended", "slot nightly 2026-03-02T12:00:00Z missed"}
		if diff := cmp.Diff(want, happened(t, l)); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

func TestAFollowerHearsOfAnEndThatWasRecordedInTheSameMoment(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		recordAll(t, l, endings(job.Succeeded))
		for range 2 {
			if err := l.Follow(t.Context(), "job-succeeded", "anna", noon); err != nil {
				t.Fatal(err)
			}
			if err := l.EndedFollowed(t.Context(), noon); err != nil {
				t.Fatal(err)
			}
		}
		all, err := l.Happenings(t.Context(), 0)
		if err != nil || len(all) != 1 {
			t.Fatalf("%v, error %v", all, err)
		}
		if follows, err := l.Followers(t.Context(), "job-succeeded"); err != nil || len(follows) != 1 {
			t.Errorf("followers %v, error %v", follows, err)
		}
		if err := l.Decide(t.Context(), all, nil); err != nil {
			t.Fatal(err)
		}
		if follows, err := l.Followers(t.Context(), "job-succeeded"); err != nil || len(follows) != 0 {
			t.Errorf("told, and still followed by %v, error %v", follows, err)
		}
		if got, err := l.Followed(t.Context(), "anna", []string{"job-succeeded", "other"}); err != nil || !got["job-succeeded"] || got["other"] {
			t.Errorf("followed %v, error %v", got, err)
		}
	})
}

func TestANoticeIsInOneDelivery(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		n := notice.Notice{ID: "n1", Rule: "fails", Channel: notice.ToEmail, To: "a@example.edu", Due: noon, Created: noon, Facts: notice.Facts{What: notice.Failed, Title: "Import"}}
		for range 2 {
			if err := l.Decide(t.Context(), nil, []notice.Notice{n}); err != nil {
				t.Fatal(err)
			}
		}
		to := notice.Recipient{Rule: "fails", Channel: notice.ToEmail, To: "a@example.edu"}
		if got, err := l.DueRecipients(t.Context(), noon); err != nil || cmp.Diff([]notice.Recipient{to}, got) != "" {
			t.Errorf("recipients %v, error %v", got, err)
		}
		due, err := l.DueNotices(t.Context(), to, noon, 10)
		if diff := cmp.Diff([]notice.Notice{n}, due); diff != "" || err != nil {
			t.Errorf("error %v (-want +got)\n%s", err, diff)
		}
		first, second := notice.Together(due, noon), notice.Together(due, noon.Add(time.Second))
		if err := l.PutDelivery(t.Context(), first, due); err != nil {
			t.Fatal(err)
		}
		if err := l.PutDelivery(t.Context(), second, due); fault.KindOf(err) != fault.Conflict {
			t.Errorf("in another delivery as well: %v", err)
		}
		all, err := l.Deliveries(t.Context(), "", 10)
		if diff := cmp.Diff([]notice.Delivery{first}, all); diff != "" || err != nil {
			t.Errorf("error %v (-want +got)\n%s", err, diff)
		}
		if n, err := l.DeliveriesSince(t.Context(), notice.ToEmail, "a@example.edu", noon.Add(-time.Hour)); n != 1 || err != nil {
			t.Errorf("%d since, error %v", n, err)
		}
	})
}

func TestADeliveryThatFailedMayBeginAgain(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		recordAll(t, l, endings(job.Failed))
		d := notice.Together([]notice.Notice{{ID: "n1", Channel: notice.ToEmail, To: "a@example.edu"}}, noon)
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(l.PutDelivery(t.Context(), d, nil))
		must(l.QueuedDelivery(t.Context(), d.ID, "job-failed"))
		if _, err := l.RetryDelivery(t.Context(), d.ID); fault.KindOf(err) != fault.Conflict {
			t.Errorf("retried while queued: %v", err)
		}
		must(l.EndedDeliveries(t.Context()))
		again, err := l.RetryDelivery(t.Context(), d.ID)
		if err != nil || again.State != notice.Pending || again.JobID() == d.JobID() {
			t.Errorf("again %+v, error %v", again, err)
		}
		again.State, again.Sent, again.Answer = notice.Sent, new(noon), "250 ok"
		must(l.Attempted(t.Context(), again))
		again.State = notice.Retrying
		must(l.Attempted(t.Context(), again))
		if got, err := l.Delivery(t.Context(), d.ID); err != nil || got.State != notice.Sent || got.Attempts != 1 {
			t.Errorf("%+v, error %v", got, err)
		}
		gone, err := l.OldNotices(t.Context(), noon.Add(time.Hour))
		if gone != 1 || err != nil {
			t.Errorf("%d gone, error %v", gone, err)
		}
	})
}

func TestTheNextAttemptOfADeliveryIsThatOfItsJob(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		next := noon.Add(3 * time.Minute)
		entries := endings(job.Retrying)
		entries[1].Event = events.AttemptEnded{ID: "job-retrying", Task: "sis.pull", Attempt: 1, Outcome: job.AttemptFailed, State: job.Retrying, Started: noon, At: noon, Due: &next}
		recordAll(t, l, entries)
		d := notice.Together([]notice.Notice{{ID: "n1", Channel: notice.ToEmail, To: "a@example.edu"}}, noon)
		for _, err := range []error{l.PutDelivery(t.Context(), d, nil), l.QueuedDelivery(t.Context(), d.ID, "job-retrying")} {
			if err != nil {
				t.Fatal(err)
			}
		}
		d.State, d.Answer = notice.Retrying, "421 later"
		if err := l.Attempted(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		if got, err := l.Delivery(t.Context(), d.ID); err != nil || got.Next == nil || !got.Next.Equal(next) {
			t.Errorf("next %v, error %v, want %v", got.Next, err, next)
		}
	})
}

func TestTwoWhoChangeARuleAtOnceAreTold(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		r, err := l.PutNoticeRule(t.Context(), ruleOf("fails"))
		if err != nil || r.Revision != 1 {
			t.Fatalf("%+v, error %v", r, err)
		}
		if _, err := l.PutNoticeRule(t.Context(), ruleOf("fails")); fault.KindOf(err) != fault.Conflict {
			t.Errorf("added twice: %v", err)
		}
		r.Paused = true
		if _, err := l.PutNoticeRule(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		if _, err := l.PutNoticeRule(t.Context(), r); fault.KindOf(err) != fault.Conflict {
			t.Errorf("changed from what it was before: %v", err)
		}
		r.Revision = 2
		if got, err := l.NoticeRules(t.Context()); err != nil || cmp.Diff([]notice.Rule{r}, got) != "" {
			t.Errorf("error %v (-want +got)\n%s", err, cmp.Diff([]notice.Rule{r}, got))
		}
		if err := l.DeleteNoticeRule(t.Context(), "fails"); err != nil {
			t.Error(err)
		}
		if _, err := l.NoticeRule(t.Context(), "fails"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("there is one still: %v", err)
		}
	})
}
