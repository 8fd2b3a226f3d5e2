package roster

import (
	"fmt"
	"slices"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// What a record is worth that comes twice, too late, or in the wrong order.

const beforeSeen = "It ended before it was ever seen here."

// outOfOrder reports whether a record is older than what is known, or whether
// that cannot be told; what is known then stands.
func (c *comparison) outOfOrder(row, before sync.Row, same bool) bool {
	switch {
	case row.Version > 0 && row.Version < before.Version:
		c.stale++
		if c.h.complete && !same {
			c.hold(row, sync.Message{
				Op: sync.Changed, Code: "STALE_VERSION", Reason: "The SIS sends an older version than it sent before. What was known stands.",
			})
		} else {
			c.told(row, sync.Superseded, "STALE_VERSION", "A newer version of the record came before it.")
		}
		return true
	case before.Version == sync.Unseen && row.Version == 0 && !row.Gone && !c.h.complete:
		c.hold(row, sync.Message{Op: sync.New, Code: "REG_CONFLICT", Reason: "Its end was sent before it was: " +
			"the SIS does not say which of the two came later. A complete pull will tell, or send it again."})
		return true
	}
	return false
}

// hold keeps a record that is not taken, once.
func (c *comparison) hold(row sync.Row, m sync.Message) {
	m.State = sync.Held
	for _, before := range c.open[row.Key] {
		if before.Code == m.Code && before.Digest == row.Digest && (row.Record.Receipt == "" || c.came(row.Record.Receipt, before.ID)) {
			return
		}
	}
	c.message(row, m)
}

// came reports whether a message has come with that receipt.
func (c *comparison) came(receipt, id string) bool {
	return slices.ContainsFunc(c.received[receipt], func(m sync.Message) bool { return m.ID == id })
}

// repeats reports whether a note, and what became of it, is known under its
// receipt already. The source is then told again, and nothing new is kept: a
// source that does not hear its answers sends the same for ever.
func (c *comparison) repeats(n note) bool {
	for _, before := range c.received[n.record.Receipt] {
		if before.Key == n.key && before.Digest == n.digest && before.Op == n.op && before.State == n.state && before.Code == n.code {
			c.repeated = append(c.repeated, before.ID)
			return true
		}
	}
	return false
}

// rolledBack reports whether the SIS has gone back to an earlier state: nothing
// is then taken for gone.
func (c *comparison) rolledBack(known int) bool {
	if !c.h.complete || c.stale <= 10 || c.stale*20 <= int64(known) {
		return false
	}
	c.code = "STALE_VERSION"
	c.why = fmt.Sprintf("%d of %d %s have an older version than the SIS sent before, as after a restored backup. "+
		"They were not taken, and nothing was dropped.", c.stale, known, c.h.stream)
	return true
}

// doubt notes that records are missing, and why they are not taken for gone.
// Registrations of them end only if a person says so.
func (c *comparison) doubt(missing []sync.Row, why string, args ...any) {
	c.code, c.why = "SNAPSHOT_INCOMPLETE", fmt.Sprintf(why, args...)
	if c.h.stream != sis.Registrations {
		return
	}
	for _, row := range missing {
		if row.Gone {
			continue // since an earlier pull
		}
		c.vanished = append(c.vanished, sync.End{Key: row.Key, Doubt: c.code})
		row.Record = &sis.Record{}
		c.message(row, sync.Message{Op: sync.Gone, State: sync.Received})
	}
}

// ended ends a row, unless what ended is another id of the same registration.
func (c *comparison) ended(row, before sync.Row) {
	if !c.h.complete && before.Alias != row.Alias && !before.Gone {
		c.told(row, sync.Ignored, "", "Another id of the same registration still holds.")
		return
	}
	if before.Gone {
		c.told(row, sync.Duplicate, "", "")
		return
	}
	c.end(before, *row.Record)
}

// unseen marks a row that ended before it was ever seen.
func (c *comparison) unseen(row sync.Row) sync.Row {
	if row.Gone && row.Version == 0 && !c.h.complete {
		row.Version = sync.Unseen
	}
	return row
}

// again deals with a record that says what is known.
func (c *comparison) again(row, before sync.Row) {
	if row.Alias != before.Alias || row.Version > before.Version {
		c.rows = append(c.rows, row)
	}
	c.told(row, sync.Duplicate, "", "")
}

// passed answers for records that others of the same pull have replaced.
func (c *comparison) passed() {
	for _, s := range c.h.passed {
		c.told(sync.Row{Key: s.key, Digest: s.digest, Record: &s.record}, sync.Superseded, "", "A later one came with it.")
	}
}

// told answers for a record that changes nothing, if the source wants an
// answer.
func (c *comparison) told(row sync.Row, state sync.MessageState, code, reason string) {
	if row.Record.Receipt == "" {
		return
	}
	op := sync.Changed
	if row.Record.Deleted {
		op = sync.Gone
	}
	c.add(row, sync.Message{Op: op, State: state, Code: code, Reason: reason})
}

// movedOn reports whether the provider's id of a row now means another record.
func (h *harvest) movedOn(row sync.Row) bool {
	s := h.byAlias[row.Alias]
	return !h.complete && s != nil && !s.twice && s.key != row.Key
}
