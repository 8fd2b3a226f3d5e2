package sync

import (
	"hash/fnv"
	"slices"
	"strconv"
)

// Slots is how many parts the courses of a sync fall into, whatever the plan.
// Who writes to a course holds its slot, so that a course is written by one job
// at a time, and up to so many are written at once.
const Slots = 8

// SlotOf returns the slot of a course of the target.
func SlotOf(course string) int {
	h := fnv.New32a()
	h.Write([]byte(course))
	return int(h.Sum32() % Slots)
}

// SlotNames are the resources of the slots of a sync that a shard holds: the
// shard of that number, from 1, of so many. Shard 0 is the whole plan.
func SlotNames(sync string, shard, of int) (names []string) {
	for slot := range Slots {
		if shard == 0 || ShardOf(slot, of) == shard {
			names = append(names, "sis-courses:"+sync+":"+strconv.Itoa(slot))
		}
	}
	return names
}

// ShardOf returns the number, from 1, of the shard that has a slot, where there
// are so many shards.
func ShardOf(slot, of int) int { return slot%of + 1 }

// A Shard is a part of a plan that a job of its own writes: effects that follow
// each other, in courses that no other shard has.
type Shard struct {
	First int64 `json:"first"` // numbers of effects
	Last  int64 `json:"last"`
}

// InCourse reports whether an effect of that kind is about a place in a course,
// which can be written beside those in other courses. The others are written
// before, by one job: courses and accounts, and the one orientation course.
func (op EffectOp) InCourse() bool {
	return !slices.Contains([]EffectOp{CreateCourse, CreateUser, UpdateUser, Orient}, op)
}
