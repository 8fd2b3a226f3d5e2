package onerosterapi_test

import (
	"io"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/onerosterapi"
)

func TestMemoryHardlyGrowsWithTheRows(t *testing.T) {
	const rows, allowed = 25_000, 5 << 20 // a million may have forty times as much: 200 MB
	if grown := peak(t, rows); grown > allowed {
		t.Errorf("%d MiB are held while %d rows are read, want at most %d", grown>>20, rows, allowed>>20)
	}
}

func BenchmarkAMillionRows(b *testing.B) {
	const rows = 1_000_000
	for b.Loop() {
		b.ReportMetric(float64(peak(b, rows))/1e6, "MB-held")
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
}

// peak pulls so many registrations and returns how much memory was held at
// most, in bytes.
func peak(t testing.TB, rows int) (most int64) {
	source := onerosterapi.New(onerosterapi.Config{
		URL: "http://sis.example", TokenURL: "http://sis.example/token", HTTP: endless{rows}, PageSize: 5000,
	})
	before, seen := liveHeap(), 0
	result, err := source.Pull(t.Context(), sis.Request{Stream: sis.Registrations}, func(r sis.Record) error {
		if r.Registration == nil {
			t.Fatalf("%s: %v", r.Where, r.Problem)
		}
		if seen++; seen%(rows/4) == 0 {
			most = max(most, liveHeap()-before)
		}
		return nil
	})
	if err != nil || result.Rows != rows || !result.Complete {
		t.Fatalf("result = %+v, %v, want all of %d rows", result, err, rows)
	}
	return most
}

func liveHeap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// endless is a service of so many enrolments, which it makes up as they are
// asked for.
type endless struct{ rows int }

func (e endless) RoundTrip(r *http.Request) (*http.Response, error) {
	body := `{"access_token":"t"}`
	if r.Method == http.MethodGet {
		body = e.page(number(r, "offset"), number(r, "limit"))
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func number(r *http.Request, name string) int {
	n, _ := strconv.Atoi(r.FormValue(name))
	return n
}

func (e endless) page(offset, limit int) string {
	var page strings.Builder
	page.WriteString(`{"enrollments":[`)
	for i := offset; i < min(offset+limit, e.rows); i++ {
		if i > offset {
			page.WriteByte(',')
		}
		n := strconv.Itoa(1e7 + i)
		page.WriteString(`{"sourcedId":"31c933a4-9776-4c78-a81b-` + n + `","status":"active","dateLastModified":"2026-09-01T10:00:00.000Z",` +
			`"user":{"href":"https://sis.example/users/` + n + `","sourcedId":"p` + n + `","type":"user"},"class":{"sourcedId":"5fbd34b6-ea52-4a4a","type":"class"},` +
			`"school":{"sourcedId":"o1","type":"org"},"role":"student","primary":"false","beginDate":"2018-09-01","endDate":"2019-01-01"}`)
	}
	page.WriteString(`]}`)
	return page.String()
}
