package oneroster_test

import (
	"os"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis/oneroster"
	"github.com/beadle-jobs/beadle/pkg/sis/sistest"
)

func TestABundleIsASource(t *testing.T) {
	sistest.Source(t, sistest.Maker{
		Faults: []sistest.Fault{sistest.BadRow, sistest.Cut, sistest.Down},
		Make: func(t testing.TB, holds sistest.Campus, goesWrong sistest.Fault) sistest.System {
			path := saved(t, faulty(t, holds, goesWrong))
			if goesWrong == sistest.Down {
				if err := os.Remove(path); err != nil {
					t.Fatal(err)
				}
			}
			return sistest.System{Source: oneroster.CSV{Path: path}, Replace: func(now sistest.Campus) {
				save(t, path, bundled(t, now), time.Now().Add(-time.Hour))
			}}
		},
	})
}

func bundled(t testing.TB, c sistest.Campus) []byte {
	return written(t, oneroster.Bundle{Terms: c.Terms, Persons: c.Persons, Sections: c.Sections, Registrations: c.Registrations})
}

// faulty returns a bundle in which something is wrong.
func faulty(t testing.TB, c sistest.Campus, goesWrong sistest.Fault) []byte {
	switch goesWrong {
	case sistest.Cut:
		whole := bundled(t, c)
		return whole[:len(whole)/2]
	case sistest.BadRow:
		c.Persons[3].Given = ""
	}
	return bundled(t, c)
}
