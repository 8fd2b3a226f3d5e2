package web

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// A unit is what lengths of time are written in. The first word is the one
// that is shown.
type unit struct {
	length time.Duration
	words  []string
}

var units = []unit{
	{24 * time.Hour, []string{"d", "day", "days"}},
	{time.Hour, []string{"h", "hour", "hours", "hr", "hrs"}},
	{time.Minute, []string{"min", "m", "minute", "minutes", "mins"}},
	{time.Second, []string{"s", "second", "seconds", "sec", "secs"}},
}

// longestTime is the most that somebody may mean.
const longestTime = 10 * 366 * 24 * time.Hour

// writeLasting writes a length of time as [readLasting] reads it: "1 h 30 min".
// None is empty.
func writeLasting(s job.Seconds) string {
	left := time.Duration(s)
	var parts []string
	for _, u := range units[:len(units)-1] {
		if n := left / u.length; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, u.words[0]))
			left -= n * u.length
		}
	}
	if left > 0 {
		parts = append(parts, strconv.FormatFloat(left.Seconds(), 'f', -1, 64)+" s")
	}
	return strings.Join(parts, " ")
}

// readLasting reads a length of time: "90 s", "1 h 30 min", "1h30m". Empty and
// 0 are none.
func readLasting(text string) (job.Seconds, error) {
	if text == "" || text == "0" {
		return 0, nil
	}
	var total time.Duration
	for rest := text; rest != ""; {
		var n float64
		var u time.Duration
		n, u, rest = cutLasting(rest)
		if u == 0 || n > float64(longestTime/u) {
			return 0, fault.New(fault.Invalid, "“%s” is not a length of time; write it as 90 s, 15 min, 24 h or 1 d 12 h.", text)
		}
		total = min(total+time.Duration(n*float64(u)), longestTime)
	}
	return job.Seconds(total.Round(time.Millisecond)), nil
}

// cutLasting takes a number and its unit off the front; the unit is 0 if there
// is none.
func cutLasting(text string) (n float64, length time.Duration, rest string) {
	end := strings.IndexFunc(text, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	if end <= 0 {
		return 0, 0, ""
	}
	n, err := strconv.ParseFloat(text[:end], 64)
	word := strings.TrimLeft(text[end:], " ")
	end = strings.IndexFunc(word+" ", func(r rune) bool { return !unicode.IsLetter(r) })
	if err != nil {
		return 0, 0, ""
	}
	return n, unitOf(word[:end]), strings.TrimLeft(word[end:], " ,")
}

func unitOf(word string) time.Duration {
	for _, u := range units {
		for _, w := range u.words {
			if strings.EqualFold(w, word) {
				return u.length
			}
		}
	}
	return 0
}
