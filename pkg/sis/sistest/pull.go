package sistest

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// A pulled is what came of one pull.
type pulled struct {
	sis.Result
	records []sis.Record
	err     error
}

// pull asks for a snapshot and pulls a stream of it.
func pull(ctx context.Context, from sis.Source, stream sis.Stream, cursor string) (got pulled) {
	snapshot, err := from.Snapshot(ctx)
	if err != nil {
		return pulled{err: err}
	}
	got.Result, got.err = from.Pull(ctx, sis.Request{Snapshot: snapshot, Stream: stream, Cursor: cursor}, func(r sis.Record) error {
		got.records = append(got.records, r)
		return nil
	})
	return got
}

// whole is a pull that must come through, in good form.
func whole(t *testing.T, from sis.Source, stream sis.Stream, cursor string) pulled {
	t.Helper()
	got := pull(t.Context(), from, stream, cursor)
	if got.err != nil {
		t.Fatalf("pull %s: %v", stream, got.err)
	}
	if got.Rows != len(got.records) || got.Problems != len(got.problems()) {
		t.Errorf("%s: result %+v of %d records, %d of them problems", stream, got.Result, len(got.records), len(got.problems()))
	}
	for _, r := range got.records {
		checkForm(t, stream, r)
	}
	return got
}

// checkForm checks what holds of every record.
func checkForm(t *testing.T, stream sis.Stream, r sis.Record) {
	t.Helper()
	kinds := map[bool]int{}
	for _, is := range []bool{r.Term != nil, r.Person != nil, r.Section != nil, r.Registration != nil, r.Problem != nil} {
		kinds[is]++
	}
	switch {
	case kinds[true] != 1:
		t.Errorf("%s: a record has %d kinds: %+v", stream, kinds[true], r)
	case r.Where == "":
		t.Errorf("%s: the record %q does not say where it was", stream, r.Key)
	case r.Problem != nil && (r.Problem.Code == "" || r.Problem.Message == ""):
		t.Errorf("%s: the problem at %s has no code or no message", stream, r.Where)
	case r.Problem == nil && r.Key == "":
		t.Errorf("%s: the record at %s has no key", stream, r.Where)
	}
}

func (p pulled) problems() (all []sis.Record) {
	for _, r := range p.records {
		if r.Problem != nil {
			all = append(all, r)
		}
	}
	return all
}

// texts returns the records by what they are recognised by. One that came
// twice is marked, so that it equals nothing.
func (p pulled) texts() map[string]string {
	all := map[string]string{}
	for _, r := range p.records {
		id, text := recognised(r)
		if _, twice := all[id]; twice {
			text += " (came twice)"
		}
		all[id] = text
	}
	return all
}

func recognised(r sis.Record) (id, text string) {
	switch {
	case r.Term != nil:
		return r.Term.Key, said(*r.Term)
	case r.Person != nil:
		return r.Person.Key, said(*r.Person)
	case r.Section != nil:
		return r.Section.Key, said(*r.Section)
	case r.Registration != nil:
		return placeOf(*r.Registration), said(*r.Registration)
	}
	return r.Key, "problem"
}

func texts[T any](rows []T, key func(T) string) map[string]string {
	all := make(map[string]string, len(rows))
	for _, row := range rows {
		all[key(row)] = said(row)
	}
	return all
}

func said(row any) string {
	text, err := json.Marshal(row)
	if err != nil {
		panic(err) // structs of strings and dates
	}
	return string(text)
}

// wantSame compares what came with what is there.
func wantSame(t *testing.T, stream sis.Stream, want, got map[string]string) {
	t.Helper()
	for _, id := range slices.Sorted(maps.Keys(want)) {
		if text, ok := got[id]; !ok {
			t.Errorf("%s: %s did not come", stream, id)
		} else if text != want[id] {
			t.Errorf("%s: %s came as\n\t%s\nand is\n\t%s", stream, id, text, want[id])
		}
	}
	for _, id := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[id]; !ok {
			t.Errorf("%s: %s came and is not there", stream, id)
		}
	}
}

// wantFailure checks that an error has one of the codes and says so in words.
func wantFailure(t *testing.T, err error, want outcome, holds Campus) {
	t.Helper()
	problem, ok := errors.AsType[*sis.Error](err)
	if !ok || !slices.Contains(want.codes, problem.Code) || problem.Message == "" {
		t.Fatalf("error = %#v, want an *sis.Error with one of %q and a message", err, want.codes)
	}
	if problem.Temporary != want.temporary && problem.Code != "SRC_SCHEMA" {
		t.Errorf("%s: temporary = %t, want %t", problem.Code, problem.Temporary, want.temporary)
	}
	wantNobody(t, err.Error(), holds)
}

// wantNobody checks that a text names no person.
func wantNobody(t *testing.T, text string, holds Campus) {
	t.Helper()
	for _, p := range holds.Persons {
		for _, private := range []string{p.Family, p.Email} {
			if private != "" && strings.Contains(text, private) {
				t.Errorf("%q names a person", text)
				return
			}
		}
	}
}
