package ledger_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// classes is sections of which each is in another state.
func classes(t *testing.T, l *ledger.Ledger) {
	t.Helper()
	d := pulled(sis.Sections)
	for i, key := range []string{"linked", "available", "unlinked", "several", "gone", "waiting", "suspected"} {
		d.Rows = append(d.Rows, sync.Row{Key: key, Seq: int64(i), Gone: key == "gone", Record: &sis.Record{
			Section: &sis.Section{Key: key, Title: key, Code: "C-" + key, Terms: []string{"t" + key[:1], `odd "%_`}, CrossList: "x-" + key},
		}})
	}
	d.Messages = slices.Values([]sync.Message{{ID: "m1", Sync: "main", Stream: sis.Sections, Key: "waiting", Op: sync.New, State: sync.Waiting, Code: "NOT_READY", Reason: "not R", Received: noon, Changed: noon}})
	absorb(t, l, d)
	err := l.PutSISLinks(t.Context(), "main", []sync.Link{
		{Section: "linked", Course: "5", How: sync.Auto, Linked: true, Changed: noon},
		{Section: "unlinked", How: sync.Manual, Reason: "moved", Changed: noon},
		{Section: "several", How: sync.Several, Changed: noon},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.PutSISRekeys(t.Context(), "main", []sync.Rekey{
		{Stream: sis.Sections, Old: "gone", New: "suspected", State: sync.RekeySuspected, Changed: noon},
		{Stream: sis.Sections, Old: "gone", New: "available", State: sync.RekeyRefused, Changed: noon},
	}); err != nil {
		t.Fatal(err)
	}
}

func keysOf(sections []sync.Section) (keys []string) {
	for _, s := range sections {
		keys = append(keys, s.Key)
	}
	return keys
}

func TestSectionsAreListedByWhatBecameOfThem(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		classes(t, l)
		for state, want := range map[sync.SectionState][]string{
			"linked": {"linked"}, "available": {"available", "several"}, "unlinked": {"unlinked"}, "gone": {"gone"},
			"waiting": {"waiting"}, "suspected": {"suspected"},
			"": {"available", "gone", "linked", "several", "suspected", "unlinked", "waiting"},
		} {
			sections, err := l.SISSections(t.Context(), sync.SectionFilter{Sync: "main", State: state})
			if diff := cmp.Diff(want, keysOf(sections)); diff != "" || err != nil {
				t.Errorf("%v, %s sections (-want +got):\n%s", err, state, diff)
			}
		}
		if _, err := l.SISSections(t.Context(), sync.SectionFilter{Sync: "main", State: "lost"}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("an unknown state: %v", err)
		}
		counts, err := l.SISSectionCounts(t.Context(), "main", "")
		want := map[sync.SectionState]int64{"linked": 1, "available": 2, "unlinked": 1, "gone": 1, "waiting": 1, "suspected": 1}
		if diff := cmp.Diff(want, counts); diff != "" || err != nil {
			t.Errorf("%v, counts (-want +got):\n%s", err, diff)
		}
	})
}

func TestSectionsAreFoundByTermAndWordsPageByPage(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		classes(t, l)
		for name, tt := range map[string]struct {
			f    sync.SectionFilter
			want string
		}{
			"by term":              {sync.SectionFilter{Term: "ts"}, "several suspected"},
			"by an odd term":       {sync.SectionFilter{Term: `odd "%_`, Text: "c-wait"}, "waiting"},
			"by part of a term":    {sync.SectionFilter{Term: "odd"}, ""},
			"by words, any case":   {sync.SectionFilter{Text: "LINKED"}, "linked unlinked"},
			"percent is no joker":  {sync.SectionFilter{Text: "l%d"}, ""},
			"the first page":       {sync.SectionFilter{Limit: 2}, "available gone"},
			"the page behind":      {sync.SectionFilter{Limit: 2, After: "gone"}, "linked several"},
			"the page behind none": {sync.SectionFilter{After: "waiting"}, ""},
		} {
			tt.f.Sync = "main"
			got, err := l.SISSections(t.Context(), tt.f)
			if keys := strings.Join(keysOf(got), " "); keys != tt.want || err != nil {
				t.Errorf("%s: %q, %v; want %q", name, keys, err, tt.want)
			}
		}
		s, err := l.SISSection(t.Context(), "main", "suspected")
		if err != nil || s.Before != "gone" || s.State != sync.SectionSuspected || s.Code != "C-suspected" || s.CrossList != "x-suspected" {
			t.Errorf("%+v, %v", s, err)
		}
		if _, err := l.SISSection(t.Context(), "main", "nobody"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("an unknown section: %v", err)
		}
	})
}

func TestTermsSayHowManySectionsTheyHaveAndWhatPeopleSaid(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		absorb(t, l, small()...)
		choice := sync.TermChoice{Term: "fall", Chosen: false, Reason: "grades are in", By: "j", Changed: noon}
		if err := l.ChooseSISTerm(t.Context(), "main", choice); err != nil {
			t.Fatal(err)
		}
		got, err := l.SISTerms(t.Context(), "main")
		want := []sync.Term{{Term: fall, Sections: 1, Choice: &choice}}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v, terms (-want +got):\n%s", err, diff)
		}
	})
}

func TestRegistrationsOfASectionSayWhatBecameOfThem(t *testing.T) {
	each(t, func(t *testing.T, l *ledger.Ledger) {
		absorb(t, l, small()...)
		got, err := l.SISRegistered(t.Context(), "main", "s1", "", 0)
		if err != nil || len(got) != 1 || got[0].Person != "ann" || got[0].State != sync.Received || got[0].Message != "registrations-000000" {
			t.Errorf("%+v, %v", got, err)
		}
		if rest, err := l.SISRegistered(t.Context(), "main", "s1", sync.RegistrationKey(got[0].Registration), 0); len(rest) != 0 || err != nil {
			t.Errorf("behind the last: %+v, %v", rest, err)
		}
	})
}
