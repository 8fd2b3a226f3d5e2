package roster

import (
	"encoding/json"

	"github.com/google/uuid"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A comparison is the difference between what a pull brought and what was
// known.
type comparison struct {
	h        *harvest
	rows     []sync.Row
	vanished []sync.End
	notes    []note
	replaced []string // ids of open messages
	repeated []string // ids of messages that came again

	known     map[string]*sync.Row
	open      map[string][]sync.Message // by key, and by place where there is none
	received  map[string][]sync.Message // by receipt
	protected map[string]bool           // aliases of rows that cannot be read this time
	unnamed   int                       // problems without an id

	created, changed, gone int64
	stale                  int64
	code, why              string // nothing is taken for gone, where that is odd
}

func compare(h *harvest, known []sync.Row, open, received []sync.Message) *comparison {
	c := &comparison{
		h: h, known: make(map[string]*sync.Row, len(known)), open: map[string][]sync.Message{}, protected: map[string]bool{},
		received: map[string][]sync.Message{},
	}
	for i := range known {
		c.known[known[i].Key] = &known[i]
	}
	for _, m := range open {
		at := problem{key: m.Key, where: m.Where}.identity()
		c.open[at] = append(c.open[at], m)
	}
	for _, m := range received {
		c.received[m.Receipt] = append(c.received[m.Receipt], m)
	}
	c.problems()
	seen := c.present(int64(len(known)))
	c.absent(known, seen)
	c.passed()
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
		State: sync.Rejected, Code: p.code, Reason: p.message, Receipt: p.receipt,
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
	n := note{m.Key, m.Digest, m.Op, m.State, m.Code, m.Reason, &sis.Record{Where: m.Where, Receipt: m.Receipt}}
	if (!known || p.receipt != "") && !c.repeats(n) {
		c.notes = append(c.notes, n)
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
		row := sync.Row{
			Key: s.key, Alias: s.record.Key, Digest: s.digest, Gone: s.record.Deleted, Version: s.record.Version, Record: &s.record,
		}
		if before, ok := c.known[s.key]; ok {
			row.Seq = before.Seq
			c.row(row, *before, true)
			continue
		}
		seq++
		row.Seq = seq
		c.row(row, sync.Row{}, false)
	}
	return seen
}

func (c *comparison) row(row, before sync.Row, known bool) {
	same := known && before.Digest == row.Digest && before.Gone == row.Gone
	switch {
	case known && c.outOfOrder(row, before, same):
		return
	case row.Gone && known:
		c.ended(row, before)
		return
	case same:
		c.again(row, before)
		return
	}
	c.rows = append(c.rows, c.unseen(row))
	switch {
	case known && before.Gone && before.Doubt != "" && before.Digest == row.Digest:
		c.replace(row.Key) // it was not gone after all
	case row.Gone:
		c.message(row, sync.Message{Op: sync.Gone, State: sync.Ignored, Reason: beforeSeen})
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
	if row.Gone && row.Doubt == "" {
		return
	}
	c.gone++
	c.vanished = append(c.vanished, sync.End{Key: row.Key, Version: by.Version})
	row.Record = &by
	c.message(row, sync.Message{Op: sync.Gone, State: sync.Received})
}

// message adds a message about a row, in place of open ones.
func (c *comparison) message(row sync.Row, m sync.Message) {
	c.add(row, m)
	c.replace(row.Key)
}

func (c *comparison) add(row sync.Row, m sync.Message) {
	n := note{row.Key, row.Digest, m.Op, m.State, m.Code, m.Reason, row.Record}
	if !c.repeats(n) {
		c.notes = append(c.notes, n)
	}
}

// A note is what a message will say. There may be as many as there are records:
// they are made into messages as they are written.
type note struct {
	key, digest string
	op          sync.Op
	state       sync.MessageState
	code        string
	reason      string
	record      *sis.Record
}

func (n note) message(name string, p sync.Pull) sync.Message {
	m := sync.Message{
		ID: newID(), Sync: name, Stream: p.Stream, Key: n.key, Digest: n.digest, Op: n.op, Body: json.RawMessage("{}"), Where: n.record.Where,
		State: n.state, Code: n.code, Reason: n.reason, Run: p.Run, Received: p.At, Changed: p.At, Receipt: n.record.Receipt,
	}
	if n.op == sync.New || n.op == sync.Changed {
		m.Body = body(*n.record)
	}
	return m
}

// replace gives up what was said about a row before.
func (c *comparison) replace(key string) {
	for _, before := range c.open[key] {
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
	case c.rolledBack(len(known)):
		return
	case len(missing) == 0 || !c.h.complete:
		return
	case c.h.records == 0:
		c.doubt(missing, "The SIS sent no %s at all, and had %d before. That is taken for a mistake: nothing was dropped.", c.h.stream, len(missing))
		return
	case c.unnamed > 0:
		c.doubt(missing, "%d rows of %s have no id that can be read, so it is not known which of %d missing ones are gone: none was dropped.",
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
		case seen[row.Key], c.protected[row.Alias], row.Gone && row.Doubt == "":
		case ended:
			c.end(row, by)
		case c.h.movedOn(row):
			c.end(row, sis.Record{})
		case row.Gone: // in doubt, and still missing
			missing = append(missing, row)
		default:
			missing = append(missing, row)
		}
	}
	for alias, r := range c.h.ended {
		if !met[alias] {
			r.Warning = beforeSeen
			c.h.warnings = append(c.h.warnings, r)
			c.told(sync.Row{Key: alias, Record: &r}, sync.Ignored, "", beforeSeen)
		}
	}
	return missing
}

func (c *comparison) delta(name string, p sync.Pull) sync.Delta {
	p.Complete = c.h.complete && c.why == ""
	p.Code, p.Reason, p.Cursor = c.code, c.why, c.h.cursor
	messages := func(yield func(sync.Message) bool) {
		for _, n := range c.notes {
			if !yield(n.message(name, p)) {
				return
			}
		}
	}
	return sync.Delta{Sync: name, Pull: p, Rows: c.rows, Vanished: c.vanished, Messages: messages, Superseded: c.replaced, Repeated: c.repeated}
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }
