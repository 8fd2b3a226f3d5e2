package cron

import (
	"fmt"
	"math/bits"
	"strings"
)

// A printer writes the canonical text of one field's sets.
type printer struct{ min, max int }

var (
	clockFields        = [3]printer{{0, 59}, {0, 59}, {0, 23}} // seconds, minutes, hours
	dayField           = printer{1, 31}
	monthField         = printer{1, 12}
	weekdayField       = printer{0, 6}
	quartzWeekdayField = printer{1, 7}
	yearField          = printer{0, lastYear - firstYear} // counted from the first
)

// print writes set as an asterisk, with or without a step, or else as a list.
func (p *printer) print(set uint64) string {
	switch step := p.stepOf(set); {
	case step == 1:
		return "*"
	case step > 0 && (bits.OnesCount64(set) > 2 || step*2 == p.max-p.min+1):
		return fmt.Sprintf("*/%d", step)
	}
	return p.printPlain(set)
}

// printPlain writes set as a list that does not begin with an asterisk.
func (p *printer) printPlain(set uint64) string {
	return p.list([4]uint64{set}, 0)
}

// printStarred writes set, which has the first value, so that it begins with an
// asterisk though it is not every value.
func (p *printer) printStarred(set uint64) string {
	step, length := p.max-p.min+1, 0
	for n := p.max - p.min + 1; n > 1; n-- {
		if all := p.every(n); all&^set == 0 && bits.OnesCount64(all) > length {
			step, length = n, bits.OnesCount64(all)
		}
	}
	text := fmt.Sprintf("*/%d", step)
	if rest := set &^ p.every(step); rest != 0 {
		text += "," + p.printPlain(rest)
	}
	return text
}

// stepOf returns the step of which set holds every value from the first on, or
// 0 if it is no such set.
func (p *printer) stepOf(set uint64) int {
	for n := 1; n <= p.max-p.min; n++ {
		if set == p.every(n) {
			return n
		}
	}
	return 0
}

// every is the set of every step-th value.
func (p *printer) every(step int) uint64 { return span(p.min, p.max, step) }

// printYears writes a set of years.
func (p *printer) printYears(years *[4]uint64) string { return p.list(*years, firstYear) }

// list writes a set, whose values are counted from zero, as series and single
// values.
func (p *printer) list(set [4]uint64, zero int) string {
	var items []string
	for rest := set; rest != [4]uint64{}; {
		r := p.longest(&set, &rest)
		for n := r.from; n <= r.to; n += r.step {
			rest[n/64] &^= 1 << (n % 64)
		}
		items = append(items, r.text(zero))
	}
	return strings.Join(items, ",")
}

// longest returns the series in set that begins with the first value of rest
// and holds the most of rest. Only rows of three or more and steps of four or
// more are worth it; else it is the value itself.
func (p *printer) longest(set, rest *[4]uint64) series {
	first := p.min
	for !has(rest, first) {
		first++
	}
	best, most := series{first, first, 1}, 0
	for step := 1; first+2*step <= p.max; step++ {
		last, fresh := first, 0
		for n := first; n <= p.max && has(set, n); n += step {
			last = n
			if has(rest, n) {
				fresh++
			}
		}
		if fresh > max(most, min(step+1, 3)) {
			best, most = series{first, last, step}, fresh
		}
	}
	return best
}

func has(set *[4]uint64, n int) bool { return set[n/64]>>(n%64)&1 == 1 }

// text writes r in the form that both dialects read.
func (r series) text(zero int) string {
	switch {
	case r.from == r.to:
		return fmt.Sprint(r.from + zero)
	case r.step == 1:
		return fmt.Sprintf("%d-%d", r.from+zero, r.to+zero)
	}
	return fmt.Sprintf("%d-%d/%d", r.from+zero, r.to+zero, r.step)
}
