package cli

import (
	"encoding/json"
	"slices"

	"github.com/beadle-jobs/beadle/internal/api"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/timetable"
)

// checkNames notes names of what is neither in the file nor on the server.
func (f *yamlFile) checkNames(t timetableFile, p present) {
	calendars := map[string]bool{"": true}
	for name := range p.calendars {
		calendars[name] = true
	}
	for _, c := range t.calendars {
		calendars[c.Name] = true
	}
	for _, s := range t.schedules {
		_, isTask := p.tasks[s.task]
		organisation, isClient := p.clients[s.client]
		_, exists := p.schedules[s.name]
		if !exists && s.task != "" && !isTask {
			f.wrong(s.at, "there is no task %s; jobctl tasks lists them", s.task)
		}
		switch {
		case s.client != "" && !isClient:
			f.wrong(s.at, "there is no client %s; jobctl clients lists them", s.client)
		case !exists && organisation.Disabled:
			f.wrong(s.at, "the client %s is disabled and takes no new schedules", s.client)
		}
		for _, rule := range []fields{s.rule, s.clientRule} {
			if name := shown(rule["calendar"]); !calendars[name] {
				f.wrong(s.at, "there is no calendar %s; jobctl calendars lists them", name)
			}
		}
	}
}

// checkOthers notes schedules to come after that are neither in the file nor
// on the server.
func (f *yamlFile) checkOthers(t timetableFile, p present) {
	for _, s := range t.schedules {
		for _, name := range othersOf(s) {
			_, exists := p.schedules[name]
			if !exists && !slices.ContainsFunc(t.schedules, func(s fileSchedule) bool { return s.name == name }) {
				f.wrong(s.at, "there is no schedule %s to come after; jobctl schedules lists them", name)
			}
		}
	}
}

// checkRules notes what the server would refuse of the schedules that the steps
// make, all layers of their rules applied.
func (f *yamlFile) checkRules(steps []importStep, p present) {
	after := map[string][]string{}
	for name, s := range p.schedules {
		after[name] = s.After
	}
	rules := make([]job.Rule, len(steps))
	for i, s := range steps {
		if s.rule == nil {
			continue
		}
		raw, _ := json.Marshal(s.rule)     // JSON by now
		_ = json.Unmarshal(raw, &rules[i]) // of the right types
		after[s.name] = rules[i].After
	}
	for i, s := range steps {
		if s.rule != nil {
			f.checkResult(s, rules[i], after, p)
		}
	}
}

func (f *yamlFile) checkResult(s importStep, r job.Rule, after map[string][]string, p present) {
	for _, wrong := range timetable.CheckRule(r) {
		f.wrong(s.at, "schedule %s: %s", s.name, wrong.Msg)
	}
	if err := timetable.CheckOrder(after, s.name); err != nil {
		f.wrong(s.at, "schedule %s: %s", s.name, fault.Message(err))
	}
	if task, known := p.tasks[s.task]; known && !task.Missing {
		if err := api.CheckArgs(task.Schema, r.Args); err != nil {
			f.wrong(s.at, "schedule %s: %s", s.name, fault.Message(err))
		}
	}
}
