package attendance

import (
	"slices"
	"time"
)

// A Mode is how activity becomes minutes.
type Mode string

// The modes.
const (
	// Events counts what was done, each kind with minutes of its own.
	Events Mode = "events"
	// Sessions sums the time between one thing done and the next, where it is
	// not longer than a gap.
	Sessions Mode = "sessions"
	// Engagement gives a whole day's minutes for anything that was done.
	Engagement Mode = "engagement"
)

// Modes are all modes.
var Modes = []Mode{Events, Sessions, Engagement}

// Rules are how activity becomes minutes. They use whole numbers only, so that
// the same activity always gives the same minutes.
type Rules struct {
	Mode Mode // empty: events

	// Weights are the minutes of one event, by its name; [Engaged] where it is
	// empty. What is not in it counts for nothing in any mode.
	Weights map[string]int

	Multiplier int // thousandths; 0: 1000
	Min        int // minutes of a day on which anything was done
	Cap        int // minutes of a day in one section; 0: 480
	CapAll     int // minutes of a day in all sections; 0: 1440

	Gap    time.Duration // sessions: the longest pause within one; 0: 30 min
	Credit time.Duration // sessions: what the last thing done is worth

	Scheduled int // engagement: minutes of a day; 0: 60
}

// Engaged is what counts unless the settings say otherwise: that something was
// handed in or said. Looking at a page, or logging in, does not.
var Engaged = map[string]int{
	"assessable_submitted":      30,
	"assessable_uploaded":       30,
	"submission_created":        30,
	"attempt_submitted":         30,
	"post_created":              15,
	"discussion_created":        15,
	"message_to_teacher":        5,
	"statement_received":        10, // H5P and other sources of xAPI
	"sco_launched":              10,
	"scoreraw_submitted":        10,
	"answer_submitted":          10,
	"feedback_response_created": 10,
	"entry_created":             10,
	"meeting_joined":            30,
}

const (
	defaultCap       = 480
	defaultCapAll    = 1440
	defaultGap       = 30 * time.Minute
	defaultScheduled = 60
)

// filled returns the rules with the defaults for what they do not say.
func (r Rules) filled() Rules {
	if r.Mode == "" {
		r.Mode = Events
	}
	if len(r.Weights) == 0 {
		r.Weights = Engaged
	}
	orElse(&r.Multiplier, 1000)
	orElse(&r.Cap, defaultCap)
	orElse(&r.CapAll, defaultCapAll)
	orElse(&r.Gap, defaultGap)
	orElse(&r.Scheduled, defaultScheduled)
	return r
}

func orElse[T comparable](v *T, usual T) {
	var zero T
	if *v == zero {
		*v = usual
	}
}

// Counts reports whether an event is worth anything.
func (r Rules) Counts(event string) bool { return r.filled().Weights[event] > 0 }

// Names returns the events that are worth anything, by name.
func (r Rules) Names() (names []string) {
	for event, minutes := range r.filled().Weights {
		if minutes > 0 {
			names = append(names, event)
		}
	}
	slices.Sort(names)
	return names
}

// minutes turns time into the minutes of one section's day: multiplied, then
// rounded half up to whole minutes, then brought between the bounds. It reports
// whether there was more than a day may have.
func (r Rules) minutes(base time.Duration) (n int, capped bool) {
	const whole = 1000 * int64(time.Minute/time.Millisecond)
	n = int((base.Milliseconds()*int64(r.Multiplier) + whole/2) / whole)
	n = max(n, r.Min)
	return min(n, r.Cap), n > r.Cap
}
