package roster_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/roster"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// renamed gives a section of a crowd another key, with everybody in it.
func renamed(from *fakeSIS, old, key string) {
	from.edit(sis.Sections, old, func(r *sis.Record) {
		s := *r.Section
		s.Key, r.Key, r.Section = key, key, &s
	})
	for i := range from.records[sis.Registrations] {
		r := &from.records[sis.Registrations][i]
		if r.Registration.Section == old {
			g := *r.Registration
			g.Section = key
			r.Registration = &g
		}
	}
}

func TestBadInputChangedIds(t *testing.T) {
	t.Parallel()
	t.Run("row 16: a section that comes back under another id is one question, and no new course", func(t *testing.T) {
		lms, from := newLMS(), crowd(20)
		c := newCampus(t, from, lms)
		c.must(roster.Args{})
		before := lms.roster()
		renamed(from, "s1", "s1-new")

		c.must(roster.Args{})

		if diff := cmp.Diff(before, lms.roster()); diff != "" || len(lms.courses) != 1 {
			t.Errorf("%d courses; roster (-before +after):\n%s", len(lms.courses), diff)
		}
		if p := c.plan(); len(p.Held) != 1 || p.Held[0].Code != "REKEY_SUSPECTED" || p.Held[0].Of != 1 {
			t.Errorf("the plan holds %+v", p.Held)
		}
		if got := c.messages(sis.Sections, "s1-new"); got[0] != "held REKEY_SUSPECTED" {
			t.Errorf("messages = %v", got)
		}
	})
	t.Run("row 16: it goes on with its course once a person has said that it is the same", func(t *testing.T) {
		lms, from := newLMS(), crowd(20)
		c := newCampus(t, from, lms)
		c.must(roster.Args{})
		renamed(from, "s1", "s1-new")
		c.must(roster.Args{})
		before, rows := lms.roster(), lms.rows

		if o := c.follow(roster.Rekey, roster.RekeyArgs{Sync: "main", Stream: sis.Sections}); o.err != nil {
			t.Fatal(o.err)
		}
		if diff := cmp.Diff(before, lms.roster()); diff != "" || lms.rows != rows || len(lms.courses) != 1 {
			t.Errorf("%d rows written, %d courses; roster (-before +after):\n%s", lms.rows-rows, len(lms.courses), diff)
		}
		from.remove(sis.Registrations, "rp003")
		c.must(roster.Args{})
		if suspended(lms) != 1 {
			t.Errorf("roster = %v; want one drop by the new id", lms.roster())
		}
	})
	t.Run("row 16: who left while its id changed is dropped once a person has said that it is the same, and nobody is when it is cancelled", func(t *testing.T) {
		lms, from := newLMS(), crowd(20)
		c := newCampus(t, from, lms)
		c.must(roster.Args{})
		renamed(from, "s1", "s1-new")
		from.remove(sis.Registrations, "rp003")
		c.must(roster.Args{})
		if suspended(lms) != 0 {
			t.Errorf("%d suspended before anybody has said so", suspended(lms))
		}

		if o := c.follow(roster.Rekey, roster.RekeyArgs{Sync: "main", Stream: sis.Sections}); o.err != nil || suspended(lms) != 1 {
			t.Errorf("%v, %d suspended; want the one who left", o.err, suspended(lms))
		}
		from.remove(sis.Sections, "s1-new")
		for i := range 20 {
			from.remove(sis.Registrations, fmt.Sprintf("rp%03d", i))
		}
		if c.must(roster.Args{}); suspended(lms) != 1 {
			t.Errorf("%d suspended; want those of a cancelled class to stay", suspended(lms))
		}
	})
	t.Run("row 16: it gets a course of its own once a person has said that it is another", func(t *testing.T) {
		lms, from := newLMS(), crowd(20)
		c := newCampus(t, from, lms)
		c.must(roster.Args{})
		renamed(from, "s1", "s1-new")
		c.must(roster.Args{})

		o := c.follow(roster.Rekey, roster.RekeyArgs{Sync: "main", Stream: sis.Sections, Refuse: true})
		if o.err != nil || len(lms.courses) != 2 {
			t.Errorf("%v, %d courses; want a second one", o.err, len(lms.courses))
		}
		if p := c.plan(); len(p.Held) != 0 {
			t.Errorf("the plan holds %+v", p.Held)
		}
	})
	t.Run("row 17: a person whose id was merged keeps the account", func(t *testing.T) {
		lms, from := newLMS(), small()
		c := newCampus(t, from, lms)
		c.must(roster.Args{})
		accounts := len(lms.users)
		merged := student("ann2")
		merged.Person.Username, merged.Person.Email = "ann", "ann@school.example"
		from.remove(sis.Persons, "ann")
		from.remove(sis.Registrations, "r1")
		from.remove(sis.Registrations, "r3")
		from.add(merged, registration("r8", "s1", "ann2"), registration("r9", "s2", "ann2"))
		c.must(roster.Args{})
		if got := c.messages(sis.Persons, "ann2"); got[0] != "held REKEY_SUSPECTED" || len(lms.users) != accounts {
			t.Fatalf("messages = %v, %d accounts", got, len(lms.users))
		}

		if o := c.follow(roster.Rekey, roster.RekeyArgs{Sync: "main", Stream: sis.Persons, New: []string{"ann2"}}); o.err != nil {
			t.Fatal(o.err)
		}

		if len(lms.users) != accounts || !contains(lms.roster(), annInAlgebra) {
			t.Errorf("%d accounts, roster = %v", len(lms.users), lms.roster())
		}
		for _, u := range lms.users {
			if u.Username == "ann" && u.Key != "ann2" {
				t.Errorf("the account's id number is %s", u.Key)
			}
		}
	})
	t.Run("all ids prefixed: nothing is dropped and nothing is made", func(t *testing.T) {
		lms, from := newLMS(), crowd(20)
		c := newCampus(t, from, lms)
		c.must(roster.Args{})
		before := lms.roster()

		c.sis = newSIS(prefixed(from)...)
		c.source = c.sis
		c.sis.snapshot = 10
		c.must(roster.Args{})

		if diff := cmp.Diff(before, lms.roster()); diff != "" || len(lms.courses) != 1 || len(lms.users) != 20 {
			t.Errorf("%d courses, %d accounts; roster (-before +after):\n%s", len(lms.courses), len(lms.users), diff)
		}
		p := c.plan()
		if len(p.Held) != 2 || p.Held[0].Of != 1 || p.Held[1].Of != 20 || !strings.Contains(p.Held[1].Message, "changed their ids") {
			t.Errorf("the plan holds %+v", p.Held)
		}
	})
}

// prefixed returns all records of a campus with other ids.
func prefixed(from *fakeSIS) (all []sis.Record) {
	for _, stream := range sis.Streams {
		for _, r := range from.records[stream] {
			r.Key = "X" + r.Key
			switch {
			case r.Term != nil:
				one := *r.Term
				one.Key, r.Term = r.Key, &one
			case r.Person != nil:
				one := *r.Person
				one.Key, r.Person = r.Key, &one
			case r.Section != nil:
				one := *r.Section
				one.Key, one.Terms, r.Section = r.Key, []string{"X" + one.Terms[0]}, &one
			case r.Registration != nil:
				one := *r.Registration
				one.Key, one.Section, one.Person, r.Registration = r.Key, "X"+one.Section, "X"+one.Person, &one
			}
			all = append(all, r)
		}
	}
	return all
}

func TestBadInputSectionsThatAreNotForUs(t *testing.T) {
	t.Parallel()
	set := func(change func(*sis.Section)) func(*sis.Record) {
		return func(r *sis.Record) {
			s := *r.Section
			change(&s)
			r.Section = &s
		}
	}
	for name, test := range map[string]struct {
		change func(*sis.Section)
		code   string
	}{
		"row 15: a section that is not ready any more":        {func(s *sis.Section) { s.Extract = sis.ExtractNone }, "NOT_READY"},
		"row 15: a section that went to another platform":     {func(s *sis.Section) { s.Provider = "Canvas" }, "PROVIDER_OTHER"},
		"row 15: a section that moved to a term not selected": {func(s *sis.Section) { s.Terms = []string{"spring"} }, "TERM_NOT_SELECTED"},
	} {
		t.Run(name+" keeps its people and takes no more", func(t *testing.T) {
			lms, from := newLMS(), crowd(20)
			from.add(term("spring", "2027-02-01", "2027-06-30"), student("late"))
			c := newCampus(t, from, lms, func(s *sync.Sync) { s.Provider, s.Terms = "Moodle", []string{"fall"} })
			c.must(roster.Args{})
			before := lms.roster()
			from.edit(sis.Sections, "s1", set(test.change))
			from.remove(sis.Registrations, "rp001")
			from.add(registration("r-late", "s1", "late"))

			c.must(roster.Args{})

			if got := lms.roster(); len(got) != len(before) {
				t.Errorf("%d people in the course, want %d", len(got), len(before))
			}
			if got := c.messages(sis.Sections, "s1"); got[0] != "waiting "+test.code {
				t.Errorf("messages = %v", got)
			}
			if got := c.messages(sis.Registrations, "late"); got[0] != "waiting "+test.code {
				t.Errorf("messages about who came late = %v", got)
			}
		})
	}
}

func TestWhatWaitsGoesOnWithAPersonsWord(t *testing.T) {
	t.Parallel()
	t.Run("row 13: a registration of an unlinked section is applied as soon as it is linked", func(t *testing.T) {
		lms, from := newLMS(sis.Course{Shortname: "X1", Fullname: "Elsewhere"}), small()
		c := newCampus(t, from, lms, noCourses)
		c.must(roster.Args{})
		if got := c.messages(sis.Registrations, "s1|ann"); got[0] != "waiting SECTION_UNLINKED" {
			t.Fatalf("messages = %v", got)
		}

		o := c.follow(roster.LinkSection, roster.LinkArgs{Sync: "main", Section: "s1", Course: "X1"})

		if o.err != nil || !contains(lms.roster(), "X1 ann student 2026-09-01T00 2027-01-15T00") {
			t.Errorf("%v, roster = %v", o.err, lms.roster())
		}
		if pulls := from.pulls; pulls != 4 {
			t.Errorf("%d pulls; linking must not ask the SIS again", pulls)
		}
	})
	t.Run("a term is synced once a person has chosen it, and not once they have taken it out", func(t *testing.T) {
		lms, from := newLMS(), small()
		c := newCampus(t, from, lms, func(s *sync.Sync) { s.Terms = []string{"none-yet"} })
		c.must(roster.Args{})
		if len(lms.roster()) != 0 {
			t.Fatalf("roster = %v", lms.roster())
		}

		if o := c.follow(roster.ChooseTerm, roster.TermArgs{Sync: "main", Term: "fall"}); o.err != nil || len(lms.roster()) != 3 {
			t.Errorf("%v, roster = %v", o.err, lms.roster())
		}
		if o := c.follow(roster.ChooseTerm, roster.TermArgs{Sync: "main", Term: "fall", Drop: true}); o.err != nil || suspended(lms) != 0 {
			t.Errorf("%v, roster = %v; want nobody dropped", o.err, lms.roster())
		}
		o := c.follow(roster.ChooseTerm, roster.TermArgs{Sync: "main", Term: "winter"})
		if o.err == nil || !strings.Contains(fmt.Sprint(o.err), "winter") {
			t.Errorf("choosing an unknown term: %v", o.err)
		}
	})
}

func TestBadInputZones(t *testing.T) {
	t.Parallel()
	t.Run("row 23: a section's days begin where it is", func(t *testing.T) {
		lms, from := newLMS(), crowd(1)
		from.edit(sis.Sections, "s1", func(r *sis.Record) {
			s := *r.Section
			s.Zone = "America/New_York"
			r.Section = &s
		})
		c := newCampus(t, from, lms)
		c.must(roster.Args{})

		if want := "ALG p000 student 2026-09-01T06 2027-01-15T06"; !contains(lms.roster(), want) {
			t.Errorf("roster = %v, want %s", lms.roster(), want)
		}
	})
}

// merged is the small campus after the SIS has given ann another id, and
// somebody has said so.
func merged(t *testing.T, lms *fakeLMS, from *fakeSIS) *campus {
	t.Helper()
	c := newCampus(t, from, lms)
	c.must(roster.Args{})
	ann2 := student("ann2")
	ann2.Person.Username, ann2.Person.Email = "ann", "ann@school.example"
	from.remove(sis.Persons, "ann")
	from.remove(sis.Registrations, "r1")
	from.remove(sis.Registrations, "r3")
	from.add(ann2, registration("r8", "s1", "ann2"))
	c.must(roster.Args{})
	return c
}

func (c *campus) sameperson(key string) outcome {
	return c.follow(roster.Rekey, roster.RekeyArgs{Sync: "main", Stream: sis.Persons, New: []string{key}})
}

func TestTwoPeopleNeverWriteToOneAccountByTurns(t *testing.T) {
	t.Parallel()
	lms, from := newLMS(), small()
	c := merged(t, lms, from)
	if o := c.sameperson("ann2"); o.err != nil {
		t.Fatal(o.err)
	}
	back := student("ann")
	back.Person.Family = "Somebody Else"
	from.add(back, registration("r3", "s2", "ann"))
	for range 3 {
		c.must(roster.Args{})
	}

	if got := c.messages(sis.Persons, "ann"); !contains(got, "held ID_CONFLICT") {
		t.Errorf("messages = %v", got)
	}
	for _, u := range lms.users {
		if u.Username == "ann" && (u.Key != "ann2" || u.Family != "Family ann2") {
			t.Errorf("the account is %+v, want ann2's", u)
		}
	}
	if contains(lms.roster(), "GEO ann student 2026-09-01T00 2027-01-15T00") || !contains(lms.roster(), annInAlgebra) {
		t.Errorf("roster = %v", lms.roster())
	}

	from.remove(sis.Persons, "ann2") // the SIS takes it back
	from.remove(sis.Registrations, "r8")
	c.must(roster.Args{})
	if got := c.messages(sis.Persons, "ann"); !contains(got, "held REKEY_SUSPECTED") {
		t.Errorf("messages = %v, want the question whether it is ann again", got)
	}
	if o := c.sameperson("ann"); o.err != nil {
		t.Fatal(o.err)
	}
	c.must(roster.Args{})
	for _, u := range lms.users {
		if u.Username == "ann" && (u.Key != "ann" || u.Family != "Somebody Else") {
			t.Errorf("the account is %+v, want ann's again", u)
		}
	}
	if !contains(lms.roster(), "GEO ann student 2026-09-01T00 2027-01-15T00") {
		t.Errorf("roster = %v", lms.roster())
	}
}

func TestAKeyThatTheLMSDidNotTakeIsTriedAgain(t *testing.T) {
	t.Parallel()
	lms, from := newLMS(), small()
	c := merged(t, lms, from)
	answered := false
	lms.before = func() error { // it goes down before the key is changed
		if answered {
			return &sis.Error{Code: "TGT_REFUSED", Message: "No."}
		}
		return nil
	}
	writes := lms.writes
	lms.after = func() error {
		answered = lms.writes == writes
		return nil
	}
	_ = c.sameperson("ann2")
	lms.before, lms.after = nil, nil
	c.must(roster.Args{})

	if !contains(lms.roster(), annInAlgebra) {
		t.Errorf("roster = %v", lms.roster())
	}
	for _, u := range lms.users {
		if u.Username == "ann" && u.Key != "ann2" {
			t.Errorf("the account is %+v, want ann2's", u)
		}
	}
}

func TestApprovingTheQuestionAboutChangedIdsAnswersIt(t *testing.T) {
	t.Parallel()
	t.Run("yes: the section goes on with its course", func(t *testing.T) {
		t.Parallel()
		lms, from := newLMS(), crowd(20)
		c := newCampusAt(t, ledgerFor(t), from, lms)
		c.must(roster.Args{})
		renamed(from, "s1", "s1-new")
		from.add(student("new"), registration("rnew", "s1-new", "new"))
		c.must(roster.Args{})
		p := c.plan()
		if w := p.Waits(); p.State != sync.PlanHeld || len(w) != 1 || w[0].Stream != sis.Sections || w[0].Needs != 1 {
			t.Fatalf("plan %s holds %+v", p.State, p.Held)
		}
		c.approve()

		if len(lms.courses) != 1 || !contains(lms.roster(), "ALG new student 2026-09-01T00 2027-01-15T00") || suspended(lms) != 0 {
			t.Errorf("%d courses, roster = %v", len(lms.courses), lms.roster())
		}
		if p := c.plan(); p.State != sync.PlanDone || len(p.Held) != 0 {
			t.Errorf("plan %s holds %+v; want it done", p.State, p.Held)
		}
	})
	t.Run("no: it gets a course of its own", func(t *testing.T) {
		t.Parallel()
		lms, from := newLMS(), crowd(20)
		c := newCampusAt(t, ledgerFor(t), from, lms)
		c.must(roster.Args{})
		renamed(from, "s1", "s1-new")
		c.must(roster.Args{})
		p, err := c.decide(sync.Reject, "registrar")
		if err != nil {
			t.Fatal(err)
		}
		c.resume(p)

		if len(lms.courses) != 2 {
			t.Errorf("%d courses, want one more", len(lms.courses))
		}
	})
	t.Run("the account goes over to the person's new id", func(t *testing.T) {
		t.Parallel()
		lms, from := newLMS(), small()
		c := merged(t, lms, from)
		c.approve()

		for _, u := range lms.users {
			if u.Username == "ann" && u.Key != "ann2" {
				t.Errorf("the account is %+v, want ann2's", u)
			}
		}
	})
	t.Run("where two must approve, the first counts for the next plan too", func(t *testing.T) {
		t.Parallel()
		lms, from := newLMS(), crowd(20)
		c := newCampus(t, from, lms, func(s *sync.Sync) { s.Approvals = 2 })
		c.must(roster.Args{})
		renamed(from, "s1", "s1-new")
		c.must(roster.Args{})
		if _, err := c.decide(sync.Approve, "registrar"); err != nil {
			t.Fatal(err)
		}
		c.must(roster.Args{})
		if p := c.plan(); p.State != sync.PlanHeld || len(p.Waits()[0].Approvals()) != 1 {
			t.Fatalf("plan %s holds %+v", p.State, p.Held)
		}
		p, err := c.decide(sync.Approve, "dean")
		if err != nil {
			t.Fatal(err)
		}
		c.resume(p)
		if p := c.plan(); len(p.Held) != 0 || len(lms.courses) != 1 {
			t.Errorf("it holds %+v, and there are %d courses", p.Held, len(lms.courses))
		}
	})
}
