package cli

import (
	"encoding/json"
	"slices"
)

// inOrder returns schedules such that each is made after those in the file that
// it comes after, and otherwise in the order of the file.
func inOrder(all []fileSchedule) (sorted []fileSchedule) {
	done := map[string]bool{}
	var add func(s fileSchedule)
	add = func(s fileSchedule) {
		if done[s.name] {
			return
		}
		done[s.name] = true
		for _, name := range othersOf(s) {
			if i := slices.IndexFunc(all, func(s fileSchedule) bool { return s.name == name }); i >= 0 {
				add(all[i])
			}
		}
		sorted = append(sorted, s)
	}
	for _, s := range all {
		add(s)
	}
	return sorted
}

// othersOf returns the schedules that s comes after, in both layers.
func othersOf(s fileSchedule) (names []string) {
	for _, rule := range []fields{s.rule, s.clientRule} {
		var after []string
		if json.Unmarshal(rule["after"], &after) == nil {
			names = append(names, after...)
		}
	}
	return names
}
