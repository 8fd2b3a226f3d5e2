package attendance_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/attendance"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/ledger/ledgertest"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/tasks"
	"github.com/beadle-jobs/beadle/pkg/tasks/taskstest"
)

// fakeLog is what people did, as a test says.
type fakeLog struct {
	did    []sis.Activity
	silent bool // has nothing of anybody
	down   error
}

func (f *fakeLog) Activities(_ context.Context, course string, from, to time.Time, emit func(sis.Activity) error) error {
	for _, a := range f.did {
		if f.silent || a.Course != course || a.At.Before(from) || !a.At.Before(to) {
			continue
		}
		if err := emit(a); err != nil {
			return err
		}
	}
	return f.down
}

func (f *fakeLog) Alive(context.Context, time.Time, time.Time) (bool, error) {
	return !f.silent, f.down
}

// fakeSIS is a sink that keeps one row for each section, person and day, and
// refuses a second one unless it is a correction.
type fakeSIS struct {
	rows  map[string]int // minutes by place
	posts []sis.Attendance
	fail  error // of the next post
	lost  bool  // the next post is done, and not answered
}

func placeOf(a sis.Attendance) string { return fmt.Sprintf("%s %s %s", a.Section, a.Person, a.Day) }

func (*fakeSIS) Check(context.Context) error { return nil }

func (f *fakeSIS) Post(_ context.Context, days []sis.Attendance) ([]sis.Written, error) {
	written := make([]sis.Written, len(days))
	if f.fail != nil {
		err := f.fail
		f.fail = nil
		for i := range written {
			written[i].Err = err
		}
		return written, err
	}
	for i, a := range days {
		if _, there := f.rows[placeOf(a)]; there && !a.Correct {
			written[i].Err = &sis.Error{Code: sync.AttExists, Message: "There is attendance of that day."}
			continue
		}
		f.rows[placeOf(a)] = a.Minutes
		f.posts = append(f.posts, a)
		written[i].ID = fmt.Sprintf("r-%d", len(f.posts))
	}
	if f.lost {
		f.lost = false
		for i := range written {
			written[i] = sis.Written{Err: &sis.Error{Code: sync.AttNotKnown, Message: "The SIS did not answer.", Temporary: true}}
		}
		return written, &sis.Error{Code: sync.AttNotKnown, Message: "The SIS did not answer", Temporary: true}
	}
	return written, nil
}

// readable is a fakeSIS that can be read.
type readable struct{ *fakeSIS }

func (f readable) Attendance(_ context.Context, days []sis.Attendance) (found []sis.Attendance, err error) {
	for _, a := range days {
		if minutes, ok := f.rows[placeOf(a)]; ok {
			a.Minutes = minutes
			found = append(found, a)
		}
	}
	return found, nil
}

// A house is a ledger with a section S of so many students u1, u2, … in course
// C, what they did, and a sink.
type house struct {
	t      *testing.T
	ledger *ledger.Ledger
	log    *fakeLog
	sis    *fakeSIS
	sync   attendance.Sync
	now    time.Time
}

// newHouse is on the day after Monday, 5 October 2026.
func newHouse(t *testing.T, students int) *house {
	l, err := ledger.Open(t.Context(), ledgertest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	h := &house{t: t, ledger: l, log: &fakeLog{}, sis: &fakeSIS{rows: map[string]int{}}, now: date("2026-10-06").In(newYork).Add(3 * time.Hour)}
	h.sync = attendance.Sync{
		Sync:  sync.Sync{Name: "main", Client: "default", Zone: newYork},
		Rules: attendance.Rules{Weights: map[string]int{post: 10}}, Activity: h.log, Sink: readable{h.sis},
	}
	h.absorb(sis.Terms, sync.Row{Key: "T", Record: &sis.Record{Term: &sis.Term{Key: "T", Start: date("2026-09-01"), End: date("2027-01-01")}}})
	h.absorb(sis.Sections, sync.Row{Key: "S", Record: &sis.Record{Section: &sis.Section{Key: "S", Title: "Biology", Terms: []string{"T"}}}})
	var places []sync.Row
	var people []sync.PersonLink
	for i := range students {
		person := fmt.Sprintf("p%d", i+1)
		people = append(people, sync.PersonLink{Person: person, User: fmt.Sprintf("u%d", i+1)})
		places = append(places, registered("S", person))
	}
	h.absorb(sis.Registrations, places...)
	h.must(l.PutSISLinks(t.Context(), "main", []sync.Link{{Section: "S", Course: "C", Linked: true, How: sync.Manual}}))
	h.must(l.PutSISPlan(t.Context(), sync.Draft{Plan: sync.Plan{ID: "plan", Sync: "main", State: sync.PlanDone}, Adopted: people}))
	return h
}

func registered(section, person string) sync.Row {
	g := sis.Registration{Section: section, Person: person, Role: sis.Student}
	return sync.Row{Key: sync.RegistrationKey(g), Record: &sis.Record{Registration: &g}}
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) absorb(stream sis.Stream, rows ...sync.Row) {
	h.t.Helper()
	h.must(h.ledger.AbsorbSIS(h.t.Context(), sync.Delta{Sync: "main", Pull: sync.Pull{Stream: stream, At: h.now}, Rows: rows}))
}

// does lets the first so many students write posts on a day at noon.
func (h *house) does(day string, students, posts int) {
	for i := range students {
		for p := range posts {
			at := date(day).In(newYork).Add(12*time.Hour + time.Duration(p)*time.Minute)
			h.log.did = append(h.log.did, sis.Activity{User: fmt.Sprintf("u%d", i+1), Course: "C", Event: post, At: at})
		}
	}
}

// runs runs a task once, for the days from one to another if any are named.
func (h *house) runs(task string, days ...string) taskstest.Result {
	h.t.Helper()
	args := attendance.Args{Sync: "main"}
	if len(days) > 0 {
		args.From, args.To = days[0], days[len(days)-1]
	}
	all := attendance.New(attendance.Config{Store: h.ledger, Syncs: []attendance.Sync{h.sync}, Now: func() time.Time { return h.now }})
	i := slices.IndexFunc(all, func(t tasks.Task) bool { return t.Info().Name == task })
	return taskstest.Run(h.t, all[i], args)
}

// posts collects and posts, and returns what is wrong with records.
func (h *house) posts(days ...string) (codes []string) {
	h.t.Helper()
	for _, task := range []string{attendance.Collect, attendance.Post, attendance.Verify} {
		got := h.runs(task, days...)
		h.must(got.Err)
		for _, e := range got.Errors {
			codes = append(codes, e.Code)
		}
	}
	return codes
}

// day is the attendance of p1 on a day as the ledger has it.
func (h *house) day(day string) sync.Attendance {
	h.t.Helper()
	days, err := h.ledger.Attendance(h.t.Context(), sync.AttendanceFilter{Sync: "main", From: date(day), To: date(day), Person: "p1"})
	h.must(err)
	return append(days, sync.Attendance{})[0]
}

// stands fails unless a day of p1 is in a state for a reason, and the sink has
// so many minutes of it, -1 for none.
func (h *house) stands(day string, state sync.AttendanceState, code string, minutes int) {
	h.t.Helper()
	got := h.day(day)
	held, ok := h.sis.rows["S p1 "+day]
	if !ok {
		held = -1
	}
	if got.State != state || got.Code != code || held != minutes {
		h.t.Errorf("%s is %s %s with %d minutes in the SIS; want %s %s with %d", day, cmp.Or(got.State, "absent"), got.Code, held, state, code, minutes)
	}
}
