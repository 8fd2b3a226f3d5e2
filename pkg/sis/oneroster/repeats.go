package oneroster

import (
	"bytes"
	"cmp"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
)

// sightings remember the id and a digest of every row, to find ids that stand
// in a file more than once.
type sightings struct {
	seed maphash.Seed
	rows []sighting
}

type sighting struct {
	id, content uint64
	line        uint32
}

func newSightings() *sightings { return &sightings{seed: maphash.MakeSeed()} }

func (s *sightings) add(id []byte, r row) {
	if id = bytes.TrimSpace(id); len(id) == 0 {
		return
	}
	s.rows = append(s.rows, sighting{maphash.Bytes(s.seed, id), s.digest(r), uint32(r.line)})
}

func (s *sightings) digest(r row) uint64 {
	var h maphash.Hash
	h.SetSeed(s.seed)
	for _, cell := range r.fields {
		h.Write(bytes.TrimSpace(cell))
		h.WriteByte(0)
	}
	return h.Sum64()
}

// repeats are the rows whose id is not theirs alone, by line.
type repeats map[int]*repeat

// A repeat is an id that stands in several rows.
type repeat struct {
	lines []int
	same  bool // the rows say the same
}

func (s *sightings) repeats() repeats {
	slices.SortFunc(s.rows, func(a, b sighting) int {
		return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.line, b.line))
	})
	found := repeats{}
	for group := range groups(s.rows) {
		if len(group) > 1 {
			found.add(group)
		}
	}
	s.rows = nil
	return found
}

// groups ranges over the runs of rows with one id.
func groups(rows []sighting) func(func([]sighting) bool) {
	return func(yield func([]sighting) bool) {
		for len(rows) > 0 {
			n := 1
			for n < len(rows) && rows[n].id == rows[0].id {
				n++
			}
			if !yield(rows[:n]) {
				return
			}
			rows = rows[n:]
		}
	}
}

func (r repeats) add(group []sighting) {
	rep := &repeat{same: true}
	for _, s := range group {
		rep.lines = append(rep.lines, int(s.line))
		rep.same = rep.same && s.content == group[0].content
		r[int(s.line)] = rep
	}
}

// String returns the lines: "17, 23 and 2 more".
func (r *repeat) String() string {
	const most = 5
	words := make([]string, 0, most)
	for _, line := range r.lines[:min(len(r.lines), most)] {
		words = append(words, fmt.Sprint(line))
	}
	text := strings.Join(words, ", ")
	if more := len(r.lines) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
