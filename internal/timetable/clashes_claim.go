package timetable

import (
	"cmp"
	"slices"
	"time"

	"github.com/beadle-jobs/beadle/internal/job"
)

// assumedLong is how long a job is taken to run of which nothing is known.
const assumedLong = time.Minute

// A claimant is a schedule whose jobs want resources.
type claimant struct {
	times
	resource string        // that the schedule in question wants too
	long     time.Duration // its jobs run
}

// enter takes in the schedule in question, and those of the others that share a
// resource with it.
func (c *contest) enter(s job.Schedule, others []job.Schedule, calendars map[string]job.Calendar, tasks map[string]job.Declaration) (err error) {
	zones := atlas{}
	if c.subject.times, err = zones.times(s, calendars); err != nil {
		return err
	}
	wants, known := wantsOf(s, tasks)
	unknown := []string{}
	if !known {
		unknown = append(unknown, nameOf(s))
	}
	chain := chainOf(s, others)
	for _, other := range others {
		if chain[other.Name] || !other.Enabled || other.Missing || other.Problem != "" {
			continue
		}
		theirs, known := wantsOf(other, tasks)
		if !known {
			unknown = append(unknown, other.Name)
		}
		if resource := wants.Clash(theirs); resource != "" {
			c.challenge(zones, calendars, other, resource)
		}
	}
	if len(unknown) > 0 {
		c.remark("which resources jobs of ", listed(unknown), " want")
	}
	c.remarkStart()
	return nil
}

// challenge takes in another schedule, if it can have slots.
func (c *contest) challenge(zones atlas, calendars map[string]job.Calendar, other job.Schedule, resource string) {
	if t, err := zones.times(other, calendars); err == nil {
		c.rivals = append(c.rivals, claimant{times: t, resource: resource})
	}
}

// remarkStart says what is not known of when jobs of the schedule start.
func (c *contest) remarkStart() {
	s := c.subject.Schedule
	if len(s.After) > 0 {
		c.remark("how long it waits for ", listed(s.After))
	}
	if s.Name == "" && s.Jitter > 0 {
		c.remark("how much later its slots start: that follows from its name")
	}
}

func wantsOf(s job.Schedule, tasks map[string]job.Declaration) (job.Wants, bool) {
	d, known := tasks[s.Task]
	if !known {
		d = job.Declaration{Name: s.Task, Locks: true}
	}
	return d.WantsOf(s.Client, s.Args)
}

// nameOf returns what people know a schedule by that may not have a name yet.
func nameOf(s job.Schedule) string { return cmp.Or(s.Name, "this schedule") }

// chainOf returns which of the others s comes after, and which come after s,
// however many are between them.
func chainOf(s job.Schedule, others []job.Schedule) map[string]bool {
	before, after := map[string][]string{s.Name: s.After}, map[string][]string{}
	for _, name := range s.After {
		after[name] = append(after[name], s.Name)
	}
	for _, other := range others {
		before[other.Name] = other.After
		for _, name := range other.After {
			after[name] = append(after[name], other.Name)
		}
	}
	chain := map[string]bool{}
	reach(chain, before, s.Name)
	reach(chain, after, s.Name)
	return chain
}

// reach adds to seen all that one can get to from start.
func reach(seen map[string]bool, next map[string][]string, start string) {
	for todo := slices.Clone(next[start]); len(todo) > 0; {
		name := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if !seen[name] {
			seen[name] = true
			todo = append(todo, next[name]...)
		}
	}
}

// names returns all schedules of c that have a name.
func (c *contest) names() (names []string) {
	if c.subject.Name != "" {
		names = append(names, c.subject.Name)
	}
	for _, r := range c.rivals {
		names = append(names, r.Name)
	}
	return names
}

// last sets how long jobs run.
func (c *contest) last(usual map[string]job.Usual) {
	var unknown []string
	set := func(one *claimant) {
		u, known := usual[one.Name]
		if !known {
			unknown = append(unknown, nameOf(one.Schedule))
			u.Long = assumedLong
		}
		one.long = max(u.Long, time.Second)
	}
	set(&c.subject)
	for i := range c.rivals {
		set(&c.rivals[i])
	}
	if len(unknown) > 0 && len(c.rivals) > 0 {
		c.remark("how long jobs of ", listed(unknown), " take: a minute is assumed")
	}
}
