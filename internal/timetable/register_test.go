package timetable_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/timetable"
)

var (
	monday  = time.Date(2026, 9, 7, 8, 0, 0, 0, time.UTC)
	tuesday = monday.AddDate(0, 0, 1)
)

func declared(cron, zone, args string) []job.Declaration {
	return []job.Declaration{{Name: "sis.pull", Schedules: []job.DeclaredSchedule{
		{Name: "sis.pull", Cron: cron, Zone: zone, Args: json.RawMessage(args)},
	}}}
}

// known is the schedule of declared since monday, with changes; its rule
// follows from its layers.
func known(changes ...func(s *job.Schedule)) []job.Schedule {
	s := job.Schedule{
		Name: "sis.pull", Task: "sis.pull", Client: "default", Base: job.NewRule("0 2 * * *", "UTC", json.RawMessage(`{"sync":"main"}`)),
		Declared: true, Created: monday, Decided: monday.Add(time.Hour),
	}
	for _, change := range changes {
		change(&s)
	}
	if err := s.Settle(); err != nil {
		panic(err)
	}
	return []job.Schedule{s}
}

// overridden sets a field in the layer of the platform, over what was declared
// then.
func overridden(field, value, declared string) func(s *job.Schedule) {
	return func(s *job.Schedule) {
		s.Overrides = append(s.Overrides, job.Override{
			Layer: job.LayerPlatform, Field: field, Value: json.RawMessage(value), Default: json.RawMessage(declared), By: "anna",
		})
	}
}

// claimed is what a person's schedule tells when a task declares one of its
// name.
const claimed = "The task sis.pull now declares a schedule sis.pull, too. This one, which was created for the task sis.pull, goes on running, " +
	"and the declared one does not; to have both, duplicate this one under another name and delete it here."

// theirs makes it a schedule that a person created.
func theirs(s *job.Schedule) { s.Declared = false }

func TestRegistersWhatWorkersDeclare(t *testing.T) {
	asBefore := declared("0 2 * * *", "UTC", `{"sync": "main"}`)
	tests := []struct {
		name     string
		declared []job.Declaration
		existing []job.Schedule
		want     []job.Schedule
	}{
		{"a new schedule begins now", asBefore, nil, known(func(s *job.Schedule) { s.Created, s.Decided = tuesday, tuesday })},
		{"an unchanged one is left alone", asBefore, known(), nil},
		{"other times begin now", declared("0 3 * * *", "UTC", `{"sync":"main"}`), known(), known(func(s *job.Schedule) {
			s.Base.Cron, s.Decided = "0 3 * * *", tuesday
		})},
		{"another zone is other times", declared("0 2 * * *", "Asia/Kolkata", `{"sync":"main"}`), known(), known(func(s *job.Schedule) {
			s.Base.Zone, s.Decided = "Asia/Kolkata", tuesday
		})},
		{"other arguments keep the times", declared("0 2 * * *", "UTC", `{"sync":"b"}`), known(), known(func(s *job.Schedule) {
			s.Base.Args = json.RawMessage(`{"sync":"b"}`)
		})},
		{
			"what people set stays", declared("0 2 * * *", "UTC", `{"sync":"b"}`), known(overridden("enabled", "false", "true")),
			known(overridden("enabled", "false", "true"), func(s *job.Schedule) { s.Base.Args = json.RawMessage(`{"sync":"b"}`) }),
		},
		{
			"a default that changes under it is told, and moves no time", declared("0 3 * * *", "UTC", `{"sync":"main"}`), known(overridden("cron", `"0 4 * * *"`, `"0 2 * * *"`)),
			known(overridden("cron", `"0 4 * * *"`, `"0 2 * * *"`), func(s *job.Schedule) {
				s.Base.Cron = "0 3 * * *"
				s.Notices = []string{`The task now declares cron "0 3 * * *" (it was "0 2 * * *"); the platform's own setting stays.`}
			}),
		},
		{
			"a default that is as it was again is nothing to tell", asBefore,
			known(overridden("cron", `"0 4 * * *"`, `"0 2 * * *"`), func(s *job.Schedule) { s.Base.Cron, s.Notices = "0 3 * * *", []string{"It changed."} }),
			known(overridden("cron", `"0 4 * * *"`, `"0 2 * * *"`)),
		},
		{"one that is declared no more is missing", nil, known(), known(func(s *job.Schedule) { s.Missing = true })},
		{"and is not written again", nil, known(func(s *job.Schedule) { s.Missing = true }), nil},
		{"and comes back", asBefore, known(func(s *job.Schedule) { s.Missing = true }), known()},
		{"a bad expression is a problem", declared("61 2 * * *", "UTC", `{"sync":"main"}`), known(), known(func(s *job.Schedule) {
			s.Base.Cron, s.Decided = "61 2 * * *", tuesday
			s.Problem = `minute "61" (column 1): is not from 0 to 59; use 0 to 59`
		})},
		{
			"unless people set another", declared("61 2 * * *", "UTC", `{"sync":"main"}`), known(overridden("cron", `"0 4 * * *"`, `"61 2 * * *"`)),
			known(overridden("cron", `"0 4 * * *"`, `"61 2 * * *"`), func(s *job.Schedule) { s.Base.Cron = "61 2 * * *" }),
		},
		{"so is a bad zone", declared("0 2 * * *", "EST", `{"sync":"main"}`), nil, known(func(s *job.Schedule) {
			s.Base.Zone, s.Created, s.Decided = "EST", tuesday, tuesday
			s.Problem = `time zone "EST" is not the name of a place; use a place, such as America/New_York`
		})},
		{"once it is right it begins now", asBefore, known(func(s *job.Schedule) {
			s.Base.Cron, s.Problem = "61 2 * * *", "bad"
		}), known(func(s *job.Schedule) { s.Decided = tuesday })},
		{"one name declared twice is a problem", append(declared("0 2 * * *", "UTC", `{"sync":"main"}`), job.Declaration{
			Name: "other", Schedules: []job.DeclaredSchedule{{Name: "sis.pull", Cron: "0 4 * * *", Zone: "UTC", Args: json.RawMessage(`{}`)}},
		}), nil, known(func(s *job.Schedule) {
			s.Task, s.Base.Cron, s.Base.Args = "other", "0 4 * * *", json.RawMessage(`{}`)
			s.Created, s.Decided = tuesday, tuesday
			s.Problem = "declared more than once: by sis.pull and by other"
		})},
		{"a person's schedule is left alone", []job.Declaration{{Name: "sis.pull"}}, known(theirs), nil},
		{"is missing with its task", nil, known(theirs), known(theirs, func(s *job.Schedule) { s.Missing = true })},
		{"and comes back with it", []job.Declaration{{Name: "sis.pull"}}, known(theirs, func(s *job.Schedule) { s.Missing = true }), known(theirs)},
		{"goes on if its name is declared, and tells", asBefore, known(theirs), known(theirs, func(s *job.Schedule) { s.Notices = []string{claimed} })},
		{"tells no more when it is declared no more", []job.Declaration{{Name: "sis.pull"}}, known(theirs, func(s *job.Schedule) {
			s.Notices = []string{claimed}
		}), known(theirs)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := timetable.Register(tt.declared, tt.existing, tuesday)
			if diff := cmp.Diff(tt.want, got, cmp.Comparer(sameArgs)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// sameArgs compares arguments as JSON.
func sameArgs(a, b json.RawMessage) bool {
	var x, y any
	if len(a) == 0 || len(b) == 0 {
		return len(a) == len(b)
	}
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && cmp.Equal(x, y)
}

func TestAPersonsScheduleKeepsItsNoticeWhenItIsEdited(t *testing.T) {
	d := openDesk(t)
	d.ledger.schedules["sis.pull"] = known(theirs, func(s *job.Schedule) { s.Revision = 1 })[0]
	d.announce()
	s := d.edit(job.LayerPlatform, "anna", `{"owner":"anna"}`)
	if diff := cmp.Diff([]string{claimed}, s.Notices); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestAScheduleThatIsChangedMeanwhileIsLeftForTheNextTime(t *testing.T) {
	d := openDesk(t)
	d.declared = declared("0 3 * * *", "UTC", `{"sync":"main"}`)
	d.ledger.before = func() { d.edit(job.LayerPlatform, "anna", `{"owner":"anna"}`) }
	if err := d.Register(t.Context(), d.declared); err == nil {
		t.Error("it overwrote the edit")
	}
	d.announce()
	if s := d.schedule("sis.pull"); s.Cron != "0 3 * * *" || s.Owner != "anna" {
		t.Errorf("%+v", s)
	}
}

func TestAProblemIsNotedWhenItComesAndGoes(t *testing.T) {
	d := openDesk(t)
	d.declared = declared("61 2 * * *", "UTC", `{"sync":"main"}`)
	d.announce()
	d.now = tuesday
	s := d.edit(job.LayerPlatform, "anna", `{"cron":"0 4 * * *"}`)
	if s.Problem != "" || !s.Decided.Equal(tuesday) {
		t.Errorf("an edit that cures it: %+v", s)
	}
	d.edit(job.LayerPlatform, "anna", `{"owner":"anna"}`)
	if _, err := d.tryEdit(job.LayerPlatform, "anna", `{}`, "cron"); err == nil {
		t.Error("a revert to the bad expression")
	}
}
