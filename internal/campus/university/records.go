package university

import "github.com/beadle-jobs/beadle/pkg/sis"

// Records returns the records of a stream as a source sends them, those that
// have ended last.
func (d *Dump) Records(stream sis.Stream) []sis.Record {
	switch stream {
	case sis.Terms:
		return records(d, stream, d.Terms, func(t *sis.Term) sis.Record { return sis.Record{Key: t.Key, Term: t} })
	case sis.Persons:
		return records(d, stream, d.Persons, func(p *sis.Person) sis.Record { return sis.Record{Key: p.Key, Person: p} })
	case sis.Sections:
		return records(d, stream, d.Sections, func(s *sis.Section) sis.Record { return sis.Record{Key: s.Key, Section: s} })
	}
	return records(d, stream, d.Registrations, func(r *sis.Registration) sis.Record { return sis.Record{Key: r.Key, Registration: r} })
}

func records[T any](d *Dump, stream sis.Stream, all []T, record func(*T) sis.Record) []sis.Record {
	list := make([]sis.Record, len(all))
	for i := range all {
		list[i] = record(&all[i])
		list[i].Deleted = d.Ended[stream][list[i].Key]
	}
	return list
}
