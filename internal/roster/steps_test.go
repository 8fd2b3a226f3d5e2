package roster_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/lms/reference"
	"github.com/beadle-jobs/beadle/internal/roster"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

// alone makes one step of the sync, as the timetable or a person starts it.
func (c *campus) alone(task string) outcome {
	c.sis.snapshot++
	return c.follow(task, roster.Args{Sync: "main", Alone: true})
}

func TestEachStepCanBeMadeByItself(t *testing.T) {
	t.Parallel()
	lms := newLMS()
	c := newCampusAt(t, ledgerFor(t), small(), lms)
	for _, task := range []string{
		roster.TermsPull, roster.TeachersPull, roster.TeachersProcess, roster.SectionsPull, roster.SectionsProcess,
		roster.RegistrationsPull, roster.MakePlan, roster.RegistrationsProcess, roster.Acknowledge,
	} {
		o := c.alone(task)
		if task == roster.Acknowledge {
			o = c.follow(task, roster.AckArgs{Sync: "main"})
		}
		if o.err != nil || !slices.Equal(o.tasks, []string{task}) {
			t.Fatalf("%s: %v, and it started %v", task, o.err, o.tasks)
		}
		if accounts := lms.names(); task == roster.TeachersProcess && !slices.Equal(accounts, []string{"tom"}) {
			t.Errorf("after %s there are the accounts %v, want the teacher's", task, accounts)
		}
	}

	want := []string{
		"ALG ann student 2026-09-01T00 2027-01-15T00", "ALG bob student 2026-09-01T00 2027-01-15T00", "GEO ann student 2026-09-01T00 2027-01-15T00",
	}
	if diff := cmp.Diff(want, lms.roster()); diff != "" {
		t.Errorf("roster (-want +got):\n%s", diff)
	}
}

func TestAStepIsNotMadeWhenThePullItNeedsHasFailed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		fails, task string
		refused     bool
	}{
		{roster.TermsPull, roster.TeachersPull, true},
		{roster.TermsPull, roster.SectionsPull, true},
		{roster.TermsPull, roster.MakePlan, true},
		{roster.TeachersPull, roster.TeachersProcess, true},
		{roster.TeachersPull, roster.SectionsPull, false},
		{roster.TeachersPull, roster.MakePlan, true},
		{roster.SectionsPull, roster.SectionsProcess, true},
		{roster.SectionsPull, roster.RegistrationsPull, true},
		{roster.SectionsPull, roster.TeachersProcess, false},
		{roster.RegistrationsPull, roster.SectionsProcess, false},
		{roster.RegistrationsPull, roster.MakePlan, true},
	} {
		t.Run(tt.task+" after "+tt.fails, func(t *testing.T) {
			t.Parallel()
			from := small()
			c := newCampus(t, from, newLMS())
			c.must(roster.Args{})
			from.down = &sis.Error{Code: "SRC_AUTH", Message: "The SIS refuses the password."}
			if o := c.alone(tt.fails); o.err == nil {
				t.Fatal("the pull has not failed")
			}
			from.down = nil
			o := c.alone(tt.task)
			if (o.err != nil) != tt.refused || (tt.refused && (!tasks.IsPermanent(o.err) || !strings.Contains(o.err.Error(), "The SIS refuses the password"))) {
				t.Errorf("error = %v", o.err)
			}

			if o := c.alone(tt.fails); o.err != nil {
				t.Fatal(o.err)
			}
			if o := c.alone(tt.task); o.err != nil {
				t.Errorf("once the pull has succeeded: %v", o.err)
			}
		})
	}
}

func TestAPersonsWordGoesOnThoughTheSISIsDown(t *testing.T) {
	t.Parallel()
	from := small()
	c := newCampus(t, from, newLMS(sis.Course{Shortname: "BOTH"}), noCourses)
	c.must(roster.Args{})
	from.down = &sis.Error{Code: "SRC_AUTH", Message: "The SIS refuses the password."}
	_ = c.run(roster.Args{})

	if o := c.follow(roster.LinkSection, roster.LinkArgs{Sync: "main", Section: "s1", Course: "BOTH"}); o.err != nil {
		t.Errorf("%v: %v", o.tasks, o.err)
	}
}

func TestStepsExcludeEachOtherWhereOneWritesWhatAnotherReads(t *testing.T) {
	t.Parallel()
	c := newCampus(t, small(), newLMS())
	locks := func(task, args string) tasks.Wants {
		return c.wants(tasks.SinkRequest{Task: task, Args: json.RawMessage(args)})
	}
	const args, shard = `{"sync":"main"}`, `{"sync":"main","shard":1,"shards":8}`
	for _, tt := range []struct {
		a, b    tasks.Wants
		exclude bool
	}{
		{locks(roster.TermsPull, args), locks(roster.TermsPull, args), true},
		{locks(roster.TermsPull, args), locks(roster.RegistrationsPull, args), true},
		{locks(roster.TeachersPull, args), locks(roster.SectionsPull, args), false},
		{locks(roster.TeachersPull, args), locks(roster.TeachersProcess, args), true},
		{locks(roster.SectionsProcess, args), locks(roster.RegistrationsPull, args), false},
		{locks(roster.TeachersProcess, args), locks(roster.MakePlan, args), true},
		{locks(roster.RegistrationsPull, args), locks(roster.MakePlan, args), true},
		{locks(roster.MakePlan, args), locks(roster.RegistrationsProcess, args), true},
		{locks(roster.MakePlan, args), locks(roster.RegistrationsProcess, shard), true},
		{locks(roster.RegistrationsPull, args), locks(roster.RegistrationsProcess, args), false},
		{locks(roster.RegistrationsPull, args), locks(roster.RegistrationsProcess, shard), false},
		{locks(roster.LinkSection, `{"sync":"main","section":"s1","course":"c"}`), locks(roster.TermsPull, args), true},
		{locks(roster.Purge, `{"sync":"main","days":9}`), locks(roster.RegistrationsProcess, args), true},
		{locks(roster.TermsPull, args), locks(roster.TermsPull, `{"sync":"other"}`), false},
	} {
		if got := clash(tt.a, tt.b) || clash(tt.b, tt.a); got != tt.exclude {
			t.Errorf("%+v and %+v exclude each other: %v", tt.a, tt.b, got)
		}
	}
}

func clash(a, b tasks.Wants) bool {
	return slices.ContainsFunc(a.Writes, func(name string) bool { return slices.Contains(slices.Concat(b.Reads, b.Writes), name) })
}

func TestTeachersHaveAccountsAheadOfThePlanUnlessSomethingHoldsThem(t *testing.T) {
	t.Parallel()
	lms, from := reference.New(), small()
	bad := teacher("bad")
	bad.Person.Email = "nowhere"
	from.add(bad)
	c := newCampusAt(t, ledgerFor(t), from, lms)
	c.alone(roster.TermsPull)
	c.alone(roster.TeachersPull)
	if o := c.follow(roster.TeachersProcess, roster.Args{Sync: "main", DryRun: true}); o.err != nil || len(lms.State().Users) != 0 {
		t.Errorf("%v, accounts = %v; want a dry run to make none", o.err, lms.State().Users)
	}
	if o := c.alone(roster.TeachersProcess); o.err != nil || !slices.Equal(o.codes(), []string{"EMAIL_INVALID"}) {
		t.Errorf("%v, errors %v; want the bad e-mail alone", o.err, o.errors)
	}
	if users := lms.State().Users; len(users) != 1 || users[0].Key != "tom" {
		t.Errorf("accounts = %v, want tom's alone", users)
	}
	if got := c.messages(sis.Persons, "tom"); got[0] != "applied" {
		t.Errorf("messages = %v", got)
	}

	c.must(roster.Args{})
	plan := c.plan().ID
	family := func(name string) {
		from.edit(sis.Persons, "tom", func(r *sis.Record) { r.Person.Family = name })
		from.edit(sis.Persons, "ann", func(r *sis.Record) { r.Person.Family = name })
		c.alone(roster.TeachersPull)
		if o := c.alone(roster.TeachersProcess); o.err != nil {
			t.Fatal(o.err)
		}
	}
	names := func() (all []string) {
		for _, u := range lms.State().Users {
			all = append(all, u.Key+" "+u.Family)
		}
		return all
	}
	family("New")
	if diff := cmp.Diff([]string{"ann Family ann", "bob Family bob", "tom New"}, names()); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
	lms.ResetCounts()
	if o := c.alone(roster.TeachersProcess); o.err != nil || lms.Counts().Writes() > 0 {
		t.Errorf("%v, %d writes though nothing has changed", o.err, lms.Counts().Writes())
	}
	if c.plan().ID != plan {
		t.Errorf("the newest plan is that of the teachers")
	}

	c.sync.Brakes.Changes = map[sync.Scope]sync.Limit{sync.InSync: {Count: 1}}
	family("Odd")
	c.sync.Brakes.Changes = nil
	c.sync.Freezes = []sync.Freeze{{From: date("2026-09-10"), To: date("2026-09-20")}}
	family("Odder")
	if diff := cmp.Diff([]string{"ann Family ann", "bob Family bob", "tom New"}, names()); diff != "" {
		t.Errorf("with a brake, or in a freeze, accounts (-want +got):\n%s", diff)
	}
}
