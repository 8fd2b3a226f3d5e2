package api_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/internal/api"
	"github.com/beadle-jobs/beadle/internal/api/apitest"
	"github.com/beadle-jobs/beadle/internal/job"
	"github.com/beadle-jobs/beadle/internal/roster"
	"github.com/beadle-jobs/beadle/internal/sync"
	"github.com/beadle-jobs/beadle/pkg/client"
)

func TestTheStepsOfARunAreTheRostersTasks(t *testing.T) {
	if diff := cmp.Diff(roster.Chain, api.Chain); diff != "" {
		t.Errorf("steps (-roster +api):\n%s", diff)
	}
	if diff := cmp.Diff([]string{roster.MakePlan, roster.LinkSection, roster.UnlinkSection, roster.ChooseTerm, roster.Rekey, roster.Skip}, api.OtherTasks); diff != "" {
		t.Errorf("other tasks (-roster +api):\n%s", diff)
	}
}

func read[T any](t *testing.T, h http.Handler, method, target, body string) (v T) {
	t.Helper()
	w := do(h, method, target, body)
	if w.Code >= 400 {
		t.Fatalf("%s %s: %d %s", method, target, w.Code, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// follow starts a run and looks at it until it is done.
func follow(t *testing.T, h http.Handler, ask string) client.Run {
	t.Helper()
	root := read[client.Job](t, h, "POST", "/api/v1/syncs/main/run", ask)
	for range 100 {
		run := read[client.Run](t, h, "GET", "/api/v1/syncs/main/runs/"+root.ID, "")
		if run.Done {
			return run
		}
	}
	t.Fatal("the run does not end")
	return client.Run{}
}

func states(run client.Run) (all []job.State) {
	for _, s := range run.Steps {
		state := job.State("pending")
		if s.Job != nil {
			state = s.Job.State
		}
		all = append(all, state)
	}
	return all
}

func TestShowsTheStepsThatHaveNotBegun(t *testing.T) {
	h := serve(t, apitest.New())
	root := read[client.Job](t, h, "POST", "/api/v1/syncs/main/run", "")
	run := read[client.Run](t, h, "GET", "/api/v1/syncs/main/runs/"+root.ID, "")
	want := []job.State{job.Running, "pending", "pending", "pending", "pending", "pending", "pending"}
	if diff := cmp.Diff(want, states(run)); diff != "" || run.Done {
		t.Errorf("done = %t, steps (-want +got):\n%s", run.Done, diff)
	}
}

func TestARunEndsWithWhatItChanged(t *testing.T) {
	run := follow(t, serve(t, apitest.New()), "")
	if !run.Succeeded || run.Plan == nil || len(run.Plan.Held) != 1 {
		t.Fatalf("run = %+v", run)
	}
	want := []client.EffectCount{
		{Op: sync.CreateUser, State: sync.EffectApplied, Count: 1},
		{Op: sync.Enrol, State: sync.EffectApplied, Count: 1},
		{Op: sync.Enrol, State: sync.EffectFailed, Count: 1},
		{Op: sync.Suspend, State: sync.EffectHeld, Count: 1},
	}
	if diff := cmp.Diff(want, run.Effects); diff != "" {
		t.Errorf("effects (-want +got):\n%s", diff)
	}
}

func TestADryRunEndsWithThePlan(t *testing.T) {
	run := follow(t, serve(t, apitest.New()), `{"dry_run":true}`)
	if !run.Succeeded || len(run.Steps) != 6 || run.Plan.State != sync.PlanDraft {
		t.Errorf("run = %+v", run)
	}
}

func TestARunEndsAtTheStepThatFails(t *testing.T) {
	p := apitest.New()
	p.FailStep("sis.teachers.pull")
	h := serve(t, p)
	run := follow(t, h, "")
	want := []job.State{job.Succeeded, job.Failed, "pending", "pending", "pending", "pending", "pending"}
	if diff := cmp.Diff(want, states(run)); diff != "" || run.Succeeded {
		t.Errorf("succeeded = %t, steps (-want +got):\n%s", run.Succeeded, diff)
	}

	p.FailStep("")
	failed := run.Steps[1].Job
	retried := read[client.Job](t, h, "POST", "/api/v1/jobs/"+failed.ID+"/retry", "")
	if again := read[client.Run](t, h, "GET", "/api/v1/syncs/main/runs/"+run.Root, ""); again.Done || again.Steps[1].Job.ID != retried.ID {
		t.Errorf("the run does not go on with the retried step: %+v", again)
	}
}

func TestAStepThatSeveralJobsDivideIsDoneWhenAllAre(t *testing.T) {
	shard := func(id string, state job.State, args string) job.Job {
		return job.Job{ID: id, Task: roster.RegistrationsProcess, State: state, Args: json.RawMessage(args), Errors: 1}
	}
	first := `{"sync":"main","shard":1,"shards":2}`
	head, done := shard("1", job.Succeeded, `{"sync":"main"}`), shard("2", job.Succeeded, first)
	for name, tt := range map[string]struct {
		last    job.Job
		shown   string
		done    bool
		success bool
	}{
		"one goes on":            {shard("3", job.Running, `{"sync":"main","shard":2,"shards":2}`), "3", false, false},
		"one failed":             {shard("3", job.Failed, `{"sync":"main","shard":2,"shards":2}`), "3", true, false},
		"all succeeded":          {shard("3", job.Succeeded, `{"sync":"main","shard":2,"shards":2}`), "3", true, true},
		"one is repeated":        {shard("4", job.Running, first), "4", false, false},
		"one was, and succeeded": {shard("4", job.Succeeded, first), "4", true, true},
	} {
		run := api.Pass("main", job.Job{ID: "0", Task: roster.TermsPull, State: job.Succeeded}, false, []job.Job{head, tt.last, done})
		shown := run.Steps[len(run.Steps)-1].Job
		if shown.ID != tt.shown || run.Done != tt.done || run.Succeeded != tt.success {
			t.Errorf("%s: job %s is shown, done = %t, succeeded = %t", name, shown.ID, run.Done, run.Succeeded)
		}
	}
}
