package anthologysim_test

import (
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/campus/anthologysim"
	"github.com/beadle-jobs/beadle/internal/campus/university"
	"github.com/beadle-jobs/beadle/pkg/sis"
	"github.com/beadle-jobs/beadle/pkg/sis/anthology"
)

func TestAYearOfAUniversityIsHeardInMessagesWhateverGoesWrong(t *testing.T) {
	sim := anthologysim.New(anthologysim.Options{Token: "secret", Page: 100, BusyEvery: 60, CutEvery: 17})
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	inbox, err := anthology.New(anthology.Config{URL: server.URL, Token: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	u := university.New(university.Options{Seed: 2, Size: university.Sizes[0], Eventful: 20})
	state, before := u.After(u.Timeline(), 0), university.Campus{}
	heard := map[sis.Stream]map[string]sis.Record{}
	for _, day := range []int{-40, 3, 20, 150} {
		state.AdvanceTo(day)
		now := state.Campus()
		sim.Tell(before, now)
		before = now
		var receipts []sis.Receipt
		for _, stream := range sis.Streams {
			receipts = append(receipts, listen(t, inbox, stream, heard)...)
		}
		if _, err := inbox.Acknowledge(t.Context(), receipts); err != nil {
			t.Fatal(err)
		}
		if n := sim.Waiting(); n != 0 {
			t.Errorf("day %d: %d messages wait after all were acknowledged", day, n)
		}
		for stream, want := range keysOf(now) {
			if diff := cmp.Diff(want, namesOf(heard, stream)); diff != "" {
				t.Errorf("day %d, %s (-there +heard):\n%s", day, stream, diff)
			}
		}
	}
}

// listen takes in the messages of a stream, and returns what they are
// acknowledged by.
func listen(t *testing.T, inbox *anthology.Inbox, stream sis.Stream, heard map[sis.Stream]map[string]sis.Record) (receipts []sis.Receipt) {
	t.Helper()
	if heard[stream] == nil {
		heard[stream] = map[string]sis.Record{}
	}
	_, err := inbox.Pull(t.Context(), sis.Request{Stream: stream}, func(r sis.Record) error {
		if r.Problem != nil {
			t.Errorf("%s %s: %s", stream, r.Key, r.Problem.Message)
		}
		heard[stream][r.Key] = r
		if r.Deleted {
			delete(heard[stream], r.Key)
		}
		receipts = append(receipts, sis.Receipt{Stream: stream, ID: r.Receipt})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return receipts
}

// nameOf tells registrations apart by what they say: of teachers there is no id.
func nameOf(r sis.Record) string {
	if g := r.Registration; g != nil {
		return g.Section + "|" + g.Person + "|" + string(g.Role)
	}
	return r.Key
}

// namesOf returns what there is by what was heard. With a section its
// registrations have ended.
func namesOf(heard map[sis.Stream]map[string]sis.Record, stream sis.Stream) (names []string) {
	for _, r := range heard[stream] {
		if g := r.Registration; g != nil && heard[sis.Sections][g.Section].Section == nil {
			continue
		}
		names = append(names, nameOf(r))
	}
	slices.Sort(names)
	return names
}

func keysOf(c university.Campus) map[sis.Stream][]string {
	keys := map[sis.Stream][]string{}
	all := university.Changes(university.Campus{}, c)
	for _, stream := range sis.Streams {
		for _, r := range all.Records(stream) {
			keys[stream] = append(keys[stream], nameOf(r))
		}
		slices.Sort(keys[stream])
	}
	return keys
}
