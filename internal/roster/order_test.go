package roster_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/roster"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A queue is a source that sends each message until it is acknowledged.
type queue struct {
	*fakeSIS
	lost  bool // acknowledgements get lost
	acked []sis.Receipt
}

func (q *queue) Pull(ctx context.Context, r sis.Request, emit func(sis.Record) error) (sis.Result, error) {
	result, err := q.fakeSIS.Pull(ctx, r, emit)
	result.Complete = false
	return result, err
}

func (q *queue) Acknowledge(_ context.Context, receipts []sis.Receipt) ([]sis.Written, error) {
	q.acked = append(q.acked, receipts...)
	if !q.lost {
		for _, receipt := range receipts {
			q.records[receipt.Stream] = slices.DeleteFunc(slices.Clone(q.records[receipt.Stream]), func(r sis.Record) bool {
				return r.Receipt == receipt.ID
			})
		}
	}
	return make([]sis.Written, len(receipts)), nil
}

func (q *queue) send(receipt string, version int64, deleted bool, r sis.Record) {
	r.Receipt, r.Version, r.Deleted = receipt, version, deleted
	q.add(r)
}

// queued is the small campus, from then on by messages.
func queued(t *testing.T, lms *fakeLMS) (*campus, *queue) {
	t.Helper()
	q := &queue{fakeSIS: small()}
	c := newCampus(t, q.fakeSIS, lms)
	c.source = q
	c.must(roster.Args{})
	for stream := range q.records {
		q.records[stream] = nil
	}
	return c, q
}

const annInAlgebra = "ALG ann student 2026-09-01T00 2027-01-15T00"

func TestBadInputOutOfOrder(t *testing.T) {
	t.Parallel()
	t.Run("row 8: a message that comes twice is one effect and a duplicate", func(t *testing.T) {
		lms := newLMS()
		c, q := queued(t, lms)
		q.lost = true
		q.send("m1", 0, true, registration("r1", "s1", "ann"))
		c.must(roster.Args{})
		rows := lms.rows
		c.must(roster.Args{})

		if lms.rows != rows || !contains(lms.roster(), annInAlgebra+" suspended") {
			t.Errorf("%d more rows written; roster = %v", lms.rows-rows, lms.roster())
		}
		if got := c.messages(sis.Registrations, "s1|ann"); got[0] != "duplicate" || got[1] != "applied" {
			t.Errorf("messages = %v", got)
		}
		if len(q.acked) != 2 {
			t.Errorf("acknowledged %+v; want the message and its repetition", q.acked)
		}
	})
	t.Run("row 9: a drop that comes before its older add stands", func(t *testing.T) {
		lms := newLMS()
		c, q := queued(t, lms)
		q.send("m2", 2, true, registration("r1", "s1", "ann"))
		c.must(roster.Args{})
		q.send("m1", 1, false, registration("r1", "s1", "ann"))
		c.must(roster.Args{})

		if !contains(lms.roster(), annInAlgebra+" suspended") {
			t.Errorf("roster = %v", lms.roster())
		}
		if got := c.messages(sis.Registrations, "s1|ann"); got[0] != "superseded STALE_VERSION" {
			t.Errorf("messages = %v", got)
		}
	})
	t.Run("row 9: without versions a drop before its add is held", func(t *testing.T) {
		lms := newLMS()
		c, q := queued(t, lms)
		q.send("m2", 0, true, registration("r7", "s2", "bob"))
		c.must(roster.Args{})
		q.send("m1", 0, false, registration("r7", "s2", "bob"))
		c.must(roster.Args{})

		if got := c.messages(sis.Registrations, "s2|bob"); got[0] != "held REG_CONFLICT" {
			t.Errorf("messages = %v", got)
		}
		if slices.ContainsFunc(lms.roster(), func(line string) bool { return strings.HasPrefix(line, "GEO bob") }) {
			t.Errorf("roster = %v", lms.roster())
		}
	})
	t.Run("row 10: add, drop and add in one batch is one active enrolment", func(t *testing.T) {
		lms := newLMS()
		c, q := queued(t, lms)
		q.send("m1", 0, false, registration("r7", "s2", "bob"))
		q.send("m2", 0, true, registration("r7", "s2", "bob"))
		q.send("m3", 0, false, registration("r7", "s2", "bob"))
		c.must(roster.Args{})

		if !contains(lms.roster(), "GEO bob student 2026-09-01T00 2027-01-15T00") {
			t.Errorf("roster = %v", lms.roster())
		}
		if len(q.acked) != 3 {
			t.Errorf("acknowledged %d messages, want 3", len(q.acked))
		}
	})
	t.Run("row 28: the end of a registration that was never seen is recorded and changes nothing", func(t *testing.T) {
		lms := newLMS()
		c, q := queued(t, lms)
		before := lms.roster()
		q.send("m1", 0, true, sis.Record{Key: "r99", Registration: &sis.Registration{Key: "r99"}})
		c.must(roster.Args{})

		if diff := cmp.Diff(before, lms.roster()); diff != "" {
			t.Errorf("roster (-before +after):\n%s", diff)
		}
		if got := c.messages(sis.Registrations, "r99"); len(got) != 1 || got[0] != "ignored" {
			t.Errorf("messages = %v", got)
		}
	})
	t.Run("row 39: a restored backup of the SIS, with older versions, drops and changes nobody", func(t *testing.T) {
		lms := newLMS()
		from := crowd(30)
		for i := range from.records[sis.Registrations] {
			from.records[sis.Registrations][i].Version = 7
		}
		c := newCampus(t, from, lms)
		c.must(roster.Args{})
		before := lms.roster()
		for i := range from.records[sis.Registrations] {
			r := &from.records[sis.Registrations][i]
			older := *r.Registration
			older.End = date("2026-10-01")
			r.Version, r.Registration = 3, &older
		}
		from.remove(sis.Registrations, "rp001")
		got := c.must(roster.Args{})

		if diff := cmp.Diff(before, lms.roster()); diff != "" {
			t.Errorf("roster (-before +after):\n%s", diff)
		}
		if p := c.plan(); len(p.Held) != 1 || p.Held[0].Code != "STALE_VERSION" || !contains(got.codes(), "STALE_VERSION") {
			t.Errorf("the plan holds %+v, errors %v", p.Held, got.codes())
		}
	})
}

func TestAMessageIsAcknowledgedOnlyWhenItIsKnownWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	lms := newLMS()
	c, q := queued(t, lms)
	q.send("m1", 0, false, registration("r8", "s1", "late")) // the person is not there yet
	c.must(roster.Args{})
	if len(q.acked) != 0 {
		t.Fatalf("acknowledged %+v; want none while it waits", q.acked)
	}

	q.send("m2", 0, false, student("late"))
	c.must(roster.Args{})

	var ids []string
	for _, receipt := range q.acked {
		ids = append(ids, receipt.ID)
	}
	slices.Sort(ids)
	if diff := cmp.Diff([]string{"m1", "m2"}, slices.Compact(ids)); diff != "" {
		t.Errorf("acknowledged (-want +got):\n%s", diff)
	}
}

func TestAPullGoesOnWhereTheLastOneEnded(t *testing.T) {
	t.Parallel()
	from := &cursored{fakeSIS: small()}
	c := newCampus(t, from.fakeSIS, newLMS())
	c.source = from
	c.must(roster.Args{})
	c.must(roster.Args{})
	c.must(roster.Args{Full: true})

	if diff := cmp.Diff([]string{"", "1", ""}, from.cursors); diff != "" {
		t.Errorf("cursors of registrations (-want +got):\n%s", diff)
	}
}

// A cursored source says where the next pull may go on.
type cursored struct {
	*fakeSIS
	cursors []string
}

func (f *cursored) Pull(ctx context.Context, r sis.Request, emit func(sis.Record) error) (sis.Result, error) {
	if r.Stream == sis.Registrations {
		f.cursors = append(f.cursors, r.Cursor)
	}
	result, err := f.fakeSIS.Pull(ctx, r, emit)
	result.Cursor = "1"
	return result, err
}

func TestTheHistoryOfAMessageSaysWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	c := newCampus(t, small(), newLMS())
	c.must(roster.Args{})

	all, err := c.ledger.SISMessages(t.Context(), sync.MessageFilter{Sync: "main", Record: "s1|ann|student"})
	if err != nil || len(all) != 1 {
		t.Fatalf("%d messages, %v", len(all), err)
	}
	var states []sync.MessageState
	for _, e := range all[0].History {
		states = append(states, e.State)
		if e.By == "" || e.At.IsZero() {
			t.Errorf("event %+v does not say when, and by what", e)
		}
	}
	if diff := cmp.Diff([]sync.MessageState{sync.Received, sync.Planned, sync.Applied}, states); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
}

func TestWhatIsSentOverAndOverIsKeptOnce(t *testing.T) {
	t.Parallel()
	for name, send := range map[string]func(q *queue){
		"a drop":            func(q *queue) { q.send("m1", 0, true, registration("r1", "s1", "ann")) },
		"a drop of nothing": func(q *queue) { q.send("m1", 0, true, registration("r8", "s2", "bob")) },
		"what is known":     func(q *queue) { q.send("m1", 0, false, registration("r1", "s1", "ann")) },
		"two versions": func(q *queue) {
			q.send("m1", 1, false, registration("r1", "s1", "ann"))
			q.send("m2", 2, true, registration("r1", "s1", "ann"))
		},
		"an end before its start": func(q *queue) { q.send("m1", 0, true, registration("r7", "s2", "bob")) },
		"what cannot be read": func(q *queue) {
			stream, r := unreadable(sis.Registrations, "r9", "BAD_DATE")
			r.Receipt = "m1"
			q.records[stream] = append(q.records[stream], r)
		},
		"what waits": func(q *queue) { q.send("m1", 0, false, registration("r9", "nowhere", "bob")) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, q := queued(t, newLMS())
			q.lost = true
			send(q)
			c.must(roster.Args{})
			if name == "an end before its start" {
				q.records[sis.Registrations] = nil
				q.send("m2", 0, false, registration("r7", "s2", "bob"))
			}
			c.must(roster.Args{})
			c.must(roster.Args{})
			before, acked := c.messages(sis.Registrations, ""), len(q.acked)
			for range 3 {
				c.must(roster.Args{})
			}
			if diff := cmp.Diff(before, c.messages(sis.Registrations, "")); diff != "" {
				t.Errorf("after three more times (-before +after):\n%s", diff)
			}
			if settled := before[0] != "held REG_CONFLICT" && !strings.HasPrefix(before[0], "waiting"); settled && len(q.acked) < acked+3 {
				t.Errorf("%d more acknowledgements; want one each time, for as long as the source sends it", len(q.acked)-acked)
			}
		})
	}
}
