package oneroster_test

import (
	"os"
	"runtime"
	"testing"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/oneroster"
)

func TestMemoryHardlyGrowsWithTheRows(t *testing.T) {
	const rows = 200_000
	from := oneroster.CSV{Path: saved(t, written(t, university(rows)))}
	id := snapshot(t, from)
	before, peak, seen := liveHeap(), uint64(0), 0

	result, err := from.Pull(t.Context(), id, sis.Registrations, func(r sis.Record) error {
		if r.Registration == nil {
			t.Fatalf("%s: %v", r.Where, r.Problem)
		}
		if seen++; seen%50_000 == 0 {
			peak = max(peak, liveHeap())
		}
		return nil
	})

	if err != nil || result.Rows != rows || !result.Complete {
		t.Fatalf("result = %+v, %v, want all %d rows", result, err, rows)
	}
	const allowed = 16 << 20 // a million rows may have five times as much, and stay far below 200 MB
	if grown := int64(peak) - int64(before); grown > allowed {
		t.Errorf("%d MiB are held while %d rows are read, want at most %d", grown>>20, rows, allowed>>20)
	}
}

func liveHeap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func BenchmarkPull(b *testing.B) {
	const rows = 200_000
	from := oneroster.CSV{Path: saved(b, written(b, university(rows)))}
	id, err := from.Snapshot(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	info, err := os.Stat(from.Path)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	b.ReportAllocs()
	for b.Loop() {
		result, err := from.Pull(b.Context(), id, sis.Registrations, func(sis.Record) error { return nil })
		if err != nil || result.Rows != rows {
			b.Fatal(result, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
}
