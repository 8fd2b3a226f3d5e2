package sistest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/sistest"
)

func TestASourceInMemoryPasses(t *testing.T) {
	sistest.Source(t, sistest.Maker{
		Faults: []sistest.Fault{sistest.BadRow, sistest.Down, sistest.WrongTotal},
		Make: func(_ testing.TB, holds sistest.Campus, goesWrong sistest.Fault) sistest.System {
			return sistest.System{Source: &memory{Campus: holds, fault: goesWrong}}
		},
	})
}

// memory is a source as simple as one can be.
type memory struct {
	sistest.Campus
	fault sistest.Fault
}

func (m *memory) Snapshot(context.Context) (string, error) {
	if m.fault == sistest.Down {
		return "", &sis.Error{Code: "SRC_UNAVAILABLE", Message: "Nothing is there.", Temporary: true}
	}
	return "now", nil
}

func (m *memory) Pull(ctx context.Context, r sis.Request, emit func(sis.Record) error) (result sis.Result, err error) {
	records, err := m.records(r.Stream)
	if err != nil {
		return result, err
	}
	for i, record := range records {
		if err := ctx.Err(); err != nil {
			return result, err
		}
		record.Where = fmt.Sprintf("%s:%d", r.Stream, i)
		if err := emit(record); err != nil {
			return result, err
		}
		result.Rows++
		if record.Problem != nil {
			result.Problems++
		}
	}
	result.Complete = m.fault != sistest.WrongTotal
	return result, ctx.Err()
}

func (m *memory) records(stream sis.Stream) (all []sis.Record, err error) {
	switch stream {
	case sis.Terms:
		for _, t := range m.Terms {
			all = append(all, sis.Record{Key: t.Key, Term: &t})
		}
	case sis.Persons:
		for i, p := range m.Persons {
			all = append(all, m.person(i, p))
		}
	case sis.Sections:
		for _, s := range m.Sections {
			all = append(all, sis.Record{Key: s.Key, Section: &s})
		}
	case sis.Registrations:
		for _, r := range m.Registrations {
			all = append(all, sis.Record{Key: r.Key, Registration: &r})
		}
	default:
		return nil, fmt.Errorf("no stream %q", stream)
	}
	return all, nil
}

func (m *memory) person(i int, p sis.Person) sis.Record {
	if m.fault == sistest.BadRow && i == 3 {
		return sis.Record{Key: p.Key, Problem: &sis.Error{Code: "ROW_MALFORMED", Message: "The row cannot be read."}}
	}
	return sis.Record{Key: p.Key, Person: &p}
}
