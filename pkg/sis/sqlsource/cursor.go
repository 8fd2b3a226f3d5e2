package sqlsource

import (
	"strconv"
	"strings"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

const updatedAt = "updated_at"

// A cursor is a time of updated_at, and how the database writes such times: it
// is compared with them as it writes them itself.
type cursor struct {
	at     time.Time
	layout int // of layouts
}

// layouts are how a time may be written. The first is a timestamp of the
// database, and no text.
var layouts = []string{"", "2006-01-02 15:04:05", "2006-01-02T15:04:05Z", "2006-01-02T15:04:05", time.DateOnly}

// upTo returns the earlier of the cursor and now: one row from the future must
// not hide what is changed until then.
func (c cursor) upTo(now time.Time) cursor {
	if c.at.After(now) {
		c.at = now.UTC()
	}
	return c
}

// less returns the value to compare with: so much before the cursor.
func (c cursor) less(overlap time.Duration) any {
	at := c.at.Add(-overlap).UTC()
	if c.layout == 0 {
		return at
	}
	return at.Format(layouts[c.layout])
}

func (c cursor) String() string {
	if c.at.IsZero() {
		return ""
	}
	return strconv.Itoa(c.layout) + " " + c.at.UTC().Format(time.RFC3339Nano)
}

func parseCursor(text string) (c cursor, err error) {
	if text == "" {
		return c, nil
	}
	layout, at, _ := strings.Cut(text, " ")
	c.layout, err = strconv.Atoi(layout)
	if err == nil {
		c.at, err = time.Parse(time.RFC3339Nano, at)
	}
	if err != nil || c.layout < 0 || c.layout >= len(layouts) {
		return c, &sis.Error{Code: "CONFIG_INVALID", Message: "The cursor is not one of this source's; pull without one.", Err: err}
	}
	return c, nil
}

// see takes over a later time. It reports whether value is a time at all.
func (c *cursor) see(value any) bool {
	seen, ok := timeOf(value)
	if ok && seen.at.After(c.at) {
		*c = seen
	}
	return ok
}

func timeOf(value any) (cursor, bool) {
	switch v := value.(type) {
	case nil:
		return cursor{}, true
	case time.Time:
		return cursor{at: v.UTC()}, true
	case []byte:
		return timeOf(string(v))
	case string:
		for i, layout := range layouts[1:] {
			if at, err := time.Parse(layout, v); err == nil {
				return cursor{at: at, layout: i + 1}, true
			}
		}
	}
	return cursor{}, false
}
