package oneroster_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/oneroster"
)

func FuzzReadsAnyTextOrSaysWhyNot(f *testing.F) {
	for _, text := range []string{
		campus["users.csv"], zoe, "", "\"", "\n\n", userColumns, userColumns + "a\x00" + goodUser,
		userColumns + "a,true,student,sam,\"S\"\"m\nx\",Okafor,\n\"b,c", "\xff\xfea\x00", "\uFEFF" + userColumns + "a" + goodUser,
		userColumns + "a" + goodUser + "a" + goodUser + "a,1,Teacher,u,\xe9,f,\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got := pullFrom(t.Context(), storedSource(t, with("users.csv", string(text))), sis.Persons)
		wantErrorOrRecords(t, got)
	})
}

func FuzzOpensAnyZipOrSaysWhyNot(f *testing.F) {
	f.Add(zipped(f, campus))
	f.Add([]byte("PK\x05\x06"))
	f.Add([]byte{})
	for _, name := range []string{"Test_full_data_set.zip", "oneroster_test_data.zip"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "campus.zip")
		save(t, path, data, time.Now().Add(-time.Hour))
		for _, stream := range sis.Streams {
			wantErrorOrRecords(t, pullFrom(t.Context(), oneroster.CSV{Path: path}, stream))
		}
	})
}

// wantErrorOrRecords checks what holds for whatever was read.
func wantErrorOrRecords(t *testing.T, got roster) {
	t.Helper()
	if got.err != nil {
		if e, ok := errors.AsType[*sis.Error](got.err); !ok || e.Code == "" || e.Message == "" || len(got.records) > 0 {
			t.Fatalf("error %v with %d records, want an error that speaks, and none", got.err, len(got.records))
		}
		return
	}
	if got.Rows != len(got.records) || got.Problems != len(got.problems()) {
		t.Fatalf("result %+v of %d records", got.Result, len(got.records))
	}
	for _, r := range got.records {
		if n := set(r); n != 1 || r.Where == "" || (r.Key == "" && r.Problem == nil) || !utf8.ValidString(r.Key) {
			t.Fatalf("record %+v has %d kinds", r, n)
		}
	}
}

func set(r sis.Record) (n int) {
	for _, is := range []bool{r.Term != nil, r.Person != nil, r.Section != nil, r.Registration != nil, r.Problem != nil} {
		if is {
			n++
		}
	}
	return n
}
