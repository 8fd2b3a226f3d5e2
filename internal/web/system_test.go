package web_test

import (
	"context"
	"strings"
	"testing"

	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/web"
)

func TestTheSystemPageSaysWhatAllThisRunsOn(t *testing.T) {
	for name, tt := range map[string]struct {
		system func(context.Context) job.System
		want   []string
	}{
		"two schedulers": {nil, []string{
			"2 schedulers are up, and the ledger follows what happens.", "<dd>12.5 MiB</dd>", "<dd>master of 1 replica</dd>", "<dd>append-only file</dd>", "<dt>When memory is short</dt><dd>unknown</dd>",
			"<dd>SQLite 3.50.1</dd>", "<dd>48.0 MiB</dd>", "ada:17", "3s behind", "The clocks are 3s apart", "Redis may drop jobs", "<dd>v1.2.3 (2)</dd>", "<dd>2026a</dd>",
		}},
		"nothing is known": {func(context.Context) job.System { return job.System{} }, []string{"Does not answer", "<dd>unknown</dd>", "None has told of itself yet"}},
	} {
		body := get(t, dashboard(t, web.Config{System: tt.system}), "/system").Body.String()
		for _, want := range tt.want {
			if !strings.Contains(body, want) {
				t.Errorf("%s: the page lacks %q: %s", name, want, body[strings.Index(body, "<main"):])
			}
		}
	}
}
