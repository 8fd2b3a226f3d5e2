package onerosterapi

import (
	"encoding/json"
	"hash/maphash"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// sightings remember of every row a digest, so that one that comes again is
// known: in 32 bytes, whatever a row is about.
type sightings struct {
	seed maphash.Seed
	rows map[uint64]sighting
}

type sighting struct {
	content uint64
	version int64 // of the content; 0: unknown
	run     int   // that it was seen in last
}

// A verdict is what is new about a row.
type verdict int

const (
	isKnown verdict = iota // nothing
	isFresh
	isNewer    // it has changed since it was seen
	isConflict // it says something else, under the same version
)

func newSightings() *sightings {
	return &sightings{seed: maphash.MakeSeed(), rows: map[uint64]sighting{}}
}

// idOf recognises a row by its key, or one without by what it says.
func (s *sightings) idOf(key string, raw []byte) uint64 {
	if key == "" {
		return maphash.Bytes(s.seed, raw) ^ 1
	}
	return maphash.String(s.seed, key)
}

// see judges a row, and reports whether it was seen in that run before.
func (s *sightings) see(id uint64, r sis.Record, run int) (v verdict, before bool) {
	now := sighting{content: s.digest(r), version: r.Version, run: run}
	old, ok := s.rows[id]
	switch {
	case !ok:
		v = isFresh
	case old.content == now.content:
		now.version = max(old.version, now.version)
	case now.version > old.version:
		v = isNewer
	case now.version == old.version:
		v = isConflict
	default: // an old copy
		now.content, now.version = old.content, old.version
	}
	s.rows[id] = now
	return v, ok && old.run == run
}

// digest is of what a record says, not of where it stood or how it was written.
func (s *sightings) digest(r sis.Record) uint64 {
	text, err := json.Marshal([]any{r.Deleted, r.Term, r.Person, r.Section, r.Registration, r.Problem})
	if err != nil {
		panic(err) // structs of strings and dates
	}
	return maphash.Bytes(s.seed, text)
}
