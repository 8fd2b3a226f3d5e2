package job

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// A Lasted is how long one job took.
type Lasted struct {
	JobID   string
	Started time.Time
	Took    time.Duration
}

// A Usual is how long jobs took lately.
type Usual struct {
	Short  time.Duration // nine in ten took no less
	Median time.Duration
	Long   time.Duration // nine in ten took no longer
	Of     int           // how many jobs say so; nothing else is known if it is 0
}

// UsualOf returns what is usual of those durations.
func UsualOf(took []time.Duration) Usual {
	n := len(took)
	if n == 0 {
		return Usual{}
	}
	all := slices.Sorted(slices.Values(took))
	return Usual{Short: all[n/10], Median: (all[(n-1)/2] + all[n/2]) / 2, Long: all[(n*9+9)/10-1], Of: n}
}

// UsualJobs is how many jobs tell what is usual.
const UsualJobs = 20

// Beside returns the first [UsualJobs] of those jobs without that one, and what
// is usual of them: a job is not measured by itself.
func Beside(id string, jobs []Lasted) ([]Lasted, Usual) {
	others := slices.DeleteFunc(slices.Clone(jobs), func(j Lasted) bool { return j.JobID == id })
	others = others[:min(len(others), UsualJobs)]
	var took []time.Duration
	for _, j := range others {
		took = append(took, j.Took)
	}
	return others, UsualOf(took)
}

// fewest is how many jobs it takes to tell others how long they have left.
const fewest = 3

// Left returns how much longer a job will take that has been running for so
// long, if it is like the others. There is no telling from fewer than three, nor
// once it has taken longer than nine in ten of them.
func (u Usual) Left(ran time.Duration) (time.Duration, bool) {
	switch {
	case u.Of < fewest || ran >= u.Long:
		return 0, false
	case ran >= u.Median:
		return u.Long - ran, true
	}
	return u.Median - ran, true
}

// String says what is usual, for people: "usually 3 min (2 to 5)".
func (u Usual) String() string {
	switch u.Of {
	case 0:
		return ""
	case 1:
		return "only one other is known, which took " + Around(u.Median)
	}
	s := "usually " + Around(u.Median)
	if low, high := Around(u.Short), Around(u.Long); low != high {
		s += " (" + fromTo(u.Short, u.Long) + ")"
	}
	return s
}

// Compare says what is usual and how j compares, as a sentence. It is empty if
// nothing is known.
func (u Usual) Compare(j Job, now time.Time) string {
	if u.Of == 0 {
		return ""
	}
	s := "U" + u.String()[1:]
	if u.Of == 1 {
		s = "O" + u.String()[1:]
	}
	if j.Started == nil {
		return s + "."
	}
	if j.Ended != nil {
		took := max(j.Ended.Sub(*j.Started), 0)
		return s + "; this one " + Around(took) + u.against(took, ", ") + "."
	}
	ran := max(now.Sub(*j.Started), 0)
	s += "; this one so far " + Around(ran)
	if ran >= u.Median {
		s += u.against(ran, ", ")
	}
	return s + "."
}

// against says how a duration compares; nothing where it is as usual or too
// short for a difference to mean something.
func (u Usual) against(took time.Duration, before string) string {
	if (took - u.Median).Abs() < time.Second {
		return before + "as usual"
	}
	times := took.Seconds() / max(u.Median.Seconds(), .001)
	switch {
	case times >= 1.75:
		return before + timesWord(times) + " as long"
	case took > u.Long:
		return before + "longer than most"
	case took >= u.Short:
		return before + "as usual"
	case times < .4:
		return before + "much shorter than most"
	case times < .6:
		return before + "half as long"
	}
	return before + "shorter than most"
}

var timesWords = []string{2: "twice", "three times", "four times", "five times", "six times", "seven times", "eight times", "nine times", "ten times"}

func timesWord(times float64) string {
	n := int(math.Round(times))
	if n < len(timesWords) {
		return timesWords[n]
	}
	return fmt.Sprintf("%d times", n)
}

// A unit is how durations of some size are written.
type unit struct {
	length time.Duration
	word   string
	below  time.Duration // what is as long or longer takes the next one
}

var unitsAround = []unit{
	{time.Millisecond, "ms", time.Second},
	{time.Second, "s", 100 * time.Second},
	{time.Minute, "min", 100 * time.Minute},
	{time.Hour, "h", 48 * time.Hour},
	{24 * time.Hour, "days", math.MaxInt64},
}

func unitAround(d time.Duration) unit {
	last := len(unitsAround) - 1
	for i, u := range unitsAround[:last] {
		rounded := d.Round(u.length)
		if whole := rounded > 0 && rounded%unitsAround[i+1].length == 0; rounded < u.below && !whole {
			return u
		}
	}
	return unitsAround[last]
}

// Around writes a duration in the one unit that suits it: "12 min".
func Around(d time.Duration) string {
	u := unitAround(d)
	return u.count(d) + " " + u.word
}

func (u unit) count(d time.Duration) string { return fmt.Sprint(int64(d.Round(u.length) / u.length)) }

// fromTo writes two durations, and the unit once if it is the same.
func fromTo(low, high time.Duration) string {
	from, to := unitAround(low), unitAround(high)
	if from == to {
		return from.count(low) + " to " + to.count(high)
	}
	return Around(low) + " to " + Around(high)
}
