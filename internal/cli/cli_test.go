package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/beadle-jobs/beadle/internal/api"
	"github.com/beadle-jobs/beadle/internal/api/apitest"
	"github.com/beadle-jobs/beadle/internal/app/dev"
	"github.com/beadle-jobs/beadle/internal/cli"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/notice"
)

// Each script has a server of its own. Beside testscript's commands it may use:
//
//	jobctl ARGS…       run jobctl; it must succeed, or fail after !
//	keep NAME          keeps the first word of the last line of the last output as $NAME
//	exits CODE         the exit code of the last jobctl
//	seed ID STATE …    jobs of which the server knows
//	stop redis|ledger  take a part of the server away
//	locks HOLDER JOB   HOLDER runs and holds what JOB waits for
//	falter SOME        after so many batches, the next one is refused for a second
//	unique TASK POLICY one job of the task at a time
//	terminal           a person watches, and answers what stdin.json says
//	fail TASK          a step of syncs fails from now on
//	unrecorded NAME    an hourly schedule of whose last three slots there is no record
//	recovery STATE …   no scheduler was up last night: recoveries of two schedules, one after the other
//	locking TASK NAME  jobs of the task write a resource
//	tamper SEQ         a row of the audit is not what it was
//	usual NAME TIME    how long the jobs of a schedule take
//	tidy stdout FILE   write stdout to FILE, with ID, SERVER and WORK for what differs each time
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata",
		UpdateScripts: os.Getenv("UPDATE") != "",
		Setup:         startServer,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"jobctl": jobctl, "exits": exits, "seed": seed, "stop": stop, "fail": fail, "tidy": tidy,
			"locks": locks, "falter": falter, "unique": unique, "terminal": terminal, "unrecorded": unrecorded,
			"recovery": recovery, "locking": locking, "usual": usual, "keep": keep, "tamper": tamper,
		},
	})
}

type world struct {
	platform *apitest.Platform
	code     int
	terminal bool
}

type worldKey struct{}

func startServer(env *testscript.Env) error {
	p, access := apitest.New(), apitest.NewAccess()
	routes := api.New(api.Config{
		Engine: apitest.Engine{Platform: p}, Ledger: apitest.Ledger{Platform: p}, Locks: apitest.Locks{Platform: p}, Timetable: p.Timetable(), Syncs: p.Syncs(),
		Notices: letters(), LocalEmail: "ops@example.edu",
		Access: access, Devices: &apitest.Devices{Access: access},
		Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return apitest.Now }, Version: "v1.2.3", System: apitest.System,
	})
	audit := &api.Auditor{Log: apitest.Ledger{Platform: p}, Route: routes.Route, Now: func() time.Time { return apitest.Now }, Slog: slog.New(slog.DiscardHandler)}
	guard := api.Guard(routes, api.GuardOptions{Token: "s3cret", Audit: audit, Log: slog.New(slog.DiscardHandler)})
	server := httptest.NewServer(access.Door(routes, guard))
	env.Defer(server.Close)
	env.Setenv("BEADLE_SERVER", server.URL)
	env.Setenv("BEADLE_TOKEN", "s3cret")
	env.Values[worldKey{}] = &world{platform: p}
	return nil
}

// letters has one message that did not arrive.
func letters() *apitest.Notices {
	return &apitest.Notices{Letter: []notice.Delivery{{
		ID: "0198c9f0-0000-7000-8000-000000000001", Channel: notice.ToEmail, To: "office@example.edu", Subject: "Import failed",
		State: notice.Given, Attempts: 8, Answer: "550 no such mailbox", Created: apitest.Now.Add(-time.Hour),
	}}}
}

func of(ts *testscript.TestScript) *world { return ts.Value(worldKey{}).(*world) }

func jobctl(ts *testscript.TestScript, neg bool, args []string) {
	w := of(ts)
	w.code = cli.Run(context.Background(), &cli.Env{
		In: strings.NewReader(input(ts)), Out: ts.Stdout(), Err: ts.Stderr(), Terminal: w.terminal,
		Now: func() time.Time { return apitest.Now }, Getenv: ts.Getenv, Poll: time.Millisecond, Version: "v1.2.3", Folder: ts.MkAbs("settings"),
		Dev: func(_ context.Context, o dev.Options, out io.Writer) error {
			_, err := fmt.Fprintf(out, "%+v\n", o)
			return err
		},
	}, args)
	switch {
	case neg && w.code == 0:
		ts.Fatalf("jobctl succeeded")
	case !neg && w.code != 0:
		ts.Fatalf("jobctl exits with %d", w.code)
	}
}

// input is the file that the script calls stdin.json, if it has one.
func input(ts *testscript.TestScript) string {
	raw, err := os.ReadFile(ts.MkAbs("stdin.json"))
	if err != nil {
		return ""
	}
	return string(raw)
}

// keep keeps the first word of the last line of the last output under a name.
func keep(ts *testscript.TestScript, _ bool, args []string) {
	lines := strings.Split(strings.TrimSpace(ts.ReadFile("stdout")), "\n")
	word, _, _ := strings.Cut(lines[len(lines)-1], " ")
	ts.Setenv(args[0], word)
}

func exits(ts *testscript.TestScript, _ bool, args []string) {
	if got := strconv.Itoa(of(ts).code); got != args[0] {
		ts.Fatalf("exit code %s, want %s", got, args[0])
	}
}

func seed(ts *testscript.TestScript, _ bool, args []string) {
	p := of(ts).platform
	for i := 0; i+1 < len(args); i += 2 {
		j := job.Job{
			ID: args[i], State: job.State(args[i+1]), Description: "School 17", Attempt: 1,
			Created: apitest.Now.Add(-time.Duration(i+1) * time.Minute),
		}
		if j.State == job.Failed {
			j.Errors, j.Error, j.Reason = 2, "the SIS answers 503", "It failed 5 times."
			p.SeedErrors(j.ID, job.RecordError{Seq: 1, Key: "enrollments.csv:17", Code: "BAD_DATE", Message: "no date", At: apitest.Now})
		}
		p.Seed(j)
		p.SeedLogs(j.ID, job.LogLine{Seq: 1, Level: "info", Text: "syncing school=17", At: apitest.Now}, job.LogLine{Seq: 2, Level: "warn", Text: "odd\x1b[31m", At: apitest.Now})
	}
}

func stop(ts *testscript.TestScript, _ bool, args []string) {
	switch args[0] {
	case "redis":
		of(ts).platform.StopRedis()
	case "ledger":
		of(ts).platform.StopLedger()
	}
}

func locks(ts *testscript.TestScript, _ bool, args []string) {
	of(ts).platform.SeedLocks(args[0], args[1])
}

func falter(ts *testscript.TestScript, _ bool, args []string) {
	some, err := strconv.Atoi(args[0])
	ts.Check(err)
	of(ts).platform.FalterAfter(some, 1)
}

func unique(ts *testscript.TestScript, _ bool, args []string) {
	of(ts).platform.Unique(args[0], job.UniquePolicy(args[1]))
}

func tamper(ts *testscript.TestScript, _ bool, args []string) {
	seq, err := strconv.ParseInt(args[0], 10, 64)
	ts.Check(err)
	of(ts).platform.Tamper(seq)
}

func terminal(ts *testscript.TestScript, neg bool, _ []string) { of(ts).terminal = !neg }

func fail(ts *testscript.TestScript, _ bool, args []string) { of(ts).platform.FailStep(args[0]) }

func unrecorded(ts *testscript.TestScript, _ bool, args []string) {
	of(ts).platform.SeedSchedule(job.Schedule{
		Name: args[0], Task: "cache.clear", Client: job.DefaultClient, Rule: job.NewRule("30 * * * *", "UTC", json.RawMessage("{}")),
		Created: apitest.Now.Add(-3 * time.Hour), Decided: apitest.Now,
	})
}

func recovery(ts *testscript.TestScript, _ bool, args []string) {
	p, due := of(ts).platform, apitest.Now.Add(-5*time.Hour)
	for i, name := range []string{"users.import", "groups.assign"} {
		rule := job.NewRule("0 3 * * *", "UTC", json.RawMessage("{}"))
		if i > 0 {
			rule.After = []string{"users.import"}
		}
		p.SeedSchedule(job.Schedule{Name: name, Task: "cache.clear", Client: job.DefaultClient, Rule: rule, Created: due.AddDate(0, 0, -1), Decided: apitest.Now})
	}
	for _, state := range args {
		r := job.Recovery{From: due, To: due.Add(4 * time.Hour), State: job.RecoveryState(state), Made: due.Add(4 * time.Hour), Expected: job.Seconds(20 * time.Minute)}
		if state != string(job.RecoveryHeld) {
			r.By, r.Reason, r.Settled = "Kim", "seen", &r.To
		}
		p.SeedRecovery(r, job.Slot{Schedule: "users.import", Due: due, JobID: "u1"}, job.Slot{Schedule: "groups.assign", Due: due.Add(30 * time.Minute), JobID: "g1"})
	}
}

func locking(ts *testscript.TestScript, _ bool, args []string) {
	of(ts).platform.Locking(args[0], args[1])
}

func usual(ts *testscript.TestScript, _ bool, args []string) {
	d, err := time.ParseDuration(args[1])
	ts.Check(err)
	of(ts).platform.SeedUsual(args[0], d)
}

var anyID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)

func tidy(ts *testscript.TestScript, _ bool, args []string) {
	text := strings.ReplaceAll(anyID.ReplaceAllString(ts.ReadFile(args[0]), "ID"), ts.Getenv("BEADLE_SERVER"), "SERVER")
	text = strings.ReplaceAll(text, ts.Getenv("WORK"), "WORK")
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o600))
}

func TestEveryCommandExplainsItself(t *testing.T) {
	for _, line := range []string{"", "enqueue", "jobs", "job", "abort", "retry", "logs", "errors", "tasks", "schedules", "schedules import", "schedule run", "schedule create", "schedule edit", "slots", "forecast", "recovery", "recovery plan", "recovery reject", "schedule clashes", "calendar put", "cron next", "cron explain", "clients", "client create", "workers", "locks", "locks break", "people", "people add", "people edit", "tokens", "tokens create", "sessions", "sessions end", "whoami", "login", "logout", "contexts", "contexts use", "limits", "limits set", "limits remove", "notify", "notify add", "notify edit", "notify deliveries", "sis run", "sis status", "version", "dev", "completion bash"} {
		var out bytes.Buffer
		env := &cli.Env{Out: &out, Err: &out, Getenv: func(string) string { return "" }}
		if code := cli.Run(t.Context(), env, append(strings.Fields(line), "--help")); code != 0 || !strings.Contains(out.String(), "Usage:") {
			t.Errorf("jobctl %s --help exits with %d:\n%s", line, code, out.String())
		}
	}
}

func TestEveryCommandHasAScript(t *testing.T) {
	scripts, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	var all strings.Builder
	for _, name := range scripts {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(raw)
	}
	for _, command := range cli.Commands() {
		if !strings.Contains(all.String(), "jobctl "+command) {
			t.Errorf("no script runs jobctl %s", command)
		}
	}
}
