package lock

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

func TestLimitsShowUseAndWaits(t *testing.T) {
	everywhere(t, func(t *testing.T, l lua) {
		locks := New(l.rdb)
		set := []job.Limit{{Client: "*", Max: 2}, {Task: "sis.pull", Max: 9}, {Max: 50}}
		if err := locks.SetLimits(t.Context(), set); err != nil {
			t.Fatal(err)
		}
		declare := []job.Limit{{Task: "sis.pull", Max: 3}, {Task: "sis.pull", Client: "*", Max: 1}}
		if err := locks.DeclareLimits(t.Context(), "sis.pull", declare); err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"a", "b", "c"} {
			l.try(id, north, "")
		}
		l.try("d", who{Task: "mail.send", Client: "south"}, "")

		got, err := locks.Limits(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		expect(t, "limits", []job.Limit{
			{Max: 50, InUse: 2, From: "operator"},
			{Client: "*", Max: 2, InUse: 1, From: "operator"},
			{Task: "sis.pull", Max: 9, InUse: 1, From: "operator"},
			{Task: "sis.pull", Client: "*", Max: 1, InUse: 1, Waits: 2, From: "task"},
		}, got)
	})
}

func TestSettingLimitsReplacesTheOperatorsOnly(t *testing.T) {
	everywhere(t, func(t *testing.T, l lua) {
		locks := New(l.rdb)
		if err := locks.DeclareLimits(t.Context(), "a", []job.Limit{{Task: "a", Max: 3}}); err != nil {
			t.Fatal(err)
		}
		for _, set := range [][]job.Limit{{{Task: "a", Max: 1}, {Client: "north", Max: 4}}, {{Client: "south", Max: 5}}} {
			if err := locks.SetLimits(t.Context(), set); err != nil {
				t.Fatal(err)
			}
		}
		if err := locks.DeclareLimits(t.Context(), "b", []job.Limit{{Task: "b", Max: 6}}); err != nil {
			t.Fatal(err)
		}
		got, err := locks.Limits(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		expect(t, "limits", []job.Limit{{Client: "south", Max: 5, From: "operator"}, {Task: "a", Max: 3, From: "task"}, {Task: "b", Max: 6, From: "task"}}, got)
	})
}

func TestRefusesLimitsThatMakeNoSense(t *testing.T) {
	locks := stopped(t)
	for field, limits := range map[string][]job.Limit{
		"limits[0].max":    {{Task: "a", Max: -1}},
		"limits[1].max":    {{Task: "a", Max: 1}, {Client: "c"}},
		"limits[0].client": {{Client: strings.Repeat("x", 201), Max: 1}},
		"limits[0].task":   {{Task: "a:b", Max: 1}},
		"limits[1]":        {{Task: "a", Max: 1}, {Task: "a", Max: 2}},
	} {
		wantsField(t, field, New(locks.rdb).SetLimits(t.Context(), limits))
	}
	wantsField(t, "limits", New(locks.rdb).DeclareLimits(t.Context(), "a", []job.Limit{{Task: "b", Max: 1}}))
	if n := len(locks.server.Keys()); n > 0 {
		t.Errorf("%d keys were written", n)
	}
}

// wantsField wants err to be invalid and to name that field; none if it is
// empty.
func wantsField(t *testing.T, field string, err error) {
	t.Helper()
	e, _ := errors.AsType[*fault.Error](err)
	switch {
	case field == "" && err == nil:
	case e == nil || e.Kind != fault.Invalid || e.Field != field:
		t.Errorf("error = %v, want an invalid %s", err, field)
	}
}

func TestChecksWhatAJobWants(t *testing.T) {
	many := strings.Split(strings.Repeat("x", 101), "")
	rate := job.Rate{Key: "north/mail", Count: 1, Per: time.Second}
	for name, c := range map[string]struct {
		wants job.Wants
		field string
	}{
		"nothing":       {job.Wants{}, ""},
		"all right":     {job.Wants{Reads: []string{"a/" + strings.Repeat("x", 198)}, Writes: []string{"/y"}, Rates: []job.Rate{rate}}, ""},
		"empty name":    {job.Wants{Reads: []string{""}}, "reads"},
		"too long":      {job.Wants{Writes: []string{strings.Repeat("x", 201)}}, "writes"},
		"a line break":  {job.Wants{Writes: []string{"a/x\ny"}}, "writes"},
		"too many":      {job.Wants{Reads: []string{"y"}, Writes: many}, "writes"},
		"no count":      {job.Wants{Rates: []job.Rate{{Key: "a", Per: time.Second}}}, "rates"},
		"no period":     {job.Wants{Rates: []job.Rate{{Key: "a", Count: 1}}}, "rates"},
		"for ever":      {job.Wants{Rates: []job.Rate{{Key: "a", Count: 1, Per: 1 << 62}}}, "rates"},
		"rate unnamed":  {job.Wants{Rates: []job.Rate{{Count: 1, Per: time.Second}}}, "rates"},
		"too many fast": {job.Wants{Rates: []job.Rate{{Key: "a", Count: 1e9, Per: time.Second}}}, "rates"},
	} {
		t.Run(name, func(t *testing.T) { wantsField(t, c.field, CheckWants(c.wants)) })
	}
}
