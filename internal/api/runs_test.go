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
	if diff := cmp.Diff([]string{roster.MakePlan, roster.LinkSection, roster.UnlinkSection}, api.OtherTasks); diff != "" {
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
