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
	run     int32 // that read it last without a gap
	twofold bool  // it was in conflict, and both are sent
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

// see judges a row.
func (s *sightings) see(id uint64, r sis.Record) verdict {
	content := s.digest(r)
	row, ok := s.rows[id]
	v := isKnown
	switch {
	case !ok:
		v = isFresh
		row = sighting{content: content, version: r.Version}
	case row.content == content:
		row.version = max(row.version, r.Version)
	case r.Version > row.version:
		v = isNewer
		row.content, row.version, row.twofold = content, r.Version, false
	case r.Version == row.version && !row.twofold:
		v = isConflict
		row.twofold = true
	}
	s.rows[id] = row
	return v
}

// mark takes down that a run has read a row without a gap, and reports whether
// that is new.
func (s *sightings) mark(id uint64, run int32) bool {
	now := s.rows[id]
	if now.run == run {
		return false
	}
	now.run = run
	s.rows[id] = now
	return true
}

// digest is of what a record says, not of where it stood or how it was written.
func (s *sightings) digest(r sis.Record) uint64 {
	text, err := json.Marshal([]any{r.Deleted, r.Term, r.Person, r.Section, r.Registration, r.Problem})
	if err != nil {
		panic(err) // structs of strings and dates
	}
	return maphash.Bytes(s.seed, text)
}
