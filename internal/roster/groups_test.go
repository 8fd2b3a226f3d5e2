package roster_test

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/campus/moodlesim"
	"github.com/beadle-jobs/beadle/internal/lms/moodle"
	"github.com/beadle-jobs/beadle/internal/lms/reference"
	"github.com/beadle-jobs/beadle/internal/roster"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A platform is a learning platform with one course, which two sections share.
type platform struct {
	target sis.Target
	course string                         // its id
	groups func() []string                // in words: "s1 ALG: ann bob"
	meddle func(group string, who string) // makes a group by hand, and puts an account into all
	writes func() int
}

func referencePlatform(t *testing.T) platform {
	lms := reference.New()
	course := lms.AddCourse(sis.Course{Shortname: "BOTH", Fullname: "Both"})
	return platform{
		target: lms, course: course.ID, writes: func() int { return lms.Counts().Writes() },
		groups: func() (lines []string) {
			for _, g := range lms.State().Groups {
				lines = append(lines, fmt.Sprintf("%s %s: %s", g.Key, g.Name, strings.Join(g.Members, " ")))
			}
			return lines
		},
		meddle: func(name, who string) {
			made, _ := lms.EnsureGroups(t.Context(), []sis.Group{{Course: course.ID, Key: "by hand", Name: name}, {Course: course.ID, Key: "s1"}})
			users, _ := lms.Users(t.Context(), sis.UserByKey, []string{who})
			_, _ = lms.SetMembers(t.Context(), []sis.Membership{{Group: made[0].ID, User: users[0].ID}, {Group: made[1].ID, User: users[0].ID}})
		},
	}
}

func moodlePlatform(t *testing.T) platform {
	sim := moodlesim.New(moodlesim.Options{})
	course := sim.AddCourse(moodlesim.Course{Shortname: "BOTH", Fullname: "Both"})
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	keys := func() map[int]string {
		names := map[int]string{}
		for _, u := range sim.State().Users {
			names[u.ID] = u.Idnumber
		}
		return names
	}
	return platform{
		target: moodle.New(moodle.Config{URL: server.URL, Token: "demo", Roles: map[sis.Role]int{sis.Student: 5, sis.Teacher: 3, sis.Assistant: 4}}),
		course: fmt.Sprint(course.ID),
		writes: func() (n int) {
			for _, calls := range sim.WriteCalls() {
				n += calls
			}
			return n
		},
		groups: func() (lines []string) {
			for _, g := range sim.State().Groups {
				var members []string
				for _, m := range g.Members {
					members = append(members, keys()[m])
				}
				slices.Sort(members)
				lines = append(lines, fmt.Sprintf("%s %s: %s", g.Idnumber, g.Name, strings.Join(members, " ")))
			}
			slices.Sort(lines)
			return lines
		},
		meddle: func(name, who string) {
			for id, key := range keys() {
				if key == who {
					made := sim.AddGroup(moodlesim.Group{Course: course.ID, Name: name, Idnumber: "by hand"})
					sim.JoinGroup(made.ID, id)
					sim.JoinGroup(sim.State().Groups[0].ID, id)
				}
			}
		},
	}
}

// sharing is a campus whose two sections share a course.
func sharing(t *testing.T, p platform, from *fakeSIS, settings ...func(*sync.Sync)) *campus {
	t.Helper()
	c := newCampusAt(t, ledgerFor(t), from, p.target, append(settings, noCourses)...)
	c.must(roster.Args{})
	for _, section := range []string{"s1", "s2"} {
		if o := c.follow(roster.LinkSection, roster.LinkArgs{Sync: "main", Section: section, Course: "BOTH"}); o.err != nil {
			t.Fatal(o.err)
		}
	}
	return c
}

func classes() *fakeSIS {
	return newSIS(
		term("fall", "2026-09-01", "2027-01-15"), student("ann"), student("bob"), student("cem"),
		class("s1", "ALG", "fall"), class("s2", "ALG-X", "fall"),
		registration("r1", "s1", "ann"), registration("r2", "s1", "bob"), registration("r3", "s2", "cem"),
	)
}

func TestEachSectionThatSharesACourseHasAGroupWhoseMembersFollowTheRegistrations(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(*testing.T) platform{"reference": referencePlatform, "moodle": moodlePlatform} {
		t.Run("row 11: the group moves with the registration: "+name, func(t *testing.T) {
			t.Parallel()
			p, from := open(t), classes()
			c := sharing(t, p, from)
			is := func(when string, want ...string) {
				t.Helper()
				if diff := cmp.Diff(want, p.groups()); diff != "" {
					t.Errorf("%s (-want +got):\n%s", when, diff)
				}
			}
			is("in the beginning", "s1 ALG: ann bob", "s2 ALG-X: cem")

			before := p.writes()
			if c.must(roster.Args{}); p.writes() != before {
				t.Errorf("%d calls that write though nothing has changed", p.writes()-before)
			}

			p.meddle("Chess", "cem")
			from.remove(sis.Registrations, "r1")
			from.add(registration("r4", "s2", "ann")) // the student never leaves the course
			c.must(roster.Args{})
			is("after a swap", "by hand Chess: cem", "s1 ALG: bob cem", "s2 ALG-X: ann cem")
			if got := c.messages(sis.Registrations, "s2|ann"); !slices.Equal(got, []string{"applied"}) {
				t.Errorf("messages = %v", got)
			}

			from.remove(sis.Registrations, "r2")
			c.must(roster.Args{})
			is("after a drop", "by hand Chess: cem", "s1 ALG: bob cem", "s2 ALG-X: ann cem")
			from.add(registration("r5", "s2", "bob"))
			c.must(roster.Args{})
			is("after a return to the other section", "by hand Chess: cem", "s1 ALG: cem", "s2 ALG-X: ann bob cem")
		})
	}
}

func TestASectionAloneInItsCourseHasAGroupIfTheSettingsSaySo(t *testing.T) {
	t.Parallel()
	for setting, want := range map[sync.Grouping]int{"": 0, sync.GroupShared: 0, sync.GroupAll: 2, sync.GroupNone: 0} {
		lms := reference.New()
		newCampus(t, classes(), lms, func(s *sync.Sync) { s.Groups = setting }).must(roster.Args{})
		if got := lms.State().Groups; len(got) != want {
			t.Errorf("groups %q: %v, want %d", setting, got, want)
		}
	}
	p := referencePlatform(t)
	sharing(t, p, classes(), func(s *sync.Sync) { s.Groups = sync.GroupNone })
	if got := p.groups(); len(got) != 0 {
		t.Errorf("no groups are wanted, and there are %v", got)
	}
}

func TestGroupsEndUpRightThoughAnswersAreLost(t *testing.T) {
	t.Parallel()
	p, from := referencePlatform(t), classes()
	c := sharing(t, p, from)
	lms := p.target.(*reference.Target)
	from.remove(sis.Registrations, "r1")
	from.add(registration("r4", "s2", "ann"))
	lms.SetFaults(reference.Faults{Lose: func(call reference.Call) bool { return call == reference.SetMembers }})
	if o := c.run(roster.Args{}); o.err == nil {
		t.Fatal("an answer that was lost is no error")
	}
	from.remove(sis.Registrations, "r4") // and it was all a mistake
	from.add(registration("r5", "s1", "ann"))
	lms.SetFaults(reference.Faults{})
	c.must(roster.Args{})

	if diff := cmp.Diff([]string{"s1 ALG: ann bob", "s2 ALG-X: cem"}, p.groups()); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
}

func TestAGroupThatSomebodyHasDeletedIsNotMadeAgain(t *testing.T) {
	t.Parallel()
	p, from := referencePlatform(t), classes()
	c := sharing(t, p, from)
	lms := p.target.(*reference.Target)
	lms.SetFaults(reference.Faults{Refuse: func(item any) error {
		if _, is := item.(sis.Membership); is {
			return &sis.Error{Code: "GROUP_GONE", Message: "The group is gone."}
		}
		return nil
	}})
	from.add(student("dee"), registration("r6", "s1", "dee"))
	if got := c.must(roster.Args{}); !slices.Equal(got.codes(), []string{"GROUP_GONE"}) {
		t.Errorf("errors = %v", got.errors)
	}

	lms.ResetCounts()
	from.add(student("eve"), registration("r7", "s1", "eve"))
	got := c.must(roster.Args{})
	if calls := lms.Counts().Calls; len(got.errors) > 0 || calls[reference.EnsureGroups]+calls[reference.SetMembers] > 0 {
		t.Errorf("errors %v, calls %v; want eve enrolled and no group touched", got.errors, calls)
	}
}

func TestASectionUnderANewIdKeepsItsGroup(t *testing.T) {
	t.Parallel()
	p, from := referencePlatform(t), classes()
	c := sharing(t, p, from)
	from.remove(sis.Sections, "s1")
	from.add(class("n1", "ALG", "fall"))
	for _, r := range []string{"r1", "r2"} {
		from.edit(sis.Registrations, r, func(r *sis.Record) { r.Registration.Section = "n1" })
	}
	from.edit(sis.Sections, "n1", func(r *sis.Record) { r.Section.Title = "Class s1" })
	c.must(roster.Args{})
	if o := c.follow(roster.Rekey, roster.RekeyArgs{Sync: "main", Stream: sis.Sections}); o.err != nil {
		t.Fatal(o.err)
	}
	from.add(student("dee"), registration("r6", "n1", "dee"))
	c.must(roster.Args{})

	if diff := cmp.Diff([]string{"s1 ALG: ann bob dee", "s2 ALG-X: cem"}, p.groups()); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
}
