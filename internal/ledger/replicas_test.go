package ledger_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

func TestReplicasKnowOfEachOther(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		now := time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)
		a := job.Replica{Name: "a:1", Zones: map[string]string{"2026 Europe/Berlin": "ab12"}, Ahead: -3 * time.Second, Seen: now}
		b := job.Replica{Name: "b:1", Zones: map[string]string{}, Seen: now.Add(time.Minute)}
		for _, meeting := range []struct {
			who    job.Replica
			forget time.Time
			others []job.Replica
		}{
			{a, now.Add(-time.Hour), nil},
			{b, now.Add(-time.Hour), []job.Replica{a}},
			{a, now.Add(-time.Hour), []job.Replica{b}},
			{b, now.Add(time.Second), nil}, // a was not heard of for long
		} {
			others, err := l.MeetReplicas(t.Context(), meeting.who, meeting.forget)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(meeting.others, others); diff != "" {
				t.Errorf("%s meets (-want +got)\n%s", meeting.who.Name, diff)
			}
		}
		up, err := l.Replicas(t.Context())
		if diff := cmp.Diff([]job.Replica{b}, up); diff != "" || err != nil {
			t.Errorf("up are, with %v (-want +got)\n%s", err, diff)
		}
	})
}
