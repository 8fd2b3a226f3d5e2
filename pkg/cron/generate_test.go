package cron_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/beadle-jobs/beadle/pkg/cron"
)

var (
	monthNames = []string{"JAN", "feb", "Mar", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}
	dayNames   = []string{"SUN", "mon", "Tue", "WED", "THU", "FRI", "SAT"}
)

// drawUnix returns an expression of unix cron that fires.
func drawUnix(t *rapid.T) string {
	return drawUntilItFires(t, cron.Unix, func() string {
		return strings.Join([]string{
			drawList(t, 0, 59, drawUnixItem), drawList(t, 0, 23, drawUnixItem), drawList(t, 1, 31, drawUnixItem),
			drawList(t, 1, 12, drawUnixItem), drawList(t, 0, 7, drawUnixItem),
		}, " ")
	})
}

// drawUnixItem draws one part of a list. A field that begins with an asterisk
// has other rules, so many do.
func drawUnixItem(t *rapid.T, low, high int) string {
	step := rapid.IntRange(1, 9).Draw(t, "step")
	a := rapid.IntRange(low, high).Draw(t, "a")
	b := rapid.IntRange(a, high).Draw(t, "b")
	switch rapid.IntRange(0, 7).Draw(t, "kind") {
	case 0, 1:
		return "*"
	case 2:
		return fmt.Sprintf("*/%d", step)
	case 3:
		return fmt.Sprintf("%d-%d", a, b)
	case 4:
		return fmt.Sprintf("%d-%d/%d", a, b, step)
	case 5:
		return drawName(t, low, high, a)
	}
	return fmt.Sprint(a)
}

// drawName returns the name of a value, or the value.
func drawName(t *rapid.T, low, high, value int) string {
	if !rapid.Bool().Draw(t, "named") {
		return fmt.Sprint(value)
	}
	switch high {
	case 12:
		return monthNames[value-1]
	case 7:
		return dayNames[(value-low)%7]
	}
	return fmt.Sprint(value)
}

func drawList(t *rapid.T, low, high int, item func(*rapid.T, int, int) string) string {
	n := max(1, rapid.IntRange(-3, 3).Draw(t, "items"))
	items := make([]string, n)
	for i := range items {
		items[i] = item(t, low, high)
	}
	return strings.Join(items, ",")
}

// drawQuartz returns an expression of Quartz that fires.
func drawQuartz(t *rapid.T) string {
	return drawUntilItFires(t, cron.Quartz, func() string {
		day, weekday := "?", drawList(t, 1, 7, drawQuartzWeekday)
		if rapid.Bool().Draw(t, "by day of month") {
			day, weekday = drawList(t, 1, 31, drawQuartzDay), "?"
		}
		fields := []string{
			"0", drawList(t, 0, 59, drawQuartzItem), drawList(t, 0, 23, drawQuartzItem), day,
			drawList(t, 1, 12, drawQuartzItem), weekday,
		}
		if rapid.IntRange(0, 3).Draw(t, "seconds") == 0 {
			fields[0] = drawList(t, 0, 59, drawQuartzItem)
		}
		if rapid.IntRange(0, 3).Draw(t, "years") == 0 {
			fields = append(fields, drawList(t, 1970, 2199, drawUnixItem))
		}
		return strings.Join(fields, " ")
	})
}

// drawQuartzItem draws one part of a list, of what Quartz has more than unix
// cron in all of its fields.
func drawQuartzItem(t *rapid.T, low, high int) string {
	a := rapid.IntRange(low, high).Draw(t, "a")
	b := rapid.IntRange(low, high).Draw(t, "b")
	step := rapid.IntRange(1, 7).Draw(t, "step")
	switch rapid.IntRange(0, 4).Draw(t, "kind of Quartz") {
	case 0:
		return fmt.Sprintf("%d-%d", a, b)
	case 1:
		return fmt.Sprintf("%d-%d/%d", a, b, step)
	case 2:
		return fmt.Sprintf("%d/%d", a, step)
	}
	if high == 7 {
		step = rapid.IntRange(1, 7).Draw(t, "step of the week")
		return rapid.SampledFrom([]string{"*", fmt.Sprintf("*/%d", step), drawName(t, low, high, a)}).Draw(t, "item")
	}
	return drawUnixItem(t, low, high)
}

func drawQuartzDay(t *rapid.T, low, high int) string {
	n := rapid.IntRange(low, high).Draw(t, "day")
	switch rapid.IntRange(0, 6).Draw(t, "kind of day") {
	case 0:
		return "L"
	case 1:
		return fmt.Sprintf("L-%d", n-1)
	case 2:
		return fmt.Sprintf("%dW", n)
	case 3:
		return "lw"
	case 4:
		return fmt.Sprintf("L-%dW", n-1)
	}
	return drawQuartzItem(t, low, high)
}

func drawQuartzWeekday(t *rapid.T, low, high int) string {
	n := rapid.IntRange(low, high).Draw(t, "day")
	switch rapid.IntRange(0, 5).Draw(t, "kind of day") {
	case 0:
		return "L"
	case 1:
		return drawName(t, low, high, n) + "L"
	case 2, 3:
		return fmt.Sprintf("%s#%d", drawName(t, low, high, n), rapid.IntRange(1, 5).Draw(t, "k"))
	}
	return drawQuartzItem(t, low, high)
}

// drawUntilItFires draws again when an expression is refused since it never
// fires, and for no other reason.
func drawUntilItFires(t *rapid.T, d cron.Dialect, draw func() string) string {
	for {
		expr := draw()
		_, err := cron.ParseDialect(d, expr)
		if err == nil {
			return expr
		}
		if e, _ := errors.AsType[*cron.Error](err); e == nil || !strings.HasPrefix(e.Reason, "never fires") {
			t.Fatal(err)
		}
	}
}

// A reading is a plain one of a field of Quartz's, item by item as it was
// written.
type reading struct {
	low, high int
	names     []string
}

// has reports whether n is in a list of plain items.
func (r reading) has(list string, n int) bool {
	return slices.ContainsFunc(strings.Split(list, ","), func(item string) bool { return r.item(item, n) })
}

func (r reading) item(item string, n int) bool {
	base, stepText, stepped := strings.Cut(item, "/")
	first, last, isRange := strings.Cut(base, "-")
	step, from, to := 1, r.value(first), r.value(last)
	if stepped {
		fmt.Sscan(stepText, &step)
	}
	switch {
	case base == "*" || base == "?":
		from, to = r.low, r.high
	case !isRange && stepped:
		to = r.high
	case !isRange:
		to = from
	case to < from: // over the end
		to += r.high - r.low + 1
		if n < from {
			n += r.high - r.low + 1
		}
	}
	return n >= from && n <= to && (n-from)%step == 0
}

func (r reading) value(text string) (n int) {
	for i, name := range r.names {
		if strings.EqualFold(text, name) {
			return r.low + i
		}
	}
	fmt.Sscan(text, &n)
	return n
}

// set lists which values, counted from 0, are in a list of plain items.
func (r reading) set(list string) []bool {
	set := make([]bool, r.high+1)
	for n := r.low; n <= r.high; n++ {
		set[n] = r.has(list, n)
	}
	return set
}

// quartzFires returns whether an expression of Quartz's fires at a second of a
// clock that never changes.
func quartzFires(expr string) func(wall time.Time) bool {
	f := append(strings.Fields(strings.ToUpper(expr)), "*")
	second, minute, hour := reading{0, 59, nil}.set(f[0]), reading{0, 59, nil}.set(f[1]), reading{0, 23, nil}.set(f[2])
	month, year := reading{1, 12, monthNames}.set(f[4]), reading{1970, 2199, nil}.set(f[6])
	days, weekdays := strings.Split(f[3], ","), strings.Split(f[5], ",")
	return func(wall time.Time) bool {
		return second[wall.Second()] && minute[wall.Minute()] && hour[wall.Hour()] && month[wall.Month()] && year[wall.Year()] &&
			slices.ContainsFunc(days, func(item string) bool { return onDay(item, wall) }) &&
			slices.ContainsFunc(weekdays, func(item string) bool { return onWeekday(item, wall) })
	}
}

// onDay reads an item of the day of the month.
func onDay(item string, wall time.Time) bool {
	last := time.Date(wall.Year(), wall.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
	day, nearest := strings.CutSuffix(item, "W")
	back, fromEnd := strings.CutPrefix(day, "L")
	if !fromEnd && !nearest {
		return reading{1, 31, nil}.item(item, wall.Day())
	}
	var n int
	fmt.Sscan(strings.TrimPrefix(back, "-"), &n)
	if fromEnd {
		n = last - n
	}
	if !nearest {
		return n == wall.Day()
	}
	return n >= 1 && n <= last && nearestWeekday(wall, n, last) == wall.Day()
}

// nearestWeekday looks for one on both sides of day n of wall's month.
func nearestWeekday(wall time.Time, n, last int) int {
	for distance := range 3 {
		for _, day := range []int{n - distance, n + distance} {
			weekday := wall.AddDate(0, 0, day-wall.Day()).Weekday()
			if day >= 1 && day <= last && weekday != time.Saturday && weekday != time.Sunday {
				return day
			}
		}
	}
	return 0
}

// onWeekday reads an item of the day of the week.
func onWeekday(item string, wall time.Time) bool {
	week := reading{1, 7, dayNames}
	today := int(wall.Weekday()) + 1
	if item == "L" {
		return today == 7
	}
	if day, k, found := strings.Cut(item, "#"); found {
		return week.value(day) == today && fmt.Sprint((wall.Day()+6)/7) == k
	}
	if day, last := strings.CutSuffix(item, "L"); last {
		return week.value(day) == today && wall.AddDate(0, 0, 7).Month() != wall.Month()
	}
	return week.item(item, today)
}
