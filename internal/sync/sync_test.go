package sync_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

func TestTermsAreSelectedByKeyOrAllAtOnce(t *testing.T) {
	for name, tt := range map[string]struct {
		terms []string
		want  bool
	}{
		"none named": {nil, true},
		"all":        {[]string{"all"}, true},
		"this one":   {[]string{"spring", "fall"}, true},
		"another":    {[]string{"spring"}, false},
		"other case": {[]string{"Fall"}, false},
	} {
		if got := (sync.Sync{Terms: tt.terms}).Selects("fall"); got != tt.want {
			t.Errorf("%s: fall is selected: %v", name, got)
		}
	}
}

func TestTodayBeginsInTheZoneOfTheSync(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 9, 2, 3, 0, 0, 0, time.UTC) // still the first in New York
	for name, tt := range map[string]struct {
		sync sync.Sync
		want time.Time
	}{
		"without a zone": {sync.Sync{}, time.Date(2026, 9, 2, 0, 0, 0, 0, time.UTC)},
		"with one":       {sync.Sync{Zone: zone}, time.Date(2026, 9, 1, 0, 0, 0, 0, zone)},
		"rehearsed":      {sync.Sync{Zone: zone, AsOf: sis.Date{Year: 2018, Month: 10, Day: 1}}, time.Date(2018, 10, 1, 0, 0, 0, 0, zone)},
	} {
		if got := tt.sync.Today(now); !got.Equal(tt.want) {
			t.Errorf("%s: today begins at %v, want %v", name, got, tt.want)
		}
	}
}

func TestSpansAreEqualWhateverTheirZones(t *testing.T) {
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	a := sync.Span{Start: noon}
	if b := (sync.Span{Start: noon.In(time.FixedZone("", 3600))}); !a.Equal(b) {
		t.Errorf("%v is not %v", a, b)
	}
	if b := (sync.Span{Start: noon, Suspended: true}); a.Equal(b) {
		t.Errorf("%v is %v", a, b)
	}
}

func TestAHiddenEffectSaysWhatChangesAndNotOfWhom(t *testing.T) {
	user := func(email string) json.RawMessage {
		return json.RawMessage(`{"key":"p-1","username":"ada","email":"` + email + `","given":"Ada"}`)
	}
	span := json.RawMessage(`{"start":"2026-09-01T04:00:00Z"}`)
	for name, tt := range map[string]struct{ before, after, want json.RawMessage }{
		"a new account":      {nil, user("ada@example.edu"), json.RawMessage(`{"key":"p-1","username":"•••","email":"•••","given":"•••"}`)},
		"a changed account":  {user("a@example.edu"), user("ada@example.edu"), json.RawMessage(`{"key":"p-1","username":"•••","email":"••• (changed)","given":"•••"}`)},
		"an e-mail is gone":  {user("a@example.edu"), user(""), json.RawMessage(`{"key":"p-1","username":"•••","email":"","given":"•••"}`)},
		"an enrolment":       {nil, span, span},
		"what was emptied":   {nil, nil, nil},
		"an account emptied": {json.RawMessage(`{}`), json.RawMessage(`{}`), json.RawMessage(`{}`)},
	} {
		got := sync.HideEffect(sync.Effect{Before: tt.before, After: tt.after})
		if !sameJSON(got.After, tt.want) || strings.Contains(string(got.Before), "ada") {
			t.Errorf("%s: %s -> %s, want %s", name, got.Before, got.After, tt.want)
		}
	}
}

func sameJSON(a, b json.RawMessage) bool {
	var one, other any
	return (json.Unmarshal(a, &one) == nil) == (json.Unmarshal(b, &other) == nil) && reflect.DeepEqual(one, other)
}
