package oneroster_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/oneroster"
)

func TestWhatIsWrittenReadsBackEqual(t *testing.T) {
	want := oneroster.Bundle{
		School: "Beadle University",
		Terms: []sis.Term{
			{Key: "y", Title: "2026/27", Kind: "schoolYear", Start: day(2026, 9, 1), End: day(2027, 7, 1)},
			{Key: "t", Title: "Autumn, \"early\"", Kind: "semester", Start: day(2026, 9, 1), End: day(2027, 1, 1), Parent: "y"},
		},
		Persons: []sis.Person{
			{Key: "007", Username: "rtl", Email: "a@b.example", Given: "שרה", Family: "O'Brien", Roles: []sis.Role{sis.Teacher}, Enabled: true},
			{Key: "1E5", Username: "İ", Given: "🎓", Family: "two\nlines", Roles: []sis.Role{sis.Student}},
			{Key: "g", Username: "g", Given: "=cmd()", Family: "Ünal"},
		},
		Sections: []sis.Section{
			{Key: "s", Title: "Algebra A", Code: "ALG", Course: "Algebra", Terms: []string{"t", "y"}, School: "north"},
			{Key: "S", Title: "Algebra B", Code: "ALG", Terms: []string{"t"}, School: "school"},
		},
		Registrations: []sis.Registration{
			{Key: "e1", Section: "s", Person: "007", Role: sis.Teacher},
			{Key: "e2", Section: "S", Person: "1E5", Role: sis.Student, Begin: day(2026, 9, 1), End: day(2026, 12, 1)},
		},
	}
	from := oneroster.CSV{Path: saved(t, written(t, want))}

	got := oneroster.Bundle{School: want.School}
	for _, stream := range sis.Streams {
		r := pull(t, from, stream)
		if len(r.problems()) > 0 || len(r.warnings()) > 0 || !r.Complete {
			t.Errorf("%s: problems %q, warnings %q, complete %t", stream, r.problems(), r.warnings(), r.Complete)
		}
		got.Persons = append(got.Persons, r.people()...)
		for _, rec := range r.records {
			switch {
			case rec.Term != nil:
				got.Terms = append(got.Terms, *rec.Term)
			case rec.Section != nil:
				got.Sections = append(got.Sections, *rec.Section)
			case rec.Registration != nil:
				got.Registrations = append(got.Registrations, *rec.Registration)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
}

func TestAnyNameReadsBackEqual(t *testing.T) {
	name := rapid.StringN(1, 255, -1).Filter(func(s string) bool {
		return s == strings.TrimSpace(s) && !strings.Contains(s, "\x00")
	})
	rapid.Check(t, func(rt *rapid.T) {
		b := oneroster.Bundle{}
		for i := range rapid.IntRange(1, 20).Draw(rt, "people") {
			b.Persons = append(b.Persons, sis.Person{
				Key: fmt.Sprint("p", i), Username: name.Draw(rt, "username"), Given: name.Draw(rt, "given"), Family: name.Draw(rt, "family"),
				Roles: []sis.Role{sis.Student}, Enabled: rapid.Bool().Draw(rt, "enabled"),
			})
		}
		got := pull(t, oneroster.CSV{Path: saved(t, written(t, b))}, sis.Persons)
		if diff := cmp.Diff(b.Persons, got.people()); diff != "" {
			rt.Errorf("read back (-want +got):\n%s\nproblems %q", diff, got.problems())
		}
	})
}

func TestTheSameBundleGivesTheSameBytes(t *testing.T) {
	b := oneroster.Bundle{
		Persons: []sis.Person{{Key: "p", Username: "u", Given: "G", Family: "F"}},
		Sections: []sis.Section{
			{Key: "1", Course: "Algebra", School: "north"}, {Key: "2", Course: "Physics", School: "south"}, {Key: "3", Course: "Art"},
		},
	}
	if !bytes.Equal(written(t, b), written(t, b)) {
		t.Error("two writes of one bundle differ")
	}
}

func TestASectionWithoutASchoolBelongsToTheBundles(t *testing.T) {
	b := oneroster.Bundle{School: "Beadle University", Sections: []sis.Section{{Key: "s", Title: "Algebra", Terms: []string{"t"}}}}

	got := pull(t, oneroster.CSV{Path: saved(t, written(t, b))}, sis.Sections).only(t)

	if got.Section == nil || got.Section.School != "school" {
		t.Errorf("section = %+v, want one of the school", got.Section)
	}
}

func written(t testing.TB, b oneroster.Bundle) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := oneroster.Write(&out, b); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func day(year int, month time.Month, d int) sis.Date {
	return sis.Date{Year: year, Month: month, Day: d}
}

func TestVersion12TellsRolesInAFileOfTheirOwn(t *testing.T) {
	want := []sis.Person{
		{Key: "ta", Username: "ta", Given: "Ana", Family: "Ek", Roles: []sis.Role{sis.Student, sis.Teacher}, Enabled: true},
		{Key: "p", Username: "p", Given: "Bo", Family: "Ek", Roles: []sis.Role{sis.Student}, Enabled: true},
	}
	got := pull(t, oneroster.CSV{Path: saved(t, written(t, oneroster.Bundle{Version: "1.2", Persons: want}))}, sis.Persons)

	want[0].Roles = want[0].Roles[:1] // the primary one, which is what is read
	if diff := cmp.Diff(want, got.people()); diff != "" || !got.Complete {
		t.Errorf("read back, complete %t (-want +got):\n%s\nproblems %q", got.Complete, diff, got.problems())
	}
}

func TestADeltaSaysWhatHasEnded(t *testing.T) {
	b := oneroster.Bundle{
		Delta: time.Date(2026, 9, 3, 0, 0, 0, 0, time.UTC),
		Registrations: []sis.Registration{
			{Key: "e1", Section: "s", Person: "p", Role: sis.Student}, {Key: "e2", Section: "s", Person: "q", Role: sis.Student},
		},
		Ended: map[sis.Stream]map[string]bool{sis.Registrations: {"e2": true}, sis.Persons: {"e1": true}},
	}
	got := pull(t, oneroster.CSV{Path: saved(t, written(t, b))}, sis.Registrations)

	if len(got.records) != 2 || got.Complete || got.records[0].Deleted || !got.records[1].Deleted {
		t.Errorf("records = %+v, complete %t; want the second one ended, in a stream that is not complete", got.records, got.Complete)
	}
}

func TestAnEditWritesWhatNoCorrectWriterWould(t *testing.T) {
	b := oneroster.Bundle{
		Persons: []sis.Person{{Key: "p", Username: "u", Given: "G", Family: "F"}, {Key: "q", Username: "v", Given: "G", Family: "F"}},
		Edit: func(file string, columns, row []string) [][]string {
			if file != "users.csv" || row[0] != "p" {
				return [][]string{row}
			}
			row[slices.Index(columns, "enabledUser")] = "perhaps"
			return [][]string{row}
		},
	}
	got := pull(t, oneroster.CSV{Path: saved(t, written(t, b))}, sis.Persons)

	if diff := cmp.Diff([]string{"users.csv:2 p BAD_ENUM"}, got.problems()); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}
