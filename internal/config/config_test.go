package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/fault"
	"github.com/beadle-jobs/beadle/pkg/sis"
)

// load reads text as the settings file.
func load(t *testing.T, text string, environ ...string) (config.Config, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "beadle.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.Load(config.Default(), file, environ)
}

const campus = `
sources: {registrar: {driver: oneroster-csv, path: ./inbox}}
targets: {moodle: {driver: moodle, url: https://lms.example.edu, token_file: ./moodle.token}}
syncs:   {main: {source: registrar, target: moodle, terms: all, create_courses: true, orientation_course: ORIENT-2026FA, time_zone: America/New_York, as_of: 2018-10-01}}
`

func TestReadsACampus(t *testing.T) {
	c, err := load(t, campus)
	if err != nil {
		t.Fatal(err)
	}
	want := config.Sync{
		Source: "registrar", Target: "moodle", CreateCourses: true, OrientationCourse: "ORIENT-2026FA",
		TimeZone: "America/New_York", AsOf: config.Date{Date: sis.Date{Year: 2018, Month: time.October, Day: 1}},
	}
	if diff := cmp.Diff(want, c.Syncs["main"]); diff != "" {
		t.Errorf("sync (-want +got):\n%s", diff)
	}
	if got := c.Syncs["main"].Zone().String(); got != "America/New_York" {
		t.Errorf("zone = %s", got)
	}
	if path := c.Sources["registrar"].Path; !filepath.IsAbs(path) || filepath.Base(path) != "inbox" {
		t.Errorf("path = %s, want one relative to the file", path)
	}
}

func TestTheEnvironmentOverridesTheFile(t *testing.T) {
	c, err := load(t, "redis: redis://a:1/0\nworker: {concurrency: 3}", "BEADLE_REDIS=redis://b:2/0", "BEADLE_WORKER_DRAIN=5s")
	if err != nil {
		t.Fatal(err)
	}
	if c.Redis != "redis://b:2/0" || c.Worker.Concurrency != 3 || c.Worker.Drain != 5*time.Second {
		t.Errorf("settings = %+v", c)
	}
}

func TestRefusesSettingsInOneLineThatSaysWhatIsRight(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"a misspelt key":                 {"redsi: x", "line 1: there is no setting redsi here; there are redis, ledger"},
		"a misspelt sync key":            {strings.Replace(campus, "create_courses", "create_course", 1), "there is no setting create_course here; there are client, source, target, terms, create_courses"},
		"a word for a number":            {"worker: {concurrency: many}", "line 1: “many” is not a whole number"},
		"neither true nor false":         {strings.Replace(campus, "create_courses: true", "create_courses: maybe", 1), "“maybe” is not true or false"},
		"a list of syncs":                {"syncs: [main]", "line 1: this is not a group of settings with names"},
		"an odd input limit":             {strings.Replace(campus, "url:", "input_vars: 3, url:", 1), "targets.moodle.input_vars is 3: it must be 100 or more"},
		"an assistant's role below zero": {strings.Replace(campus, "url:", "assistant_role: -5, url:", 1), "targets.moodle.assistant_role must be the id of a role"},
		"a role below zero":              {strings.Replace(campus, "url:", "student_role: -5, url:", 1), "targets.moodle.student_role and teacher_role must be ids of roles"},
		"an unknown target":              {strings.Replace(campus, "driver: moodle", "driver: blackboard", 1), `targets.moodle.driver is "blackboard": it must be moodle or flat-file`},
		"files without a folder":         {strings.Replace(campus, "driver: moodle", "driver: flat-file", 1), "targets.moodle.path is missing"},
		"files of another format":        {strings.Replace(campus, "driver: moodle", "driver: flat-file, path: /x, format: xml", 1), `targets.moodle.format is "xml": it must be oneroster or moodle`},
		"files in no zone":               {strings.Replace(campus, "driver: moodle", "driver: flat-file, path: /x, time_zone: Mars", 1), "targets.moodle.time_zone:"},
		"no YAML at all":                 {"a: b: c", "mapping values are not allowed"},
		"an unknown driver":              {strings.Replace(campus, "oneroster-csv", "one-roster", 1), `sources.registrar.driver is "one-roster": it must be oneroster-csv`},
		"an unknown source":              {strings.Replace(campus, "source: registrar", "source: office", 1), `syncs.main.source is "office": it must name one of the sources (there are registrar)`},
		"an unknown zone":                {strings.Replace(campus, "America/New_York", "EST", 1), "syncs.main.time_zone:"},
		"a day that is none":             {strings.Replace(campus, "2018-10-01", "2018-02-31", 1), `"2018-02-31" is not a day`},
		"a bad cron":                     {strings.Replace(campus, "terms: all", `schedule: "61 * * * *"`, 1), "syncs.main.schedule:"},
		"a bad url":                      {strings.Replace(campus, "https://", "", 1), "targets.moodle.url"},
		"terms of no kind":               {strings.Replace(campus, "terms: all", "terms: {}", 1), "terms must be the word all, or a list"},
		"too much concurrency":           {"worker: {concurrency: 0}", "worker.concurrency is 0"},
		"no patience at all":             {"worker: {drain: 0s}", "worker.drain is 0s: it must be 1s or more"},
		"an unknown log level":           {"log_level: loud", "log_level"},
		"a certificate without its key":  {"listen_tls: {cert_file: a}", "listen_tls needs cert_file and key_file, or neither"},
		"a misspelt key of TLS":          {"redis_tls: {ca: a}", "there are ca_file, cert_file, key_file"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, tt.text)
			if fault.KindOf(err) != fault.Invalid || !strings.Contains(fault.Message(err), tt.want) {
				t.Errorf("error = %v, want one with %q", err, tt.want)
			}
			if err != nil && strings.Contains(fault.Message(err), "\n") {
				t.Errorf("more than one line: %q", fault.Message(err))
			}
		})
	}
}

func TestReportsEverythingThatIsWrong(t *testing.T) {
	_, err := load(t, "log_level: loud\nworker: {concurrency: -1}")
	for _, want := range []string{"log_level", "worker.concurrency"} {
		if !strings.Contains(fault.Message(err), want) {
			t.Errorf("error = %v, want %s in it", err, want)
		}
	}
}

func TestReadsTheTokenFromItsFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "token")
	os.WriteFile(file, []byte("s3cret\n"), 0o600)
	if got, err := (config.Config{TokenFile: file}).Token(); got != "s3cret" || err != nil {
		t.Errorf("token = %q, %v", got, err)
	}
	os.WriteFile(file, []byte(" \n"), 0o600)
	for _, name := range []string{file, filepath.Join(dir, "gone")} {
		if _, err := (config.Config{TokenFile: name}).Token(); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: error = %v, want an invalid one", name, err)
		}
	}
}

func FuzzLoadNeverPanics(f *testing.F) {
	f.Add([]byte(campus))
	f.Add([]byte("syncs: {main: {terms: [a, b], as_of: 2018}}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		file := filepath.Join(t.TempDir(), "beadle.yaml")
		os.WriteFile(file, text, 0o600)
		if _, err := config.Load(config.Default(), file, nil); err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("error of another kind: %v", err)
		}
	})
}

func TestReadsAddressesWithPasswordsFromFiles(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "beadle.yaml")
	for name, text := range map[string]string{
		"beadle.yaml": "redis_file: redis.url\nledger_file: ledger.url\nredis_tls: {ca_file: ca.crt}\n",
		"redis.url":   "redis://beadle:secret@redis/0\n",
		"ledger.url":  "postgres://beadle:secret@db/beadle\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := config.Load(config.Default(), file, nil)
	if err != nil {
		t.Fatal(err)
	}
	if url, err := c.RedisURL(); err != nil || url != "redis://beadle:secret@redis/0" {
		t.Errorf("redis = %q %v", url, err)
	}
	if url, err := c.LedgerURL(); err != nil || url != "postgres://beadle:secret@db/beadle" {
		t.Errorf("ledger = %q %v", url, err)
	}
	if c.RedisTLS.CAFile != filepath.Join(dir, "ca.crt") {
		t.Errorf("the authorities are in %s", c.RedisTLS.CAFile)
	}
}
