package sistest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
)

// soon is how long a pull that was told to stop may go on.
const soon = 10 * time.Second

// Source tests that the source of a system keeps what [sis.Source] promises,
// with each of the faults that can befall it.
func Source(t *testing.T, m Maker) {
	t.Run("sends all that there is, each once", m.sendsEverything)
	t.Run("sends the same of a snapshot again", m.sendsTheSameAgain)
	t.Run("an empty stream is not an error", m.sendsNothing)
	t.Run("refuses a stream that is none", m.refusesOtherStreams)
	t.Run("an error of emit ends the pull", m.stopsAtAnErrorOfEmit)
	t.Run("a pull that is stopped ends soon and can be begun again", m.stopsWhenTold)
	t.Run("streams are pulled at the same time", m.sendsStreamsAtOnce)
	for _, f := range harmless {
		m.with(t, f, "costs nothing", m.survives(f))
	}
	m.with(t, BadRow, "costs no other", m.isolatesABadRow)
	m.with(t, RowInserted, "costs no row and doubles none", m.losesNobodyTo(RowInserted))
	m.with(t, RowDeleted, "costs no other row and doubles none", m.losesNobodyTo(RowDeleted))
	m.with(t, WrongTotal, "is not believed", m.doubtsAWrongTotal)
	for f, want := range fatal {
		m.with(t, f, "ends the pull in words", m.failsWith(f, want))
	}
	t.Run("a cursor brings what changed", m.goesOnFromACursor(Nothing))
	for _, f := range []Fault{ClockAhead, ClockBehind, DatesOutOfOrder} {
		m.with(t, f, "costs a cursor nothing", m.goesOnFromACursor(f))
	}
	t.Run("can be told again what became of messages", m.acknowledges)
}

// with runs a test of a fault if it can befall the system.
func (m Maker) with(t *testing.T, f Fault, outcome string, test func(*testing.T)) {
	if m.can(f) {
		t.Run(string(f)+" "+outcome, test)
	}
}

func (m Maker) sendsEverything(t *testing.T) {
	holds := NewCampus(30)
	m.wantEverything(t, m.start(t, holds, Nothing).Source, holds)
}

// wantEverything pulls all streams and compares them with the campus.
func (m Maker) wantEverything(t *testing.T, from sis.Source, holds Campus) {
	t.Helper()
	for _, stream := range sis.Streams {
		got := whole(t, from, stream, "")
		wantSame(t, stream, m.carried(holds).texts(stream), got.texts())
		if got.Complete == m.Queue {
			t.Errorf("%s: complete = %t, want %t", stream, got.Complete, !m.Queue)
		}
	}
}

func (m Maker) survives(f Fault) func(*testing.T) {
	return func(t *testing.T) {
		holds := NewCampus(31) // 35 persons: seven pages of five
		m.wantEverything(t, m.start(t, holds, f).Source, holds)
	}
}

func (m Maker) sendsTheSameAgain(t *testing.T) {
	from := m.start(t, NewCampus(30), Nothing).Source
	for _, stream := range sis.Streams {
		first, second := whole(t, from, stream, ""), whole(t, from, stream, "")
		wantSame(t, stream, first.texts(), second.texts())
	}
}

func (m Maker) sendsNothing(t *testing.T) {
	holds := NewCampus(3)
	holds.Registrations = nil
	if got := whole(t, m.start(t, holds, Nothing).Source, sis.Registrations, ""); got.Rows != 0 {
		t.Errorf("%d registrations came of none", got.Rows)
	}
}

func (m Maker) refusesOtherStreams(t *testing.T) {
	if got := pull(t.Context(), m.start(t, NewCampus(3), Nothing).Source, "demographics", ""); got.err == nil || len(got.records) > 0 {
		t.Errorf("%d records of a stream that is none, error %v", len(got.records), got.err)
	}
}

func (m Maker) stopsAtAnErrorOfEmit(t *testing.T) {
	from, enough, n := m.start(t, NewCampus(30), Nothing).Source, errors.New("enough"), 0
	snapshot, err := from.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = from.Pull(t.Context(), sis.Request{Snapshot: snapshot, Stream: sis.Persons}, func(sis.Record) error {
		n++
		return enough
	})
	if !errors.Is(err, enough) || n != 1 {
		t.Errorf("error %v after %d records, want that of emit after one", err, n)
	}
}

func (m Maker) stopsWhenTold(t *testing.T) {
	holds := NewCampus(30)
	from := m.start(t, holds, Nothing).Source
	snapshot, err := from.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	start := time.Now()
	_, err = from.Pull(ctx, sis.Request{Snapshot: snapshot, Stream: sis.Registrations}, func(sis.Record) error {
		stop()
		return ctx.Err()
	})
	if !errors.Is(err, context.Canceled) || time.Since(start) > soon {
		t.Errorf("error %v after %v, want the context's, soon", err, time.Since(start))
	}
	if got := pull(ctx, from, sis.Registrations, ""); !errors.Is(got.err, context.Canceled) {
		t.Errorf("error %v of a pull with a context that is done, want the context's", got.err)
	}
	m.wantEverything(t, from, holds)
}

func (m Maker) sendsStreamsAtOnce(t *testing.T) {
	holds := NewCampus(30)
	from, all := m.start(t, holds, Nothing).Source, make([]pulled, len(sis.Streams))
	var group sync.WaitGroup
	for i, stream := range sis.Streams {
		group.Go(func() { all[i] = pull(t.Context(), from, stream, "") })
	}
	group.Wait()
	for i, stream := range sis.Streams {
		if all[i].err != nil {
			t.Errorf("%s: %v", stream, all[i].err)
		}
		wantSame(t, stream, m.carried(holds).texts(stream), all[i].texts())
	}
}

func (m Maker) acknowledges(t *testing.T) {
	from := m.start(t, NewCampus(5), Nothing).Source
	told, ok := from.(sis.Acknowledger)
	if !ok {
		t.Skip("it does not want to be told")
	}
	var receipts []sis.Receipt
	for _, r := range whole(t, from, sis.Registrations, "").records {
		if r.Receipt == "" {
			t.Errorf("the record at %s has no receipt", r.Where)
		}
		receipts = append(receipts, sis.Receipt{Stream: sis.Registrations, ID: r.Receipt})
	}
	for range 2 {
		written, err := told.Acknowledge(t.Context(), receipts)
		if err != nil || len(written) != len(receipts) {
			t.Fatalf("%d answers for %d receipts, error %v", len(written), len(receipts), err)
		}
		for i, w := range written {
			if w.Err != nil {
				t.Errorf("receipt %s: %v", receipts[i].ID, w.Err)
			}
		}
	}
}
