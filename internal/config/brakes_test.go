package config_test

import (
	"strings"
	"testing"

	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/fault"
)

func TestReadsBrakesAndFreezes(t *testing.T) {
	c, err := load(t, strings.Replace(campus, "terms: all", `terms: all, approvals: 2, second_approval_over: 100, approval_days: 3,
  brakes: {drops: {section: {percent: 12.5, above: 4}, term: off}, errors: {persons: {count: 50}}}, freeze: [{from: 2026-12-20, to: 2027-01-06, reason: holidays}]`, 1))
	if err != nil {
		t.Fatal(err)
	}
	s := c.Syncs["main"]
	if got := s.Brakes.Drops; got["section"] != (config.Limit{Percent: 12.5, Above: 4}) || got["term"] != (config.Limit{}) || s.Brakes.Errors["persons"].Count != 50 {
		t.Errorf("brakes = %+v", s.Brakes)
	}
	if s.Approvals != 2 || s.SecondOver != 100 || s.ApprovalDays != 3 || len(s.Freeze) != 1 || s.Freeze[0].To.String() != "2027-01-06" {
		t.Errorf("sync = %+v", s)
	}
}

func TestRefusesBrakesAndFreezesThatMeanNothing(t *testing.T) {
	for name, tt := range map[string]struct{ setting, want string }{
		"an unknown brake":     {"brakes: {drops: {course: off}}", "syncs.main.brakes.drops.course: there is no such brake; there are section, school, term, sync"},
		"a limit of no kind":   {"brakes: {drops: {term: few}}", "a limit is the word off, or has count, percent and above"},
		"a misspelt limit":     {"brakes: {errors: {terms: {share: 3}}}", "there is no setting share of a limit"},
		"too great a share":    {"brakes: {changes: {sync: {percent: 300}}}", "syncs.main.brakes.changes.sync: count and above must be 0 or more, percent 0 to 100"},
		"three approvals":      {"approvals: 3", "syncs.main.approvals is 3: it must be 1 or 2"},
		"a freeze without end": {"freeze: [{from: 2026-12-20}]", "syncs.main.freeze: window 1 needs a day from and a day to"},
		"a freeze backwards":   {"freeze: [{from: 2026-12-20, to: 2026-12-01}]", "window 1 ends on 2026-12-01, before it begins on 2026-12-20"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, strings.Replace(campus, "terms: all", "terms: all, "+tt.setting, 1))
			if fault.KindOf(err) != fault.Invalid || !strings.Contains(fault.Message(err), tt.want) {
				t.Errorf("error = %v, want one with %q", err, tt.want)
			}
		})
	}
}
