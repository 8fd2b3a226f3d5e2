package roster_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/roster"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

func email(key, address string) func(*fakeSIS) {
	return func(f *fakeSIS) {
		f.edit(sis.Persons, key, func(r *sis.Record) { r.Person.Email = address })
	}
}

func TestAPersonWhoCannotHaveAnAccountIsHeldAndOthersGoOn(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		spoil    func(*fakeSIS)
		there    []sis.User // in the LMS already
		code     string
		accounts []string
	}{
		"row 1: no e-mail":            {spoil: email("ann", ""), code: "EMAIL_INVALID", accounts: []string{"bob", "tom"}},
		"row 1: an invalid e-mail":    {spoil: email("ann", "ann@school"), code: "EMAIL_INVALID", accounts: []string{"bob", "tom"}},
		"row 1: a lookalike domain":   {spoil: email("ann", "ann@schооl.example"), code: "EMAIL_INVALID", accounts: []string{"bob", "tom"}},
		"row 1: a name and an e-mail": {spoil: email("ann", "Ann <ann@school.example>"), code: "EMAIL_INVALID", accounts: []string{"bob", "tom"}},
		"row 2: an e-mail that two have, in other letter case": {
			spoil: email("ann", "BOB@School.example"), code: "EMAIL_DUPLICATE", accounts: []string{"tom"},
		},
		"a username that an earlier one has": {
			spoil: func(f *fakeSIS) {
				f.edit(sis.Persons, "ann", func(r *sis.Record) { r.Person.Username = "Tom" })
			},
			code: "USERNAME_TAKEN", accounts: []string{"bob", "tom"},
		},
		"no username": {
			spoil: func(f *fakeSIS) { f.edit(sis.Persons, "ann", func(r *sis.Record) { r.Person.Username = "" }) },
			code:  "REQ_FIELD_MISSING", accounts: []string{"bob", "tom"},
		},
		"a username that somebody in the LMS has": {
			there: []sis.User{{Username: "ann", Email: "other@school.example"}}, code: "USERNAME_TAKEN", accounts: []string{"ann", "bob", "tom"},
		},
		"an e-mail that somebody in the LMS has": {
			there: []sis.User{{Username: "other", Email: "Ann@school.example", Key: "x"}}, code: "EMAIL_DUPLICATE", accounts: []string{"bob", "other", "tom"},
		},
		"an account in the LMS without the key": {
			there: []sis.User{{Username: "ann", Email: "ann@school.example"}}, code: "ID_CONFLICT", accounts: []string{"ann", "bob", "tom"},
		},
		"two accounts with the key": {
			there:    []sis.User{{Username: "a1", Email: "a1@x.example", Key: "ann"}, {Username: "a2", Email: "a2@x.example", Key: "ann"}},
			code:     "ID_AMBIGUOUS",
			accounts: []string{"a1", "a2", "bob", "tom"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			from, lms := small(), newLMS()
			if tt.spoil != nil {
				tt.spoil(from)
			}
			for _, u := range tt.there {
				u.ID = lms.id()
				lms.users = append(lms.users, u)
			}
			c := newCampus(t, from, lms)

			got := c.must(roster.Args{})

			if codes := slices.Compact(got.codes()); !cmp.Equal([]string{tt.code}, codes) {
				t.Errorf("record errors = %+v, want only %s", got.errors, tt.code)
			}
			if diff := cmp.Diff(tt.accounts, lms.names()); diff != "" {
				t.Errorf("accounts (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]string{"held " + tt.code}, c.messages(sis.Persons, "ann")); diff != "" {
				t.Errorf("the person's messages (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]string{"waiting " + tt.code}, c.messages(sis.Registrations, "s1|ann")); diff != "" {
				t.Errorf("the registration's messages (-want +got):\n%s", diff)
			}
			for _, e := range got.errors {
				if strings.Contains(e.Message, "Family") || strings.Contains(e.Message, "school.example") {
					t.Errorf("the message names a person: %s", e.Message)
				}
			}
		})
	}
}

func TestAHeldPersonIsEnrolledOnceTheRecordIsMended(t *testing.T) {
	t.Parallel()
	from, lms := small(), newLMS()
	email("ann", "")(from)
	c := newCampus(t, from, lms)
	c.must(roster.Args{})
	email("ann", "ann@school.example")(from)

	c.must(roster.Args{})

	if len(lms.places) != 3 {
		t.Errorf("roster = %v, want all three", lms.roster())
	}
	if diff := cmp.Diff([]string{"applied"}, c.messages(sis.Registrations, "s1|ann")); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"applied", "superseded EMAIL_INVALID"}, c.messages(sis.Persons, "ann")); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

func TestAnAccountWithThePersonsKeyIsTheirs(t *testing.T) {
	t.Parallel()
	from, lms := small(), newLMS()
	lms.users = append(lms.users, sis.User{ID: lms.id(), Key: "ann", Username: "a.smith", Email: "ann@school.example", Given: "Given ann", Family: "Old"})
	c := newCampus(t, from, lms)

	got := c.must(roster.Args{})

	if diff := cmp.Diff([]string{"a.smith", "bob", "tom"}, lms.names()); diff != "" || len(got.errors) != 0 {
		t.Errorf("errors %v, accounts (-want +got):\n%s", got.errors, diff)
	}
	want := sis.User{ID: "1", Key: "ann", Username: "a.smith", Email: "ann@school.example", Given: "Given ann", Family: "Family ann"}
	if diff := cmp.Diff(want, lms.users[0]); diff != "" {
		t.Errorf("account (-want +got):\n%s", diff)
	}
}

func onlyWhatTheSISChangesIsChanged(t *testing.T) {
	t.Parallel()
	from, lms := small(), newLMS()
	c := newCampus(t, from, lms)
	c.must(roster.Args{})
	at := slices.IndexFunc(lms.users, func(u sis.User) bool { return u.Key == "ann" })
	lms.users[at].Given = "Annie" // by a person, in the LMS
	from.edit(sis.Persons, "ann", func(r *sis.Record) {
		p := *r.Person
		p.Family, p.Email, p.Username = "Married", "ann.married@school.example", "ann2"
		r.Person = &p
	})

	c.must(roster.Args{})

	want := sis.User{ID: lms.users[at].ID, Key: "ann", Username: "ann", Email: "ann.married@school.example", Given: "Annie", Family: "Married"}
	if diff := cmp.Diff(want, lms.users[at]); diff != "" {
		t.Errorf("account (-want +got):\n%s", diff)
	}
	effects, err := c.ledger.SISEffects(t.Context(), c.plan().ID, sync.EffectFilter{})
	if err != nil || len(effects) != 1 || !strings.Contains(string(effects[0].Before), "Family ann") || !strings.Contains(string(effects[0].After), "Married") {
		t.Errorf("effects = %v, %v; want one with its before and after", effects, err)
	}
	lms.writes = 0
	c.must(roster.Args{})
	if lms.writes != 0 {
		t.Errorf("a further run made %d calls", lms.writes)
	}
}

func aLinkedPersonKeepsWorking(t *testing.T) {
	t.Parallel()
	from, lms := small(), newLMS()
	c := newCampus(t, from, lms)
	c.must(roster.Args{})
	thief := student("eve")
	thief.Person.Email = "Ann@school.example"
	from.add(thief, registration("r7", "s1", "eve"), registration("r8", "s2", "bob"))
	from.edit(sis.Registrations, "r3", func(r *sis.Record) { r.Registration.End = date("2026-12-01") })

	got := c.must(roster.Args{})

	if diff := cmp.Diff([]string{"EMAIL_DUPLICATE"}, got.codes()); diff != "" {
		t.Errorf("record errors (-want +got):\n%s", diff)
	}
	if want := "GEO ann student 2026-09-01T00 2026-12-01T00"; !contains(lms.roster(), want) {
		t.Errorf("roster = %v; want %s", lms.roster(), want)
	}
	if diff := cmp.Diff([]string{"ann", "bob", "tom"}, lms.names()); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
}

func TestAnEmailIsNotTakenFromAnotherAccount(t *testing.T) {
	t.Parallel()
	from, lms := small(), newLMS()
	c := newCampus(t, from, lms)
	c.must(roster.Args{})
	lms.users = append(lms.users, sis.User{ID: lms.id(), Username: "guest", Email: "guest@school.example"})
	from.edit(sis.Persons, "ann", func(r *sis.Record) {
		p := *r.Person
		p.Email, p.Given = "guest@school.example", "Anna"
		r.Person = &p
	})

	got := c.must(roster.Args{})

	at := slices.IndexFunc(lms.users, func(u sis.User) bool { return u.Key == "ann" })
	if u := lms.users[at]; u.Email != "ann@school.example" || u.Given != "Anna" {
		t.Errorf("account = %+v; want the new name and the old e-mail", u)
	}
	if diff := cmp.Diff([]string{"ID_CONFLICT"}, got.codes()); diff != "" {
		t.Errorf("record errors (-want +got):\n%s", diff)
	}
}
