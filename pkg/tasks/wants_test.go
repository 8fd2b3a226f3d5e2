package tasks_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/beadle-jobs/beadle/pkg/tasks"
	"github.com/beadle-jobs/beadle/pkg/tasks/taskstest"
)

func wants(t *testing.T, task tasks.Task, args string) tasks.Wants {
	t.Helper()
	got, err := task.Wants(json.RawMessage(args))
	if err != nil {
		t.Fatalf("wants of %s: %v", args, err)
	}
	return got
}

func TestWhatAJobWantsComesFromItsArguments(t *testing.T) {
	task := syncTask(nothing)
	want := tasks.Wants{Reads: []string{"terms"}, Writes: []string{"school:17"}}
	if diff := cmp.Diff(want, wants(t, task, `{"school":"17"}`)); diff != "" {
		t.Errorf("wants (-want +got):\n%s", diff)
	}
	if !task.Info().Locks {
		t.Error("the task does not say that its jobs want something")
	}
}

func TestAJobMayWantToBeAloneAndNotTooOften(t *testing.T) {
	perMinute := tasks.Rate{Key: "sis", Count: 10, Per: time.Minute, Window: true}
	task := tasks.Spec[syncArgs]{
		Name:     "roster.sync",
		Blocking: func(a syncArgs) bool { return a.School == "" },
		Rates:    func(a syncArgs) []tasks.Rate { return []tasks.Rate{perMinute} },
	}
	if diff := cmp.Diff(tasks.Wants{Blocking: true, Rates: []tasks.Rate{perMinute}}, wants(t, task, `{"school":""}`)); diff != "" {
		t.Errorf("wants of all schools (-want +got):\n%s", diff)
	}
	if wants(t, task, `{"school":"17"}`).Blocking {
		t.Error("one school wants to be alone")
	}
	if !task.Info().Locks {
		t.Error("the task does not say that its jobs want something")
	}
}

func TestATaskThatWantsNothingSaysSo(t *testing.T) {
	task := tasks.Spec[syncArgs]{Name: "roster.sync"}
	if diff := cmp.Diff(tasks.Wants{}, wants(t, task, `{"school":"17"}`)); diff != "" {
		t.Errorf("wants (-want +got):\n%s", diff)
	}
	if task.Info().Locks {
		t.Error("the task says that its jobs want something")
	}
}

func TestArgumentsThatDoNotFitWantNothing(t *testing.T) {
	if _, err := syncTask(nothing).Wants(json.RawMessage(`{"schol":"17"}`)); err == nil || !strings.Contains(err.Error(), "schol") {
		t.Errorf("the error is %v, want one that names the argument", err)
	}
}

func TestUniquenessIsKnownWithoutTheTasksCode(t *testing.T) {
	for _, tt := range []struct{ declared, want *tasks.Unique }{
		{nil, nil},
		{&tasks.Unique{}, &tasks.Unique{Policy: tasks.Skip}},
		{&tasks.Unique{Args: []string{"school", "terms"}, Policy: tasks.Reject}, &tasks.Unique{Args: []string{"school", "terms"}, Policy: tasks.Reject}},
		{&tasks.Unique{Policy: tasks.QueueOne}, &tasks.Unique{Policy: tasks.QueueOne}},
		{&tasks.Unique{Policy: tasks.ReplaceWaiting}, &tasks.Unique{Policy: tasks.ReplaceWaiting}},
	} {
		got := tasks.Spec[syncArgs]{Name: "a", Unique: tt.declared}.Info().Unique
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("uniqueness of %+v (-want +got):\n%s", tt.declared, diff)
		}
	}
}

func TestInfoLeavesTheDeclarationAsItIs(t *testing.T) {
	declared := &tasks.Unique{Args: []string{"school"}}
	tasks.Spec[syncArgs]{Name: "a", Unique: declared}.Info()
	if declared.Policy != "" {
		t.Errorf("the declaration now has the policy %q", declared.Policy)
	}
}

func TestAWrongDeclarationNamesWhatIsWrong(t *testing.T) {
	for said, declare := range map[string]func(){
		`roster.sync: Limit is negative`:       func() { tasks.Spec[syncArgs]{Name: "roster.sync", Limit: -1}.Info() },
		`roster.sync: ClientLimit is negative`: func() { tasks.Spec[syncArgs]{Name: "roster.sync", ClientLimit: -1}.Info() },
		`roster.sync: Attempts is negative`:    func() { tasks.Spec[syncArgs]{Name: "roster.sync", Attempts: -1}.Info() },
		`roster.sync: Timeout is negative`:     func() { tasks.Spec[syncArgs]{Name: "roster.sync", Timeout: -1}.Info() },
		`roster.sync: Warn is negative`:        func() { tasks.Spec[syncArgs]{Name: "roster.sync", Warn: -1}.Info() },
		`roster.sync: Backoff is negative`:     func() { tasks.Spec[syncArgs]{Name: "roster.sync", Backoff: -1}.Info() },
		`unique by "skool"`: func() {
			tasks.Spec[syncArgs]{Name: "roster.sync", Unique: &tasks.Unique{Args: []string{"school", "skool"}}}.Info()
		},
		`unknown policy "queue two"`: func() {
			tasks.Spec[syncArgs]{Name: "roster.sync", Unique: &tasks.Unique{Policy: "queue two"}}.Info()
		},
	} {
		if got := panicOf(declare); !strings.Contains(got, said) {
			t.Errorf("the panic is %q, want one that says %q", got, said)
		}
	}
}

func panicOf(f func()) (said string) {
	defer func() { said = fmt.Sprint(recover()) }()
	f()
	return ""
}

func TestAnAttemptKnowsItsFence(t *testing.T) {
	var seen []int64
	task := syncTask(func(_ context.Context, job *tasks.Job[syncArgs]) error {
		seen = append(seen, job.Fence())
		return nil
	})
	taskstest.Run(t, task, syncArgs{School: "17"})
	taskstest.Attempt{Fence: 1_764_000}.Run(t.Context(), t, task, syncArgs{School: "17"})
	if diff := cmp.Diff([]int64{1, 1_764_000}, seen); diff != "" {
		t.Errorf("fences (-want +got):\n%s", diff)
	}
}

func TestAnAttemptIsToldToComeToItsEnd(t *testing.T) {
	task := syncTask(func(ctx context.Context, job *tasks.Job[syncArgs]) error {
		for school := range 10 {
			select {
			case <-job.WrapUp():
				return fmt.Errorf("stopped before school %d", school)
			case <-ctx.Done():
				return ctx.Err()
			default:
			}
			job.Progress(tasks.Progress{Done: int64(school) + 1, Total: 10})
		}
		return nil
	})
	soon := make(chan struct{})
	close(soon)
	if got := (taskstest.Attempt{WrapUp: soon}).Run(t.Context(), t, task, syncArgs{School: "17"}); got.Err == nil || len(got.Progress) > 0 {
		t.Errorf("told to end, it did %d schools and returned %v", len(got.Progress), got.Err)
	}
	if got := taskstest.Run(t, task, syncArgs{School: "17"}); got.Err != nil || got.Last().Done != 10 {
		t.Errorf("left alone, it did %d schools and returned %v", got.Last().Done, got.Err)
	}
}

func TestAnAttemptKnowsWhichOneItIs(t *testing.T) {
	task := syncTask(func(_ context.Context, job *tasks.Job[syncArgs]) error {
		return fmt.Errorf("attempt %d for %s", job.Attempt, job.Client)
	})
	got := taskstest.Attempt{Client: "north", Number: 3}.Run(t.Context(), t, task, syncArgs{School: "17"})
	if want := "attempt 3 for north"; got.Err.Error() != want {
		t.Errorf("it says %q, want %q", got.Err, want)
	}
}
