package roster

import (
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A comparison is the difference between what a pull brought and what was
// known.
type comparison struct {
	h        *harvest
	rows     []sync.Row
	vanished []string
	messages []sync.Message
	replaced []string // ids of open messages

	known     map[string]sync.Row
	open      map[string][]sync.Message // by key, and by place where there is none
	protected map[string]bool           // aliases of rows that cannot be read this time
	unnamed   int                       // problems without an id

	created, changed, gone int64
	why                    string // nothing is taken for gone, where that is odd
}

func compare(h *harvest, known []sync.Row, open []sync.Message) *comparison {
	c := &comparison{
		h: h, known: make(map[string]sync.Row, len(known)), open: map[string][]sync.Message{}, protected: map[string]bool{},
	}
	for _, row := range known {
		c.known[row.Key] = row
	}
	for _, m := range open {
		at := problem{key: m.Key, where: m.Where}.identity()
		c.open[at] = append(c.open[at], m)
	}
	c.problems()
	seen := c.present(int64(len(known)))
	c.absent(known, seen)
	return c
}

// problems makes messages of the rows that cannot be taken, unless they are
// known already, and protects what was known of them.
func (c *comparison) problems() {
	said := map[string]bool{}
	for _, p := range c.h.problems {
		if p.key == "" {
			c.unnamed++
		} else {
			c.protected[p.key] = true
		}
		if at := p.identity(); !said[at] {
			said[at] = true
			c.problem(p)
		}
	}
	for at, messages := range c.open {
		for _, m := range messages {
			if m.Op == sync.Unread && !said[at] && (c.h.complete || c.h.byAlias[m.Key] != nil) {
				c.replaced = append(c.replaced, m.ID)
			}
		}
	}
}

func (c *comparison) problem(p problem) {
	m := sync.Message{
		Key: p.key, Where: p.where, Digest: p.digest(), Op: sync.Unread,
		State: sync.Rejected, Code: p.code, Reason: p.message,
	}
	if p.code == "DUP_KEY" {
		m.State = sync.Held
	}
	known := false
	for _, before := range c.open[p.identity()] {
		switch {
		case before.Op != sync.Unread:
		case before.Digest == m.Digest:
			known = true
		default:
			c.replaced = append(c.replaced, before.ID)
		}
	}
	if !known {
		c.messages = append(c.messages, m)
	}
}

// present compares what the source has with what is known, and returns the
// keys that it has.
func (c *comparison) present(seq int64) map[string]bool {
	seen := make(map[string]bool, len(c.h.rows))
	for _, s := range c.h.rows {
		seen[s.key] = true
		if s.twice {
			c.protected[s.record.Key] = true
			continue
		}
		row := sync.Row{Key: s.key, Alias: s.record.Key, Digest: s.digest, Gone: s.record.Deleted, Record: s.record}
		before, ok := c.known[s.key]
		if row.Seq = before.Seq; !ok {
			seq++
			row.Seq = seq
		}
		c.row(row, before, ok)
	}
	return seen
}

func (c *comparison) row(row, before sync.Row, known bool) {
	if row.Gone && known {
		c.end(before, row.Record)
		return
	}
	same := known && before.Digest == row.Digest && before.Gone == row.Gone
	if same && before.Alias == row.Alias {
		return
	}
	c.rows = append(c.rows, row)
	switch {
	case same:
	case row.Gone:
		c.message(row, sync.Message{Op: sync.Gone, State: sync.Ignored, Reason: "It ended before it was ever seen here."})
	case !known || before.Gone:
		c.created++
		c.message(row, sync.Message{Op: sync.New, State: sync.Received})
	default:
		c.changed++
		c.message(row, sync.Message{Op: sync.Changed, State: sync.Received})
	}
}

// end notes that a row is gone. Its record stays as it was: what says so need
// not say anything else.
func (c *comparison) end(row sync.Row, by sis.Record) {
	if row.Gone {
		return
	}
	c.gone++
	c.vanished = append(c.vanished, row.Key)
	row.Record = by
	c.message(row, sync.Message{Op: sync.Gone, State: sync.Received})
}

// message adds a message about a row, in place of open ones.
func (c *comparison) message(row sync.Row, m sync.Message) {
	m.Key, m.Digest, m.Where = row.Key, row.Digest, row.Record.Where
	m.Body = json.RawMessage("{}")
	if m.Op != sync.Gone {
		m.Body = body(row.Record)
	}
	c.messages = append(c.messages, m)
	for _, before := range c.open[row.Key] {
		if before.Op != sync.Unread {
			c.replaced = append(c.replaced, before.ID)
		}
	}
}

// absent finds what is gone: known, and said to have ended or not in a complete
// snapshot, and not among what could not be read.
func (c *comparison) absent(known []sync.Row, seen map[string]bool) {
	missing := c.missing(known, seen)
	switch {
	case len(missing) == 0 || !c.h.complete:
		return
	case c.h.records == 0:
		c.why = fmt.Sprintf("The SIS sent no %s at all, and had %d before. That is taken for a mistake: nothing was dropped.", c.h.stream, len(missing))
		return
	case c.unnamed > 0:
		c.why = fmt.Sprintf("%d rows of %s have no id that can be read, so it is not known which of %d missing ones are gone: none was dropped.",
			c.unnamed, c.h.stream, len(missing))
		return
	}
	for _, row := range missing {
		c.end(row, sis.Record{})
	}
}

// missing returns the rows that nothing was said about, and ends those of which
// nothing but their end was said.
func (c *comparison) missing(known []sync.Row, seen map[string]bool) (missing []sync.Row) {
	met := map[string]bool{}
	for _, row := range known {
		by, ended := c.h.ended[row.Alias]
		if ended {
			met[row.Alias] = true
		}
		switch {
		case seen[row.Key], c.protected[row.Alias], row.Gone:
		case ended:
			c.end(row, by)
		default:
			missing = append(missing, row)
		}
	}
	for alias, r := range c.h.ended {
		if !met[alias] {
			r.Warning = "It ended before it was ever seen here."
			c.h.warnings = append(c.h.warnings, r)
		}
	}
	return missing
}

func (c *comparison) delta(name string, p sync.Pull) sync.Delta {
	p.Complete = c.h.complete && c.why == ""
	if c.why != "" {
		p.Code, p.Reason = "SNAPSHOT_INCOMPLETE", c.why
	}
	for i := range c.messages {
		m := &c.messages[i]
		m.ID, m.Sync, m.Stream, m.Run = newID(), name, p.Stream, p.Run
		m.Received, m.Changed = p.At, p.At
	}
	return sync.Delta{Sync: name, Pull: p, Rows: c.rows, Vanished: c.vanished, Messages: c.messages, Superseded: c.replaced}
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }
