package flatfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/flatfile"
	"github.com/beadle-jobs/beadle/pkg/sis/oneroster"
	"github.com/beadle-jobs/beadle/pkg/sis/sistest"
)

func TestKeepsThePromisesOfATarget(t *testing.T) {
	for _, format := range flatfile.Formats {
		t.Run(string(format), func(t *testing.T) {
			sistest.Target(t, func(t testing.TB) sis.Target { return files(t, flatfile.Config{Dir: t.TempDir(), Format: format}) })
		})
	}
}

// files is a target that is closed before its folder goes.
func files(t testing.TB, cfg flatfile.Config) *flatfile.Target {
	target := flatfile.New(cfg)
	t.Cleanup(func() {
		if err := target.Close(); err != nil {
			t.Error(err)
		}
	})
	return target
}

var (
	start = time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	end   = time.Date(2026, 12, 20, 0, 0, 0, 0, time.UTC)
)

// fill writes three people and a course, in which one is suspended.
func fill(t *testing.T, files *flatfile.Target) {
	t.Helper()
	users := []sis.User{
		{Key: "P1", Username: "Ann", Email: "ann@school.example", Given: "=cmd()", Family: "O'Brien"},
		{Key: "P2", Username: "bob", Email: "bob@school.example", Given: "Bob, Jr.", Family: "+1"},
		{Key: "P3", Username: "cat", Email: "cat@school.example", Given: "漢字", Family: "\"Q\""},
	}
	written, err := files.CreateUsers(t.Context(), users)
	done(t, written, err)
	written, err = files.CreateCourses(t.Context(), []sis.Course{{Key: "S1", Shortname: "BIO", Fullname: "Biology", Start: start, End: end}})
	done(t, written, err)
	written, err = files.Enrol(t.Context(), []sis.Enrolment{
		{Course: "S1", User: "P1", Role: sis.Student, Start: start, End: end},
		{Course: "S1", User: "P1", Role: sis.Assistant, Start: start, End: end},
		{Course: "S1", User: "P2", Role: sis.Student, Suspended: true},
		{Course: "S1", User: "P3", Role: sis.Teacher},
	})
	done(t, written, err)
	written, err = files.RemoveRoles(t.Context(), []sis.Enrolment{{Course: "S1", User: "P1", Role: sis.Assistant}})
	done(t, written, err)
}

func done(t *testing.T, written []sis.Written, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range written {
		if w.Err != nil {
			t.Fatalf("item %d: %v", i, w.Err)
		}
	}
}

func text(t *testing.T, path ...string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestWritesWhatMoodleReads(t *testing.T) {
	dir := t.TempDir()
	lms := files(t, flatfile.Config{Dir: dir, Format: flatfile.Moodle})
	fill(t, lms)
	if err := lms.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"enrolments.txt": "del,teacher,P1,S1\nadd,student,P1,S1,1788220800,1797724800\ndel,student,P2,S1\nadd,editingteacher,P3,S1\n",
		"courses.csv":    "shortname,fullname,idnumber,category,startdate,enddate\nBIO,Biology,S1,,2026-09-01,2026-12-20\n",
		"users.csv": "username,firstname,lastname,email,idnumber,suspended\n" +
			"ann,'=cmd(),O'Brien,ann@school.example,P1,0\nbob,\"Bob, Jr.\",'+1,bob@school.example,P2,0\ncat,漢字,\"\"\"Q\"\"\",cat@school.example,P3,0\n",
	} {
		if diff := cmp.Diff(want, text(t, dir, name)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestRow24TheBundleIsReadBackWithoutFormulas(t *testing.T) {
	dir := t.TempDir()
	lms := files(t, flatfile.Config{Dir: dir})
	fill(t, lms)
	if err := lms.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	source := oneroster.CSV{Path: filepath.Join(dir, "oneroster.zip")}
	snapshot, err := source.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, stream := range sis.Streams {
		result, err := source.Pull(t.Context(), sis.Request{Snapshot: snapshot, Stream: stream}, func(r sis.Record) error {
			switch {
			case r.Problem != nil:
				t.Errorf("%s: %v", r.Where, r.Problem)
			case r.Person != nil:
				got = append(got, r.Person.Key+" "+r.Person.Given+" "+r.Person.Family)
			case r.Section != nil:
				got = append(got, r.Section.Key+" "+r.Section.Title+" "+strings.Join(r.Section.Terms, ","))
			case r.Registration != nil:
				got = append(got, r.Registration.Section+" "+r.Registration.Person+" "+string(r.Registration.Role)+" "+r.Registration.Begin.String()+" "+r.Registration.End.String())
			}
			return nil
		})
		if err != nil || !result.Complete {
			t.Errorf("%s: %+v, %v", stream, result, err)
		}
	}
	want := []string{
		"P1 '=cmd() O'Brien", "P2 Bob, Jr. '+1", "P3 漢字 \"Q\"", "S1 Biology 2026-09-01 to 2026-12-20",
		"S1 P1 student 2026-09-01 2026-12-20", "S1 P3 teacher  ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
}

func TestAnotherProcessGoesOnWhereOneDied(t *testing.T) {
	dir := t.TempDir()
	first, second := files(t, flatfile.Config{Dir: dir}), files(t, flatfile.Config{Dir: dir})
	fill(t, first)
	journal := filepath.Join(dir, "state.ndjson")
	if err := os.WriteFile(journal, []byte(text(t, journal)+`{"user":{"id":"P4","key":"P4","usern`), 0o600); err != nil {
		t.Fatal(err)
	}
	written, err := second.CreateUsers(t.Context(), []sis.User{{Key: "P5", Username: "eve", Email: "eve@school.example", Given: "E", Family: "F"}})
	done(t, written, err)
	for _, lms := range []*flatfile.Target{first, second, files(t, flatfile.Config{Dir: dir})} {
		found, err := lms.Users(t.Context(), sis.UserByKey, []string{"P1", "P4", "P5"})
		if err != nil || len(found) != 2 {
			t.Errorf("found %+v, %v, want P1 and P5", found, err)
		}
	}
}

func TestAFolderThatCannotBeWrittenIsAnOutage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	err := flatfile.New(flatfile.Config{Dir: path}).Check(t.Context())
	if problem, ok := errors.AsType[*sis.Error](err); !ok || problem.Code != "TGT_UNAVAILABLE" || !problem.Temporary {
		t.Errorf("error = %v, want a temporary TGT_UNAVAILABLE", err)
	}
}

func TestNobodyFindsHalfAFile(t *testing.T) {
	dir := t.TempDir()
	lms := files(t, flatfile.Config{Dir: dir, Format: flatfile.Moodle})
	fill(t, lms)
	if err := lms.Close(); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".part") {
			t.Errorf("%s was left behind", e.Name())
		}
	}
}
