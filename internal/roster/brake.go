package roster

import (
	"maps"
	"slices"
	"strings"

	"github.com/beadle-jobs/beadle/internal/sync"
)

// A group is a part of a sync in which a brake counts.
type group struct {
	scope sync.Scope
	key   string // of the section, the school or the term
}

// A brake holds what is unusually much of something: each of the things that
// are about to happen belongs to some groups, and a group that has too many of
// them holds them.
type brake struct {
	usual map[sync.Scope]sync.Limit
	own   map[sync.Scope]sync.Limit
	of    map[group]int   // what there is
	about map[group][]int // what is about to happen there, by number
	held  []group         // by number; of no scope: goes on
}

// widespread is how many parts of a group may be held one by one. If there are
// more, it is the group as a whole that is unusual, and one question is enough.
const widespread = 3

// weigh decides what is held, from the narrowest scope to the widest. What a
// part holds already does not count against the whole, so that one odd section
// does not stop its term.
func (b *brake) weigh() {
	for _, scope := range sync.Scopes {
		limit := sync.LimitOf(b.own, b.usual, scope)
		for _, g := range b.groups(scope) {
			free, parts := b.count(g)
			if limit.Exceeded(free, b.of[g]) || (len(parts) > widespread && limit.Exceeded(len(b.about[g]), b.of[g])) {
				for _, i := range b.about[g] {
					b.held[i] = g
				}
			}
		}
	}
}

// groups returns those of a scope where something is about to happen, in order.
func (b *brake) groups(scope sync.Scope) (all []group) {
	for g := range b.about {
		if g.scope == scope {
			all = append(all, g)
		}
	}
	slices.SortFunc(all, func(x, y group) int { return strings.Compare(x.key, y.key) })
	return all
}

// count returns how much in a group is not held yet, and which parts hold the
// rest.
func (b *brake) count(g group) (free int, parts map[group]bool) {
	parts = map[group]bool{}
	for _, i := range b.about[g] {
		if b.held[i].scope == "" {
			free++
			continue
		}
		parts[b.held[i]] = true
	}
	return free, parts
}

// add notes that one more is about to happen in those groups.
func (b *brake) add(groups []group) {
	for _, g := range groups {
		b.about[g] = append(b.about[g], len(b.held))
	}
	b.held = append(b.held, group{})
}

// tripped returns the groups that hold something, with how much.
func (b *brake) tripped() map[group]int {
	n := map[group]int{}
	for _, g := range b.held {
		if g.scope != "" {
			n[g]++
		}
	}
	return n
}

func newBrake(own, usual map[sync.Scope]sync.Limit) *brake {
	return &brake{own: own, usual: usual, of: map[group]int{}, about: map[group][]int{}}
}

// groups returns the parts of the sync that a section belongs to.
func (s *section) groups() []group {
	all := []group{{sync.InSection, s.Key}, {sync.InTerm, s.term()}, {sync.InSync, ""}}
	if s.School != "" {
		all = append(all, group{sync.InSchool, s.School})
	}
	return all
}

// widestFirst returns what a brake holds, the widest group first.
func widestFirst(held map[group]int) []group {
	return slices.SortedFunc(maps.Keys(held), func(x, y group) int {
		if x.scope != y.scope {
			return slices.Index(sync.Scopes, y.scope) - slices.Index(sync.Scopes, x.scope)
		}
		return strings.Compare(x.key, y.key)
	})
}
