package cli

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/pkg/client"
	"github.com/beadle-jobs/beadle/pkg/cron"
)

// A timetableFile is schedules and calendars as a YAML file has them.
//
// Of a schedule that a task's code declares, a rule is the fields that the
// platform sets, and what it leaves out is as declared. Of one that a person
// created, which is the one with a task, a rule is all that is not as in the
// default rule. So the file alone says what holds.
type timetableFile struct {
	calendars []fileCalendar
	schedules []fileSchedule
}

type fileCalendar struct {
	client.Calendar
	at *yaml.Node
}

type fileSchedule struct {
	name, task, client string
	rule, clientRule   fields
	at                 *yaml.Node
}

// readTimetable reads a file and returns all that can be known to be wrong
// with it without a server.
func (env *Env) readTimetable(name string) (*yamlFile, timetableFile, error) {
	f, top, err := env.readYAML(name)
	if err != nil {
		return nil, timetableFile{}, err
	}
	var t timetableFile
	f.keys(top, "the file", map[string]func(*yaml.Node){
		"calendars": func(n *yaml.Node) {
			f.items(n, "calendars", func(n *yaml.Node) { t.calendars = append(t.calendars, fileCalendar{f.calendar(n), n}) })
		},
		"schedules": func(n *yaml.Node) {
			f.items(n, "schedules", func(n *yaml.Node) { t.schedules = append(t.schedules, f.schedule(n)) })
		},
	})
	f.checkTimetable(t)
	return f, t, f.err()
}

func (f *yamlFile) schedule(n *yaml.Node) fileSchedule {
	s := fileSchedule{rule: fields{}, clientRule: fields{}, at: n}
	f.keys(n, "a schedule", map[string]func(*yaml.Node){
		"name": f.text(&s.name), "task": f.text(&s.task), "client": f.text(&s.client),
		"rule":        func(n *yaml.Node) { f.rule(n, s.rule) },
		"client_rule": func(n *yaml.Node) { f.rule(n, s.clientRule) },
	})
	return s
}

// rule reads the fields of a rule.
func (f *yamlFile) rule(n *yaml.Node, into fields) {
	here := map[string]*yaml.Node{}
	f.pairs(n, "a rule", func(key, value *yaml.Node) {
		if !slices.Contains(job.RuleFields(), key.Value) {
			f.wrong(key, "unknown key %q of a rule; there is %s", key.Value, strings.Join(job.RuleFields(), ", "))
			return
		}
		raw, err := valueOf(key.Value, value)
		if err != nil {
			f.wrong(value, "%v", err)
			return
		}
		into[key.Value], here[key.Value] = raw, value
	})
	if into["cron"] != nil {
		f.spellOut(into, here)
	}
	f.checkRule(into, here)
}

// spellOut puts the dialect beside an expression, and in the place of words the
// cron that they mean.
func (f *yamlFile) spellOut(rule fields, lines map[string]*yaml.Node) {
	expr, dialect := shown(rule["cron"]), cron.Dialect(shown(rule["dialect"]))
	if dialect == "" {
		dialect = guess(expr)
		rule["dialect"] = text(string(dialect))
	}
	if dialect != english {
		return
	}
	s, zone, err := cron.ParseEnglish(expr)
	rule["dialect"] = text(string(cron.Unix))
	switch {
	case err != nil:
		f.wrong(lines["cron"], "%v", err)
		delete(lines, "cron")
		return
	case zone != "" && rule["zone"] != nil && shown(rule["zone"]) != zone:
		f.wrong(lines["cron"], "the words say in %s and the zone is %s; leave one of them out", zone, shown(rule["zone"]))
	case zone != "":
		rule["zone"] = text(zone)
	}
	rule["cron"], rule["dialect"] = text(s.String()), text(string(s.Dialect()))
}
