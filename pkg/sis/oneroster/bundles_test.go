package oneroster_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/oneroster"
)

// tally is what a bundle yields of one stream.
type tally struct {
	Rows, Warned, Deleted int
	Complete              bool
	Problems              []string
}

func tallies(t *testing.T, path string) map[sis.Stream]tally {
	t.Helper()
	all := map[sis.Stream]tally{}
	for _, stream := range sis.Streams {
		got := pull(t, oneroster.CSV{Path: path}, stream)
		sum := tally{Rows: got.Rows, Warned: len(got.warnings()), Complete: got.Complete, Problems: got.problems()}
		for _, r := range got.records {
			if r.Deleted {
				sum.Deleted++
			}
		}
		all[stream] = sum
		t.Log(stream, got.warnings())
	}
	return all
}

func TestReadsAWholeBundleWithoutAProblem(t *testing.T) {
	want := map[sis.Stream]tally{
		sis.Terms:         {Rows: 3, Complete: true},
		sis.Persons:       {Rows: 300, Warned: 1, Complete: true}, // one address has two dots in a row...
		sis.Sections:      {Rows: 84, Complete: true},
		sis.Registrations: {Rows: 4200, Complete: true},
	}
	if diff := cmp.Diff(want, tallies(t, "testdata/mockroster-1.1-bulk.zip")); diff != "" {
		t.Errorf("mockroster (-want +got):\n%s", diff)
	}
}

func TestReadsSloppyBundles(t *testing.T) {
	t.Run("words in capitals and tombstones", func(t *testing.T) {
		want := map[sis.Stream]tally{
			sis.Terms:         {Rows: 5, Warned: 1, Deleted: 1, Complete: true}, // one is inactive
			sis.Persons:       {Rows: 6, Warned: 6, Complete: true},             // all are enabled with TRUE
			sis.Sections:      {Rows: 2, Warned: 1, Deleted: 1, Complete: true}, // one is Scheduled
			sis.Registrations: {Rows: 6, Complete: true},
		}
		if diff := cmp.Diff(want, tallies(t, "testdata/Test_full_data_set.zip")); diff != "" {
			t.Errorf("Test_full_data_set (-want +got):\n%s", diff)
		}
	})
	t.Run("a delta of version 1.2", func(t *testing.T) {
		want := map[sis.Stream]tally{
			sis.Terms:         {Rows: 1},
			sis.Persons:       {Rows: 1, Warned: 1}, // enabled with TRUE
			sis.Sections:      {Rows: 1},
			sis.Registrations: {Rows: 1},
		}
		if diff := cmp.Diff(want, tallies(t, "testdata/oneroster_test_data.zip")); diff != "" {
			t.Errorf("oneroster_test_data (-want +got):\n%s", diff)
		}
	})
}

func TestReadsWhatTheRecordsSay(t *testing.T) {
	got := pull(t, oneroster.CSV{Path: "testdata/oneroster_test_data.zip"}, sis.Persons).only(t)

	want := &sis.Person{
		Key: "USER_0", Username: "brucewayne", Given: "Bruce", Family: "Wayne", Enabled: true,
		Roles: []sis.Role{sis.Student},
	}
	if diff := cmp.Diff(want, got.Person); diff != "" {
		t.Errorf("person (-want +got):\n%s", diff)
	}
}
