package ledger

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// knownColumns are what is read of a row besides its record.
const knownColumns = `record, gone, doubt`

// knownOf returns the records of a stream that meet a condition, in order of
// arrival. The sync is $1; values are the others.
func knownOf[R any](ctx context.Context, q querier, scan func(row) (sync.Known[R], error), of sis.Stream, name, condition string, values ...any) ([]sync.Known[R], error) {
	s := sisStreams[of]
	return list(ctx, q, scan, `SELECT `+knownColumns+`, `+s.columns+` FROM `+s.table+` WHERE sync = $1`+condition+` ORDER BY seq`,
		append([]any{name}, values...)...)
}

func scanTerm(r row) (k sync.Known[sis.Term], err error) {
	t := &k.Record
	var start, end string
	if err = r.Scan(&k.Key, &k.Gone, &k.Doubt, &t.Title, &t.Kind, &start, &end, &t.Parent); err != nil {
		return k, err
	}
	t.Key = k.Key
	return k, days(start, &t.Start, end, &t.End)
}

func scanPerson(r row) (k sync.Known[sis.Person], err error) {
	p := &k.Record
	err = r.Scan(&k.Key, &k.Gone, &k.Doubt, &p.Username, &p.Email, &p.Given, &p.Family, (*texts[sis.Role])(&p.Roles), &p.Enabled)
	p.Key = k.Key
	return k, err
}

func scanSection(r row) (k sync.Known[sis.Section], err error) {
	s := &k.Record
	err = r.Scan(&k.Key, &k.Gone, &k.Doubt, &s.Title, &s.Code, &s.Course, (*texts[string])(&s.Terms), &s.School, &s.Provider, &s.Extract, &s.Zone, &s.CrossList)
	s.Key = k.Key
	return k, err
}

func scanRegistration(r row) (k sync.Known[sis.Registration], err error) {
	g := &k.Record
	var begin, end string
	if err = r.Scan(&k.Key, &k.Gone, &k.Doubt, &g.Key, &g.Section, &g.Person, &g.Role, &begin, &end); err != nil {
		return k, err
	}
	return k, days(begin, &g.Begin, end, &g.End)
}

func days(begin string, b *sis.Date, end string, e *sis.Date) error {
	if err := b.UnmarshalText([]byte(begin)); err != nil {
		return err
	}
	return e.UnmarshalText([]byte(end))
}

// texts is a list of texts as it is stored.
type texts[S ~string] []S

// Scan implements [sql.Scanner].
func (t *texts[S]) Scan(stored any) error {
	switch stored := stored.(type) {
	case string:
		return json.Unmarshal([]byte(stored), (*[]S)(t))
	case []byte:
		return json.Unmarshal(stored, (*[]S)(t))
	}
	return fmt.Errorf("a list is stored as %T", stored)
}

func asList[S ~string](list []S) string {
	if list == nil {
		list = []S{}
	}
	text, err := json.Marshal(list)
	if err != nil {
		panic(err) // texts
	}
	return clean(string(text))
}
