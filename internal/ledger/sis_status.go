package ledger

import (
	"context"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// SyncStatus returns how a sync stands, in numbers.
func (l *Ledger) SyncStatus(ctx context.Context, name string) (sync.Status, error) {
	s := sync.Status{
		Sync: name, Links: map[sync.LinkHow]int64{}, Effects: map[sync.EffectOp]int64{},
		Messages: map[sync.MessageState]int64{}, Codes: map[string]int64{},
	}
	for _, read := range []func(context.Context, *sync.Status) error{l.statusOfRows, l.statusOfLinks, l.statusOfMessages, l.statusOfPlans} {
		if err := read(ctx, &s); err != nil {
			return s, wrap(err, "read status of sync %s", name)
		}
	}
	return s, nil
}

func (l *Ledger) statusOfRows(ctx context.Context, s *sync.Status) (err error) {
	s.Pulls, err = l.SISPulls(ctx, s.Sync)
	if err != nil {
		return err
	}
	return l.read.QueryRowContext(ctx, `SELECT
			(SELECT COUNT(*) FROM sis_terms WHERE sync = $1 AND gone = 0),
			(SELECT COUNT(*) FROM sis_persons WHERE sync = $1 AND gone = 0),
			(SELECT COUNT(*) FROM sis_persons WHERE sync = $1 AND gone = 1),
			(SELECT COUNT(*) FROM sis_person_links WHERE sync = $1),
			(SELECT COUNT(*) FROM sis_sections WHERE sync = $1 AND gone = 0),
			(SELECT COUNT(*) FROM sis_sections WHERE sync = $1 AND gone = 1),
			(SELECT COUNT(*) FROM sis_registrations WHERE sync = $1 AND gone = 0),
			(SELECT COUNT(*) FROM sis_registrations WHERE sync = $1 AND gone = 1),
			(SELECT COUNT(*) FROM sis_applied WHERE sync = $1 AND suspended = 0),
			(SELECT COUNT(*) FROM sis_applied WHERE sync = $1 AND suspended = 1)`, s.Sync).Scan(
		&s.Terms, &s.People.Known, &s.People.Gone, &s.People.Linked, &s.Sections.Known, &s.Sections.Gone,
		&s.Registrations.Active, &s.Registrations.Gone, &s.Enrolments.Active, &s.Enrolments.Suspended)
}

func (l *Ledger) statusOfLinks(ctx context.Context, s *sync.Status) error {
	err := l.tallied(ctx, `SELECT how, COUNT(*) FROM sis_links WHERE sync = $1 AND linked = 1 GROUP BY how`,
		func(how string, n int64) { s.Links[sync.LinkHow(how)] = n }, s.Sync)
	if err != nil {
		return err
	}
	return l.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM sis_sections s JOIN sis_links k
		ON k.sync = s.sync AND k.section = s.record AND k.linked = 1 WHERE s.sync = $1 AND s.gone = 0`, s.Sync).Scan(&s.Sections.Linked)
}

func (l *Ledger) statusOfMessages(ctx context.Context, s *sync.Status) error {
	counts, err := l.SISMessageCounts(ctx, s.Sync)
	for _, c := range counts {
		s.Messages[c.State] += c.Count
		if c.Code != "" && c.State != sync.Superseded {
			s.Codes[c.Code] += c.Count
		}
		switch {
		case c.Stream != sis.Registrations:
		case c.State == sync.Waiting:
			s.Registrations.Waiting += c.Count
		case c.State == sync.Held:
			s.Registrations.Held += c.Count
		}
	}
	s.Sections.Available = s.Sections.Known - s.Sections.Linked
	return err
}

func (l *Ledger) statusOfPlans(ctx context.Context, s *sync.Status) error {
	err := l.tallied(ctx, `SELECT op, COUNT(*) FROM sis_effects WHERE sync = $1 AND state = 'applied' GROUP BY op`,
		func(op string, n int64) { s.Effects[sync.EffectOp(op)] = n }, s.Sync)
	if err != nil {
		return err
	}
	p, err := l.SISPlan(ctx, s.Sync, "")
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	s.Plan = &p
	return err
}

// tallied calls add for each row of a query for a text and a number.
func (l *Ledger) tallied(ctx context.Context, query string, add func(text string, n int64), of ...any) error {
	type count struct {
		text string
		n    int64
	}
	scan := func(r row) (c count, err error) {
		err = r.Scan(&c.text, &c.n)
		return c, err
	}
	counts, err := list(ctx, l.read, scan, query, of...)
	for _, c := range counts {
		add(c.text, c.n)
	}
	return err
}
