package university_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/campus/university"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

func found(t testing.TB, size string, seed uint64) *university.University {
	t.Helper()
	s, err := university.SizeOf(size)
	if err != nil {
		t.Fatal(err)
	}
	return university.New(university.Options{Seed: seed, Size: s})
}

// digest is short for all that a year consists of.
func digest(t testing.TB, u *university.University) string {
	t.Helper()
	timeline := u.Timeline()
	sum := sha256.New()
	var line []byte
	for _, e := range timeline {
		line = append(line[:0], e.Kind...)
		for _, n := range []int{e.At, e.Person, e.Slot, e.Section, e.To, e.Begin} {
			line = binary.AppendVarint(line, int64(n))
		}
		sum.Write(line)
	}
	campus := u.After(timeline, len(timeline)).Campus()
	for _, r := range campus.Registrations {
		sum.Write([]byte(r.Key + "|" + r.Section + "|" + r.Person + "|" + string(r.Role) + "|" + r.Begin.String()))
	}
	campus.Registrations = nil
	if err := json.NewEncoder(sum).Encode(campus); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

func TestASeedMeansTheSameUniversityForEver(t *testing.T) {
	t.Parallel()
	for size, want := range map[string]string{
		"tiny": "f4d88fd06b03e5c1", "small": "c3408d66b1eb2c22", "medium": "e5520be6458cb8df", "large": "c7dea656249000f6",
	} {
		t.Run(size, func(t *testing.T) {
			t.Parallel()
			if got := digest(t, found(t, size, 1)); got != want {
				t.Errorf("digest %s, want %s: whoever has a truth file of this seed has a wrong one now", got, want)
			}
		})
	}
}

func TestAnotherSeedIsAnotherUniversity(t *testing.T) {
	if digest(t, found(t, "tiny", 1)) == digest(t, found(t, "tiny", 2)) {
		t.Error("seeds 1 and 2 are the same")
	}
}

func TestItDoesNotMatterHowManyGoroutinesMakeIt(t *testing.T) {
	t.Parallel()
	tiny := university.Sizes[0]
	want := university.New(university.Options{Seed: 7, Size: tiny, Goroutines: 1}).Timeline()
	for _, n := range []int{2, 3, 16, 1000} {
		got := university.New(university.Options{Seed: 7, Size: tiny, Goroutines: n}).Timeline()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("with %d goroutines (-1 +%d):\n%s", n, n, diff)
		}
	}
}

func TestAnyRowCanBeHadWithoutTheOthers(t *testing.T) {
	u := found(t, "small", 3)
	campus := u.After(u.Timeline(), 0).Campus()
	other := found(t, "small", 3)
	for _, i := range []int{1999, 5, 319, 0} {
		if diff := cmp.Diff(campus.Persons[i], other.Person(i)); diff != "" {
			t.Errorf("person %d (-all +alone):\n%s", i, diff)
		}
		if i < len(campus.Sections) {
			if diff := cmp.Diff(campus.Sections[i], other.Section(i)); diff != "" {
				t.Errorf("section %d (-all +alone):\n%s", i, diff)
			}
		}
	}
}

func TestAStateIsTheSameHoweverItWasReached(t *testing.T) {
	u := found(t, "tiny", 4)
	timeline := u.Timeline()
	steps := u.After(timeline, 0)
	for range 500 {
		steps.Advance(1)
	}
	if diff := cmp.Diff(u.After(timeline, 500).Campus(), steps.Campus()); diff != "" {
		t.Errorf("after 500 events (-at once +one by one):\n%s", diff)
	}
}

func TestAUniversityIsLikeRealOnes(t *testing.T) {
	t.Parallel()
	u := found(t, "medium", 1)
	timeline := u.Timeline()
	kinds := map[university.Kind]int{}
	firstWeek, starts := 0, []int{0, 133, 273}
	for _, e := range timeline {
		kinds[e.Kind]++
		if e.Kind == university.Drop && e.Day()-starts[e.Section%3] < 7 {
			firstWeek++
		}
	}
	of := 50_000.0
	for what, tt := range map[string]struct{ got, least, most float64 }{
		"registrations": {float64(kinds[university.Register]), of, of},
		"drops":         {float64(kinds[university.Drop]) / of, 0.11, 0.13},
		"drops at once": {float64(firstWeek) / float64(kinds[university.Drop]), 0.65, 0.8},
		"withdrawals":   {float64(kinds[university.Withdraw]) / of, 0.025, 0.035},
		"returns":       {float64(kinds[university.Return]) / of, 0.015, 0.025},
		"swaps":         {float64(kinds[university.Swap]) / of, 0.01, 0.02},
		"merges":        {float64(kinds[university.Merge]) / 10_000, 0.002, 0.004},
		"renames":       {float64(kinds[university.Rename]) / 10_500, 0.006, 0.01},
	} {
		if tt.got < tt.least || tt.got > tt.most {
			t.Errorf("%s: %v, want %v to %v", what, tt.got, tt.least, tt.most)
		}
	}
	seats := seatsOf(u.After(timeline, len(timeline)).Campus())
	if median, many := seats[len(seats)/2], seats[len(seats)*99/100]; median < 10 || median > 30 || many < 120 || many > 350 {
		t.Errorf("half of the sections have fewer than %d seats taken, one in a hundred more than %d", median, many)
	}
}

func seatsOf(c university.Campus) (seats []int) {
	count := map[string]int{}
	for _, r := range c.Registrations {
		if r.Role == sis.Student {
			count[r.Section]++
		}
	}
	for _, s := range c.Sections {
		seats = append(seats, count[s.Key])
	}
	slices.Sort(seats)
	return seats
}

func TestACampusHangsTogether(t *testing.T) {
	t.Parallel()
	u := found(t, "small", 9)
	timeline := u.Timeline()
	state := u.After(timeline, 0)
	for day := -60; day < 420; day += 40 {
		state.AdvanceTo(day)
		c := state.Campus()
		people, sections, places, ids := map[string]bool{}, map[string]bool{}, map[[3]string]bool{}, map[string]bool{}
		for _, p := range c.Persons {
			people[p.Key] = true
		}
		for _, s := range c.Sections {
			sections[s.Key] = true
		}
		for _, r := range c.Registrations {
			place := [3]string{r.Section, r.Person, string(r.Role)}
			if !people[r.Person] || !sections[r.Section] || places[place] || ids[r.Key] {
				t.Fatalf("day %d: %+v: person %v, section %v, place twice %v, id twice %v",
					day, r, people[r.Person], sections[r.Section], places[place], ids[r.Key])
			}
			places[place], ids[r.Key] = true, true
		}
		if len(people) != len(c.Persons) || len(sections) != len(c.Sections) {
			t.Fatalf("day %d: keys are used twice", day)
		}
	}
}

func BenchmarkLarge(b *testing.B) {
	for b.Loop() {
		u := found(b, "large", 1)
		timeline := u.Timeline()
		u.After(timeline, len(timeline)).Campus()
	}
}
