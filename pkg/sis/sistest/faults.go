package sistest

import (
	"testing"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

func (m Maker) isolatesABadRow(t *testing.T) {
	holds := NewCampus(30)
	got := whole(t, m.start(t, holds, BadRow).Source, sis.Persons, "")
	if len(got.problems()) != 1 {
		t.Fatalf("%d problems, want one", len(got.problems()))
	}
	bad := got.problems()[0]
	wantNobody(t, bad.Problem.Error(), holds)
	want, texts := m.carried(holds).texts(sis.Persons), got.texts()
	delete(want, holds.Persons[3].Key)
	delete(texts, bad.Key)
	wantSame(t, sis.Persons, want, texts)
}

// losesNobodyTo tests that a row that comes or goes while persons are read
// costs no other: it may come itself, or not.
func (m Maker) losesNobodyTo(f Fault) func(*testing.T) {
	return func(t *testing.T) {
		holds := NewCampus(30)
		got := whole(t, m.start(t, holds, f).Source, sis.Persons, "")
		want, texts := m.carried(holds).texts(sis.Persons), got.texts()
		for _, moves := range []string{Latecomer.Key, holds.Persons[0].Key} {
			if moves == Latecomer.Key || f == RowDeleted {
				delete(want, moves)
				delete(texts, moves)
			}
		}
		wantSame(t, sis.Persons, want, texts)
	}
}

func (m Maker) doubtsAWrongTotal(t *testing.T) {
	holds := NewCampus(30)
	from := m.start(t, holds, WrongTotal).Source
	for _, stream := range sis.Streams {
		got := whole(t, from, stream, "")
		wantSame(t, stream, m.carried(holds).texts(stream), got.texts())
		if got.Complete {
			t.Errorf("%s: a pull of fewer rows than the system says to have is complete", stream)
		}
	}
}

func (m Maker) failsWith(f Fault, want outcome) func(*testing.T) {
	return func(t *testing.T) {
		holds := NewCampus(30)
		got := pull(t.Context(), m.start(t, holds, f).Source, sis.Persons, "")
		if got.Complete {
			t.Error("a pull that failed is complete")
		}
		wantFailure(t, got.err, want, holds)
	}
}

// goesOnFromACursor tests that what changed comes with the cursor of the pull
// before, for a source that gives cursors and a system that can change.
func (m Maker) goesOnFromACursor(f Fault) func(*testing.T) {
	return func(t *testing.T) {
		holds := NewCampus(30)
		system := m.start(t, holds, f)
		cursor := whole(t, system.Source, sis.Persons, "").Cursor
		if cursor == "" || system.Replace == nil {
			t.Skip("it sends everything each time")
		}
		for i, family := range []string{"Changed", "Changed Again", "Once More"} {
			holds = holds.renamed(2*i, family)
			system.Replace(holds)
			cursor = m.wantChange(t, system.Source, cursor, holds, 2*i)
		}
	}
}

// wantChange pulls what changed, checks that one person is among it, and
// returns the next cursor.
func (m Maker) wantChange(t *testing.T, from sis.Source, cursor string, holds Campus, who int) string {
	t.Helper()
	got := whole(t, from, sis.Persons, cursor)
	if got.Complete {
		t.Error("a pull of what changed is complete")
	}
	there, texts := m.carried(holds).texts(sis.Persons), got.texts()
	for id, text := range texts {
		if text != there[id] {
			t.Errorf("%s came as %s, and is %s", id, text, there[id])
		}
	}
	if _, ok := texts[holds.Persons[who].Key]; !ok {
		t.Errorf("%s was changed and did not come", holds.Persons[who].Key)
	}
	if got.Cursor == "" {
		t.Fatal("a pull with a cursor gives none")
	}
	return got.Cursor
}
