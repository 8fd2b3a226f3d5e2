package ledger_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// fall is a term, as a source sends it.
var fall = sis.Term{
	Key: "fall", Title: "Fall “26” 🍂", Kind: "term", Parent: "2026",
	Start: sis.Date{Year: 2026, Month: 9, Day: 1}, End: sis.Date{Year: 2027, Month: 1, Day: 15},
}

// pulled returns what a pull of a stream brings that is all new, numbered in
// order.
func pulled(stream sis.Stream, records ...sis.Record) sync.Delta {
	d := sync.Delta{Sync: "main", Pull: sync.Pull{
		Stream: stream, Snapshot: "s1", Run: "run", Rows: len(records), Complete: true, At: noon,
	}}
	var messages []sync.Message
	for i, r := range records {
		key := r.Key
		if r.Registration != nil {
			key = sync.RegistrationKey(*r.Registration)
		}
		d.Rows = append(d.Rows, sync.Row{Key: key, Alias: r.Key, Digest: "d1", Seq: int64(i) + 1, Record: &r})
		messages = append(messages, sync.Message{
			ID: fmt.Sprintf("%s-%06d", stream, i), Sync: "main", Stream: stream, Key: key, Digest: "d1", Op: sync.New,
			Body: json.RawMessage(`{}`), Where: fmt.Sprintf("%s.csv:%d", stream, i+2), State: sync.Received, Run: "run", Received: noon, Changed: noon,
		})
	}
	d.Messages = slices.Values(messages)
	return d
}

func absorb(t *testing.T, l *ledger.Ledger, deltas ...sync.Delta) {
	t.Helper()
	for _, d := range deltas {
		if err := l.AbsorbSIS(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
}

// small is a campus of one term, one section, and one student in it.
func small() []sync.Delta {
	return []sync.Delta{
		pulled(sis.Terms, sis.Record{Key: "fall", Term: &fall}),
		pulled(sis.Persons, sis.Record{Key: "ann", Person: &sis.Person{
			Key: "ann", Username: "ann", Email: "a@x.example", Given: "Ann", Family: "O'Brien", Roles: []sis.Role{sis.Student, sis.Teacher}, Enabled: true,
		}}),
		pulled(sis.Sections, sis.Record{Key: "s1", Section: &sis.Section{
			Key: "s1", Title: "Algebra", Code: "ALG", Course: "c1", Terms: []string{"fall", "a, b"}, School: "north", CrossList: "alg-all",
		}}),
		pulled(sis.Registrations, sis.Record{Key: "r1", Registration: &sis.Registration{
			Key: "r1", Section: "s1", Person: "ann", Role: sis.Student, Begin: sis.Date{Year: 2026, Month: 9, Day: 2},
		}}),
	}
}

func TestACampusComesBackAsItWas(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		deltas := small()
		absorb(t, l, deltas...)

		c, err := l.SISCampus(t.Context(), "main")
		if err != nil {
			t.Fatal(err)
		}

		if diff := cmp.Diff(map[string]sis.Term{"fall": fall}, c.Terms); diff != "" {
			t.Errorf("terms (-want +got):\n%s", diff)
		}
		want := sync.Campus{
			Persons:       []sync.Known[sis.Person]{{Key: "ann", Record: *deltas[1].Rows[0].Record.Person}},
			Sections:      []sync.Known[sis.Section]{{Key: "s1", Record: *deltas[2].Rows[0].Record.Section}},
			Registrations: []sync.Known[sis.Registration]{{Key: "s1|ann|student", Record: *deltas[3].Rows[0].Record.Registration}},
		}
		got := sync.Campus{Persons: c.Persons, Sections: c.Sections, Registrations: c.Registrations}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("records (-want +got):\n%s", diff)
		}
		rows, err := l.SISRows(t.Context(), "main", sis.Registrations)
		if diff := cmp.Diff([]sync.Row{{Key: "s1|ann|student", Alias: "r1", Digest: "d1", Seq: 1}}, rows); diff != "" || err != nil {
			t.Errorf("%v, rows (-want +got):\n%s", err, diff)
		}
		pull, err := l.SISPull(t.Context(), "main", sis.Terms)
		if diff := cmp.Diff(deltas[0].Pull, pull); diff != "" || err != nil {
			t.Errorf("%v, pull (-want +got):\n%s", err, diff)
		}
		if other, err := l.SISCampus(t.Context(), "other"); err != nil || len(other.Persons) > 0 {
			t.Errorf("another sync knows %v, %v", other.Persons, err)
		}
	})
}

func TestANewVersionTakesThePlaceOfTheOldOne(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		absorb(t, l, small()...)
		d := pulled(sis.Registrations)
		d.Vanished, d.Superseded = []sync.End{{Key: "s1|ann|student"}}, []string{"registrations-000000"}
		d.Messages = slices.Values([]sync.Message{{ID: "x", Sync: "main", Stream: sis.Registrations, Key: "s1|ann|student", Op: sync.Gone, State: sync.Received}})
		absorb(t, l, d)

		c, err := l.SISCampus(t.Context(), "main")
		if err != nil || !c.Registrations[0].Gone || c.Registrations[0].Record.Person != "ann" {
			t.Errorf("registrations = %+v, %v; want one that is gone and still known", c.Registrations, err)
		}
		var open []sync.Message
		err = l.EachSISOpenMessage(t.Context(), "main", sis.Registrations, func(m sync.Message) { open = append(open, m) })
		if err != nil || len(open) != 1 || open[0].ID != "x" {
			t.Errorf("open messages = %+v, %v; want the new one", open, err)
		}
	})
}

// drafted is a plan for the small campus.
func drafted(id string) sync.Draft {
	span := json.RawMessage(`{"start":"2026-09-02T00:00:00Z"}`)
	return sync.Draft{
		Plan: sync.Plan{
			ID: id, Sync: "main", Run: "run", State: sync.PlanApproved, Future: 1, Created: noon, Changed: noon,
			Counts: map[sync.EffectOp]int64{sync.CreateCourse: 1, sync.CreateUser: 1, sync.Enrol: 1},
			Held:   []sync.Hold{{Code: "BRAKE_DROPS", Term: "fall", Drops: 11, Of: 100, Message: "Too many."}},
		},
		Effects: []sync.Effect{
			{Seq: 1, Op: sync.CreateCourse, Key: "course s1", Section: "s1", After: json.RawMessage(`{"key":"s1"}`), State: sync.EffectPlanned},
			{Seq: 2, Op: sync.CreateUser, Key: "user ann", Person: "ann", After: json.RawMessage(`{"key":"ann"}`), State: sync.EffectPlanned},
			{Seq: 3, Op: sync.Enrol, Key: "enrolment ann", Person: "ann", Section: "s1", Role: sis.Student, Before: span, After: span, State: sync.EffectPlanned},
			{Seq: 4, Op: sync.Suspend, Key: "enrolment bob", Person: "bob", Course: "7", Role: sis.Student, After: span, State: sync.EffectHeld},
		},
		Verdicts: []sync.Verdict{
			{ID: "sections-000000", State: sync.Planned, Effect: "course s1"},
			{ID: "persons-000000", State: sync.Planned, Effect: "user ann"},
			{ID: "registrations-000000", State: sync.Planned, Effect: "enrolment ann"},
		},
	}
}

func TestAPlanComesBackWithItsEffects(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		absorb(t, l, small()...)
		want := drafted("p1")
		if err := l.PutSISPlan(t.Context(), want); err != nil {
			t.Fatal(err)
		}

		plan, err := l.SISPlan(t.Context(), "main", "")
		if diff := cmp.Diff(want.Plan, plan); diff != "" || err != nil {
			t.Errorf("%v, plan (-want +got):\n%s", err, diff)
		}
		effects, err := l.SISEffects(t.Context(), "p1", sync.EffectFilter{})
		if diff := cmp.Diff(want.Effects, effects); diff != "" || err != nil {
			t.Errorf("%v, effects (-want +got):\n%s", err, diff)
		}
		some, err := l.SISEffects(t.Context(), "p1", sync.EffectFilter{State: sync.EffectPlanned, After: 1, Limit: 1})
		if err != nil || len(some) != 1 || some[0].Seq != 2 {
			t.Errorf("the second page = %+v, %v", some, err)
		}
		if _, err := l.SISPlan(t.Context(), "main", "p9"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("an unknown plan: %v", err)
		}
	})
}

func TestALaterPlanGivesUpTheOneBefore(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		absorb(t, l, small()...)
		second := drafted("p2")
		second.Plan.Created = noon.Add(time.Hour)
		for _, d := range []sync.Draft{drafted("p1"), second} {
			if err := l.PutSISPlan(t.Context(), d); err != nil {
				t.Fatal(err)
			}
		}
		first, err := l.SISPlan(t.Context(), "main", "p1")
		if err != nil || first.State != sync.PlanAborted {
			t.Errorf("the first plan is %s, %v", first.State, err)
		}
		if newest, err := l.SISPlan(t.Context(), "main", ""); err != nil || newest.ID != "p2" {
			t.Errorf("the newest plan is %s, %v", newest.ID, err)
		}
	})
}

// settle makes effects of a plan sent and then settled.
func settle(t *testing.T, l *ledger.Ledger, plan string, change func(*sync.Settlement)) {
	t.Helper()
	effects, err := l.OpenSISEffects(t.Context(), plan, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.SendSISEffects(t.Context(), plan, effects); err != nil {
		t.Fatal(err)
	}
	for i := range effects {
		effects[i].State = sync.EffectApplied
	}
	s := sync.Settlement{Sync: "main", Plan: plan, Effects: effects}
	change(&s)
	if err := l.SettleSIS(t.Context(), s); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsSettledIsKnownEverywhereAtOnce(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		absorb(t, l, small()...)
		if err := l.PutSISPlan(t.Context(), drafted("p1")); err != nil {
			t.Fatal(err)
		}
		place := sync.Place{Person: "ann", Course: "5", Role: sis.Student}
		span := sync.Span{Start: noon, Suspended: true}
		link := sync.Link{Section: "s1", Course: "5", Shortname: "ALG", How: sync.Created, Linked: true, Changed: noon}
		person := sync.PersonLink{Person: "ann", User: "9", Username: "ann", Email: "a@x.example", Orientation: sync.OrientationOwed}

		settle(t, l, "p1", func(s *sync.Settlement) {
			s.Effects[1].State, s.Effects[1].Code, s.Effects[1].Message = sync.EffectFailed, "EMAIL_DUPLICATE", "Taken."
			s.Links, s.People, s.Applied = []sync.Link{link}, []sync.PersonLink{person}, []sync.Enrolment{{Place: place, Span: span}}
		})

		c, err := l.SISCampus(t.Context(), "main")
		if err != nil || c.Links["s1"] != link || c.People["ann"] != person || c.Applied[place] != span || len(c.Unsure) > 0 {
			t.Errorf("campus = %+v, %v", c, err)
		}
		effects, err := l.SISEffects(t.Context(), "p1", sync.EffectFilter{})
		if err != nil || effects[0].Course != "5" || effects[2].Course != "5" || effects[2].Attempts != 1 || effects[3].State != sync.EffectHeld {
			t.Errorf("effects = %+v, %v; want the new course in all that wait for it", effects, err)
		}
		messages := map[string]string{}
		open, err := l.SISMessages(t.Context(), sync.MessageFilter{Sync: "main"})
		for _, m := range open {
			messages[m.ID] = string(m.State) + " " + m.Code
		}
		want := map[string]string{
			"terms-000000": "received ", "persons-000000": "held EMAIL_DUPLICATE", "sections-000000": "applied ", "registrations-000000": "applied ",
		}
		if diff := cmp.Diff(want, messages); diff != "" || err != nil {
			t.Errorf("%v, messages (-want +got):\n%s", err, diff)
		}
		status, err := l.SyncStatus(t.Context(), "main")
		if diff := cmp.Diff(map[sync.EffectOp]int64{sync.CreateCourse: 1, sync.Enrol: 1}, status.Effects); diff != "" || err != nil {
			t.Errorf("%v, effects applied (-want +got):\n%s", err, diff)
		}
		if status.Enrolments.Suspended != 1 || status.Sections.Linked != 1 || status.People.Linked != 1 || status.Codes["EMAIL_DUPLICATE"] != 1 {
			t.Errorf("status = %+v", status)
		}
	})
}

func TestAnEffectWithoutAnAnswerStaysInDoubtUntilItIsWrittenAgain(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		place := sync.Place{Person: "ann", Course: "5", Role: sis.Student}
		for i, id := range []string{"p1", "p2"} {
			d := drafted(id)
			d.Plan.Created = noon.Add(time.Duration(i) * time.Hour)
			d.Effects = d.Effects[2:3]
			d.Effects[0].Course = "5"
			if err := l.PutSISPlan(t.Context(), d); err != nil {
				t.Fatal(err)
			}
			state := []sync.EffectState{sync.EffectUnknown, sync.EffectApplied}[i]
			settle(t, l, id, func(s *sync.Settlement) { s.Effects[0].State = state })
			c, err := l.SISCampus(t.Context(), "main")
			if err != nil || c.Unsure[place] != (i == 0) {
				t.Errorf("after %s in doubt = %v, %v", id, c.Unsure, err)
			}
		}
	})
}

func TestMessagesAreFound(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		d := pulled(sis.Persons)
		var messages []sync.Message
		for i := range 60 {
			messages = append(messages, sync.Message{
				ID: fmt.Sprintf("m%03d", i), Sync: "main", Stream: sis.Persons, Key: fmt.Sprintf("Person_%d", i), Op: sync.Unread,
				State: sync.Rejected, Code: "BAD_DATE", Received: noon.Add(time.Duration(i) * time.Second),
			})
		}
		messages[7].State, messages[7].Code = sync.Held, "DUP_KEY"
		d.Messages = slices.Values(messages)
		absorb(t, l, d)
		for name, tt := range map[string]struct {
			f    sync.MessageFilter
			want int
		}{
			"all, a page":         {sync.MessageFilter{Sync: "main"}, 50},
			"the next page":       {sync.MessageFilter{Sync: "main", Before: "m010"}, 10},
			"by state":            {sync.MessageFilter{Sync: "main", State: sync.Held}, 1},
			"by code":             {sync.MessageFilter{Sync: "main", Code: "BAD_DATE", Limit: 100}, 59},
			"by stream":           {sync.MessageFilter{Sync: "main", Stream: sis.Terms}, 0},
			"by part of the key":  {sync.MessageFilter{Sync: "main", Text: "person_1"}, 11},
			"a pattern is text":   {sync.MessageFilter{Sync: "main", Text: "%1_"}, 0},
			"of another sync":     {sync.MessageFilter{Sync: "other"}, 0},
			"of any sync at once": {sync.MessageFilter{Code: "DUP_KEY"}, 1},
		} {
			got, err := l.SISMessages(t.Context(), tt.f)
			if err != nil || len(got) != tt.want {
				t.Errorf("%s: %d messages, %v; want %d", name, len(got), err, tt.want)
			}
		}
		counts, err := l.SISMessageCounts(t.Context(), "main")
		want := []sync.MessageCount{
			{Stream: sis.Persons, State: sync.Held, Code: "DUP_KEY", Count: 1, Oldest: noon.Add(7 * time.Second)},
			{Stream: sis.Persons, State: sync.Rejected, Code: "BAD_DATE", Count: 59, Oldest: noon},
		}
		if diff := cmp.Diff(want, counts); diff != "" || err != nil {
			t.Errorf("%v, counts (-want +got):\n%s", err, diff)
		}
	})
}
