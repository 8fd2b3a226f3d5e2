package scheduler_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/beadle-jobs/beadle/internal/app/scheduler"
	"github.com/beadle-jobs/beadle/internal/config"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/ledger"
	"github.com/beadle-jobs/beadle/internal/ledger/ledgertest"
	"github.com/beadle-jobs/beadle/internal/testservers"
	"github.com/beadle-jobs/beadle/pkg/client"
	"github.com/beadle-jobs/beadle/pkg/tasks"
)

const script = `"'><script>alert(1)</script>`

// hostile are texts that somebody may send on purpose.
var hostile = map[string]string{
	"a script":            script,
	"a right-to-left one": "\u202egpj.exe\u2066",
	"a formula":           `=cmd|' /C calc'!A0`,
	"NUL":                 "a\x00b",
	"no UTF-8":            "\xff\xfe\xc0\xaf",
	"SQL":                 `' OR 1=1; DROP TABLE jobs; --`,
	"a template":          "{{.}}{{printf \"%s\" .}}${x}",
	"a way up":            "../../../../etc/passwd",
	"lines":               "a\r\nSet-Cookie: x=y\r\n\r\nb",
	"a long one":          strings.Repeat("x", 20_000),
	"a huge number":       "99999999999999999999999999",
	"a quote":             `"` + "`" + `\`,
}

// offDatabases are those that one database may take otherwise than another.
var offDatabases = map[string]bool{"NUL": true, "no UTF-8": true, "SQL": true, "a long one": true, "a huge number": true}

var evil = tasks.Spec[greeting]{
	Name: "evil", Summary: script,
	Run: func(_ context.Context, j *tasks.Job[greeting]) error {
		for _, text := range hostile {
			j.Log.Info(text, "name", text) //nolint:sloglint // tasks of others do so
			j.Error(text, text, text)
		}
		return tasks.Permanent(errors.New(script + "\xff\x00" + strings.Repeat("x", 10<<20)))
	},
}

// A visitor asks a server with the token of the installation.
type visitor struct {
	*testing.T
	server string
	pages  int
}

// sends sends a request and checks that the answer is well formed and no fault
// of ours.
func (v *visitor) sends(method, path, kind, body string) {
	v.Helper()
	r, err := http.NewRequestWithContext(v.Context(), method, v.server+path, strings.NewReader(body))
	if err != nil {
		v.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer s3cret")
	r.Header.Set("Content-Type", kind)
	answer, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(r)
	if err != nil {
		v.Errorf("%s %.300s: %v", method, path, err)
		return
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode >= 500 {
		v.Errorf("%s %.300s with %.300q is answered by %d, %v: %.300s", method, path, body, answer.StatusCode, err, said)
	}
	v.pages++
	switch kind, _, _ := strings.Cut(answer.Header.Get("Content-Type"), ";"); kind {
	case "application/json":
		if !json.Valid(said) {
			v.Errorf("%s %.300s is answered by what is no JSON: %.300s", method, path, said)
		}
	case "text/html":
		if strings.Contains(string(said), "<script>alert") {
			v.Errorf("%s %.300s shows a script", method, path)
		}
	}
	for _, c := range answer.Cookies() {
		if c.MaxAge >= 0 {
			v.Errorf("%s %.300s sets a cookie", method, path)
		}
	}
}

func (v *visitor) gets(path string) { v.Helper(); v.sends("GET", path, "", "") }

// quoted writes text into JSON as it is, except for what would end it.
func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\r", `\r`, "\n", `\n`, "\x00", `\u0000`).Replace(text) + `"`
}

func TestNothingHostileIsOurFault(t *testing.T) {
	for name, location := range map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return ledgertest.SQLite(t) },
		"postgres": func(t *testing.T) string { return ledgertest.Postgres(t) },
	} {
		t.Run(name, func(t *testing.T) {
			i := installation{t, testservers.Redis(t), location(t)}
			i.worker(greet, evil)
			v := &visitor{T: t, server: i.house()}
			id := v.doesEvil()
			for what, text := range hostile {
				if name == "postgres" && !offDatabases[what] {
					continue
				}
				v.fillsForms(text)
				v.looksFor(text, id)
			}
			if name == "sqlite" {
				v.fillsForms(strings.Repeat("x", 10<<20))
			}
			v.readsEverything(id)
			t.Logf("%d requests", v.pages)
		})
	}
}

// house starts a scheduler that keeps people.
func (i installation) house() (address string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		i.t.Fatal(err)
	}
	records, err := ledger.Open(i.t.Context(), i.location)
	if err != nil {
		i.t.Fatal(err)
	}
	i.t.Cleanup(func() { records.Close() })
	c := config.Default()
	c.Access.People = true
	o := scheduler.Options{Redis: i.connect(), Ledger: records, Listener: l, Token: "s3cret", Settings: c, Log: slog.New(slog.DiscardHandler)}
	i.until(func(ctx context.Context) error { return scheduler.Run(ctx, o) })
	return "http://" + l.Addr().String()
}

// doesEvil runs a job that says hostile things, and returns its id.
func (v *visitor) doesEvil() (id string) {
	c := client.New(v.server, "s3cret")
	eventually(v.T, "a job to be accepted", func() bool {
		j, _, err := c.Enqueue(v.Context(), client.NewJob{Task: "evil", Args: json.RawMessage(`{"name":` + quoted(script) + `}`), Description: script})
		id = j.ID
		return err == nil
	})
	eventually(v.T, "the job to fail", func() bool {
		got, err := c.Job(v.Context(), id)
		return err == nil && got.Job.State == job.Failed && len(got.Attempts) == 1
	})
	return id
}

// fillsForms sends text to whatever takes any.
func (v *visitor) fillsForms(text string) {
	q := quoted(text)
	for _, form := range [][3]string{
		{"POST", "/api/v1/jobs", `{"task":"greet","args":{"name":` + q + `},"description":` + q + `}`},
		{"POST", "/api/v1/jobs", `{"task":` + q + `,"client":` + q + `,"key":` + q + `}`},
		{"POST", "/api/v1/jobs", `{` + q + `:` + q + `}`},
		{"POST", "/api/v1/jobs:batch", `{"task":"greet","args":{"name":` + q + `},"key":` + q + `}` + "\n" + q},
		{"POST", "/api/v1/jobs:abort", `{"filter":` + q + `,"dry_run":true}`},
		{"POST", "/api/v1/jobs:abort", `{"ids":[` + q + `],"reason":` + q + `,"expect":1}`},
		{"POST", "/api/v1/clients", `{"name":` + q + `,"title":` + q + `}`},
		{"POST", "/api/v1/clients/default", `{"title":` + q + `}`},
		{"POST", "/api/v1/people", `{"name":"paul","title":` + q + `,"email":` + q + `,"grants":[{"role":"viewer"}]}`},
		{"POST", "/api/v1/people", `{"name":` + q + `,"grants":[{"role":` + q + `,"client":` + q + `,"tasks":` + q + `}]}`},
		{"PATCH", "/api/v1/people/paul", `{"title":` + q + `}`},
		{"POST", "/api/v1/tokens", `{"name":` + q + `,"person":"paul","grants":[{"role":"viewer","tasks":` + q + `}]}`},
		{"POST", "/api/v1/login/device", `{"machine":` + q + `}`},
		{"POST", "/api/v1/login/device/token", `{"device_code":` + q + `}`},
		{"POST", "/api/v1/schedules:preview", `{"cron":` + q + `,"zone":` + q + `}`},
		{"POST", "/api/v1/schedules", `{"name":` + q + `,"task":"greet","cron":"0 0 * * *","note":` + q + `,"reason":` + q + `}`},
		{"POST", "/api/v1/schedules/greet/pause", `{"note":` + q + `}`},
		{"PUT", "/api/v1/calendars/x", `{"title":` + q + `,"reason":` + q + `}`},
		{"PUT", "/api/v1/limits", `{"task":` + q + `,"client":` + q + `,"max":1}`},
		{"PUT", "/api/v1/holds", `{"name":` + q + `,"reason":` + q + `,"client":` + q + `}`},
		{"PUT", "/api/v1/retention", `{"client":` + q + `,"tasks":` + q + `,"jobs":1,"reason":` + q + `}`},
		{"PUT", "/api/v1/notices/rules/x", `{"outcomes":["failed"],"channel":"chat","to":` + q + `,"format":"template","template":` + q + `}`},
		{"PUT", "/api/v1/notices/rules/x", `{"outcomes":["failed"],"channel":"email","to":` + q + `}`},
		{"POST", "/api/v1/queues/greetings/pause", `{"note":` + q + `,"reason":` + q + `}`},
		{"POST", "/api/v1/locks:break", `{"job":` + q + `,"reason":` + q + `}`},
	} {
		v.sends(form[0], form[1], "application/json", form[2])
	}
	fields := url.Values{}
	for _, name := range []string{"name", "title", "email", "role", "client", "tasks", "note", "reason", "q", "next", "code", "decision", "cron", "zone", "task", "rule", "days", "grant", "revision", "until", "password", "token", "ids", "args"} {
		fields.Set(name, text)
	}
	form := fields.Encode() // once: it can be 240 MB
	for _, path := range []string{
		"/login", "/setup/x", "/access/new", "/access/people/paul", "/account/tokens", "/account/password", "/device", "/schedules/new", "/schedules/preview", "/schedules/greet/edit",
		"/schedules/greet/pause", "/calendars/new", "/calendars/preview", "/queues/greetings/pause", "/recoveries/1/reject", "/see-as/end",
	} {
		v.sends("POST", path, "application/x-www-form-urlencoded", form)
	}
}

// looksFor asks for text wherever something can be asked for.
func (v *visitor) looksFor(text, id string) {
	q, p := url.QueryEscape(text), url.PathEscape(text)
	for path, params := range map[string]string{
		"/api/v1/jobs":                   "q state task client owner root schedule errors before limit count format",
		"/api/v1/jobs/" + id + "/errors": "after limit format", "/api/v1/jobs/" + id + "/logs": "after limit",
		"/api/v1/errors":                "task client q from to before limit",
		"/api/v1/schedules/greet/slots": "from to limit", "/api/v1/schedules/greet/next": "from n", "/api/v1/schedules/greet/changes": "limit", "/api/v1/forecast": "from n",
		"/api/v1/audit": "actor target from to before after limit", "/api/v1/history": "from to client task", "/api/v1/retention": "client task",
		"/api/v1/tokens": "person", "/api/v1/sessions": "person", "/api/v1/notices/deliveries": "before limit", "/api/v1/recoveries": "limit",
		"/jobs": "q state task client owner before errors", "/errors": "q task client from to before", "/schedules": "q client task", "/audit": "actor target from to before",
		"/login": "next", "/login/oidc": "next", "/login/oidc/callback": "state code error", "/messages": "q sync stream state code", "/calendars": "year", "/locks": "q",
		"/device": "code", "/account": "changed", "/workers": "q", "/queues": "q", "/overview": "client", "/schedules/new": "task name cron", "/static/beadle.css": "v",
	} {
		for name := range strings.FieldsSeq(params) {
			v.gets(path + "?" + name + "=" + q)
		}
		v.gets(path + "?" + q + "=1")
	}
	for _, path := range []string{"/jobs/", "/api/v1/jobs/", "/errors/", "/api/v1/errors/", "/schedules/", "/api/v1/schedules/", "/calendars/", "/workers/", "/queues/", "/recoveries/", "/api/v1/recoveries/", "/access/people/", "/api/v1/people/", "/setup/", "/static/", "/api/v1/tasks/", "/api/v1/syncs/", "/api/v1/notices/rules/", "/"} {
		v.gets(path + p)
	}
	r := "Bearer " + text
	request, _ := http.NewRequestWithContext(v.Context(), "GET", v.server+"/jobs", nil)
	request.Header["Authorization"] = []string{strings.NewReplacer("\x00", "", "\r", "", "\n", "").Replace(r)}
	request.Header["Cookie"] = []string{"beadle_session=" + q + "; beadle_oidc=" + q}
	if answer, err := http.DefaultClient.Do(request); err == nil {
		answer.Body.Close()
		if answer.StatusCode >= 500 {
			v.Errorf("a token and cookies of %.50q are answered by %d", text, answer.StatusCode)
		}
	}
}

// readsEverything opens what shows what was sent.
func (v *visitor) readsEverything(id string) {
	for _, path := range []string{
		"/jobs", "/jobs/" + id, "/errors", "/audit", "/access", "/account", "/schedules", "/schedules/greet", "/workers", "/queues", "/locks", "/overview", "/calendars", "/system", "/notices",
		"/api/v1/jobs", "/api/v1/jobs?format=csv", "/api/v1/jobs?format=ndjson", "/api/v1/jobs/" + id, "/api/v1/jobs/" + id + "/errors", "/api/v1/jobs/" + id + "/errors?format=csv",
		"/api/v1/jobs/" + id + "/logs", "/api/v1/errors", "/api/v1/audit?limit=500", "/api/v1/audit:verify", "/api/v1/people", "/api/v1/tokens?person=*", "/api/v1/clients", "/api/v1/holds",
		"/api/v1/notices/rules", "/api/v1/limits", "/api/v1/queues", "/api/v1/workers", "/api/v1/tasks", "/metrics",
	} {
		v.gets(path)
	}
	for _, path := range []string{"/api/v1/jobs?format=csv", fmt.Sprintf("/api/v1/jobs/%s/errors?format=csv", id)} {
		if _, table := get(v.T, v.server+path, "s3cret"); strings.Contains(table, ",=cmd") || strings.Contains(table, "\n=cmd") {
			v.Errorf("%s has a formula", path)
		}
	}
}
