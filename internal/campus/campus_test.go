package campus_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/campus"
	"github.com/beadle-jobs/beadle/internal/campus/university"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/oneroster"
)

var today = sis.Date{Year: 2026, Month: time.October, Day: 12}

func TestTheSameSeedGivesTheSameBytes(t *testing.T) {
	for _, version := range []int{0, 7} {
		one, two := bundle(t, campus.Options{Seed: 3, Today: today}, version), bundle(t, campus.Options{Seed: 3, Today: today}, version)
		if !bytes.Equal(one, two) {
			t.Errorf("version %d differs from itself", version)
		}
	}
	tomorrow := sis.Date{Year: 2026, Month: time.October, Day: 13}
	if !bytes.Equal(bundle(t, campus.Options{Today: today}, 4), bundle(t, campus.Options{Today: tomorrow}, 4)) {
		t.Error("another day of the same term makes another university")
	}
	if bytes.Equal(bundle(t, campus.Options{Seed: 3, Today: today}, 0), bundle(t, campus.Options{Seed: 4, Today: today}, 0)) {
		t.Error("another seed makes the same university")
	}
}

func TestEachVersionIsAFewRowsFromTheLast(t *testing.T) {
	o := campus.Options{Seed: 3, Today: today}
	before := rows(t, bundle(t, o, 1)) // in which the students of a section are gone
	changed := 0
	for version := 2; version <= 31; version++ {
		now := rows(t, bundle(t, o, version))
		gone, added := minus(before, now), minus(now, before)
		if len(gone) > 4 || len(added) > 6 {
			t.Errorf("version %d: %d rows gone, %d added:\n%v\n%v", version, len(gone), len(added), gone, added)
		}
		if len(gone)+len(added) > 0 {
			changed++
		}
		before = now
	}
	if changed < 25 {
		t.Errorf("only %d of 30 versions changed anything", changed)
	}
}

func TestTheSecondVersionLacksTheStudentsOfOneSection(t *testing.T) {
	o := campus.Options{Seed: 3, Today: today}
	before, now := students(o, 0), students(o, 1)
	emptied := 0
	for section, n := range before {
		switch {
		case n > 10 && now[section] == 0:
			emptied++
		case now[section] < n-2:
			t.Errorf("section %s had %d students and has %d", section, n, now[section])
		}
	}
	if emptied != 1 {
		t.Errorf("%d sections of more than ten students are empty, want 1", emptied)
	}
}

// students counts the students of each section.
func students(o campus.Options, version int) map[string]int {
	n := map[string]int{}
	for _, r := range campus.Export(o, version).Registrations {
		if r.Role == sis.Student {
			n[r.Section]++
		}
	}
	return n
}

func TestTheCodeOfTheUnlinkedSectionIsItsAlone(t *testing.T) {
	o := campus.Options{Seed: 3, Today: today}
	unlinked := campus.Unlinked(o)
	if students(o, 0)[unlinked.Key] == 0 {
		t.Errorf("nobody waits for %s to be linked", unlinked.Key)
	}
	for _, s := range campus.Export(o, 0).Sections {
		if s.Code == unlinked.Code && s.Key != unlinked.Key {
			t.Errorf("%s has the code %s too", s.Key, s.Code)
		}
	}
}

func TestIsASmallUniversity(t *testing.T) {
	b := campus.Export(campus.Options{Seed: 3, Today: today}, 0)

	got := []int{len(b.Terms), len(b.Sections), len(b.Persons)}
	if diff := cmp.Diff([]int{2, 17, 96}, got); diff != "" {
		t.Errorf("terms, sections, persons (-want +got):\n%s", diff)
	}
	if n := len(b.Registrations); n < 200 || n > 260 {
		t.Errorf("registrations = %d, want some 230", n)
	}
	plain := func(p sis.Person) bool {
		return strings.IndexFunc(p.Given+p.Family, func(r rune) bool { return r > 127 }) < 0
	}
	if !slices.ContainsFunc(b.Persons, func(p sis.Person) bool { return strings.Contains(p.Family, "'") }) ||
		!slices.ContainsFunc(b.Persons, func(p sis.Person) bool { return !plain(p) }) {
		t.Error("nobody has a name that a platform might stumble over")
	}
}

func TestNobodyCouldBeTakenForReal(t *testing.T) {
	for _, p := range campus.Export(campus.Options{Seed: 3, Today: today}, 9).Persons {
		if p.Given == "" || p.Family == "" {
			t.Errorf("%s lacks a name", p.Key)
		}
		if p.Email != "" && !strings.HasSuffix(p.Email, "example.edu") {
			t.Errorf("the e-mail %s could be somebody's", p.Email)
		}
	}
}

func TestATermIsWellUnderWayAndOneIsNext(t *testing.T) {
	for day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() < 2028; day = day.AddDate(0, 0, 5) {
		terms := campus.Export(campus.Options{Today: date(day)}, 0).Terms
		if date(day.AddDate(0, 0, -10)).Before(terms[0].Start) || !date(day).Before(terms[0].End) {
			t.Fatalf("on %s the term is %s to %s", date(day), terms[0].Start, terms[0].End)
		}
		if terms[0].End.Before(terms[1].Start) || !date(day).Before(terms[1].End) {
			t.Fatalf("on %s the terms are %s to %s and %s to %s", date(day), terms[0].Start, terms[0].End, terms[1].Start, terms[1].End)
		}
	}
}

func date(day time.Time) sis.Date {
	return sis.Date{Year: day.Year(), Month: day.Month(), Day: day.Day()}
}

func TestNobodyIsRegisteredTwiceOrNowhere(t *testing.T) {
	for version := 0; version < 80; version += 9 {
		b := campus.Export(campus.Options{Seed: 9, Today: today}, version)
		seen := map[string]bool{}
		for _, r := range b.Registrations {
			at := r.Section + " " + r.Person + " " + string(r.Role)
			if seen[at] || seen[r.Key] {
				t.Fatalf("version %d: %s (%s) is there twice", version, at, r.Key)
			}
			seen[at], seen[r.Key] = true, true
		}
	}
}

func TestABundleReadsAsMeantWithItsFaults(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, bundle(t, campus.Options{Seed: 3, Today: today}, 0))

	persons := pull(t, dir, sis.Persons)
	registrations := pull(t, dir, sis.Registrations)

	known, mailless := map[string]bool{}, 0
	for _, r := range persons {
		known[r.Key] = true
		if r.Person.Email == "" && slices.Contains(r.Person.Roles, sis.Teacher) {
			mailless++
		}
	}
	strangers, codes := map[string]bool{}, map[string]int{}
	for _, r := range registrations {
		switch {
		case r.Problem != nil:
			codes[r.Problem.Code]++
		case !known[r.Registration.Person]:
			strangers[r.Registration.Person] = true
		}
	}
	if mailless != 1 {
		t.Errorf("teachers without an e-mail address = %d, want 1", mailless)
	}
	if diff := cmp.Diff(map[string]int{"BAD_DATE": 1}, codes); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if len(strangers) != 3 {
		t.Errorf("unknown persons = %v, want 3", slices.Sorted(maps.Keys(strangers)))
	}
}

func TestTheUnknownPeopleArrive(t *testing.T) {
	for version, want := range map[int]int{0: 96, 3: 97, 6: 98, 9: 99} {
		if n := len(campus.Export(campus.Options{Seed: 3, Today: today}, version).Persons); n != want {
			t.Errorf("version %d has %d persons, want %d", version, n, want)
		}
	}
}

func TestSaysThatItIsSimulated(t *testing.T) {
	manifest := rows(t, bundle(t, campus.Options{Today: today}, 0))
	if !manifest["manifest.csv: source.systemName,"+university.System] {
		t.Error("the manifest does not name a simulated system")
	}
}

func TestPublishesOneVersionAfterTheOther(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		s := campus.SIS{Dir: dir, Every: time.Minute, Now: func() time.Time { return time.Date(2026, 10, 12, 8, 0, 0, 0, time.UTC) }}
		go func() { done <- s.Run(ctx) }()
		time.Sleep(2*time.Minute + time.Second)
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		want := []string{"simulated-sis-2026FA-000000.zip", "simulated-sis-2026FA-000001.zip", "simulated-sis-2026FA-000002.zip"}
		if diff := cmp.Diff(want, list(t, dir)); diff != "" {
			t.Errorf("bundles (-want +got):\n%s", diff)
		}
		if err := s.Publish(); err != nil { // as after a restart
			t.Fatal(err)
		}
		if !slices.Contains(list(t, dir), "simulated-sis-2026FA-000003.zip") {
			t.Errorf("does not go on where it was: %v", list(t, dir))
		}
	})
}

func TestKeepsTheLastBundlesOnly(t *testing.T) {
	dir := t.TempDir()
	foreign := filepath.Join(dir, "registrar.zip")
	if err := os.WriteFile(foreign, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if err := (campus.SIS{Dir: dir}).Publish(); err != nil {
			t.Fatal(err)
		}
	}
	names := list(t, dir)
	if len(names) != 13 || !slices.Contains(names, "registrar.zip") || !strings.HasSuffix(names[len(names)-1], "-000019.zip") {
		t.Errorf("kept %v", names)
	}
}

func bundle(t *testing.T, o campus.Options, version int) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := campus.Write(&buf, o, version); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// rows returns all lines of a bundle's files, each with its file's name.
func rows(t *testing.T, bundle []byte) map[string]bool {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(bundle), int64(len(bundle)))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			all[fmt.Sprintf("%s: %s", f.Name, strings.TrimSpace(line))] = true
		}
	}
	return all
}

func minus(a, b map[string]bool) (only []string) {
	for row := range a {
		if !b[row] {
			only = append(only, row)
		}
	}
	return only
}

func write(t *testing.T, dir string, bundle []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "bundle.zip"), bundle, 0o644); err != nil {
		t.Fatal(err)
	}
}

func pull(t *testing.T, dir string, stream sis.Stream) (all []sis.Record) {
	t.Helper()
	source := oneroster.CSV{Path: dir}
	snapshot, err := source.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = source.Pull(t.Context(), sis.Request{Snapshot: snapshot, Stream: stream}, func(r sis.Record) error {
		all = append(all, r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func list(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
