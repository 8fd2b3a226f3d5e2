package timetable

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
)

// mostAfter is how many others a schedule may come after.
const mostAfter = 50

// checkAfter refuses to wait for nothing that makes sense. Whether there are
// schedules of those names is not its concern.
func checkAfter(r job.Rule, wrong *faults) {
	if !r.AfterFor.Valid() {
		wrong.add("after_for", "%q does not say which slots it waits for; write slot or day.", shorten(string(r.AfterFor)))
	}
	if !r.AfterElse.Valid() {
		wrong.add("after_else", "%q is not what becomes of a slot that waits too long; write skip, run or miss.", shorten(string(r.AfterElse)))
	}
	if len(r.After) > mostAfter {
		wrong.add("after", "It would come after %d schedules; %d is the most.", len(r.After), mostAfter)
		return
	}
	for i, name := range r.After {
		if slices.Contains(r.After[:i], name) {
			wrong.add("after", "It would come after %q twice; name it once.", shorten(name))
		}
	}
}

// checkOthers checks that there are the schedules that s comes after, and that
// none of them comes after s in the end.
func (b *Book) checkOthers(ctx context.Context, s job.Schedule) error {
	if len(s.After) == 0 {
		return nil
	}
	schedules, err := b.Ledger.Schedules(ctx)
	if err != nil {
		return fmt.Errorf("read schedules: %w", err)
	}
	after := map[string][]string{}
	for _, one := range schedules {
		after[one.Name] = one.After
	}
	after[s.Name] = s.After
	for _, name := range s.After {
		if _, known := after[name]; !known {
			return fault.New(fault.Invalid, "There is no schedule %q to come after.", shorten(name)).In("after")
		}
	}
	return CheckOrder(after, s.Name)
}

// CheckOrder refuses that a schedule comes after itself in the end. after is
// what each comes after.
func CheckOrder(after map[string][]string, schedule string) error {
	if circle := job.Circle(after, schedule); circle != nil {
		return fault.New(fault.Invalid, "Each would wait for the other: %s.", strings.Join(circle, " -> ")).In("after")
	}
	return nil
}

// checkAlone refuses that a schedule goes for which others wait.
func (b *Book) checkAlone(ctx context.Context, name string) error {
	schedules, err := b.Ledger.Schedules(ctx)
	if err != nil {
		return fmt.Errorf("read schedules: %w", err)
	}
	var waiting []string
	for _, s := range schedules {
		if s.Name != name && comesAfter(s, name) {
			waiting = append(waiting, s.Name)
		}
	}
	if len(waiting) > 0 {
		return fault.New(fault.Conflict, "The schedule %q is needed by %s, which would wait for it; take it out there first.", name, listed(waiting))
	}
	return nil
}

// comesAfter reports whether s comes after a schedule, in whatever layer.
func comesAfter(s job.Schedule, name string) bool {
	if slices.Contains(s.After, name) || slices.Contains(s.Base.After, name) {
		return true
	}
	return slices.ContainsFunc(s.Overrides, func(o job.Override) bool {
		var names []string
		return o.Field == "after" && json.Unmarshal(o.Value, &names) == nil && slices.Contains(names, name)
	})
}
