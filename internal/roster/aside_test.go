package roster_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/beadle-jobs/beadle/internal/roster"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// setAside has a person judge the newest message about a record, and returns
// its id.
func (c *campus) setAside(stream sis.Stream, key string, judge func(*roster.SkipArgs)) string {
	c.t.Helper()
	all, err := c.ledger.SISMessages(c.t.Context(), sync.MessageFilter{Sync: "main", Stream: stream, Record: key, Limit: 1})
	if err != nil || len(all) != 1 {
		c.t.Fatalf("%d messages about %s, %v", len(all), key, err)
	}
	args := roster.SkipArgs{Sync: "main", Messages: []string{all[0].ID}, Reason: "not ours"}
	judge(&args)
	if o := c.follow(roster.Skip, args); o.err != nil {
		c.t.Fatal(o.err)
	}
	return all[0].ID
}

func skipped(*roster.SkipArgs)     {}
func onHold(a *roster.SkipArgs)    { a.Hold = true }
func takenBack(a *roster.SkipArgs) { a.Back, a.Reason = true, "" }

// arriving is the small campus that was pulled, and of which nothing is written.
func arriving(t *testing.T, lms *fakeLMS) (*campus, *fakeSIS) {
	t.Helper()
	from := small()
	c := newCampus(t, from, lms)
	c.must(roster.Args{DryRun: true})
	return c, from
}

func TestWhatAPersonSetsAsideIsNotAppliedUntilTheyTakeItBack(t *testing.T) {
	t.Parallel()
	const inGeometry = "GEO ann student 2026-09-01T00 2027-01-15T00"
	for name, tt := range map[string]struct {
		stream sis.Stream
		key    string
		judge  func(*roster.SkipArgs)
		says   string
		absent string // from the roster meanwhile
	}{
		"a registration, for good":    {sis.Registrations, "s2|ann|student", skipped, "ignored MANUAL_OVERRIDE", inGeometry},
		"a registration, for now":     {sis.Registrations, "s2|ann|student", onHold, "held MANUAL_OVERRIDE", inGeometry},
		"a person, who gets no place": {sis.Persons, "ann", skipped, "ignored MANUAL_OVERRIDE", inGeometry},
		"a section, which gets none":  {sis.Sections, "s2", onHold, "held MANUAL_OVERRIDE", inGeometry},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lms := newLMS()
			c, _ := arriving(t, lms)
			c.setAside(tt.stream, tt.key, tt.judge)
			for range 2 {
				c.must(roster.Args{})
				if got := c.messages(tt.stream, tt.key); !contains(got, tt.says) || contains(lms.roster(), tt.absent) {
					t.Errorf("messages = %v, roster = %v", got, lms.roster())
				}
				if !contains(lms.roster(), "ALG bob student 2026-09-01T00 2027-01-15T00") {
					t.Errorf("roster = %v; want the others in", lms.roster())
				}
			}
			if why := c.reason(tt.stream, tt.key); !strings.HasSuffix(why, "not ours") {
				t.Errorf("reason = %q; want the person's", why)
			}

			c.setAside(tt.stream, tt.key, takenBack)
			if !contains(lms.roster(), tt.absent) {
				t.Errorf("roster = %v; want ann in, once it is taken back", lms.roster())
			}
		})
	}
}

func TestADropThatIsSetAsideSuspendsNobody(t *testing.T) {
	t.Parallel()
	lms, from := newLMS(), small()
	c := newCampus(t, from, lms)
	c.must(roster.Args{})
	from.remove(sis.Registrations, "r3")
	c.must(roster.Args{DryRun: true})
	c.setAside(sis.Registrations, "s2|ann|student", skipped)
	c.must(roster.Args{})
	if suspended(lms) != 0 || c.plan().Effects() != 0 {
		t.Errorf("plan %v, roster = %v; want nothing done", c.plan().Counts, lms.roster())
	}

	c.setAside(sis.Registrations, "s2|ann|student", takenBack)
	if suspended(lms) != 1 {
		t.Errorf("roster = %v; want ann suspended in GEO", lms.roster())
	}
}

func TestAChangeOfNameThatIsSetAsideIsNotWritten(t *testing.T) {
	t.Parallel()
	lms, from := newLMS(), small()
	c := newCampus(t, from, lms)
	c.must(roster.Args{})
	from.edit(sis.Persons, "ann", func(r *sis.Record) { r.Person.Family = "Wrong" })
	c.must(roster.Args{DryRun: true})
	c.setAside(sis.Persons, "ann", onHold)
	c.must(roster.Args{})

	if slices.ContainsFunc(lms.users, func(u sis.User) bool { return u.Family == "Wrong" }) {
		t.Errorf("accounts = %+v", lms.users)
	}
	if !contains(lms.roster(), annInAlgebra) {
		t.Errorf("roster = %v; want ann to keep her places", lms.roster())
	}
}

func TestWhatIsSetAsideCountsNoMoreOnceTheSISSendsSomethingElse(t *testing.T) {
	t.Parallel()
	lms := newLMS()
	c, from := arriving(t, lms)
	c.setAside(sis.Registrations, "s2|ann|student", skipped)
	from.edit(sis.Registrations, "r3", func(r *sis.Record) { r.Registration.End = date("2026-12-01") })
	c.must(roster.Args{})

	if !contains(lms.roster(), "GEO ann student 2026-09-01T00 2026-12-01T00") {
		t.Errorf("roster = %v; want ann in GEO, as the newer message says", lms.roster())
	}
}
