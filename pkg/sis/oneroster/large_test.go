package oneroster_test

import (
	"archive/zip"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/oneroster"
)

func TestMemoryHardlyGrowsWithTheRows(t *testing.T) {
	const rows = 200_000
	from := enrolments(t, rows)
	id := snapshot(t, from)
	before, peak, seen := liveHeap(), uint64(0), 0

	result, err := from.Pull(t.Context(), sis.Request{Snapshot: id, Stream: sis.Registrations}, func(r sis.Record) error {
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

// enrolments is a source of so many registrations.
func enrolments(t testing.TB, rows int) oneroster.CSV {
	t.Helper()
	return oneroster.CSV{Path: saved(t, packed(t, func(z *zip.Writer) {
		for _, name := range []string{"academicSessions.csv", "users.csv", "classes.csv"} {
			add(t, z, &zip.FileHeader{Name: name}, header(name))
		}
		add(t, z, &zip.FileHeader{Name: "enrollments.csv"}, registrations(rows))
	}))}
}

func registrations(rows int) string {
	var text strings.Builder
	text.WriteString(header("enrollments.csv"))
	for i := range rows {
		n := strconv.Itoa(i)
		text.WriteString("31c933a4-9776-4c78-a81b-" + n + ",,,5fbd34b6-ea52-4a4a-b6ae-e43f60139695,o1,p" + n + ",student,false,2018-09-01,2019-01-01\n")
	}
	return text.String()
}

func liveHeap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func BenchmarkPull(b *testing.B) {
	const rows = 200_000
	from := enrolments(b, rows)
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
		result, err := from.Pull(b.Context(), sis.Request{Snapshot: id, Stream: sis.Registrations}, func(sis.Record) error { return nil })
		if err != nil || result.Rows != rows {
			b.Fatal(result, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
}
