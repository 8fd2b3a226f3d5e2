package config_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/beadle-jobs/beadle/internal/fault"
)

// attending is a sync with attendance, and a sink, in the settings.
func attending(attendance, sink string) string {
	return "sources: {a: {driver: oneroster-csv, path: in}}\ntargets: {b: {driver: moodle, url: 'https://lms.example.edu', token_file: t}}\n" +
		"syncs: {main: {source: a, target: b, attendance: {" + attendance + "}}}\nsinks: {s: {" + sink + "}}\n"
}

const (
	fromCSV = "sink: s, activity: {driver: csv, path: activity.csv}"
	toCSV   = "driver: csv, path: out"
)

func TestReadsAttendanceAndItsSinks(t *testing.T) {
	for _, settings := range []string{
		attending(fromCSV, toCSV),
		attending("sink: s, activity: {driver: last-access}, mode: engagement, weights: {course_accessed: 1}, scheduled: 50", toCSV),
		attending("sink: s, activity: {driver: moodle-log, database: mysql, url_file: db.url}, mode: sessions, gap: 20m, multiplier: 1.5", toCSV),
		attending(fromCSV, "driver: anthology, url: 'https://sis.example.edu/lms', token_file: t"),
		attending(fromCSV, "driver: ed-fi, url: 'https://sis.example.edu/data/v3', client_id: a, client_secret_file: b"),
		attending(fromCSV, "driver: webhook, url: 'https://sis.example.edu/hook', secret_file: s"),
	} {
		c, err := load(t, settings)
		if err != nil {
			t.Errorf("%s: %v", settings, err)
			continue
		}
		a, s := c.Syncs["main"].Attendance, c.Sinks["s"]
		for _, path := range []string{a.Activity.Path, a.Activity.URLFile, s.Path, s.TokenFile, s.ClientSecretFile, s.SecretFile} {
			if path != "" && !filepath.IsAbs(path) {
				t.Errorf("%s is not relative to the settings file", path)
			}
		}
		if a.Multiplier != 0 && a.Thousandths() != 1500 {
			t.Errorf("the multiplier is %d thousandths", a.Thousandths())
		}
	}
}

func TestRefusesAttendanceInWordsThatHelp(t *testing.T) {
	for name, tt := range map[string]struct{ attendance, sink, want string }{
		"no such sink":        {"sink: x, activity: {driver: last-access}", toCSV, `syncs.main.attendance.sink is "x"`},
		"no activity":         {"sink: s", toCSV, `attendance.activity.driver is ""`},
		"no database":         {"sink: s, activity: {driver: moodle-log}", toCSV, "it must be postgres or mysql"},
		"a mode of one's own": {fromCSV + ", mode: guess", toCSV, `mode is "guess": it must be events, sessions or engagement`},
		"a bad schedule":      {fromCSV + ", schedule: nightly", toCSV, "attendance.schedule"},
		"a long day":          {fromCSV + ", cap: 2000", toCSV, "cap is 2000: it must be 0 to 1440"},
		"a huge weight":       {fromCSV + ", weights: {post_created: 9999}", toCSV, "weights.post_created is 9999"},
		"a tiny multiplier":   {fromCSV + ", multiplier: 0.0001", toCSV, "multiplier is 0.0001"},
		"a long finality":     {fromCSV + ", finality: 100", toCSV, "finality is 100"},
		"an odd brake":        {fromCSV + ", brake: {percent: 200}", toCSV, "attendance.brake"},
		"no folder":           {fromCSV, "driver: csv", "sinks.s.path is missing"},
		"no address":          {fromCSV, "driver: webhook, secret_file: s", `sinks.s.url is ""`},
		"no credentials":      {fromCSV, "driver: anthology, url: 'https://sis.example.edu'", "name either the token_file"},
		"another driver":      {fromCSV, "driver: fax", `sinks.s.driver is "fax": it must be one of anthology, csv, ed-fi, webhook`},
	} {
		_, err := load(t, attending(tt.attendance, tt.sink))
		if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v; want it to say %s", name, err, tt.want)
		}
	}
}
