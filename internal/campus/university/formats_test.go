package university_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite" // the "sqlite" driver

	"github.com/beadle-jobs/beadle/internal/campus/university"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/oneroster"
	"github.com/beadle-jobs/beadle/pkg/sis/sqlsource"
)

// export is a tiny university in the middle of its year.
func export(t *testing.T) *university.Dump {
	u := found(t, "tiny", 5)
	state := u.After(u.Timeline(), 0)
	state.AdvanceTo(20)
	return state.Export()
}

func written(t *testing.T, format string, d *university.Dump) []byte {
	t.Helper()
	f, err := university.FormatOf(format)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := f.Write(&out, d); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// pulled returns what a source says, without what no key names.
func pulled(t *testing.T, source sis.Source) (c university.Campus) {
	t.Helper()
	id, err := source.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, stream := range sis.Streams {
		_, err := source.Pull(t.Context(), sis.Request{Snapshot: id, Stream: stream}, func(r sis.Record) error {
			switch {
			case r.Term != nil:
				c.Terms = append(c.Terms, *r.Term)
			case r.Person != nil:
				c.Persons = append(c.Persons, *r.Person)
			case r.Section != nil:
				c.Sections = append(c.Sections, *r.Section)
			case r.Registration != nil:
				c.Registrations = append(c.Registrations, *r.Registration)
			default:
				t.Errorf("%s %s: %v", stream, r.Key, r.Problem)
			}
			return nil
		})
		if err != nil {
			t.Fatalf("%s: %v", stream, err)
		}
	}
	return c
}

func TestADatabaseSaysWhatTheUniversityDoes(t *testing.T) {
	t.Parallel()
	want := export(t)
	db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "sis.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(context.Background(), string(written(t, "sql", want))); err != nil {
		t.Fatal(err)
	}
	source := sqlsource.DB{DB: db, Queries: map[sis.Stream]string{
		sis.Terms: "terms", sis.Persons: "persons", sis.Sections: "sections", sis.Registrations: "registrations",
	}}
	if diff := cmp.Diff(want.Campus, pulled(t, source)); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
}

func TestABundleSaysWhatTheUniversityDoes(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"oneroster-1.1", "oneroster-1.2"} {
		t.Run(format, func(t *testing.T) {
			want := export(t)
			file := filepath.Join(t.TempDir(), "export.zip")
			if err := os.WriteFile(file, written(t, format, want), 0o600); err != nil {
				t.Fatal(err)
			}
			for i := range want.Sections { // what OneRoster cannot say
				want.Sections[i].Provider, want.Sections[i].Extract, want.Sections[i].Zone = "", "", ""
			}
			for i := range want.Persons {
				want.Persons[i].Roles = want.Persons[i].Roles[:1]
			}
			if diff := cmp.Diff(want.Campus, pulled(t, oneroster.CSV{Path: file})); diff != "" {
				t.Errorf("read back (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnIMSDocumentHasEverybody(t *testing.T) {
	t.Parallel()
	d := export(t)
	x, count := xml.NewDecoder(bytes.NewReader(written(t, "ims-enterprise", d))), map[string]int{}
	for {
		token, err := x.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if start, ok := token.(xml.StartElement); ok {
			count[start.Name.Local]++
		}
	}
	if count["person"] != len(d.Persons) || count["group"] != len(d.Sections)+len(d.Terms) || count["member"] != len(d.Registrations) {
		t.Errorf("elements %v, want %d persons, %d groups, %d members", count, len(d.Persons), len(d.Sections)+len(d.Terms), len(d.Registrations))
	}
}
