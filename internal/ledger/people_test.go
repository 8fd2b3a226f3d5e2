package ledger_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/auth"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/ledger"
)

var paul = auth.Person{Name: "paul", Title: "Paul", Email: "paul@example.edu", Source: auth.FromHere, Created: noon, Grants: []auth.Grant{
	{Role: auth.PowerUser}, {Role: auth.Viewer, Client: "north", Tasks: "sis.*"},
}}

func is(t *testing.T, err error, kind fault.Kind) {
	t.Helper()
	if err == nil || fault.KindOf(err) != kind {
		t.Errorf("got %v, want a fault of kind %s", err, kind.Code())
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestPeopleAreKeptWithTheirGrants(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		must(t, l.AddPerson(t.Context(), paul, ""))
		is(t, l.AddPerson(t.Context(), paul, ""), fault.Conflict)
		olga := auth.Person{Name: "olga", Source: auth.FromOIDC, Subject: "17", Created: noon, Grants: []auth.Grant{}}
		must(t, l.AddPerson(t.Context(), olga, "https://login.example.edu"))
		invited := paul
		invited.Invited = true
		got, err := l.People(t.Context())
		must(t, err)
		if diff := cmp.Diff([]auth.Person{olga, invited}, got); diff != "" {
			t.Errorf("people (-want +got):\n%s", diff)
		}
		if p, err := l.PersonOfSubject(t.Context(), "https://login.example.edu", "17"); err != nil || p.Name != "olga" {
			t.Errorf("of the subject: %+v, %v", p, err)
		}
		_, err = l.PersonOfSubject(t.Context(), "https://other.example.edu", "17")
		is(t, err, fault.NotFound)
		_, err = l.Person(t.Context(), "nobody-here")
		is(t, err, fault.NotFound)
	})
}

func TestAnEditOfAPersonThatIsRefusedChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		must(t, l.AddPerson(t.Context(), paul, ""))
		edit := func(p auth.Person) (auth.Person, error) {
			p.Title, p.Disabled, p.Grants = "Paula", true, []auth.Grant{{Role: auth.Operator}}
			return p, nil
		}
		no := errors.New("no")
		err := l.EditPerson(t.Context(), "paul", edit, func(before, after []auth.Person) error {
			if before[0].Disabled || !after[0].Disabled {
				t.Errorf("before %+v, after %+v", before, after)
			}
			return no
		})
		if p, _ := l.Person(t.Context(), "paul"); !errors.Is(err, no) || p.Disabled || len(p.Grants) != 2 {
			t.Errorf("got %v, %+v", err, p)
		}
		must(t, l.EditPerson(t.Context(), "paul", edit, func(_, _ []auth.Person) error { return nil }))
		if p, _ := l.Person(t.Context(), "paul"); !p.Disabled || p.Title != "Paula" || len(p.Grants) != 1 {
			t.Errorf("got %+v", p)
		}
	})
}

func TestALinkSetsAPasswordOnceAndEndsSessions(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		must(t, l.AddPerson(t.Context(), paul, ""))
		must(t, l.AddLink(t.Context(), "h1", "paul", noon.Add(time.Hour)))
		must(t, l.AddLink(t.Context(), "h2", "paul", noon.Add(time.Hour)))
		must(t, l.AddSession(t.Context(), auth.Session{ID: "s1", Person: "paul", Created: noon, Seen: noon, Expires: noon.Add(time.Hour)}))
		if whose, err := l.Link(t.Context(), "h1", noon); whose != "paul" || err != nil {
			t.Errorf("link of %q, %v", whose, err)
		}
		_, err := l.Link(t.Context(), "h1", noon.Add(time.Hour))
		is(t, err, fault.NotFound)
		must(t, l.SetUp(t.Context(), "h1", "paul", "hash", noon))
		is(t, l.SetUp(t.Context(), "h1", "paul", "other", noon), fault.NotFound)
		is(t, l.SetUp(t.Context(), "h2", "paul", "other", noon), fault.NotFound)
		if hash, err := l.Password(t.Context(), "paul"); hash != "hash" || err != nil {
			t.Errorf("password %q, %v", hash, err)
		}
		if s, err := l.Session(t.Context(), "s1"); err != nil || s.Ended == nil {
			t.Errorf("session %+v, %v", s, err)
		}
		must(t, l.AddLink(t.Context(), "h3", "", noon.Add(time.Hour)))
		is(t, l.SetUpFirst(t.Context(), "h3", auth.Person{Name: "eve", Source: auth.FromHere, Created: noon}, "hash"), fault.Conflict)
	})
}

func TestSessionsTokensAndFailuresAreKept(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		must(t, l.AddPerson(t.Context(), paul, ""))
		s := auth.Session{ID: "s1", Person: "paul", Created: noon, Seen: noon, Expires: noon.Add(time.Hour), Agent: "a browser", Address: "192.0.2.1"}
		must(t, l.AddSession(t.Context(), s))
		must(t, l.SeeSession(t.Context(), "s1", noon.Add(time.Minute)))
		must(t, l.SetSessionAs(t.Context(), "s1", "olga"))
		must(t, l.EndSession(t.Context(), "s1", noon.Add(2*time.Minute)))
		s.Seen, s.As, s.Ended = noon.Add(time.Minute), "olga", new(noon.Add(2*time.Minute))
		sessions, err := l.Sessions(t.Context(), "")
		must(t, err)
		if diff := cmp.Diff([]auth.Session{s}, sessions); diff != "" {
			t.Errorf("sessions (-want +got):\n%s", diff)
		}
		token := auth.Token{ID: "t1", Name: "script", Person: "paul", Grants: paul.Grants, Created: noon, Expires: noon.Add(time.Hour)}
		must(t, l.AddToken(t.Context(), token, "hash"))
		must(t, l.UseToken(t.Context(), "t1", noon))
		must(t, l.RevokeToken(t.Context(), "t1", noon))
		token.Used, token.Revoked = new(noon), new(noon)
		got, hash, err := l.Token(t.Context(), "t1")
		if diff := cmp.Diff(token, got); diff != "" || hash != "hash" || err != nil {
			t.Errorf("token with %q, %v (-want +got):\n%s", hash, err, diff)
		}
		for i, seen := range []int{0, 0, 1} {
			if ok, err := l.Fail(t.Context(), "paul", seen, noon); ok != (i != 1) || err != nil {
				t.Errorf("%d: counted %t, %v", i, ok, err)
			}
		}
		if n, last, err := l.Failures(t.Context(), "paul"); n != 2 || !last.Equal(noon) || err != nil {
			t.Errorf("%d failures at %s, %v", n, last, err)
		}
		must(t, l.ForgetOldLogins(t.Context(), noon.Add(25*time.Hour)))
		_, err = l.Session(t.Context(), "s1")
		is(t, err, fault.NotFound)
		if n, _, err := l.Failures(t.Context(), "paul"); n != 0 || err != nil {
			t.Errorf("%d failures, %v", n, err)
		}
	})
}

func TestEditsOfAPersonAreMadeOfWhatIsThere(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		must(t, l.AddPerson(t.Context(), paul, ""))
		fine := func(_, _ []auth.Person) error { return nil }
		for _, e := range []auth.PersonEdit{{Disabled: new(true), Grants: &[]auth.Grant{{Role: auth.Operator}}}, {Email: new("new@example.edu")}} {
			must(t, l.EditPerson(t.Context(), "paul", func(p auth.Person) (auth.Person, error) { return e.Apply(p), nil }, fine))
		}
		if p, _ := l.Person(t.Context(), "paul"); !p.Disabled || p.Email != "new@example.edu" || p.Title != "Paul" || len(p.Grants) != 1 {
			t.Errorf("got %+v", p)
		}
		no := errors.New("no")
		if err := l.EditPerson(t.Context(), "paul", func(p auth.Person) (auth.Person, error) { return p, no }, fine); !errors.Is(err, no) {
			t.Errorf("refused: %v", err)
		}
		is(t, l.EditPerson(t.Context(), "nobody-here", func(p auth.Person) (auth.Person, error) { return p, nil }, fine), fault.NotFound)
	})
}
