package roster_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/campus/moodlesim"
	"github.com/beadle-jobs/beadle/internal/lms/moodle"
	"github.com/beadle-jobs/beadle/internal/roster"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis/oneroster"
)

// A site is a simulated Moodle that a bundle is brought into.
type site struct {
	*campus
	sim    *moodlesim.Site
	bundle string // the path of the bundle
}

// newSite returns an empty Moodle but for the orientation course, and a sync
// that believes to be in October 2018.
func newSite(t *testing.T, bundle string) *site {
	sim := moodlesim.New(moodlesim.Options{})
	sim.AddCourse(moodlesim.Course{Shortname: "ORIENT-2026FA", Fullname: "Orientation"})
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	s := &site{sim: sim, bundle: filepath.Join(t.TempDir(), "bundle.zip")}
	body, err := os.ReadFile(filepath.Join("testdata", bundle))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.bundle, body, 0o600); err != nil {
		t.Fatal(err)
	}
	s.campus = newCampusAt(t, ledgerFor(t), newSIS(), moodle.New(moodle.Config{URL: server.URL, Token: "demo"}), func(c *sync.Sync) {
		c.OrientationCourse, c.AsOf = "ORIENT-2026FA", date("2018-10-01")
		c.Zone, _ = time.LoadLocation("America/New_York")
	})
	s.source = oneroster.CSV{Path: s.bundle}
	return s
}

func (s *site) writes() (n int) {
	for _, calls := range s.sim.WriteCalls() {
		n += calls
	}
	return n
}

func TestBringsARealBundleIntoMoodle(t *testing.T) {
	t.Parallel()
	s := newSite(t, "mockroster-1.1-bulk.zip")
	from := time.Now()

	got := s.must(roster.Args{})

	t.Logf("first run: %v", time.Since(from).Round(time.Millisecond))
	if len(got.errors) > 0 {
		t.Fatalf("record errors: %+v", got.errors[0])
	}
	state := s.sim.State()
	orientation, future := 0, 0
	asOf := date("2018-10-01").In(s.sync.Zone)
	for _, e := range state.Enrolments {
		switch {
		case e.Course == state.Courses[0].ID:
			orientation++
		case e.Start.After(asOf):
			future++
		}
	}
	want := map[string]int{"courses": 85, "people": 300, "enrolments": 4200, "orientation": 292, "future": 2100}
	have := map[string]int{
		"courses": len(state.Courses), "people": len(state.Users), "enrolments": len(state.Enrolments) - orientation,
		"orientation": orientation, "future": future,
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("the site holds (-want +got):\n%s", diff)
	}
	if p := s.plan(); p.Future != 2100 || p.Counts[sync.Enrol] != 4200 {
		t.Errorf("plan = %+v", p)
	}
	s.writesOnlyWhatChanges(t)
	s.dropsNobodyForAnEmptyFile(t)
}

// writesOnlyWhatChanges runs the sync again: on the same bundle, and on one in
// which one registration in a hundred differs.
func (s *site) writesOnlyWhatChanges(t *testing.T) {
	s.sim.ResetCounts()
	from := time.Now()
	s.must(roster.Args{})
	t.Logf("second run: %v", time.Since(from).Round(time.Millisecond))
	if n := s.writes(); n != 0 {
		t.Errorf("a second run made %d write calls: %v", n, s.sim.WriteCalls())
	}
	s.rewrite(t, "enrollments.csv", func(rows [][]string) [][]string {
		for i := 50; i < len(rows); i += 100 {
			rows[i][9] = "2019-07-04"
		}
		return rows
	})

	s.must(roster.Args{})

	if diff := cmp.Diff(map[sync.EffectOp]int64{sync.UpdateEnrolment: 42}, s.plan().Counts); diff != "" {
		t.Errorf("effects (-want +got):\n%s", diff)
	}
	end, moved := date("2019-07-04").In(s.sync.Zone), 0
	for _, e := range s.sim.Enrolments() {
		if e.End.Equal(end) {
			moved++
		}
	}
	if moved != 42 || s.writes() != 1 {
		t.Errorf("%d enrolments moved in %v; want 42 in one call", moved, s.sim.WriteCalls())
	}
}

// dropsNobodyForAnEmptyFile runs the sync on a bundle that has no enrolments,
// which is to be said and not to be believed.
func (s *site) dropsNobodyForAnEmptyFile(t *testing.T) {
	s.sim.ResetCounts()
	s.rewrite(t, "enrollments.csv", func(rows [][]string) [][]string { return rows[:1] })

	got := s.must(roster.Args{})

	if diff := cmp.Diff([]string{"SNAPSHOT_INCOMPLETE"}, got.codes()); diff != "" {
		t.Errorf("record errors (-want +got):\n%s", diff)
	}
	if held := s.plan().Held; len(held) != 1 || held[0].Code != "SNAPSHOT_INCOMPLETE" || s.writes() != 0 {
		t.Errorf("the plan holds %+v, after %d write calls", held, s.writes())
	}
}

// rewrite changes the rows of one file of the bundle, of which the first names
// the columns.
func (s *site) rewrite(t *testing.T, name string, change func(rows [][]string) [][]string) {
	t.Helper()
	old, err := zip.OpenReader(s.bundle)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, f := range old.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		w, err := z.Create(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		if f.Name != name {
			io.Copy(w, r)
			continue
		}
		rows, err := csv.NewReader(r).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		csv.NewWriter(w).WriteAll(change(rows))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.bundle, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestSloppyBundlesEndInErrorsThatARegistrarCanActOn(t *testing.T) {
	t.Parallel()
	for _, bundle := range []string{"Test_full_data_set.zip", "oneroster_test_data.zip"} {
		t.Run(bundle, func(t *testing.T) {
			s := newSite(t, bundle)

			got := s.run(roster.Args{})

			if got.err != nil {
				t.Errorf("%s: %v", got.tasks[len(got.tasks)-1], got.err)
			}
			if len(got.errors) == 0 {
				t.Error("no record error at all")
			}
			for _, e := range got.errors {
				t.Logf("%s %s: %s", e.Key, e.Code, e.Message)
				if e.Code == "" || !strings.Contains(e.Message, " ") {
					t.Errorf("record error %+v says too little", e)
				}
			}
			t.Logf("%d people, %d courses, %d enrolments", len(s.sim.Users()), len(s.sim.Courses()), len(s.sim.Enrolments()))
		})
	}
}
