package oneroster_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/oneroster"
)

// A small campus that is well in every respect. Tests replace one file of it.
var campus = map[string]string{
	"academicSessions.csv": `sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear
y1,,,2026/27,schoolYear,2026-09-01,2027-07-01,,2027
t1,,,Autumn 2026,term,2026-09-01,2027-01-01,y1,2027
`,
	"users.csv": `sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password
p1,,,true,o1,teacher,tess,,Tess,Miller,,,tess@campus.example,,,,,
p2,,,true,o1,student,sam,,Sam,Okafor,,,sam@campus.example,,,,,
`,
	"classes.csv": `sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods
s1,,,Algebra A,,c1,ALG-A,scheduled,,o1,t1,,,
`,
	"enrollments.csv": `sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate
e1,,,s1,o1,p1,teacher,true,,
e2,,,s1,o1,p2,student,false,2026-09-01,2027-01-01
`,
}

// with returns the campus with one file replaced, or taken out if it is "".
func with(name, text string) map[string]string {
	files := maps.Clone(campus)
	files[name] = text
	if text == "" {
		delete(files, name)
	}
	return files
}

// header returns the first line of a file of the campus.
func header(name string) string {
	line, _, _ := strings.Cut(campus[name], "\n")
	return line + "\n"
}

// zipped returns a zip of the files, in the order of their names.
func zipped(t testing.TB, files map[string]string) []byte {
	t.Helper()
	return packed(t, func(z *zip.Writer) {
		for _, name := range slices.Sorted(maps.Keys(files)) {
			add(t, z, &zip.FileHeader{Name: name, Method: zip.Deflate}, files[name])
		}
	})
}

func packed(t testing.TB, write func(*zip.Writer)) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	write(z)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func add(t testing.TB, z *zip.Writer, h *zip.FileHeader, text string) {
	t.Helper()
	f, err := z.CreateHeader(h)
	if err == nil {
		_, err = io.WriteString(f, text)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// saved writes data to a file that nobody has changed for an hour.
func saved(t testing.TB, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "campus.zip")
	save(t, path, data, time.Now().Add(-time.Hour))
	return path
}

func save(t testing.TB, path string, data []byte, modified time.Time) {
	t.Helper()
	err := os.WriteFile(path, data, 0o600)
	if err == nil {
		err = os.Chtimes(path, modified, modified)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func source(t testing.TB, files map[string]string) oneroster.CSV {
	t.Helper()
	return oneroster.CSV{Path: saved(t, zipped(t, files))}
}

// A roster is what a pull emitted.
type roster struct {
	sis.Result
	records []sis.Record
	err     error
}

func pullFrom(ctx context.Context, from sis.Source, stream sis.Stream) (got roster) {
	snapshot, err := from.Snapshot(ctx)
	if err != nil {
		return roster{err: err}
	}
	got.Result, got.err = from.Pull(ctx, sis.Request{Snapshot: snapshot, Stream: stream}, func(r sis.Record) error {
		got.records = append(got.records, r)
		return nil
	})
	return got
}

// pull pulls a stream that is expected to come through.
func pull(t testing.TB, from sis.Source, stream sis.Stream) roster {
	t.Helper()
	got := pullFrom(t.Context(), from, stream)
	if got.err != nil {
		t.Fatalf("pull %s: %v", stream, got.err)
	}
	return got
}

// only returns the one record of a roster.
func (r roster) only(t testing.TB) sis.Record {
	t.Helper()
	if len(r.records) != 1 {
		t.Fatalf("%d records, want one: %+v", len(r.records), r.records)
	}
	return r.records[0]
}

// problems returns place, key and code of each problem.
func (r roster) problems() []string {
	var all []string
	for _, rec := range r.records {
		if rec.Problem != nil {
			all = append(all, strings.Join(strings.Fields(rec.Where+" "+rec.Key+" "+rec.Problem.Code), " "))
		}
	}
	return all
}

func (r roster) warnings() []string {
	var all []string
	for _, rec := range r.records {
		if rec.Warning != "" {
			all = append(all, rec.Where+" "+rec.Warning)
		}
	}
	return all
}

func (r roster) keys() []string {
	var all []string
	for _, rec := range r.records {
		all = append(all, rec.Key)
	}
	return all
}

func (r roster) people() (all []sis.Person) {
	for _, rec := range r.records {
		if rec.Person != nil {
			all = append(all, *rec.Person)
		}
	}
	return all
}

// wantRefused checks that nothing was emitted, for good, and why.
func wantRefused(t *testing.T, got roster, words ...string) {
	t.Helper()
	problem, ok := errors.AsType[*sis.Error](got.err)
	if !ok || problem.Code != "SRC_SCHEMA" || problem.Temporary {
		t.Fatalf("error = %v, want a permanent SRC_SCHEMA", got.err)
	}
	if len(got.records) > 0 {
		t.Errorf("%d records were emitted of a file that is refused", len(got.records))
	}
	for _, w := range words {
		if !strings.Contains(problem.Message, w) {
			t.Errorf("message %q does not say %q", problem.Message, w)
		}
	}
}
