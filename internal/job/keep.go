package job

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Keep is for how long something is kept, in whole days: 1 or more, or
// [Forever]. People write it as 400d, or forever.
type Keep int64

// Forever says that nothing is removed.
const Forever Keep = 0

// longestKeep is further away than any date that can be stored.
const longestKeep = 100_000

// Day is what a Keep counts.
const Day = 24 * time.Hour

// errKeep is the rule, in one line.
var errKeep = errors.New("must be days such as 400d, at least 1d, or forever")

// ParseKeep reads 400d, forever, or 0, which means forever too.
func ParseKeep(text string) (Keep, error) {
	text = strings.ToLower(strings.TrimSpace(text))
	if text == "forever" || text == "0" || text == "0d" {
		return Forever, nil
	}
	number, ok := strings.CutSuffix(text, "d")
	days, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || days < 1 || days > longestKeep {
		return 0, fmt.Errorf("%w, not %q", errKeep, text)
	}
	return Keep(days), nil
}

// String returns k as people write it.
func (k Keep) String() string {
	if k <= Forever {
		return "forever"
	}
	return strconv.FormatInt(int64(k), 10) + "d"
}

// Before returns the time before which things are too old at now, and the zero
// time if nothing is.
func (k Keep) Before(now time.Time) time.Time {
	if k <= Forever {
		return time.Time{}
	}
	return now.Add(-time.Duration(k) * Day)
}

// shorter returns the shorter of two times.
func (k Keep) shorter(other Keep) Keep {
	if k <= Forever || other > Forever && other < k {
		return other
	}
	return k
}

// MarshalText implements [encoding.TextMarshaler].
func (k Keep) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (k *Keep) UnmarshalText(text []byte) (err error) {
	*k, err = ParseKeep(string(text))
	return err
}
