package ledger

import (
	"context"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

const rekeyTypes = `stream TEXT, old_key TEXT, new_key TEXT, term TEXT, reason TEXT, state TEXT, changed_by TEXT, changed_at BIGINT`

var (
	rekeyColumns = names(rekeyTypes)
	writeRekeys  = replacing("sis_rekeys", "sync TEXT, "+rekeyTypes, "sync, stream, old_key, new_key")
)

func scanRekey(r row) (k sync.Rekey, err error) {
	var at int64
	err = r.Scan(&k.Stream, &k.Old, &k.New, &k.Term, &k.Reason, &k.State, &k.By, &at)
	k.Changed = instant(at)
	return k, err
}

// SISRekeys returns the pairs of keys of a sync that may mean one record, and
// what people said about them.
func (l *Ledger) SISRekeys(ctx context.Context, name string) ([]sync.Rekey, error) {
	rekeys, err := list(ctx, l.read, scanRekey, `SELECT `+rekeyColumns+` FROM sis_rekeys
		WHERE sync = $1 ORDER BY stream, term, old_key, new_key`, name)
	return rekeys, wrap(err, "read the changed keys of sync %s", name)
}

// PutSISRekeys writes pairs, new and known.
func (l *Ledger) PutSISRekeys(ctx context.Context, name string, rekeys []sync.Rekey) error {
	err := l.writing(ctx, func(w writer) error { return putRekeys(ctx, w, name, rekeys) })
	return wrap(err, "write the changed keys of sync %s", name)
}

func putRekeys(ctx context.Context, w writer, name string, rekeys []sync.Rekey) error {
	if err := moveGroups(ctx, w, name, rekeys); err != nil {
		return err
	}
	if err := handBack(ctx, w, name, rekeys); err != nil {
		return err
	}
	return putAll(ctx, w, writeRekeys, rekeys, func(k sync.Rekey) []any {
		return []any{
			name, string(k.Stream), clean(k.Old), clean(k.New), clean(k.Term), prose(k.Reason), string(k.State), clean(k.By), millis(k.Changed),
		}
	})
}

// answerRekeys takes a decision for the answer to the questions about a stream
// that are open.
func answerRekeys(ctx context.Context, w writer, p sync.Plan, h sync.Hold, r sync.Ruling) error {
	asked, err := list(ctx, w, scanRekey, `SELECT `+rekeyColumns+` FROM sis_rekeys
		WHERE sync = $1 AND stream = $2 AND state = 'suspected' ORDER BY old_key, new_key`, p.Sync, string(h.Stream))
	if err != nil {
		return err
	}
	known, err := list(ctx, w, scanLink, `SELECT `+linkColumns+` FROM sis_links WHERE sync = $1 AND section IN (
		SELECT old_key FROM sis_rekeys WHERE sync = $1 AND stream = 'sections' AND state = 'suspected')`, p.Sync)
	if err != nil {
		return err
	}
	links := make(map[string]sync.Link, len(known))
	for _, k := range known {
		links[k.Section] = k
	}
	answered, taken := sync.AnswerRekeys(asked, links, r.Choice == sync.Approve, r.By, r.At)
	if err := putSISLinks(ctx, w, p.Sync, taken); err != nil {
		return err
	}
	return putRekeys(ctx, w, p.Sync, answered)
}

// handBack forgets the account of people who get one as somebody else's: it
// was theirs once, and is given to them anew.
func handBack(ctx context.Context, w writer, name string, rekeys []sync.Rekey) error {
	for _, k := range rekeys {
		if k.Stream != sis.Persons || k.State != sync.RekeyAccepted {
			continue
		}
		if _, err := w.ExecContext(ctx, `DELETE FROM sis_person_links WHERE sync = $1 AND person = $2`, name, clean(k.New)); err != nil {
			return err
		}
	}
	return nil
}
