package anthology_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/beadle-jobs/beadle/internal/campus/anthologysim"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/anthology"
	"github.com/beadle-jobs/beadle/pkg/sis/sistest"
)

func TestSource(t *testing.T) {
	sistest.Source(t, sistest.Maker{
		Queue: true, Carries: carried, Make: started,
		Faults: []sistest.Fault{
			sistest.SmallPages, sistest.EmptyLastPage, sistest.RateLimited, sistest.Unavailable, sistest.CutOnce,
			sistest.BadRow, sistest.Cut, sistest.Down, sistest.Busy, sistest.Refused, sistest.Forbidden,
		},
	})
}

// carried is what the messages can say: terms have no kind and no parent, and
// teachers no dates and no ids of their registrations.
func carried(c sistest.Campus) sistest.Campus {
	for i := range c.Terms {
		c.Terms[i].Kind, c.Terms[i].Parent = "term", ""
	}
	for i, g := range c.Registrations {
		if g.Role == sis.Teacher {
			c.Registrations[i] = sis.Registration{Key: g.Section + "/" + g.Person + "/teacher", Section: g.Section, Person: g.Person, Role: g.Role}
		}
	}
	return c
}

func started(t testing.TB, holds sistest.Campus, goesWrong sistest.Fault) sistest.System {
	options := anthologysim.Options{Token: "secret", Page: map[sistest.Fault]int{sistest.SmallPages: 7, sistest.EmptyLastPage: 5}[goesWrong]}
	if goesWrong == sistest.Refused {
		options.Token = "another"
	}
	sim, server := simulated(t, options)
	fill(sim, holds, goesWrong == sistest.BadRow)
	for range map[sistest.Fault]int{sistest.Cut: 9, sistest.CutOnce: 1}[goesWrong] {
		sim.Fail(anthologysim.Fault{Cut: true})
	}
	switch goesWrong {
	case sistest.RateLimited:
		sim.Fail(anthologysim.Fault{Status: http.StatusTooManyRequests, RetryAfter: 1})
	case sistest.Unavailable:
		sim.Fail(anthologysim.Fault{Status: http.StatusServiceUnavailable, RetryAfter: 1})
	case sistest.Busy:
		sim.Fail(many(anthologysim.Fault{Status: http.StatusTooManyRequests})...)
	case sistest.Forbidden:
		sim.Fail(many(anthologysim.Fault{Status: http.StatusForbidden})...)
	case sistest.Down:
		server.Close()
	}
	return sistest.System{Source: inbox(t, anthology.Config{URL: server.URL + "/lms/", Token: "secret"})}
}

func many(fault anthologysim.Fault) (all []anthologysim.Fault) {
	for range 9 {
		all = append(all, fault)
	}
	return all
}

func simulated(t testing.TB, o anthologysim.Options) (*anthologysim.Server, *httptest.Server) {
	t.Helper()
	sim := anthologysim.New(o)
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	return sim, server
}

func inbox(t testing.TB, c anthology.Config) *anthology.Inbox {
	t.Helper()
	in, err := anthology.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return in.Hurry()
}

func fill(sim *anthologysim.Server, c sistest.Campus, badRow bool) {
	for _, term := range c.Terms {
		sim.Put(sis.Record{Term: &term})
	}
	for i, person := range c.Persons {
		if badRow && i == 3 {
			sim.Add("Persons", anthologysim.Fields{"PersonId": person.Key, "FirstName": person.Given, "LastName": person.Family, "IsActive": "perhaps"})
			continue
		}
		sim.Put(sis.Record{Person: &person})
	}
	for _, section := range c.Sections {
		sim.Put(sis.Record{Section: &section})
	}
	for _, g := range c.Registrations {
		sim.Put(sis.Record{Registration: &g})
	}
}
