package ledger

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// sisStreams are the tables of the streams: their own columns, and how a row
// fills them.
var sisStreams = map[sis.Stream]sisStream{
	sis.Terms: stream("sis_terms", "record", "title TEXT, kind TEXT, start_on TEXT, end_on TEXT, parent TEXT", termColumns),
	sis.Persons: stream("sis_persons", "record", "username TEXT, email TEXT, given TEXT, family TEXT, roles TEXT, enabled BIGINT",
		personColumns),
	sis.Sections: stream("sis_sections", "record", "title TEXT, code TEXT, course TEXT, terms TEXT, school TEXT, provider TEXT, extract TEXT, zone TEXT, cross_list TEXT",
		sectionColumns),
	sis.Registrations: stream("sis_registrations", "alias", "alias TEXT, section TEXT, person TEXT, role TEXT, begin_on TEXT, end_on TEXT",
		registrationColumns),
}

type sisStream struct {
	table   string
	columns string
	alias   string // the column of the provider's id
	values  func(sync.Row) []any
	write   bulk // rows, new and known
	end     bulk // rows that are gone
}

func stream(table, alias, types string, values func(sync.Row) []any) sisStream {
	return sisStream{
		table: table, columns: names(types), alias: alias, values: values,
		write: replacing(table, `sync TEXT, record TEXT, digest TEXT, gone BIGINT, seq BIGINT, snapshot TEXT, version BIGINT, doubt TEXT, `+types, "sync, record"),
		end: joining("sync TEXT, record TEXT, snapshot TEXT, doubt TEXT, version BIGINT", `UPDATE `+table+` SET gone = 1, snapshot = r.snapshot, doubt = r.doubt,
				version = CASE WHEN r.version = 0 THEN `+table+`.version ELSE r.version END
			FROM rows AS r WHERE `+table+`.sync = r.sync AND `+table+`.record = r.record`),
	}
}

func termColumns(r sync.Row) []any {
	t := r.Record.Term
	return []any{clean(t.Title), clean(t.Kind), t.Start.String(), t.End.String(), clean(t.Parent)}
}

func personColumns(r sync.Row) []any {
	p := r.Record.Person
	return []any{clean(p.Username), clean(p.Email), clean(p.Given), clean(p.Family), asList(p.Roles), flag(p.Enabled)}
}

func sectionColumns(r sync.Row) []any {
	s := r.Record.Section
	return []any{clean(s.Title), clean(s.Code), clean(s.Course), asList(s.Terms), clean(s.School), clean(s.Provider), clean(string(s.Extract)), clean(s.Zone), clean(s.CrossList)}
}

func registrationColumns(r sync.Row) []any {
	g := r.Record.Registration
	return []any{clean(r.Alias), clean(g.Section), clean(g.Person), string(g.Role), g.Begin.String(), g.End.String()}
}

const rowColumns = `record, digest, gone, seq, doubt, version`

// SISRows returns the rows of a stream in order of arrival, without their
// records.
func (l *Ledger) SISRows(ctx context.Context, name string, stream sis.Stream) ([]sync.Row, error) {
	s := sisStreams[stream]
	scan := func(from row) (r sync.Row, err error) {
		err = from.Scan(&r.Key, &r.Digest, &r.Gone, &r.Seq, &r.Doubt, &r.Version, &r.Alias)
		return r, err
	}
	rows, err := list(ctx, l.read, scan,
		`SELECT `+rowColumns+`, `+s.alias+` FROM `+s.table+` WHERE sync = $1 ORDER BY seq`, name)
	return rows, wrap(err, "read %s of sync %s", stream, name)
}

// AbsorbSIS takes what a pull has changed, all of it or nothing.
func (l *Ledger) AbsorbSIS(ctx context.Context, d sync.Delta) error {
	err := l.writing(ctx, func(w writer) error {
		if err := putSISRows(ctx, w, d); err != nil {
			return err
		}
		if err := supersede(ctx, w, d); err != nil {
			return err
		}
		if err := repeatAcks(ctx, w, d.Repeated); err != nil {
			return err
		}
		if err := l.putSISMessages(ctx, w, d.Messages); err != nil {
			return err
		}
		return putSISPull(ctx, w, d.Sync, d.Pull)
	})
	return wrap(err, "absorb %s of sync %s", d.Pull.Stream, d.Sync)
}

func putSISRows(ctx context.Context, w writer, d sync.Delta) error {
	s := sisStreams[d.Pull.Stream]
	err := putAll(ctx, w, s.write, d.Rows, func(r sync.Row) []any {
		return append([]any{d.Sync, clean(r.Key), r.Digest, flag(r.Gone), r.Seq, d.Pull.Snapshot, r.Version, r.Doubt}, s.values(r)...)
	})
	if err != nil {
		return err
	}
	return putAll(ctx, w, s.end, d.Vanished, func(e sync.End) []any {
		return []any{d.Sync, clean(e.Key), d.Pull.Snapshot, e.Doubt, e.Version}
	})
}

// numbered returns "$3, $4" for two from the third.
func numbered(first, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", first+i)
	}
	return b.String()
}

func inChunks[T any](all []T, do func(some []T) error) error {
	for some := range slices.Chunk(all, rowsPerInsert) {
		if err := do(some); err != nil {
			return err
		}
	}
	return nil
}

const pullTypes = `stream TEXT, snapshot TEXT, run TEXT, records BIGINT, problems BIGINT, complete BIGINT, code TEXT, reason TEXT, pulled_at BIGINT, cursor_text TEXT`

var (
	pullColumns = names(pullTypes)
	writePulls  = replacing("sis_pulls", "sync TEXT, "+pullTypes, "sync, stream")
)

func putSISPull(ctx context.Context, w writer, name string, p sync.Pull) error {
	if _, err := w.ExecContext(ctx, `DELETE FROM sis_failed_pulls WHERE sync = $1 AND stream = $2`, name, string(p.Stream)); err != nil {
		return err
	}
	return w.put(ctx, writePulls, [][]any{{
		name, string(p.Stream), p.Snapshot, p.Run, p.Rows, p.Problems, flag(p.Complete), p.Code, prose(p.Reason), millis(p.At), p.Cursor,
	}})
}

func scanPull(r row) (p sync.Pull, err error) {
	var at int64
	err = r.Scan(&p.Stream, &p.Snapshot, &p.Run, &p.Rows, &p.Problems, &p.Complete, &p.Code, &p.Reason, &at, &p.Cursor)
	p.At = instant(at)
	return p, err
}

// SISPull returns the last pull of a stream, and the zero Pull before the
// first.
func (l *Ledger) SISPull(ctx context.Context, name string, stream sis.Stream) (sync.Pull, error) {
	pulls, err := l.SISPulls(ctx, name)
	for _, p := range pulls {
		if p.Stream == stream {
			return p, err
		}
	}
	return sync.Pull{}, err
}

// SISPulls returns the last pull of each stream that was pulled.
func (l *Ledger) SISPulls(ctx context.Context, name string) ([]sync.Pull, error) {
	pulls, err := list(ctx, l.read, scanPull, `SELECT `+pullColumns+` FROM sis_pulls WHERE sync = $1 ORDER BY pulled_at, stream`, name)
	return pulls, wrap(err, "read pulls of sync %s", name)
}
