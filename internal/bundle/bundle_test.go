package bundle_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/beadle-jobs/beadle/internal/bundle"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/doctor"
	"github.com/beadle-jobs/beadle/internal/job"
)

// canaries are secrets and people; each stands where it should not get out.
var canaries = []string{"hunter2", "Kovács", "zsofia", "zkovacs", "kovacs@example.edu", "bdl_4711secret", "S1234567", "gradeslip", "grandmother", "/home/anna", "d41d8cd98f00b204e9800998ecf8427e"}

// all is a text with every canary.
var all = strings.Join(canaries, " ")

// settings name secrets wherever there is room for one.
func settings() config.Config {
	c := config.Default()
	c.Redis, c.Ledger = "redis://zsofia:hunter2@redis:6379/0", "postgres://zkovacs:hunter2@db/beadle?password=hunter2"
	c.TokenFile, c.RedisFile, c.LedgerFile, c.MessageKeys, c.Hosts = all, all, all, []string{all}, []string{all}
	c.PublicURL = "https://zsofia:hunter2@jobs.example.edu/hunter2?token=hunter2"
	c.Notify.SMTP = config.SMTP{Host: "mail", Username: "zkovacs", PasswordFile: "/home/anna/hunter2", From: "kovacs@example.edu"}
	c.Notify.LocalEmail = "kovacs@example.edu"
	c.Worker.Labels = map[string]string{"owner": "zkovacs", "zsofia": "x"}
	c.Access.OIDC = config.OIDC{Name: all, Issuer: "https://login.example.edu", ClientID: "bdl_4711secret", ClientSecretFile: all, Roles: []config.OIDCRole{{Group: all}}}
	c.Sources = map[string]config.Source{"registrar": {Driver: "oneroster-rest", URL: "https://zsofia:hunter2@sis.example.edu/S1234567", TokenFile: all, Path: "/home/anna"}}
	c.Targets = map[string]config.Target{"moodle": {Driver: "moodle", URL: "https://lms.example.edu/?wstoken=hunter2", TokenFile: all, Category: "S1234567", Auth: "zsofia"}}
	c.Syncs = map[string]config.Sync{"main": {OrientationCourse: "gradeslip", Terms: config.Terms{"S1234567"}, Freeze: []config.Freeze{{Reason: all}}}}
	c.Sinks = map[string]config.Sink{"out": {Driver: "anthology", User: "zkovacs", PasswordFile: all, Fields: map[string]string{"zsofia": "hunter2"}}}
	return c
}

func contents() bundle.Contents {
	log := fmt.Sprintf("time=2026-11-23T03:00:00Z level=WARN msg=%q err=%q user=%s job=0198c9f0-0000-7000-8000-000000000001\n", "redis does not answer "+all, all, "zkovacs") +
		`{"time":"2026-11-23T03:00:00Z","level":"INFO","msg":"job failed ` + all + `","student":"S1234567","err":"for zkovacs"}` + "\n" +
		`{"level":"WARN","msg":"retry","err":"d41d8cd98f00b204e9800998ecf8427e","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"}` + "\n" +
		"level=INFO msg=started job=d41d8cd98f00b204e9800998ecf8427e trace_id=0af7651916cd43dd8448eb211c80319c\n" +
		"level=INFO msg=ended trace_id=zsofia\n" + all + "\n"
	return bundle.Contents{
		Facts: doctor.Facts{
			Now: time.Now(), Version: "v1", System: job.System{Version: "v1", Troubles: []string{all}, Schedulers: []job.Scheduler{{Name: "ada:17", Remark: all}}},
			Queues:    []job.Queue{{Name: "worker", Pause: &job.Pause{By: "zkovacs", Note: all}}},
			Workers:   []job.Worker{{ID: "w1", Name: "zkovacs", Host: "node-1", OrderedBy: "zkovacs", Labels: map[string]string{"owner": all}, Seen: time.Now()}},
			Schedules: []job.Schedule{{Name: "nightly", Problem: all, PauseNote: all, Notices: []string{all}, Rule: job.Rule{Enabled: true, Zone: "UTC", Args: []byte(`{"password":"hunter2"}`)}}},
			Files:     []doctor.File{{Path: "/home/anna/hunter2", Open: true}},
			Unknown:   map[string]string{"locks": all},
		},
		Settings: settings(),
		Errors:   []job.ErrorGroup{{Task: "roster.sync", Code: "for " + all, Pattern: "the user was not found: " + all, Message: all, JobID: all}},
		Audit:    []job.AuditEntry{{Actor: "zkovacs", Method: "POST", Route: "/api/v1/jobs", Target: all, Content: all, Reason: all}},
		Metrics:  []byte("# HELP x " + all + "\nbeadle_jobs{queue=\"worker\",state=\"queued\"} 3\nother{user=\"zkovacs\"} 1\nbeadle_odd{who=\"kovacs@example.edu\"} 1\n"),
		Logs:     []io.Reader{strings.NewReader(log)},
		Missing:  map[string]string{"metrics": all},
	}
}

func TestNoSecretAndNobodyIsInABundle(t *testing.T) {
	files := written(t)
	for name, text := range files {
		for _, canary := range canaries {
			if strings.Contains(strings.ToLower(text), strings.ToLower(canary)) {
				t.Errorf("%s has %q:\n%s", name, canary, text)
			}
		}
	}
}

func TestABundleSaysWhatHelps(t *testing.T) {
	files := written(t)
	for _, want := range []string{`err="…" trace_id=4bf92f3577b34da6a3ce929d0e0e4736`, `job="…" trace_id=0af7651916cd43dd8448eb211c80319c`} {
		if !strings.Contains(files["log-1.txt"], want) {
			t.Errorf("log-1.txt lacks %s:\n%s", want, files["log-1.txt"])
		}
	}
	for name, want := range map[string]string{"errors.json": `"of": "the last 500 groups"`, "audit.json": `"of": "the last 500 requests"`} {
		if !strings.Contains(files[name], want) {
			t.Errorf("%s lacks %s:\n%s", name, want, files[name])
		}
	}
	for name, want := range map[string]string{
		"about.json":    `"server": "v1"`,
		"settings.json": `"redis": "redis://redis:6379"`,
		"doctor.json":   `"check": "redis"`,
		"queues.json":   `"paused": true`,
		"workers.json":  `"host": "node-1"`,
		"errors.json":   `the user was not found: …`,
		"audit.json":    `"route": "/api/v1/jobs"`,
		"metrics.txt":   `beadle_jobs{queue="worker",state="queued"} 3`,
		"log-1.txt":     `time=2026-11-23T03:00:00Z level=WARN msg="redis does not answer …" err="…"`,
	} {
		if !strings.Contains(files[name], want) {
			t.Errorf("%s lacks %s:\n%s", name, want, files[name])
		}
	}
}

// written returns the files of a bundle with all canaries.
func written(t *testing.T) map[string]string {
	t.Helper()
	var out bytes.Buffer
	if _, err := bundle.Write(&out, contents()); err != nil {
		t.Fatal(err)
	}
	archive, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(text)
	}
	return files
}
