package notify

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/events"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/ledger/ledgertest"
	"github.com/beadle-jobs/beadle/internal/notice"
)

// line is a queue that remembers what it was given.
type queued []job.Request

func (q *queued) Enqueue(_ context.Context, r job.Request) (job.Job, error) {
	*q = append(*q, r)
	return job.Job{ID: r.ID}, nil
}

// An office is a desk with a ledger in a file, and a clock.
type office struct {
	*Desk
	records *ledger.Ledger
	queue   *queued
	now     time.Time
	entries int
}

var staff = crowd{
	"anna": {Name: "anna", Email: "anna@example.edu", Grants: []auth.Grant{{Role: auth.Operator, Client: "north"}}},
	"paul": {Name: "paul", Email: "paul@example.edu", Grants: []auth.Grant{{Role: auth.PowerUser}}},
	"gone": {Name: "gone", Disabled: true, Grants: []auth.Grant{{Role: auth.Superadmin}}},
}

func newOffice(t testing.TB) *office {
	return officeAt(t, ledgertest.SQLite(t))
}

// newOffices returns a maker of offices that each begin with a copy of one empty
// ledger, which takes no time.
func newOffices(t testing.TB) func() *office {
	folder, made := t.TempDir(), 0
	empty := filepath.Join(folder, "empty.db")
	if err := officeAt(t, empty).records.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(empty)
	if err != nil {
		t.Fatal(err)
	}
	return func() *office {
		made++
		path := filepath.Join(folder, fmt.Sprintf("%d.db", made))
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return officeAt(t, path)
	}
}

func officeAt(t testing.TB, path string) *office {
	records, err := ledger.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { records.Close() })
	o := &office{records: records, queue: &queued{}, now: noon}
	o.Desk = &Desk{Ledger: records, People: staff, Queue: o.queue, PerHour: 5, Now: func() time.Time { return o.now }, Log: slog.New(slog.DiscardHandler)}
	return o
}

// ends records a job that ended so.
func (o *office) ends(t testing.TB, id, client, owner string, state job.State) {
	t.Helper()
	o.entries++
	entries := []events.Entry{
		{ID: fmt.Sprintf("%d-1", o.entries), At: o.now, Event: events.JobEnqueued{Job: job.Job{ID: id, Root: id, Task: "sis.pull", Description: "Pull", Client: client, Owner: owner, State: job.Queued, Due: o.now, Created: o.now}}},
		{ID: fmt.Sprintf("%d-2", o.entries), At: o.now, Event: events.AttemptEnded{ID: id, Task: "sis.pull", Attempt: 1, Outcome: job.AttemptFailed, State: state, Started: o.now, At: o.now}},
	}
	after, err := o.records.Position(t.Context())
	if err == nil {
		_, err = o.records.Record(t.Context(), after, entries)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (o *office) rule(t testing.TB, r notice.Rule) {
	t.Helper()
	r.Outcomes = append(r.Outcomes, notice.Failed)
	if _, err := o.records.PutNoticeRule(t.Context(), r); err != nil {
		t.Fatal(err)
	}
}

func (o *office) round(t testing.TB) {
	t.Helper()
	if err := o.Round(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// told returns the subjects that go to each, sorted.
func (o *office) told(t testing.TB) (all []string) {
	t.Helper()
	deliveries, err := o.records.Deliveries(t.Context(), "", 500)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range deliveries {
		all = append(all, d.To+": "+d.Subject)
	}
	slices.Sort(all)
	return all
}

func TestNobodyIsToldOfAJobThatTheyMayNotSee(t *testing.T) {
	o := newOffice(t)
	o.rule(t, notice.Rule{Name: "anna", Channel: notice.ToPerson, To: "anna", Owner: "anna"})
	o.rule(t, notice.Rule{Name: "out", Channel: notice.ToEmail, To: "office@example.edu", Owner: "anna"})
	o.rule(t, notice.Rule{Name: "paul", Channel: notice.ToPerson, To: "paul", Owner: "paul"})
	o.rule(t, notice.Rule{Name: "pushy", Channel: notice.ToEmail, To: "thief@example.edu", Owner: "paul"})
	o.rule(t, notice.Rule{Name: "gone", Channel: notice.ToEmail, To: "gone@example.edu", Owner: "gone"})
	o.ends(t, "j1", "north", "paul", job.Failed)
	o.ends(t, "j2", "south", "somebody", job.Failed)
	o.round(t)
	if diff := cmp.Diff([]string{"anna: Pull failed", "office@example.edu: Pull failed", "paul: Pull failed"}, o.told(t)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestAFollowerIsToldOnceWhenTheJobHasEnded(t *testing.T) {
	o := newOffice(t)
	if err := o.records.Follow(t.Context(), "j1", "paul", o.now); err != nil {
		t.Fatal(err)
	}
	o.ends(t, "j1", "north", "paul", job.Succeeded)
	o.ends(t, "j2", "north", "paul", job.Succeeded)
	for range 3 {
		o.round(t)
		o.now = o.now.Add(time.Minute)
	}
	if diff := cmp.Diff([]string{"paul: Pull succeeded"}, o.told(t)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if len(*o.queue) != 1 || (*o.queue)[0].Task != notice.DeliverTask {
		t.Errorf("enqueued %+v", *o.queue)
	}
}

// TestMain keeps properties to what takes a second or two, as every step writes
// to a disk; -rapid.checks on the command line looks at more.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "25"); err != nil {
		panic(err)
	}
	m.Run()
}

func TestEachIsToldOnceHoweverOftenAndByWhomItIsDecided(t *testing.T) {
	offices := newOffices(t)
	rapid.Check(t, func(r *rapid.T) {
		o := offices()
		defer o.records.Close()
		o.PerHour = 1000
		rules := rapid.IntRange(1, 3).Draw(r, "rules")
		for i := range rules {
			o.rule(t, notice.Rule{Name: fmt.Sprint("r", i), Channel: notice.ToEmail, To: fmt.Sprintf("%d@example.edu", i), Owner: auth.Local.Name})
		}
		failed := 0
		for i := range rapid.IntRange(1, 12).Draw(r, "steps") {
			switch rapid.SampledFrom([]string{"fail", "succeed", "round", "again", "other"}).Draw(r, "step") {
			case "fail":
				o.ends(t, fmt.Sprint("f", i), "north", "paul", job.Failed)
				failed++
			case "succeed":
				o.ends(t, fmt.Sprint("s", i), "north", "paul", job.Succeeded)
			case "round":
				o.round(t)
			case "again": // a leader read, and another decided before it
				happened, err := o.records.Happenings(t.Context(), 0)
				if err != nil {
					t.Fatal(err)
				}
				c, err := o.council(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				o.round(t)
				for _, h := range happened {
					notices, err := c.decide(t.Context(), h)
					if err == nil {
						err = o.records.Decide(t.Context(), []notice.Happening{h}, notices)
					}
					if err != nil {
						t.Fatal(err)
					}
				}
			case "other":
				other := *o.Desk
				o.Desk = &other
			}
			o.now = o.now.Add(time.Second)
		}
		o.round(t)
		if got := len(o.told(t)); got != failed*rules {
			r.Errorf("%d deliveries, want %d", got, failed*rules)
		}
	})
}

func TestWhatIsTooMuchForAnHourComesTogether(t *testing.T) {
	o := newOffice(t)
	o.rule(t, notice.Rule{Name: "r", Channel: notice.ToEmail, To: "a@example.edu", Owner: auth.Local.Name})
	for i := range 70 {
		o.ends(t, fmt.Sprintf("j%02d", i), "north", "paul", job.Failed)
	}
	o.round(t)
	all, err := o.records.Deliveries(t.Context(), "", 100)
	if err != nil {
		t.Fatal(err)
	}
	count, more := 0, 0
	for _, d := range all {
		count += d.Count()
		more += d.More
	}
	if len(all) != 5 || count != 70 || more != 16 {
		t.Errorf("%d deliveries of %d things, %d of them without a line; want 5, 70, 16", len(all), count, more)
	}
	o.ends(t, "late", "north", "paul", job.Failed)
	o.round(t)
	if got := len(o.told(t)); got != 5 {
		t.Errorf("%d deliveries within an hour", got)
	}
	o.now = o.now.Add(time.Hour + time.Second)
	o.round(t)
	if got := len(o.told(t)); got != 6 {
		t.Errorf("%d deliveries after the hour, want 6: nothing is dropped", got)
	}
}

func TestQuietHoursAndDigestsKeepNoticesUntilTheyAreDue(t *testing.T) {
	o := newOffice(t)
	o.rule(t, notice.Rule{Name: "quiet", Channel: notice.ToEmail, To: "q@example.edu", Owner: auth.Local.Name, Zone: "Europe/Madrid", Quiet: &notice.Quiet{From: "12:00", To: "15:00"}})
	o.rule(t, notice.Rule{Name: "daily", Channel: notice.ToEmail, To: "d@example.edu", Owner: auth.Local.Name, Digest: notice.Daily, Hour: 18})
	o.ends(t, "j1", "north", "paul", job.Failed)
	o.ends(t, "j2", "north", "paul", job.Failed)
	o.round(t)
	if got := o.told(t); got != nil {
		t.Errorf("too early: %v", got)
	}
	o.now = time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC) // 15:00 in Madrid
	o.round(t)
	o.now = time.Date(2026, 3, 2, 18, 0, 0, 0, time.UTC)
	o.round(t)
	want := []string{"d@example.edu: 2 notices: 2 failed", "q@example.edu: 2 notices: 2 failed"}
	if diff := cmp.Diff(want, o.told(t)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestAJobThatIsLateIsToldBeforeItEnds(t *testing.T) {
	o := newOffice(t)
	r := notice.Rule{Name: "late", Channel: notice.ToEmail, To: "a@example.edu", Owner: auth.Local.Name, Late: job.Seconds(time.Minute)}
	if _, err := o.records.PutNoticeRule(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	enqueued := events.JobEnqueued{Job: job.Job{ID: "j1", Root: "j1", Task: "sis.pull", Description: "Pull", Client: "north", State: job.Queued, Due: o.now, Created: o.now}}
	if _, err := o.records.Record(t.Context(), "", []events.Entry{{ID: "1-1", At: o.now, Event: enqueued}}); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		o.round(t)
		o.now = o.now.Add(40 * time.Second)
	}
	if diff := cmp.Diff([]string{"a@example.edu: Pull is late"}, o.told(t)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
