package onerosterapi_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/campus/sisrest"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/oneroster"
	"github.com/beadle-jobs/beadle/pkg/sis/onerosterapi"
	"github.com/beadle-jobs/beadle/pkg/sis/sistest"
)

func TestAServiceIsASource(t *testing.T) {
	for _, version := range []string{"1.1", "1.2"} {
		t.Run(version, func(t *testing.T) {
			sistest.Source(t, sistest.Maker{
				Faults: []sistest.Fault{
					sistest.SmallPages, sistest.EmptyLastPage, sistest.NoTotals, sistest.TokenExpires, sistest.RateLimited,
					sistest.Unavailable, sistest.CutOnce, sistest.DatesOutOfOrder, sistest.ClockAhead, sistest.ClockBehind,
					sistest.BadRow, sistest.RowInserted, sistest.RowDeleted, sistest.WrongTotal,
					sistest.Cut, sistest.Down, sistest.Busy, sistest.Refused, sistest.Forbidden,
				},
				Make: func(t testing.TB, holds sistest.Campus, goesWrong sistest.Fault) sistest.System {
					return system(t, version, holds, goesWrong)
				},
			})
		})
	}
}

// faults are what the faults of the suite mean for a service.
func faults(c sistest.Campus, f sistest.Fault) sisrest.Faults {
	return map[sistest.Fault]sisrest.Faults{
		sistest.Nothing:         {Totals: true, Pages: 10},
		sistest.SmallPages:      {Totals: true, Pages: 7},
		sistest.EmptyLastPage:   {Pages: 5},
		sistest.NoTotals:        {Pages: 10},
		sistest.TokenExpires:    {Pages: 4, TokenLife: 3},
		sistest.RateLimited:     {Pages: 10, BusyEvery: 3, RetryAfter: 20 * time.Second},
		sistest.Unavailable:     {Pages: 10, BusyEvery: 3, BusyStatus: http.StatusServiceUnavailable, RetryAfter: 20 * time.Second},
		sistest.CutOnce:         {Pages: 10, CutEvery: 3},
		sistest.DatesOutOfOrder: {Pages: 10},
		sistest.ClockAhead:      {Pages: 10, Skew: 2 * time.Hour},
		sistest.ClockBehind:     {Pages: 10, Skew: -2 * time.Hour},
		sistest.BadRow:          {Pages: 10, Spoiled: c.Persons[3].Key},
		sistest.RowInserted:     {Pages: 10},
		sistest.RowDeleted:      {Pages: 10},
		sistest.WrongTotal:      {Pages: 10, Totals: true, Excess: 5},
		sistest.Cut:             {CutEvery: 1},
		sistest.Busy:            {BusyEvery: 1},
		sistest.Refused:         {Refuse: true},
		sistest.Forbidden:       {Forbid: true},
	}[f]
}

func system(t testing.TB, version string, holds sistest.Campus, goesWrong sistest.Fault) sistest.System {
	var service *sisrest.Server
	f := faults(holds, goesWrong)
	f.AfterPage = func(collection string, n int) {
		if collection == "users" && n == 1 {
			service.Replace(bundle(moved(holds, goesWrong)))
		}
	}
	service = sisrest.New(bundle(holds), f)
	source := serve(t, version, service)
	if goesWrong == sistest.Down {
		source = onerosterapi.New(onerosterapi.Config{URL: "http://127.0.0.1:1", Version: version, TokenURL: "http://127.0.0.1:1/token"})
		source.SleepWith(noPause)
	}
	return sistest.System{Source: source, Replace: func(c sistest.Campus) {
		holds = c
		service.Replace(bundle(c))
	}}
}

// moved is the campus after the first page of persons.
func moved(c sistest.Campus, f sistest.Fault) sistest.Campus {
	switch f {
	case sistest.RowInserted:
		c.Persons = append([]sis.Person{sistest.Latecomer}, c.Persons...)
	case sistest.RowDeleted:
		c.Persons = c.Persons[1:]
	}
	return c
}

func bundle(c sistest.Campus) oneroster.Bundle {
	return oneroster.Bundle{Terms: c.Terms, Persons: c.Persons, Sections: c.Sections, Registrations: c.Registrations}
}

// serve starts a service and returns a source of it that does not pause.
func serve(t testing.TB, version string, service http.Handler) *onerosterapi.Source {
	t.Helper()
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	source := onerosterapi.New(onerosterapi.Config{
		URL: server.URL, Version: version, TokenURL: server.URL + "/token",
		ClientID: sisrest.ClientID, ClientSecret: sisrest.ClientSecret,
	})
	source.SleepWith(noPause)
	return source
}

func noPause(ctx context.Context, _ time.Duration) error { return ctx.Err() }
